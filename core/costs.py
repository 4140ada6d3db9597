"""What was spent, by project, shot, model and day: folds of the ledger, for people to look at."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from core.ledger import Bill, Entry, Line

K = TypeVar("K")


@dataclass(frozen=True, kw_only=True)
class CostReport:
    """Totals in US dollars, of one project or of all. Days are UTC, YYYY-MM-DD."""

    spent_usd: Decimal
    reserved_usd: Decimal
    at_risk_usd: Decimal
    by_project: Mapping[str, Decimal]
    by_shot: Mapping[tuple[str, str], Decimal]
    """(project id, shot id) → dollars."""
    by_model: Mapping[str, Decimal]
    by_day: Mapping[str, Decimal]
    lines: tuple[Line, ...]
    """Every line that counts, newest first."""
    broken: tuple[str, ...]
    """What is wrong with lines that cannot be read."""


def report_costs(bill: Bill, project_id: str | None = None) -> CostReport:
    """The totals of `bill`, of one project or of all."""
    lines = [line for line in bill.last.values() if project_id in (None, line.project_id)]
    spent = [line for line in lines if line.entry is Entry.SETTLE]
    return CostReport(
        spent_usd=_total(spent),
        reserved_usd=_total([line for line in lines if line.entry is Entry.RESERVE]),
        at_risk_usd=_total([line for line in lines if line.entry is Entry.AT_RISK]),
        by_project=_grouped(spent, lambda line: line.project_id),
        by_shot=_grouped(spent, lambda line: (line.project_id, line.shot_id)),
        by_model=_grouped(spent, lambda line: line.model),
        by_day=_grouped(spent, lambda line: line.at.date().isoformat()),
        lines=tuple(sorted(lines, key=lambda line: line.at, reverse=True)),
        broken=tuple(bill.broken),
    )


def _total(lines: list[Line]) -> Decimal:
    return sum((line.usd for line in lines), Decimal(0))


def _grouped(lines: list[Line], key: Callable[[Line], K]) -> dict[K, Decimal]:
    totals: defaultdict[K, Decimal] = defaultdict(Decimal)
    for line in lines:
        totals[key(line)] += line.usd
    return dict(totals)
