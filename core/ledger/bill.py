"""What a take's lines come to, and every total in the product: folds of the ledger's lines.

Whatever order the lines stand in, they come to the same: a take's lines are told apart by their `step`.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

import msgspec

from core.ledger.lines import Entry, Line
from core.project import ProjectId
from core.take import TakeId

NOTHING = Decimal(0)


class TakeMoney(msgspec.Struct, frozen=True, gc=False):
    """One take's money, from the order to the bill."""

    first: Line
    """The order, with what was set aside for it."""
    last: Line
    """The line that counts: the newest from the bill, or else the newest."""
    ended: Line | None
    """The newest of our own lines that says what the take came to, before any bill; None while it runs."""
    billed: Line | None
    """The newest line from the provider's bill; None while there is none."""
    steps: int
    """The steps that were read, a bit each."""

    @property
    def ordered_at(self) -> datetime:
        """When it was ordered, UTC. All its money belongs to that day."""
        return self.first.at

    @property
    def ended_at(self) -> datetime | None:
        """When its money was settled or released, UTC; None while that is open. The bill comes later."""
        closing = self.ended or self.billed
        return closing.at if closing else None

    @property
    def estimate_usd(self) -> Decimal | None:
        """What we made of it before any bill, by table or units; None while that is open."""
        return self.ended.usd if self.ended else None

    @property
    def billed_usd(self) -> Decimal | None:
        """What the provider's bill says; None while it says nothing."""
        return self.billed.usd if self.billed else None

    @property
    def committed_usd(self) -> Decimal:
        """What counts against a budget: settled, reserved or at risk."""
        return NOTHING if self.last.entry is Entry.RELEASE else self.last.usd

    @property
    def newest_step(self) -> int:
        """Number of its newest line."""
        return self.steps.bit_length() - 1


def opened(line: Line) -> TakeMoney:
    """A take's money as of its first `line`."""
    ended = line.entry is Entry.SETTLE or line.entry is Entry.RELEASE
    bill = line.from_bill
    return TakeMoney(
        line, line, line if ended and not bill else None, line if ended and bill else None, 1 << line.step
    )


def added(money: TakeMoney, line: Line) -> TakeMoney:
    """`money` with one more `line` of the take, wherever it stood in the file."""
    billed, ended = money.billed, money.ended
    if line.entry is Entry.SETTLE or line.entry is Entry.RELEASE:
        if line.from_bill:
            billed = _newer(billed, line)
        else:
            ended = _newer(ended, line)
    return TakeMoney(
        money.first if money.first.step < line.step else line,
        billed or _newer(money.last, line),
        ended,
        billed,
        money.steps | 1 << line.step,
    )


def _newer(known: Line | None, line: Line) -> Line:
    return line if known is None or line.step > known.step else known


class _Last(Mapping[TakeId, Line]):
    """The line that counts for each take: a view."""

    def __init__(self, takes: Mapping[TakeId, TakeMoney]) -> None:
        self._takes = takes

    def __getitem__(self, take_id: TakeId) -> Line:
        return self._takes[take_id].last

    def __iter__(self) -> Iterator[TakeId]:
        return iter(self._takes)

    def __len__(self) -> int:
        return len(self._takes)


@dataclass(frozen=True, eq=False)
class Bill:
    """Every total in the product, as of one moment; another object whenever a line was added."""

    takes: Mapping[TakeId, TakeMoney] = field(default_factory=dict)
    """Every take's money, in the order of the ledger."""
    broken: Sequence[str] = ()
    """What is wrong with each line that is left out, by its number."""
    odd: Sequence[str] = ()
    """What is strange about lines whose money counts all the same: out of their order, or there twice."""
    sums: Mapping[tuple[ProjectId, date, Entry], Decimal] = field(default_factory=dict)
    """US dollars of the lines that count, by project, the day (UTC) of the order, and entry."""

    @cached_property
    def totals(self) -> Mapping[tuple[ProjectId, Entry], Decimal]:
        """US dollars of the lines that count, by project and entry."""
        totals: defaultdict[tuple[ProjectId, Entry], Decimal] = defaultdict(Decimal)
        for (project_id, _, entry), usd in self.sums.items():
            totals[project_id, entry] += usd
        return dict(totals)

    @cached_property
    def committed(self) -> Mapping[tuple[ProjectId, date], Decimal]:
        """US dollars settled, reserved or at risk, by project and the day (UTC) of the order."""
        committed: defaultdict[tuple[ProjectId, date], Decimal] = defaultdict(Decimal)
        for (project_id, day, entry), usd in self.sums.items():
            if entry is not Entry.RELEASE:
                committed[project_id, day] += usd
        return dict(committed)

    @property
    def last(self) -> Mapping[TakeId, Line]:
        """The line that counts for each take."""
        return _Last(self.takes)

    def sum_of(self, entry: Entry) -> Decimal:
        """US dollars of all takes whose line that counts is `entry`."""
        return sum((usd for (_, each), usd in self.totals.items() if each is entry), NOTHING)

    @property
    def spent_usd(self) -> Decimal:
        """What is settled."""
        return self.sum_of(Entry.SETTLE)

    @property
    def reserved_usd(self) -> Decimal:
        """What is set aside for takes under way."""
        return self.sum_of(Entry.RESERVE)

    @property
    def at_risk_usd(self) -> Decimal:
        """What may have been spent without a clip to show for it."""
        return self.sum_of(Entry.AT_RISK)

    def lines(self, entry: Entry, project_id: str | None = None) -> Iterator[Line]:
        """The lines that count with `entry`, of one project or of all."""
        for money in self.takes.values():
            line = money.last
            if line.entry is entry and project_id in (None, line.project_id):
                yield line

    def by_project(self) -> Mapping[str, Decimal]:
        """US dollars settled, by project."""
        return {project: usd for (project, entry), usd in self.totals.items() if entry is Entry.SETTLE}


def sums_with(
    bill: Bill, changes: Iterable[tuple[TakeMoney | None, TakeMoney]]
) -> dict[tuple[ProjectId, date, Entry], Decimal]:
    """`bill.sums` after `changes`: takes' money before and after."""
    sums = defaultdict(Decimal, bill.sums)
    for before, now in changes:
        if before is not None:
            sums[before.last.project_id, before.first.at.date(), before.last.entry] -= before.last.usd
        last = now.last
        sums[last.project_id, now.first.at.date(), last.entry] += last.usd
    return dict(sums)
