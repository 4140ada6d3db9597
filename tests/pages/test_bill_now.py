"""fal's bill read from the page: what it changed, and a lost take brought home by it."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from billing_case import ended
from drawing import Draw
from fal_emulator import AccountControl, Emulator
from streamlit.testing.v1 import AppTest
from waiting import wait_until

from core.executor import Executor
from core.studio import Studio, the_studio
from core.take import State

KEY = "bill-now"


def _page() -> None:
    from pages.parts.bill_now import show_bill_now

    show_bill_now()


@pytest.fixture
def account(at_work: Studio, data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AccountControl]:
    """An account in force, and the studio of the pages opened with its keys."""
    with Emulator(run_s=0.03) as emulator:
        for name, value in {**emulator.environment(KEY), "STILLMOTION_FAL_PACE": "0.02"}.items():
            monkeypatch.setenv(name, value)
        the_studio.cache_clear()
        yield emulator.account(KEY)


@pytest.fixture
def slots(account: AccountControl, draw: Draw) -> Iterator[Executor]:
    studio = the_studio()
    studio.create_project("Ascent", model="kling_i2v")
    studio.add_stills(
        "ascent", [(name, draw.still(name, size=(640, 360))) for name in ("a.png", "b.png")], seconds=4
    )
    executor = Executor(studio.settings.data)
    executor.start()
    yield executor
    assert executor.stop()


def page() -> AppTest:
    shown = AppTest.from_function(_page, default_timeout=30).run()
    assert not shown.exception
    return shown


def test_without_a_key_that_may_read_the_bill_there_is_no_button(at_work: Studio) -> None:
    assert not page().button


def test_the_bill_is_read_and_a_lost_take_comes_home_by_it(account: AccountControl, slots: Executor) -> None:
    studio = the_studio()
    account.conditions(percent_discount=20)
    account.script(
        {"match": {"call": "submit", "nth": 1}, "do": "drop_after"},
        {"match": {"call": "submit", "nth": 1}, "do": "lost_history"},
    )
    (lost,) = ended(studio, studio.order_takes("ascent", ["shot_001"]))
    assert lost.state is State.UNRESOLVED
    ended(studio, studio.order_takes("ascent", ["shot_002"]))
    wait_until(lambda: bool(studio.billing.candidates()), what="the lost request to be billed")

    shown = page().button(key="read_bill").click().run()
    assert "1 amount changed, 0 confirmed" in shown.caption[-1].value
    assert studio.costs().spent_usd == Decimal("0.28")
    (adopt,) = [button for button in shown.button if button.key != "read_bill"]
    adopt.click().run()
    (home,) = ended(studio, [lost])
    assert home.state is State.DONE


def test_a_bill_that_cannot_be_read_says_what_to_do(account: AccountControl, slots: Executor) -> None:
    ended(the_studio(), the_studio().order_takes("ascent", ["shot_001"]))
    account.script({"match": {"call": "billing"}, "do": "status", "status": 500, "times": None})
    shown = page().button(key="read_bill").click().run()
    assert "try again" in shown.error[0].value
