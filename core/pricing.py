"""What a take will cost, before it is sent: pure arithmetic on the catalogue's dated prices."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from fractions import Fraction
from math import ceil

from pydantic import BaseModel, ConfigDict

from core.catalogue import Asked, Aspect, Model, Price

PLACES = 4
"""Amounts are kept to a hundredth of a cent, rounded up: fal's own prices go that far."""

CENT = Decimal("0.01")


class Quote(BaseModel):
    """What one take will cost and what is bought for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    """Key of the model."""
    usd: Decimal
    """US dollars; the lower end when the price is a range."""
    usd_high: Decimal
    """US dollars at most; equal to `usd` when the price is exact."""
    exact: bool
    """Whether the provider publishes an exact price for what is asked."""
    paid_s: float
    """Seconds of clip that are bought."""
    used_s: float
    """Seconds of it that the shot lasts, at most what is bought."""
    size: str
    """Size that is bought, in the model's words or as WIDTHxHEIGHT; "unpublished" when nobody says."""
    sound: bool
    """Whether sound is bought."""
    price_as_of: str
    """Day on which the price was read, YYYY-MM-DD."""
    notes: tuple[str, ...] = ()
    """What a person should know before ordering, one sentence each."""

    @property
    def price_text(self) -> str:
        """The price for people: "free", "$0.70" or "about $1.89–$1.99"."""
        return price_text(self.usd, self.usd_high)


def quote(
    model: Model, *, needed_s: Fraction, frame_size: tuple[int, int], aspect: Aspect, sound: bool = False
) -> Quote:
    """The price of one take of `model` for a shot of `needed_s` seconds at `frame_size` (width, height)."""
    paid_s = model.length.shortest_covering(needed_s)
    size = model.size.smallest_covering(frame_size)
    with_sound = model.sound.kind == "always" or (model.sound.kind == "choice" and sound)
    usd = _published(model, paid_s, frame_size, {"sound": with_sound, "size": size, "length_s": paid_s})
    return Quote(
        model=model.key,
        usd=_rounded_up(usd),
        usd_high=_rounded_up(usd * (1 + Fraction(model.price.spread)) + Fraction(model.price.extra_usd)),
        exact=model.price.exact,
        paid_s=float(paid_s),
        used_s=float(min(needed_s, paid_s)),
        size=size or _own_size(model, frame_size),
        sound=with_sound,
        price_as_of=model.price.as_of,
        notes=tuple(_notes(model, needed_s, paid_s, frame_size, aspect, sound)),
    )


def _published(model: Model, paid_s: Fraction, frame_size: tuple[int, int], asked: Asked) -> Fraction:
    """US dollars by the published number, before rounding and without what may come on top."""
    if not model.paid:
        return Fraction(0)
    tier = model.price.tier_for(asked)
    if tier is None:
        raise ValueError(f"{model.key} has no price for {asked}")
    return Fraction(tier.usd) * _units(model, paid_s, frame_size)


def _units(model: Model, paid_s: Fraction, frame_size: tuple[int, int]) -> Fraction:
    """How many of the price's units a take of `paid_s` seconds is."""
    if model.price.unit == "second":
        return paid_s
    if model.price.unit == "megapixel":
        width_px, height_px = frame_size
        frames = model.length.frames_for(paid_s)
        return Fraction(ceil(Fraction(width_px * height_px * frames, 1_000_000)))
    return Fraction(1)


def _rounded_up(usd: Fraction) -> Decimal:
    return tidy(Decimal(ceil(usd * 10**PLACES)).scaleb(-PLACES))


def _own_size(model: Model, frame_size: tuple[int, int]) -> str:
    return "unpublished" if model.size.form == "fixed" else f"{frame_size[0]}x{frame_size[1]}"


def tidy(usd: Decimal) -> Decimal:
    """The same amount as a person writes it: cents, more places only where needed, and a bare 0.

    `str()` of it is what our JSON shows: "0.70", "0.2016", "0".
    """
    if not usd:
        return Decimal(0)
    shortest = usd.normalize()
    exponent = shortest.as_tuple().exponent
    return shortest if isinstance(exponent, int) and exponent < -2 else usd.quantize(CENT)


def dollars(usd: Decimal) -> str:
    """An amount for people: "$0.70", "$0.2016", "$0", "-$1.50". No digit is dropped."""
    return f"{'-' if usd < 0 else ''}${tidy(abs(usd)):,f}"


def price_text(usd: Decimal, usd_high: Decimal) -> str:
    """A price or a range for people, also of a batch: "free", "$0.70" or "about $1.89–$1.99".

    A range is told in whole cents, widened and never narrowed, unless it starts below ten cents.
    """
    if usd == usd_high:
        return dollars(usd) if usd else "free"
    low, high = usd, usd_high
    if low >= 10 * CENT:
        low, high = low.quantize(CENT, ROUND_FLOOR), high.quantize(CENT, ROUND_CEILING)
    return f"about {dollars(low)}–{dollars(high)}"


def rate_text(price: Price) -> str:
    """A price list in one line for people: "free", "$0.07–$0.14 per second", "about $0.08 per second"."""
    if not price.tiers:
        return "free"
    lowest, highest = min(tier.usd for tier in price.tiers), max(tier.usd for tier in price.tiers)
    span = dollars(lowest) if lowest == highest else f"{dollars(lowest)}–{dollars(highest)}"
    return f"{'' if price.exact else 'about '}{span} per {price.unit}"


def _notes(
    model: Model,
    needed_s: Fraction,
    paid_s: Fraction,
    frame_size: tuple[int, int],
    aspect: Aspect,
    sound: bool,
) -> Iterator[str]:
    if not model.price.exact:
        yield f"The price is a range: {model.price.note}"
    if model.length.note:
        yield model.length.note
    if needed_s > paid_s:
        short_s = round(float(needed_s - paid_s), 2)
        yield f"{model.name} sells at most {float(paid_s):g} s: the shot is {short_s:g} s longer."
    if model.aspect.field and aspect not in model.aspect.values:
        yield model.aspect.note
    sold = model.size.short_side_px.values()
    if sold and max(sold) < min(frame_size):
        yield f"{model.name} goes up to {max(sold)} lines: the clip is enlarged to {min(frame_size)}."
    if sound and model.sound.kind in ("never", "unknown"):
        yield model.sound.note or f"{model.name} makes no sound."
    if not sound and model.sound.kind == "always":
        yield model.sound.note or f"{model.name} always makes sound."
