"""What some takes come to: counts, dollars and seconds, all of them exact but for the seconds."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from core.costs.columns import ENTRIES, PLACES, Columns, dollars_of
from core.costs.outcomes import OUTCOMES, Outcome
from core.ledger import Entry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Sums:
    """What some takes come to. Amounts are US dollars."""

    ordered: int
    """Takes."""
    clips: int
    """Takes that gave a clip."""
    kept: int
    """Takes whose clip is in a cut."""
    lost: int
    """Takes that were charged without a clip."""
    at_risk: int
    """Takes that may have been charged without a clip."""
    open: int
    """Takes that wait or are under way."""
    spent_usd: Decimal
    """What is settled."""
    kept_usd: Decimal
    """Of that, for takes whose clip is in a cut."""
    lost_usd: Decimal
    """Of that, for takes without a clip."""
    reserved_usd: Decimal
    """What is set aside for takes under way."""
    at_risk_usd: Decimal
    """What may have been spent without a clip to show for it."""
    paid_s: float
    """Seconds bought, by takes that gave a clip and cost something."""
    kept_s: float
    """Seconds of a cut in which these takes are seen."""
    trimmed_usd: Decimal
    """Of what was spent on kept takes, for seconds that the cut does not show."""
    billed: int
    """Takes of which both our estimate and the bill are known."""
    estimate_usd: Decimal
    """What we made of these before the bill."""
    billed_usd: Decimal
    """What the bill says of them."""

    @property
    def spare_usd(self) -> Decimal:
        """Of what was spent, for clips that no cut uses."""
        return self.spent_usd - self.kept_usd - self.lost_usd

    @property
    def shown_usd(self) -> Decimal:
        """Of what was spent, for seconds that a cut shows."""
        return self.kept_usd - self.trimmed_usd

    @property
    def wasted_usd(self) -> Decimal:
        """Of what was spent, for what no cut shows: unused clips, trimmed seconds, takes without a clip."""
        return self.spent_usd - self.shown_usd

    @property
    def usd_per_kept_s(self) -> Decimal | None:
        """All that was spent, for each second that is seen; None while none is."""
        return self.spent_usd / Decimal(repr(self.kept_s)) if self.kept_s else None

    @property
    def kept_share(self) -> float | None:
        """Kept takes among those that gave a clip; None while none did."""
        return self.kept / self.clips if self.clips else None

    @property
    def drift(self) -> float | None:
        """How far the bill is above our estimate, as a fraction of it; None while no bill is known."""
        return float(self.billed_usd / self.estimate_usd) - 1 if self.estimate_usd else None


class Summing:
    """The takes of `columns` that `chosen` lets through, ready to be summed in groups."""

    def __init__(
        self,
        columns: Columns,
        chosen: "NDArray[np.bool_]",
        outcome: "NDArray[np.int8]",
        seen_s: "NDArray[np.float64]",
    ) -> None:
        import numpy as np

        self._chosen = chosen
        self._usd, entry = columns.usd[chosen], columns.entry[chosen]
        self._settled = entry == ENTRIES.index(Entry.SETTLE)
        self._held = entry == ENTRIES.index(Entry.RESERVE)
        self._risked = entry == ENTRIES.index(Entry.AT_RISK)
        self._kept = outcome[chosen] == OUTCOMES.index(Outcome.KEPT)
        self._lost = outcome[chosen] == OUTCOMES.index(Outcome.LOST)
        self._clip = self._kept | (outcome[chosen] == OUTCOMES.index(Outcome.SPARE))
        self._has_bill = columns.has_bill[chosen]
        self._estimate, self._billed = columns.estimate[chosen], columns.billed[chosen]
        self._paid_s, self._seen_s = columns.paid_s[chosen], np.maximum(seen_s[chosen], 0.0)
        share = np.divide(self._seen_s, self._paid_s, out=np.ones_like(self._paid_s), where=self._paid_s > 0)
        whole = 1.0 if self._usd.dtype == object else 10.0**PLACES
        self._trimmed = self._usd.astype(np.float64) / whole * (1.0 - np.minimum(share, 1.0))

    def by(self, numbers: "NDArray[np.int32]", size: int) -> list[Sums]:
        """The sums of each group; `numbers` says for every take of the columns which of `size` it is in."""
        import numpy as np

        where = numbers[self._chosen]

        def counts(mask: "NDArray[np.bool_]") -> list[int]:
            found: list[int] = np.bincount(where[mask], minlength=size).tolist()
            return found

        def dollars(mask: "NDArray[np.bool_]", of: "NDArray[Any]") -> list[Decimal]:
            return [dollars_of(each) for each in added(where[mask], of[mask], size).tolist()]

        def numbers_of(mask: "NDArray[np.bool_]", of: "NDArray[np.float64]") -> list[float]:
            found: list[float] = np.bincount(where[mask], weights=of[mask], minlength=size).tolist()
            return found

        kept_and_paid = self._kept & self._settled
        table: dict[str, Sequence[Any]] = {
            "ordered": counts(np.ones(len(where), dtype=np.bool_)),
            "clips": counts(self._clip),
            "kept": counts(self._kept),
            "lost": counts(self._lost),
            "at_risk": counts(self._risked),
            "open": counts(self._held),
            "spent_usd": dollars(self._settled, self._usd),
            "kept_usd": dollars(kept_and_paid, self._usd),
            "lost_usd": dollars(self._lost, self._usd),
            "reserved_usd": dollars(self._held, self._usd),
            "at_risk_usd": dollars(self._risked, self._usd),
            "paid_s": numbers_of(self._clip & (self._usd > 0), self._paid_s),
            "kept_s": numbers_of(self._kept, self._seen_s),
            "trimmed_usd": [Decimal(f"{usd:.4f}") for usd in numbers_of(kept_and_paid, self._trimmed)],
            "billed": counts(self._has_bill),
            "estimate_usd": dollars(self._has_bill, self._estimate),
            "billed_usd": dollars(self._has_bill, self._billed),
        }
        rows = zip(*table.values(), strict=True)
        return [Sums(**dict(zip(table, row, strict=True))) for row in rows]


def added(where: "NDArray[Any]", amounts: "NDArray[Any]", size: int) -> "NDArray[Any]":
    """The exact sum of the amounts at each place."""
    import numpy as np

    sums: NDArray[Any] = np.zeros(size, dtype=amounts.dtype)
    if amounts.dtype == object:
        sums[:] = Decimal(0)
    np.add.at(sums, where, amounts)
    return sums
