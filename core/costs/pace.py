"""How fast money goes, and on which day it will be gone at that pace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

LOOKED_BACK_DAYS = 14
"""The pace is the mean of so many days up to today; of fewer when the first order is younger."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """The pace of spending."""

    usd_per_day: Decimal
    days: int
    """Days that it is the mean of."""

    def runs_out_on(self, left_usd: Decimal, today: date) -> date | None:
        """The day on which `left_usd` will be gone; None when it lasts longer than a person plans."""
        if left_usd <= 0:
            return today
        if not self.usd_per_day or left_usd / self.usd_per_day > 3650:
            return None
        return today + timedelta(days=int(left_usd / self.usd_per_day))


def pace_of(by_day: Mapping[str, Decimal], today: date) -> Pace:
    """The pace up to and with `today`; `by_day` holds the US dollars of each day, YYYY-MM-DD."""
    if not by_day:
        return Pace(usd_per_day=Decimal(0), days=0)
    first = date.fromisoformat(min(by_day))
    days = max(1, min(LOOKED_BACK_DAYS, (today - first).days + 1))
    since = (today - timedelta(days=days - 1)).isoformat()
    recent = sum((usd for day, usd in by_day.items() if since <= day <= today.isoformat()), Decimal(0))
    return Pace(usd_per_day=recent / days, days=days)
