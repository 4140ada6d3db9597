"""One emulator for all tests, an account of its own for each."""

from collections.abc import Iterator

import pytest
from fal_emulator import AccountControl, Emulator
from fal_emulator.caller import Caller, picture


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    """An emulator whose jobs take 30 ms."""
    with Emulator() as running:
        yield running


@pytest.fixture
def account(emulator: Emulator, request: pytest.FixtureRequest) -> AccountControl:
    """An account that no other test uses."""
    return emulator.account(f"key-of-{request.node.name}")


@pytest.fixture
def caller(emulator: Emulator, account: AccountControl) -> Iterator[Caller]:
    """A caller with the account's key."""
    with Caller(emulator.url, account.key) as one:
        yield one


@pytest.fixture
def admin(emulator: Emulator, account: AccountControl) -> Iterator[Caller]:
    """A caller with the account's admin key."""
    with Caller(emulator.url, account.admin_key) as one:
        yield one


@pytest.fixture
def still(caller: Caller) -> str:
    """Address of an uploaded still."""
    return str(caller.upload(picture(), "take_0042.png").json()["access_url"])
