"""What was spent, on what, and what came of it: any cut through the takes that a person filters for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from core.costs.columns import ENTRIES, Columns, Dimension, dollars_of
from core.costs.outcomes import OUTCOMES, Outcome, outcomes_by_row, seconds_by_row
from core.costs.sums import Summing, Sums, added
from core.ledger import Entry, Line, TakeMoney
from core.take import TakeId

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What is looked at. Nothing chosen means everything."""

    project_id: str | None = None
    models: frozenset[str] = frozenset()
    """Keys of models."""
    people: frozenset[str] = frozenset()
    outcomes: frozenset[Outcome] = frozenset()
    first_day: date | None = None
    """First day of ordering, UTC."""
    last_day: date | None = None
    """Last day of ordering, UTC."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One take in a table."""

    money: TakeMoney
    outcome: Outcome
    kept_s: float
    """Seconds of a cut in which it is seen."""


class CostReport:
    """Totals of the takes that a filter lets through. Everything is worked out when it is first asked for."""

    def __init__(
        self,
        columns: Columns,
        kept: Mapping[TakeId, float],
        filters: Filters,
        *,
        broken: Sequence[str] = (),
        odd: Sequence[str] = (),
    ) -> None:
        self.filters = filters
        self.broken = tuple(broken)
        """What is wrong with lines that the totals leave out."""
        self.odd = tuple(odd)
        """What is strange about lines that count all the same."""
        self._columns = columns
        self._seen_s = seconds_by_row(columns, kept)
        self._outcome = outcomes_by_row(columns, self._seen_s)
        self._chosen = _chosen(columns, self._outcome, filters)
        self._by: dict[Dimension, Mapping[str, Sums]] = {}

    def __len__(self) -> int:
        """Takes."""
        return int(self._chosen.sum())

    @cached_property
    def total(self) -> Sums:
        """Everything together."""
        import numpy as np

        return self._summing.by(np.zeros(len(self._columns), dtype=np.int32), 1)[0]

    @property
    def spent_usd(self) -> Decimal:
        """What is settled."""
        return self.total.spent_usd

    @property
    def reserved_usd(self) -> Decimal:
        """What is set aside for takes under way."""
        return self.total.reserved_usd

    @property
    def at_risk_usd(self) -> Decimal:
        """What may have been spent without a clip to show for it."""
        return self.total.at_risk_usd

    def by(self, dimension: Dimension) -> Mapping[str, Sums]:
        """The takes told apart by `dimension`, the dearest first; days in their order."""
        known = self._by.get(dimension)
        if known is None:
            names = self._columns.names[dimension]
            sums = self._summing.by(self._columns.numbers[dimension], len(names))
            parts = [(name, part) for name, part in zip(names, sums, strict=True) if part.ordered]
            if dimension is Dimension.DAY:
                parts.sort(key=lambda pair: pair[0])
            else:
                parts.sort(key=lambda pair: (-pair[1].spent_usd, -pair[1].ordered, pair[0]))
            known = self._by[dimension] = dict(parts)
        return known

    @cached_property
    def _summing(self) -> Summing:
        return Summing(self._columns, self._chosen, self._outcome, self._seen_s)

    def spent_by(self, dimension: Dimension) -> dict[str, Decimal]:
        """Dollars settled, by the names that have a settled take."""
        parts = self.by(dimension).items()
        return {name: part.spent_usd for name, part in parts if part.spent_usd or part.clips or part.lost}

    def spent_by_two(self, one: Dimension, other: Dimension) -> Mapping[tuple[str, str], Decimal]:
        """Dollars settled, told apart by two dimensions at once; pairs without any are left out."""
        import numpy as np

        first, second = self._columns.numbers[one], self._columns.numbers[other]
        across = max(1, len(self._columns.names[other]))
        paid = self._chosen & (self._columns.entry == ENTRIES.index(Entry.SETTLE))
        pairs, places = np.unique(first[paid].astype(np.int64) * across + second[paid], return_inverse=True)
        sums = added(places, self._columns.usd[paid], len(pairs))
        names, others = self._columns.names[one], self._columns.names[other]
        return {
            (names[pair // across], others[pair % across]): dollars_of(usd)
            for pair, usd in zip(pairs.tolist(), sums.tolist(), strict=True)
            if usd
        }

    def names(self, dimension: Dimension) -> list[str]:
        """Every name in a dimension that any take has, filtered or not, in their order."""
        return sorted(self._columns.names[dimension])

    def outcomes(self) -> Mapping[Outcome, int]:
        """Takes with each outcome."""
        import numpy as np

        counts = np.bincount(self._outcome[self._chosen], minlength=len(OUTCOMES)).tolist()
        return dict(zip(OUTCOMES, counts, strict=True))

    def rows(
        self,
        outcomes: Iterable[Outcome] = (),
        *,
        dearest: bool = False,
        most: int | None = None,
        skip: int = 0,
    ) -> list[Row]:
        """Takes, the one ordered last or the dearest first; at most `most` of them after the first `skip`."""
        import numpy as np

        chosen = self._chosen
        if wanted := [OUTCOMES.index(each) for each in outcomes]:
            chosen = chosen & np.isin(self._outcome, wanted)
        places = np.flatnonzero(chosen)[::-1]
        if dearest:
            places = places[np.argsort(-self._columns.usd[places], kind="stable")]
        return [
            Row(
                money=self._columns.monies[place],
                outcome=OUTCOMES[self._outcome[place]],
                kept_s=max(0.0, float(self._seen_s[place])),
            )
            for place in places[skip:][:most].tolist()
        ]

    @property
    def lines(self) -> Iterator[Line]:
        """Every line that counts, that of the take ordered last first."""
        return (row.money.last for row in self.rows())


def _chosen(columns: Columns, outcome: "NDArray[np.int8]", filters: Filters) -> "NDArray[np.bool_]":
    """The rows that `filters` let through."""
    import numpy as np

    chosen = np.ones(len(columns), dtype=np.bool_)

    def only(dimension: Dimension, names: Iterable[str]) -> None:
        known = {name: number for number, name in enumerate(columns.names[dimension])}
        wanted = [known[name] for name in names if name in known]
        chosen[~np.isin(columns.numbers[dimension], wanted)] = False

    if filters.project_id is not None:
        only(Dimension.PROJECT, (filters.project_id,))
    if filters.models:
        only(Dimension.MODEL, filters.models)
    if filters.people:
        only(Dimension.PERSON, filters.people)
    if filters.outcomes:
        chosen[~np.isin(outcome, [OUTCOMES.index(each) for each in filters.outcomes])] = False
    if filters.first_day or filters.last_day:
        first = filters.first_day.isoformat() if filters.first_day else ""
        last = filters.last_day.isoformat() if filters.last_day else "9999"
        only(Dimension.DAY, (day for day in columns.names[Dimension.DAY] if first <= day <= last))
    return chosen
