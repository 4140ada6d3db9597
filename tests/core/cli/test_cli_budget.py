"""Limits on the command line: set, listed, kept with an exit code of their own, and lifted."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from command import Ended
from drawing import Draw

from core.cli import main
from core.settings import Settings
from core.studio import Studio

Core = Callable[..., Ended]


@pytest.fixture
def core(data: Path, draw: Draw, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Core:
    """The command line on the test's data folder, with a project `film` of two shots on Kling."""
    monkeypatch.setenv("STILLMOTION_DATA", str(data))
    monkeypatch.setenv("FAL_KEY", "not-a-key")

    def run(*arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    assert run("new", "Film", "--model", "kling_i2v").code == 0
    assert run("add-stills", "film", draw.still("a.png"), draw.still("b.png", color="navy")).code == 0
    return run


def test_an_order_above_a_hard_limit_ends_with_code_4_and_orders_nothing(core: Core, data: Path) -> None:
    assert core("budget", "day", "0.50").code == 0
    ended = core("animate", "film", "--yes", "--json")
    assert ended.code == 4
    assert ended.facts["error"]["kind"] == "BudgetRefused"
    assert "$0.50 left" in ended.err
    assert "python -m core budget" in ended.err
    assert not Studio(Settings(data=data)).takes("film")


def test_limits_are_listed_with_what_is_left(core: Core, data: Path) -> None:
    core("budget", "day", "$20")
    core("budget", "project", "5", "--project", "film", "--soft")
    Studio(Settings(data=data)).order_takes("film", ["shot_001"])
    facts = core("budget", "--json").facts
    assert [(each["scope"], each["hard"], each["left_usd"]) for each in facts["budgets"]] == [
        ("project", False, "4.65"),
        ("day", True, "19.65"),
    ]
    told = core("budget").out
    assert "Hard limit of $20.00 a day" in told
    assert "$19.65" in told


def test_a_limit_is_lifted(core: Core) -> None:
    core("budget", "month", "5")
    assert core("budget", "month", "--remove", "--json").facts["budgets"] == []
    again = core("budget", "month", "--remove")
    assert again.code == 1
    assert "no hard limit for the month" in again.err


def test_a_large_order_is_asked_about_twice(core: Core, data: Path) -> None:
    assert core("budget", "--ask-twice", "0.60", "--json").facts["ask_twice_over_usd"] == "0.60"
    core("budget", "team", "0")  # were it ordered, this would refuse it, with another code
    once = core("animate", "film", "--yes")
    assert once.code == 1
    assert "--yes twice" in once.err
    assert core("animate", "film", "--yes", "--yes").code == 4
    assert core("animate", "film", "--shots", "shot_001", "--yes").code == 4
    assert core("budget", "--ask-twice", "none", "--json").facts["ask_twice_over_usd"] is None
    assert core("animate", "film", "--yes").code == 4


@pytest.mark.parametrize(
    "arguments", [("day",), ("--remove",), ("day", "5", "--remove"), ("--soft",), ("day", "5", "6")]
)
def test_a_limit_that_is_half_said_is_bad_usage(core: Core, arguments: tuple[str, ...]) -> None:
    assert core("budget", *arguments).code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("day", "lots"), "not an amount"),
        (("fortnight", "5"), "no such limit"),
        (("project", "5"), "no such limit"),
        (("project", "5", "--project", "gone"), "gone"),
        (("--project", "gone"), "gone"),
    ],
)
def test_a_limit_that_cannot_be_is_refused_in_words(
    core: Core, arguments: tuple[str, ...], told: str
) -> None:
    ended = core("budget", *arguments)
    assert ended.code == 1
    assert told.lower() in ended.err.lower()
    assert core("budget", "--json").facts["budgets"] == []


def test_a_lost_word_of_who_ordered_is_kept_with_the_money(
    core: Core, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STILLMOTION_PERSON", " Maria  Lopez ")
    studio = Studio.open()
    [take] = studio.order_takes("film", ["shot_001"])
    line = studio.ledger.bill().last[take.take_id]
    assert take.person == line.person == "Maria Lopez"
    assert (line.paid_s, line.used_s, line.sound, line.usd) == (5.0, 3.0, False, Decimal("0.35"))
