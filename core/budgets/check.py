"""Where each limit stands, and whether an order keeps them: pure folds of the bill."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from core.budgets.records import Budget, Budgets
from core.errors import BudgetRefused
from core.ledger import Bill, Line
from core.pricing import dollars

NOTHING = Decimal(0)


@dataclass(frozen=True, kw_only=True)
class BudgetState:
    """Where one limit stands."""

    budget: Budget
    committed_usd: Decimal
    """Settled, reserved and at risk within its scope, US dollars."""

    @property
    def left_usd(self) -> Decimal:
        """What may still be ordered, US dollars; 0 when the limit is passed."""
        return max(NOTHING, self.budget.usd - self.committed_usd)

    @property
    def share(self) -> float:
        """How much of it is gone: 1.0 is all, more is too much."""
        if not self.budget.usd:
            return 1.0
        return float(self.committed_usd / self.budget.usd)

    @property
    def over(self) -> bool:
        """Whether the limit is passed."""
        return self.committed_usd > self.budget.usd

    @property
    def passed_text(self) -> str:
        """That it is passed, in a sentence."""
        spent = dollars(self.committed_usd)
        return f"The {self.budget.title} is passed: {spent} are spent, reserved or at risk."


def state_of(budgets: Budgets, bill: Bill, now: datetime, project_id: str | None = None) -> list[BudgetState]:
    """Where every limit stands, or those that an order for one project has to keep."""
    today = now.astimezone(UTC).date()
    return [
        BudgetState(budget=budget, committed_usd=_committed_usd(budget, bill, today))
        for budget in (budgets.budgets if project_id is None else budgets.of_project(project_id))
    ]


def _committed_usd(budget: Budget, bill: Bill, today: date) -> Decimal:
    return sum(
        (usd for (project, day), usd in bill.committed.items() if budget.covers(project, day, today)), NOTHING
    )


def refuse_over(budgets: Budgets, bill: Bill, new_lines: Sequence[Line]) -> None:
    """Raises BudgetRefused when `new_lines`, reserved on top of `bill`, would pass a hard limit.

    An order that is free is never refused. The caller holds the ledger's lock until the lines are appended.
    """
    for budget, today, asked_usd in _asked(budgets, new_lines, hard=True):
        state = BudgetState(budget=budget, committed_usd=_committed_usd(budget, bill, today))
        if state.committed_usd + asked_usd > budget.usd:
            raise BudgetRefused(
                f"The {budget.title} has {dollars(state.left_usd)} left, and this order may cost "
                f"{dollars(asked_usd)}.",
                remedy="Nothing was ordered. Take fewer shots or a cheaper model, or raise the limit "
                "(`python -m core budget`, or the Costs page).",
                left_usd=state.left_usd,
                asked_usd=asked_usd,
            )


def soft_warnings(budgets: Budgets, bill: Bill, new_lines: Sequence[Line]) -> list[str]:
    """A sentence for each soft limit that is passed once `new_lines` are reserved on top of `bill`."""
    states = (
        BudgetState(budget=budget, committed_usd=_committed_usd(budget, bill, today) + asked_usd)
        for budget, today, asked_usd in _asked(budgets, new_lines, hard=False)
    )
    return [state.passed_text for state in states if state.over]


def _asked(
    budgets: Budgets, new_lines: Sequence[Line], *, hard: bool
) -> Iterator[tuple[Budget, date, Decimal]]:
    """Each limit with a day on which `new_lines` ask something of it, and how much."""
    for budget in budgets.budgets:
        if budget.hard is not hard:
            continue
        for today in sorted({line.at.date() for line in new_lines}):
            covered = (line for line in new_lines if budget.covers(line.project_id, line.at.date(), today))
            asked_usd = sum((line.usd for line in covered), NOTHING)
            if asked_usd:
                yield budget, today, asked_usd


def refuse_unagreed(
    budgets: Budgets, asked_usd: Decimal, *, max_usd: Decimal | None, over_http: bool
) -> None:
    """Raises BudgetRefused when a single order of `asked_usd` is dearer than whoever orders agreed to.

    Over HTTP nobody is asked: there the ceiling holds, and naming `max_usd` stands for being asked twice.
    """
    _refuse_above(
        max_usd,
        asked_usd,
        what="the most that was agreed to",
        remedy="Nothing was ordered. Look at the quote, then order again if you agree.",
    )
    if not over_http:
        return
    _refuse_above(
        budgets.http_ceiling_usd,
        asked_usd,
        what="what a single order over HTTP may cost",
        remedy="Nothing was ordered. Order fewer shots at once, or in the app, or raise the ceiling "
        "(`python -m core budget --http-ceiling USD`).",
    )
    if max_usd is None:
        _refuse_above(
            budgets.ask_twice_over_usd,
            asked_usd,
            what="what is ordered without asking twice",
            remedy="Nothing was ordered. Send the order again with max_usd, the most that it may cost.",
        )


def _refuse_above(limit_usd: Decimal | None, asked_usd: Decimal, *, what: str, remedy: str) -> None:
    if limit_usd is not None and asked_usd > limit_usd:
        raise BudgetRefused(
            f"This order may cost {dollars(asked_usd)}: that is above {what}, {dollars(limit_usd)}.",
            remedy=remedy,
            left_usd=limit_usd,
            asked_usd=asked_usd,
        )
