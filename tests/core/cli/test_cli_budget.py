"""Limits on the command line: set, listed, kept with an exit code of their own, and lifted."""

import os
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from command import CHECKOUT, Ended
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


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is played by a pty, which Windows has not")
@pytest.mark.parametrize(
    ("answers", "code"), [("n", 1), ("y\nn", 1), ("y\ny", 4)], ids=["no", "yes, no", "yes, yes"]
)
def test_on_a_terminal_a_large_order_needs_two_answers(core: Core, answers: str, code: int) -> None:
    core("budget", "--ask-twice", "0.60")
    core("budget", "team", "0.50")  # what is agreed to is refused by this, with a code of its own
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "core", "animate", "film"],
        stdin=theirs,
        stderr=theirs,
        stdout=subprocess.PIPE,
        cwd=CHECKOUT,
    ) as process:
        os.close(theirs)
        os.write(ours, f"{answers}\n".encode())
        process.communicate(timeout=60)
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert process.returncode == code
    assert "The hard limit of $0.50 for the team has $0.50 left." in said
    assert ("Really spend $0.70 in one order?" in said) is answers.startswith("y")
    assert ("Nothing was ordered." in said.splitlines()) is (code == 1)


@pytest.mark.parametrize(
    "arguments", [("day",), ("--remove",), ("day", "5", "--remove"), ("--soft",), ("day", "5", "6")]
)
def test_a_limit_that_is_half_said_is_bad_usage(core: Core, arguments: tuple[str, ...]) -> None:
    assert core("budget", *arguments).code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("day", "lots"), "not an amount"),
        (("fortnight", "5"), "choose one of: project, day, month, team"),
        (("project", "5"), "which project"),
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
    monkeypatch.setenv("STILLMOTION_PERSON", " second  editor ")
    studio = Studio.open()
    [take] = studio.order_takes("film", ["shot_001"])
    line = studio.ledger.bill().last[take.take_id]
    assert take.person == line.person == "second editor"
    assert (line.paid_s, line.used_s, line.sound, line.usd) == (5.0, 3.0, False, Decimal("0.35"))


def test_the_doctor_tells_of_a_limit_that_is_passed_and_of_one_that_cannot_be_read(
    core: Core, data: Path
) -> None:
    def found(name: str) -> list[tuple[str, str]]:
        checks = core("doctor", "--json").facts["checks"]
        return [(check["verdict"], check["what"]) for check in checks if check["name"] == name]

    core("budget", "team", "0.10", "--soft")
    assert found("budgets") == [("ok", "1 limit")]
    [take] = Studio(Settings(data=data)).order_takes("film", ["shot_001"])
    assert any("soft limit" in warning for warning in take.warnings)
    assert any(verdict == "warn" and "soft limit of $0.10" in what for verdict, what in found("money"))
    (data / "budgets.json").write_text("{")
    assert [verdict for verdict, _ in found("budgets")] == ["fail"]


def test_limits_that_are_checked_without_a_spoilt_line_say_so(core: Core, data: Path) -> None:
    core("budget", "team", "10")
    (data / "ledger.jsonl").write_text("{ torn\n")
    [take] = Studio(Settings(data=data)).order_takes("film", ["shot_001"])
    assert any("checked without 1 line" in warning for warning in take.warnings)


def test_the_ledger_is_made_short_and_the_old_file_kept(core: Core, data: Path) -> None:
    assert core("compact", "--json").facts == {"kept": None}
    studio = Studio(Settings(data=data))
    [take] = studio.order_takes("film", ["shot_001"])
    studio.cancel_take(take.take_id)
    lines = (data / "ledger.jsonl").read_bytes()
    kept = Path(core("compact", "--json").facts["kept"])
    assert kept.read_bytes() == lines
    assert kept.parent == data
    assert "$0" in core("costs").out


def test_the_doctor_tells_of_lines_that_were_moved(core: Core, data: Path) -> None:
    studio = Studio(Settings(data=data))
    [take] = studio.order_takes("film", ["shot_001"])
    studio.cancel_take(take.take_id)
    path = data / "ledger.jsonl"
    path.write_bytes(b"".join(reversed(path.read_bytes().splitlines(keepends=True))))
    check = next(check for check in core("doctor", "--json").facts["checks"] if check["name"] == "ledger")
    assert check["verdict"] == "warn"
    assert "stands after a later one" in check["what"]
    core("compact")
    assert "every line can be read" in core("doctor").out


def test_costs_of_nobody_and_of_days_the_wrong_way_round_are_not_taken_for_nothing_spent(core: Core) -> None:
    slip = core("costs", "--model", "klinge", "--person", "nobody")
    assert slip.code == 0
    assert "No take was ever ordered on a model 'klinge'." in slip.err
    assert "No take was ever ordered by 'nobody'." in slip.err
    turned = core("costs", "--from", "2026-11-30", "--to", "2026-11-01")
    assert turned.code == 2
    assert "--from 2026-11-30 is after --to 2026-11-01" in turned.err
