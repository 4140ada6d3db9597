"""What gives an alert: limits nearly gone, drift from the bill, money at risk out of time, a jump, damage."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from statistics import median

from core.billing import drift
from core.billing.drift import ALERT_SHARE
from core.budgets import BudgetState, Scope
from core.catalogue import Catalogue
from core.errors import StillmotionError
from core.ledger import Bill, Entry
from core.pricing import dollars
from core.take import Take

KEPT = timedelta(days=30)
"""How long fal keeps the payloads by which a lost request is found: https://fal.ai/docs/model-apis/faq."""
SOON = timedelta(days=7)
"""So long before that, money at risk gives an alert."""
JUMP_TIMES = 3
"""Spending of a day jumps when it is more than so many times the usual day's."""
JUMP_LEAST_USD = Decimal(1)
"""And at least so much more."""
USUAL_DAYS = 14
"""The usual day is the median of so many days before with spending."""
NEAR_SHARE = 0.9
"""From this share of a hard limit on, a person is told that it is nearly gone."""
FEWEST_DAYS = 3
"""With fewer days there is nothing usual yet."""
CENT = Decimal("0.01")


class Kind(StrEnum):
    """What an alert is about."""

    BUDGET = "budget"
    """A budget is passed, or nearly."""
    DRIFT = "drift"
    """The bill says another amount than our estimates."""
    AT_RISK = "at risk"
    """Money at risk of which soon nothing can be found out any more."""
    JUMP = "jump"
    """Far more was ordered today than on other days."""
    LEDGER = "ledger"
    """Lines of the ledger cannot be read, or are gone."""


class Severity(StrEnum):
    """How much it matters."""

    WARNING = "warning"
    URGENT = "urgent"
    """Something is refused, or lost, or counts wrong until a person acts."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One thing that a person should know."""

    kind: Kind
    severity: Severity
    subject: str
    """What tells it from others of its kind: a model, a day, a budget. Alerts with one subject are one."""
    what: str
    """One line that says what."""
    remedy: str
    """One line that says what to do."""

    @property
    def key(self) -> str:
        """Name under which it is remembered."""
        return f"{self.kind}: {self.subject}"


def find_alerts(
    bill: Bill,
    catalogue: Catalogue,
    limits: Sequence[BudgetState],
    *,
    unbooked: Sequence[Take] = (),
    now: datetime | None = None,
) -> list[Alert]:
    """Every alert that the books give as of `now` (UTC; None: this moment), the urgent first.

    `unbooked` are takes that cost money and of which no line of the ledger tells.
    """
    now = now or datetime.now(UTC)
    found = [
        *_damage(bill),
        *_gaps(unbooked),
        *_limits(limits, now.date()),
        *_at_risk(bill, now),
        *_jump(bill, now.date()),
        *_drift(bill, catalogue),
    ]
    return sorted(found, key=lambda alert: alert.severity is not Severity.URGENT)


def _damage(bill: Bill) -> Iterator[Alert]:
    if bill.broken:
        lines = "1 line is" if len(bill.broken) == 1 else f"{len(bill.broken)} lines are"
        yield Alert(
            kind=Kind.LEDGER,
            severity=Severity.URGENT,
            subject=str(len(bill.broken)),
            what=f"{lines} left out of every total. {bill.broken[0]}",
            remedy="They stay in ledger.jsonl as they are. Import the bill, so that no take goes uncounted.",
        )


def _gaps(unbooked: Sequence[Take]) -> Iterator[Alert]:
    if unbooked:
        takes = "1 take that costs" if len(unbooked) == 1 else f"{len(unbooked)} takes that cost"
        usd = sum((_cost(take) for take in unbooked), Decimal(0))
        yield Alert(
            kind=Kind.LEDGER,
            severity=Severity.URGENT,
            subject=f"without a line, {len(unbooked)}",
            what=f"The ledger says nothing of {takes} {dollars(usd)}: a part of it is gone.",
            remedy="Bring ledger.jsonl back from a backup: till then they are in no total and no limit.",
        )


def _cost(take: Take) -> Decimal:
    return take.quote.usd_high if take.settled_usd is None else take.settled_usd


def _limits(limits: Sequence[BudgetState], today: date) -> Iterator[Alert]:
    """Soft limits that are passed, hard ones that are gone or nearly; of a day or month anew in each."""
    for state in limits:
        budget = state.budget
        period = {Scope.DAY: f", {today.isoformat()}", Scope.MONTH: f", {today:%Y-%m}"}.get(budget.scope, "")
        raise_it = "Raise it on the Costs page, if that is meant."
        if not budget.usd or not state.committed_usd:
            continue
        if not budget.hard and state.over:
            yield Alert(
                kind=Kind.BUDGET,
                severity=Severity.WARNING,
                subject=f"{budget.title}, passed{period}",
                what=state.passed_text,
                remedy=f"Orders are still taken. {raise_it}",
            )
        elif budget.hard and state.share >= NEAR_SHARE:
            gone = not state.left_usd
            rest = "is used up" if gone else f"has {dollars(state.left_usd)} left"
            yield Alert(
                kind=Kind.BUDGET,
                severity=Severity.URGENT if gone else Severity.WARNING,
                subject=f"{budget.title}, {'gone' if gone else 'nearly gone'}{period}",
                what=f"The {budget.title} {rest}: orders that would pass it are refused.",
                remedy=raise_it,
            )


def unreadable_limits(error: StillmotionError) -> Alert:
    """The alert that the file of limits is damaged."""
    return Alert(
        kind=Kind.BUDGET, severity=Severity.URGENT, subject="unreadable", what=str(error), remedy=error.remedy
    )


def _at_risk(bill: Bill, now: datetime) -> Iterator[Alert]:
    """One alert for each day on which fal forgets requests, and one for what it has forgotten."""
    totals: defaultdict[date | None, list[Decimal]] = defaultdict(list)
    for ordered_at, usd in _doubtful(bill):
        forgotten_at = ordered_at + KEPT
        if forgotten_at <= now:
            totals[None].append(usd)
        elif forgotten_at - now <= SOON:
            totals[forgotten_at.date()].append(usd)
    for day, amounts in sorted(totals.items(), key=lambda pair: str(pair[0] or "")):
        takes = "1 take" if len(amounts) == 1 else f"{len(amounts)} takes"
        total = dollars(sum(amounts, Decimal(0)))
        if day is None:
            yield Alert(
                kind=Kind.AT_RISK,
                severity=Severity.WARNING,
                subject=f"forgotten, {len(amounts)}",
                what=f"{total} at risk for {takes}: fal no longer has the requests, only the bill tells.",
                remedy="Read the bill with FAL_ADMIN_KEY, or import it on the Costs page.",
            )
        else:
            yield Alert(
                kind=Kind.AT_RISK,
                severity=Severity.URGENT,
                subject=day.isoformat(),
                what=f"{total} at risk for {takes}: after {day.day} {day:%B} fal no longer has the requests.",
                remedy="Settle the takes on the Animate page before then.",
            )


@lru_cache(maxsize=1)
def _doubtful(bill: Bill) -> tuple[tuple[datetime, Decimal], ...]:
    """(when it was ordered, US dollars) of each take whose money is at risk. One bill is searched once."""
    return tuple((bill.takes[line.take_id].ordered_at, line.usd) for line in bill.lines(Entry.AT_RISK))


def _jump(bill: Bill, today: date) -> Iterator[Alert]:
    """Whether more was ordered today than is usual, over all projects; days are UTC."""
    days: defaultdict[date, Decimal] = defaultdict(Decimal)
    for (_, day), usd in bill.committed.items():
        days[day] += usd
    spent = days.pop(today, Decimal(0))
    before = sorted(day for day, usd in days.items() if usd and day < today)[-USUAL_DAYS:]
    if len(before) < FEWEST_DAYS:
        return
    usual = median(days[day] for day in before)
    if spent > JUMP_TIMES * usual and spent - usual >= JUMP_LEAST_USD:
        yield Alert(
            kind=Kind.JUMP,
            severity=Severity.WARNING,
            subject=today.isoformat(),
            what=(
                f"{dollars(spent)} were ordered today, more than {JUMP_TIMES} times the usual "
                f"{dollars(usual.quantize(CENT))}: the median of the last {len(before)} days with spending."
            ),
            remedy="Look on the Costs page who ordered what; set a budget for the day to stop it there.",
        )


def _drift(bill: Bill, catalogue: Catalogue) -> Iterator[Alert]:
    for each in drift(bill):
        if not each.alarming:
            continue
        name = catalogue[each.model].name if each.model in catalogue else each.model
        by = "" if each.share is None else f", {abs(each.share):.0%} {'more' if each.share > 0 else 'less'}"
        yield Alert(
            kind=Kind.DRIFT,
            severity=Severity.WARNING,
            subject=each.model,
            what=(
                f"{name} was billed at {dollars(each.billed_usd)} where we counted "
                f"{dollars(each.estimate_usd)}{by} (told from {ALERT_SHARE:.0%} on)."
            ),
            remedy="Refresh the prices; a discount of your account or a new price is the usual cause.",
        )
