"""What every test may ask for: a data folder of its own, a studio on it, stills drawn on the spot."""

import logging
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from drawing import Draw
from PIL import Image

from core.executor import Executor
from core.settings import NAMES, Settings
from core.studio import Studio

# How long an example may take says nothing on a machine that others use: benchmarks measure, tests do not.
hypothesis.settings.register_profile("stillmotion", deadline=None)
hypothesis.settings.load_profile("stillmotion")

NOWHERE = "https://fal.invalid"
"""An address that no name server knows: `.invalid` is kept for that."""

# No test may spend its developer's money: whatever key is in the environment or in .env, it is not used, and
# nothing is sent to fal.ai. A test that speaks to the emulator says so itself. Processes of tests inherit it.
os.environ |= {name: NOWHERE for name in NAMES.values() if name.endswith("_URL")}
os.environ |= {"FAL_KEY": "", "FAL_ADMIN_KEY": "", "STILLMOTION_WEBHOOK_URL": ""}

QUIET = "streamlit.runtime.scriptrunner_utils.script_run_context"
"""Says, of every page run by a test, that there is no browser."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An empty data folder."""
    return tmp_path / "data"


@pytest.fixture
def studio(data: Path) -> Studio:
    """A studio on the data folder, without slots at work."""
    return Studio(Settings(data=data))


@pytest.fixture
def slots(studio: Studio) -> Iterator[Executor]:
    """The two slots of `studio`, at work; the test fails when they do not end in time."""
    executor = Executor(studio.settings.data)
    executor.start()
    yield executor
    assert executor.stop(), "a slot did not end within 4 s"


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Draws stills into a folder of its own."""
    folder = tmp_path / "drawn"
    folder.mkdir()
    return Draw(folder)


@pytest.fixture(autouse=True)
def nothing_left_behind(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that logs an error or leaves a thread of ours running."""
    logging.getLogger(QUIET).setLevel(logging.ERROR)
    caplog.set_level(logging.WARNING)
    yield
    errors = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    ours = [thread.name for thread in threading.enumerate() if thread.name.startswith("stillmotion-")]
    assert not errors, f"logged: {errors}"
    assert not ours, f"left running: {ours}"


@pytest.fixture(scope="session", autouse=True)
def _pillow_ready() -> None:
    Image.init()
