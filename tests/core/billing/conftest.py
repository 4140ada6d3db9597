"""An account at the emulator, and a project whose shots cost money."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from drawing import Draw
from fal_emulator import AccountControl, Emulator

from core.executor import Executor
from core.studio import Studio


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator(run_s=0.03) as running:
        yield running


@pytest.fixture
def account(
    emulator: Emulator, data: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AccountControl:
    """An account of this test's own, in force through the environment."""
    key = f"billing-{request.node.name}"
    environment = {
        **emulator.environment(key),
        "STILLMOTION_DATA": str(data),
        "STILLMOTION_FAL_PACE": "0.02",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return emulator.account(key)


@pytest.fixture
def studio(account: AccountControl, draw: Draw) -> Studio:
    """A studio with the account's keys, and a project of two shots of 4 s to be made by Kling, silent."""
    studio = Studio.open()
    studio.create_project("Ascent", model="kling_i2v")
    stills = [(name, draw.still(name, size=(640, 360))) for name in ("a.png", "b.png")]
    studio.add_stills("ascent", stills, seconds=4)
    return studio


@pytest.fixture
def slots(studio: Studio) -> Iterator[Executor]:
    executor = Executor(studio.settings.data)
    executor.start()
    yield executor
    assert executor.stop()
