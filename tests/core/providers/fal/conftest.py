"""One emulator for these tests, an account of its own for each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fal_case import CATALOGUE, PACE, Case, draw_still, settings_of, take_of
from fal_emulator import AccountControl, Emulator

from core.providers.base import Job
from core.providers.fal import FalProvider

MakeCase = Callable[..., Case]


@pytest.fixture(scope="session")
def fal() -> Iterator[Emulator]:
    """An emulator whose jobs take 30 ms."""
    with Emulator() as running:
        yield running


@pytest.fixture
def account(fal: Emulator, request: pytest.FixtureRequest) -> AccountControl:
    """An account that no other test uses."""
    return fal.account(f"id-{abs(hash(request.node.nodeid))}:secret-of-{request.node.name[:40]}")


@pytest.fixture
def make_case(fal: Emulator, account: AccountControl, data: Path) -> MakeCase:
    """Makes cases on one data folder and one account."""

    def make(
        key: str = "kling_i2v",
        *,
        pace: str = PACE,
        still: str = "a.png",
        still_size: tuple[int, int] = (640, 360),
        urls: dict[str, str] | None = None,
        provider: dict[str, Any] | None = None,
        **take: Any,
    ) -> Case:
        folder = data / "projects" / "ascent"
        path = draw_still(folder, still, still_size)
        model = CATALOGUE[key]
        settings = settings_of({**fal.environment(account.key), **(urls or {})}, data, pace=pace)
        job = Job(take=take_of(model, path, folder, **take), model=model, folder=folder)
        return Case(FalProvider(settings, **(provider or {})), account, job)

    return make


@pytest.fixture
def case(make_case: MakeCase) -> Case:
    """A take of Kling."""
    return make_case()
