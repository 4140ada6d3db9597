"""Spending limits: what is left is told, and no order passes a hard one, whoever else orders meanwhile."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from drawing import Draw
from hypothesis import given, settings
from hypothesis import strategies as st

from core.budgets import Budget, Budgets, Scope, parse_usd, refuse_over, state_of
from core.errors import BudgetRefused, Damaged, InputRefused, NotFound
from core.ledger import Entry, Ledger, Line
from core.project import ProjectId, ShotId
from core.settings import Settings
from core.studio import Studio
from core.take import TakeId

KLING_USD = Decimal("0.35")
"""One silent take of the project below: 5 s at $0.07."""


@pytest.fixture
def paid(studio: Studio, draw: Draw, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A studio with a project of three shots on Kling; no slot is at work, so nothing is sent."""
    monkeypatch.setenv("FAL_KEY", "not-a-key")
    studio.create_project("Ascent", model="kling_i2v")
    studio.add_stills("ascent", draw.stills(3), seconds=2)
    return studio


def line(
    take: str,
    usd: str,
    at: datetime,
    entry: Entry = Entry.RESERVE,
    project: str = "ascent",
    source: str = "q",
) -> Line:
    return Line(
        at=at,
        entry=entry,
        take_id=TakeId(take),
        project_id=ProjectId(project),
        shot_id=ShotId("shot_001"),
        model="kling_i2v",
        usd=Decimal(usd),
        source=source,
        price_as_of="2026-11-23",
    )


def test_an_order_that_would_pass_a_hard_limit_is_refused_with_what_is_left(paid: Studio) -> None:
    paid.set_budget("day", Decimal("0.80"))
    paid.order_takes("ascent", ["shot_001", "shot_002"])
    with pytest.raises(
        BudgetRefused, match=r"hard limit of \$0\.80 a day has \$0\.10 left.*cost \$0\.35"
    ) as no:
        paid.order_takes("ascent", ["shot_003"])
    assert (no.value.left_usd, no.value.asked_usd) == (Decimal("0.10"), KLING_USD)
    assert "budget" in no.value.remedy
    assert len(paid.takes("ascent")) == 2
    assert paid.ledger.bill().reserved_usd == 2 * KLING_USD


def test_a_batch_is_ordered_whole_or_not_at_all(paid: Studio) -> None:
    paid.set_budget("project", Decimal(1), project_id="ascent")
    with pytest.raises(BudgetRefused):
        paid.order_takes("ascent")
    assert not paid.takes("ascent")
    assert paid.ledger.bill().reserved_usd == 0


def test_what_costs_nothing_is_never_refused(paid: Studio) -> None:
    paid.set_budget("team", Decimal(0))
    assert paid.order_takes("ascent", ["shot_001"], model="animatic")
    with pytest.raises(BudgetRefused):
        paid.order_takes("ascent", ["shot_002"], model="ltx2_i2v")


def test_a_limit_of_another_project_does_not_matter(paid: Studio) -> None:
    paid.create_project("Descent")
    paid.set_budget("month", Decimal(0), project_id="descent")
    assert paid.order_takes("ascent", ["shot_001"])
    assert [state.committed_usd for state in paid.budget_states()] == [0]
    assert paid.budget_states("ascent") == []


def test_a_soft_limit_that_is_passed_is_a_warning_on_the_takes(paid: Studio) -> None:
    paid.set_budget("day", Decimal("0.50"), hard=False)
    first, second = (paid.order_takes("ascent", [shot])[0] for shot in ("shot_001", "shot_002"))
    assert not any("soft limit" in warning for warning in first.warnings)
    assert "The soft limit of $0.50 a day is passed: $0.70 are spent, reserved or at risk." in second.warnings
    [state] = paid.budget_states("ascent")
    assert (state.over, state.left_usd) == (True, Decimal(0))


def test_an_order_that_became_dearer_than_what_was_agreed_to_is_refused(paid: Studio) -> None:
    with pytest.raises(BudgetRefused, match="agreed"):
        paid.order_takes("ascent", max_usd=3 * KLING_USD - Decimal("0.01"))
    assert len(paid.order_takes("ascent", max_usd=3 * KLING_USD)) == 3


def test_money_that_is_released_can_be_spent_again(paid: Studio) -> None:
    paid.set_budget("day", KLING_USD)
    [take] = paid.order_takes("ascent", ["shot_001"])
    paid.cancel_take(take.take_id)
    assert paid.order_takes("ascent", ["shot_001"])


def test_a_request_that_is_brought_in_counts_as_an_order(paid: Studio) -> None:
    paid.set_budget("team", Decimal("0.20"))
    with pytest.raises(BudgetRefused):
        paid.bring_in("ascent", "shot_001", "abc-123")
    assert paid.ledger.bill().reserved_usd == 0


def test_limits_that_cannot_be_read_stop_what_costs_and_nothing_else(paid: Studio, data: Path) -> None:
    (data / "budgets.json").write_text('{"schema_version": 1, "budgets": [{"scope": "weekly"}]}')
    with pytest.raises(Damaged, match=r"budgets\.json"):
        paid.order_takes("ascent", ["shot_001"])
    assert "weekly" in (data / "budgets.json").read_text()
    assert paid.order_takes("ascent", ["shot_001"], model="animatic")


def test_a_new_limit_takes_the_place_of_the_old_and_can_be_lifted(paid: Studio) -> None:
    paid.set_budget("day", Decimal(5))
    paid.set_budget("day", Decimal(4), hard=False)
    paid.set_budget("day", Decimal(6))
    assert [(each.usd, each.hard) for each in paid.budgets().budgets] == [
        (Decimal(6), True),
        (Decimal(4), False),
    ]
    paid.remove_budget("day")
    assert [each.hard for each in Studio(Settings(data=paid.settings.data)).budgets().budgets] == [False]
    with pytest.raises(NotFound, match="no hard limit"):
        paid.remove_budget("day")


@pytest.mark.parametrize(
    ("scope", "project"), [("week", None), ("project", None), ("team", "ascent"), ("", None)]
)
def test_a_limit_that_makes_no_sense_is_refused(paid: Studio, scope: str, project: str | None) -> None:
    with pytest.raises(InputRefused):
        paid.set_budget(scope, Decimal(5), project_id=project)
    assert paid.budgets().budgets == ()


@pytest.mark.parametrize("text", ["", "-1", "nan", "1e9", "ten", "0.00001", "Infinity"])
def test_an_amount_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputRefused):
        parse_usd(text)


@pytest.mark.parametrize(("text", "usd"), [("25", "25"), (" $12.50", "12.50"), ("1,200", "1200"), ("0", "0")])
def test_an_amount_is_read_as_people_write_it(text: str, usd: str) -> None:
    assert parse_usd(text) == Decimal(usd)


def test_a_take_counts_on_the_day_it_was_ordered_however_late_it_is_settled(tmp_path: Path) -> None:
    night = datetime(2026, 1, 31, 23, 59, 50, tzinfo=UTC)
    ledger = Ledger(tmp_path)
    ledger.append(line("a", "0.70", night))
    ledger.append(line("a", "0.90", night + timedelta(hours=1), Entry.SETTLE))
    limits = Budgets(
        budgets=(Budget(scope=Scope.DAY, usd=Decimal(1)), Budget(scope=Scope.MONTH, usd=Decimal(1)))
    )

    def committed(now: datetime) -> list[Decimal]:
        return [state.committed_usd for state in state_of(limits, ledger.bill(), now)]

    assert committed(night) == [Decimal("0.90")] * 2
    assert committed(night + timedelta(minutes=1)) == [0, 0]
    east = timezone(timedelta(hours=9))
    assert committed(night.astimezone(east)) == committed(night)


usds = st.decimals("0", "3", places=2)
orders = st.lists(
    st.tuples(
        st.sampled_from(["ascent", "descent"]),
        st.lists(usds, min_size=1, max_size=3),
        st.integers(0, 45 * 24),
        st.sampled_from(Entry),
        st.integers(0, 100),
    ),
    max_size=25,
)
budgets_of = st.lists(
    st.builds(
        lambda where, usd: Budget(scope=where[0], project_id=where[1], usd=usd),
        st.sampled_from(
            [(Scope.PROJECT, "ascent"), (Scope.DAY, None), (Scope.MONTH, "descent"), (Scope.TEAM, None)]
        ),
        st.decimals("0", "12", places=2),
    ),
    max_size=4,
)


@given(orders, budgets_of)
@settings(deadline=None, max_examples=60)
def test_no_history_of_orders_passes_a_hard_limit_on_any_day(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[str, list[Decimal], int, Entry, int]],
    budgets: list[Budget],
) -> None:
    ledger, limits = Ledger(tmp_path_factory.mktemp("ledger")), Budgets(budgets=tuple(budgets))
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number, (project, amounts, hours, end, percent) in enumerate(history):
        at = start + timedelta(hours=hours)  # clocks jump: histories are not in order
        lines = [line(f"{number}-{i}", str(usd), at, project=project) for i, usd in enumerate(amounts)]
        try:
            with ledger.transaction() as transaction:
                refuse_over(limits, transaction.bill, lines)
                transaction.append(*lines)
        except BudgetRefused:
            continue
        ledger.append(*(each.changed(entry=end, usd=each.usd * percent / 100) for each in lines))
    for hours in range(0, 46 * 24, 12):
        states = state_of(limits, ledger.bill(), start + timedelta(hours=hours))
        assert not any(state.over for state in states)


ORDERER = """
import sys
from decimal import Decimal
from pathlib import Path
from core.errors import BudgetRefused
from core.settings import Settings
from core.studio import Studio
studio, ordered = Studio(Settings(data=Path(sys.argv[1]))), 0
print("ready", flush=True)
sys.stdin.read(1)
for shot in studio.project(sys.argv[2]).shots:
    try:
        ordered += len(studio.order_takes(sys.argv[2], [shot.shot_id]))
    except BudgetRefused:
        pass
print(ordered)
"""


def test_orders_of_many_processes_at_once_never_pass_a_hard_limit(
    paid: Studio, draw: Draw, data: Path
) -> None:
    names = [
        "ascent",
        "bay",
        "cliff",
        "dune",
    ]  # each project has a lock of its own: only the ledger's is shared
    for name in names[1:]:
        paid.create_project(name, model="kling_i2v")
        paid.add_stills(name, draw.stills(3), seconds=2)
    paid.set_budget("team", Decimal("2.50"))
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", ORDERER, str(data), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for name in names
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"!")
        process.stdin.flush()
    ordered = sum(int(process.communicate(timeout=60)[0]) for process in processes)
    assert ordered == 7  # 7 × 0.35 = 2.45, an eighth would be 2.80
    assert sum(len(paid.takes(name)) for name in names) == 7
    assert paid.ledger.bill().reserved_usd == 7 * KLING_USD
    assert not any(state.over for state in paid.budget_states())
