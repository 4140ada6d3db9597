"""What gives an alert, and what does not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from billing_case import written
from drawing import Draw

from core.alerts import Alert, Kind, Severity
from core.ledger import Entry
from core.settings import Settings
from core.studio import Studio

NOW = datetime.now(UTC)
LOST = (Entry.RESERVE, "0.35", "quote"), (Entry.AT_RISK, "0.35", "the answer was lost")


@pytest.fixture
def studio(data: Path) -> Studio:
    data.mkdir()
    return Studio(Settings(data=data))


def alerts(studio: Studio, kind: Kind) -> list[Alert]:
    found = [alert for alert in studio.alerts() if alert.kind is kind]
    assert all(alert.remedy for alert in found)
    return found


def spent(data: Path, take: str, usd: str, days_ago: float) -> None:
    written(
        data,
        take,
        (Entry.RESERVE, usd, "quote"),
        (Entry.SETTLE, usd, "table price"),
        ago=timedelta(days=days_ago),
    )


def test_there_is_nothing_to_tell_of_an_empty_folder_or_of_quiet_books(studio: Studio, data: Path) -> None:
    assert studio.alerts() == []
    for day in range(20):
        spent(data, f"t{day}", "2.00", day)
    assert studio.alerts() == []


def test_money_at_risk_is_told_in_the_week_before_fal_forgets_and_otherwise_after(
    studio: Studio, data: Path
) -> None:
    written(data, "fresh", *LOST, ago=timedelta(days=22))
    assert alerts(studio, Kind.AT_RISK) == []
    written(data, "a", *LOST, ago=timedelta(days=24))
    written(data, "b", *LOST, ago=timedelta(days=24))
    written(data, "gone", *LOST, ago=timedelta(days=31))
    soon, forgotten = alerts(studio, Kind.AT_RISK)
    assert soon.severity is Severity.URGENT
    assert soon.what.startswith("$0.70 at risk for 2 takes: after ")
    assert "no longer has the requests, only the bill tells" in forgotten.what


def test_a_jump_is_told_with_its_rule(studio: Studio, data: Path) -> None:
    for day in (1, 2, 5, 9):
        spent(data, f"t{day}", "2.00", day)
    spent(data, "today", "6.00", 0)
    assert alerts(studio, Kind.JUMP) == []
    spent(data, "more", "0.10", 0)
    (jump,) = alerts(studio, Kind.JUMP)
    assert jump.what == (
        "$6.10 were ordered today, more than 3 times the usual $2.00: "
        "the median of the last 4 days with spending."
    )


@pytest.mark.parametrize("days", [(), (1,), (1, 2)])
def test_with_few_days_of_spending_nothing_is_usual_yet(
    studio: Studio, data: Path, days: tuple[int, ...]
) -> None:
    for day in days:
        spent(data, f"t{day}", "0.10", day)
    spent(data, "today", "99.00", 0)
    assert alerts(studio, Kind.JUMP) == []


def test_a_jump_of_cents_is_none(studio: Studio, data: Path) -> None:
    for day in (1, 2, 3):
        spent(data, f"t{day}", "0.01", day)
    spent(data, "today", "0.90", 0)
    assert alerts(studio, Kind.JUMP) == []


def test_drift_over_five_percent_is_told_with_both_sums(studio: Studio, data: Path) -> None:
    written(data, "a", (Entry.SETTLE, "1.00", "table price"), (Entry.SETTLE, "0.80", "billing events"))
    (drift,) = alerts(studio, Kind.DRIFT)
    assert (
        drift.what == "Kling 2.6 Pro was billed at $0.80 where we counted $1.00, 20% less (told from 5% on)."
    )


def test_a_line_that_cannot_be_read_is_urgent(studio: Studio, data: Path) -> None:
    spent(data, "a", "1.00", 0)
    with (data / "ledger.jsonl").open("ab") as file:
        file.write(b"what is this\n")
    (damage,) = alerts(studio, Kind.LEDGER)
    assert damage.severity is Severity.URGENT
    assert damage.what.startswith("1 line is left out of every total. Line 3 of the ledger")
    assert studio.alerts()[0] is not None
    assert studio.alerts()[0].kind is Kind.LEDGER


def test_limits_are_told_when_soft_ones_are_passed_and_hard_ones_nearly_gone(
    studio: Studio, data: Path
) -> None:
    studio.set_budget("day", Decimal(10))
    studio.set_budget("month", Decimal(5), hard=False)
    spent(data, "a", "5.00", 0)
    assert alerts(studio, Kind.BUDGET) == []
    spent(data, "b", "4.00", 0)
    hard, soft = sorted(alerts(studio, Kind.BUDGET), key=lambda alert: alert.what)
    assert "hard limit of $10.00 a day has $1.00 left" in hard.what
    assert hard.severity is Severity.WARNING
    assert "soft limit of $5.00 a month is passed" in soft.what
    assert NOW.date().isoformat() in hard.subject
    spent(data, "c", "1.00", 0)
    assert "used up" in alerts(studio, Kind.BUDGET)[0].what


def test_limits_that_cannot_be_read_are_told_and_hide_nothing_else(studio: Studio, data: Path) -> None:
    (data / "budgets.json").write_text("{")
    written(data, "a", *LOST, ago=timedelta(days=24))
    assert [alert.kind for alert in studio.alerts()] == [Kind.BUDGET, Kind.AT_RISK]


def test_takes_that_the_ledger_has_lost_are_told(
    studio: Studio, data: Path, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    studio.create_project("Ascent", model="kling_i2v")
    studio.add_stills("ascent", draw.stills(2), seconds=4)
    studio.order_takes("ascent", ["shot_001"], model="animatic")
    first = (data / "ledger.jsonl").read_bytes()
    studio.order_takes("ascent", ["shot_002"])
    assert alerts(studio, Kind.LEDGER) == []
    (data / "ledger.jsonl").write_bytes(first)
    [told] = alerts(studio, Kind.LEDGER)
    assert told.what == "The ledger says nothing of 1 take that costs $0.35: a part of it is gone."
    assert told.severity is Severity.URGENT
    (data / "ledger.jsonl").unlink()
    assert len(alerts(studio, Kind.LEDGER)) == 1  # a free take is missed by nobody
