"""Random histories of many processes on one ledger: every sum holds, and no hard limit is ever passed."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from ledger_lines import NOON, file_lines

from core.budgets import BudgetStore, state_of
from core.costs import CostBook, Dimension, Filters
from core.ledger import BILL_SOURCES, Entry, Ledger

TESTS = Path(__file__).resolve().parents[2]
STEPS = 80
DAYS = [NOON + timedelta(days=day) for day in range(-2, 3)]
NOTHING = Decimal(0)


@pytest.fixture
def processes() -> Iterator[list["subprocess.Popen[str]"]]:
    """What the test begins; ended with it."""
    begun: list[subprocess.Popen[str]] = []
    yield begun
    for process in begun:
        with process:
            process.kill()


def begin(data: Path, name: str, seed: int) -> "subprocess.Popen[str]":
    """A process that lives through its history."""
    path = os.pathsep.join((str(TESTS), str(TESTS.parent)))
    return subprocess.Popen(
        [sys.executable, str(TESTS / "ledger_history.py"), str(data), name, str(seed), str(STEPS)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )


def over(data: Path, ledger: Ledger) -> Iterator[str]:
    """Every limit that is passed on any day."""
    limits, bill = BudgetStore(data).read(), ledger.bill()
    for day in DAYS:
        yield from (state.passed_text for state in state_of(limits, bill, day) if state.over)


@pytest.mark.parametrize("seed", [1, 2])
def test_every_sum_holds_and_no_hard_limit_is_passed_at_any_moment(
    tmp_path: Path, processes: list["subprocess.Popen[str]"], seed: int
) -> None:
    limits = BudgetStore(tmp_path)
    limits.set("team", Decimal(90), project_id=None, hard=True)
    limits.set("day", Decimal(40), project_id=None, hard=True)
    limits.set("month", Decimal(30), project_id="q", hard=True)
    limits.set("project", Decimal(60), project_id="p", hard=True)
    ledger = Ledger(tmp_path)
    processes += (begin(tmp_path, name, 10 * seed + n) for n, name in enumerate(["doomed", "a", "b", "c"]))
    doomed, *workers = processes
    assert doomed.stdout is not None
    assert doomed.stdout.readline() == "begun\n"
    looks = 0
    while any(worker.poll() is None for worker in workers):
        looks += 1
        assert list(over(tmp_path, ledger)) == []
        if len(ledger.bill().takes) > 20 and doomed.poll() is None:
            doomed.kill()
    assert looks > 10
    said = [json.loads(worker.communicate()[0].splitlines()[-1]) for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0]
    assert sum(each["refused"] for each in said) > 0, "the limits were never reached"

    bill = ledger.bill()
    books = {take_id: facts for each in said for take_id, facts in each["takes"].items()}
    known = {
        take_id: [str(money.first.usd), money.last.entry.value, str(money.last.usd)]
        for take_id, money in bill.takes.items()
        if not take_id.startswith("doomed")
    }
    assert known == books
    assert len(bill.broken) <= 1, "only the process that was killed may leave a torn line"

    assert sums_of_the_file(tmp_path) == {
        "settle": bill.spent_usd,
        "reserve": bill.reserved_usd,
        "at_risk": bill.at_risk_usd,
        "release": NOTHING,
    }
    money_in = sum((Decimal(reserved) for reserved, _, _ in books.values()), NOTHING)
    by_end: defaultdict[str, Decimal] = defaultdict(Decimal)
    for reserved, entry, usd in books.values():
        by_end[entry] += Decimal(usd)
        by_end["freed"] += Decimal(reserved) - Decimal(usd)
    ours = [money for take_id, money in bill.takes.items() if take_id in books]
    assert money_in == sum((money.first.usd for money in ours), NOTHING)
    assert money_in == by_end["settle"] + by_end["at_risk"] + by_end["reserve"] + by_end["freed"]
    for entry in Entry:
        counted = sum((money.last.usd for money in ours if money.last.entry is entry), NOTHING)
        assert counted == by_end[entry.value]

    committed = bill.spent_usd + bill.reserved_usd + bill.at_risk_usd
    assert sum(bill.committed.values(), NOTHING) == committed
    assert sum((money.committed_usd for money in bill.takes.values()), NOTHING) == committed
    [team] = [state for state in state_of(limits.read(), bill, NOON) if state.budget.scope == "team"]
    assert team.committed_usd == committed
    report = CostBook().report(bill, [], Filters())
    for totals in (*(report.spent_by(dimension) for dimension in Dimension), bill.by_project()):
        assert sum(totals.values(), NOTHING) == report.spent_usd == bill.spent_usd


def sums_of_the_file(data: Path) -> dict[str, Decimal]:
    """The totals once more, by the rule and nothing else: the newest line from the bill, else the newest."""
    newest: dict[str, tuple[tuple[bool, int], str, Decimal]] = {}
    for text in file_lines(data):
        try:
            facts = json.loads(text)
        except ValueError:
            continue
        bill = facts["source"] in BILL_SOURCES
        rank = (bill, facts["step"])
        take = facts["take_id"]
        if take not in newest or rank > newest[take][0]:
            newest[take] = (rank, facts["entry"], Decimal(facts["usd"]))
    sums = dict.fromkeys((entry.value for entry in Entry), NOTHING)
    for _, entry, usd in newest.values():
        sums[entry] += usd
    return sums
