"""What a finished take cost until the bill is known: by fal's units, else by the price list."""

from decimal import Decimal

from core.catalogue import Price
from core.pricing import dollars, tidy
from core.take import Take

TABLE = "table price"
"""Source of an amount that the price list gives."""
UNITS = "billable units"
"""Source of an amount that fal's own count of units gives, at the price of a unit."""

PLACES = Decimal("0.000001")
"""fal tells units as floating-point numbers; what lies beyond a millionth of a dollar is their noise."""


def settled(take: Take, price: Price) -> tuple[Decimal, str]:
    """(US dollars, source) of a take that gave its clip; `price` is its model's, as it is now.

    Units settle it when the price of a unit was read of this very endpoint, or when they are none. A unit is
    not a second, so without its price nothing is made of them: then the quote counts.
    """
    units = take.billable_units
    if units is not None and take.quote.usd_high:
        if not units:
            return Decimal(0), UNITS
        if price.unit_usd is not None:
            return tidy((units * price.unit_usd).quantize(PLACES)), UNITS
    return take.quote.usd, TABLE


def settled_without_clip(take: Take, price: Price) -> tuple[Decimal, str]:
    """The same of a take that was charged and gave none: without units, the quote's upper end is held."""
    usd, source = settled(take, price)
    return (take.quote.usd_high, TABLE) if source == TABLE else (usd, source)


def off_quote(take: Take, usd: Decimal) -> str | None:
    """What to tell a person when `usd` is not what was quoted; None when it is."""
    if take.quote.usd <= usd <= take.quote.usd_high or abs(usd - take.quote.usd_high) < Decimal("0.0001"):
        return None
    quoted = take.quote.price_text
    return f"fal counted {take.billable_units:f} units: {dollars(usd)}, where {quoted} was quoted."
