"""How far our estimates lie from the bill, model by model."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from core.ledger import Bill

ALERT_SHARE = Decimal("0.05")
"""From this share of the estimate on, either way, a person is told."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """One model's estimates beside what was billed for the same takes."""

    model: str
    """Key of the model."""
    takes: int
    """Takes of which both are known."""
    estimate_usd: Decimal
    """What was settled for them before any bill: by table or by units."""
    billed_usd: Decimal

    @property
    def difference_usd(self) -> Decimal:
        """What was billed beyond the estimate; negative when it was less."""
        return self.billed_usd - self.estimate_usd

    @property
    def share(self) -> Decimal | None:
        """The difference as a share of the estimate; None when nothing was estimated and something billed."""
        if self.estimate_usd:
            return self.difference_usd / self.estimate_usd
        return None if self.billed_usd else Decimal(0)

    @property
    def alarming(self) -> bool:
        """Whether it is more than `ALERT_SHARE`, either way."""
        return self.share is None or abs(self.share) > ALERT_SHARE


@lru_cache(maxsize=1)
def drift(bill: Bill) -> tuple[Drift, ...]:
    """Every model that was billed, the one with the largest difference first. One bill is folded once."""
    counts: defaultdict[str, int] = defaultdict(int)
    estimates: defaultdict[str, Decimal] = defaultdict(Decimal)
    billed: defaultdict[str, Decimal] = defaultdict(Decimal)
    for money in bill.takes.values():
        if money.ended is None or money.billed is None:
            continue
        model = money.last.model
        counts[model] += 1
        estimates[model] += money.ended.usd
        billed[model] += money.billed.usd
    found = [
        Drift(model=model, takes=count, estimate_usd=estimates[model], billed_usd=billed[model])
        for model, count in counts.items()
        if estimates[model] or billed[model]
    ]
    return tuple(sorted(found, key=lambda each: abs(each.difference_usd), reverse=True))
