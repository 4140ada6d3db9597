"""What a take will cost, before it is sent: pure arithmetic on the catalogue's dated prices."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from math import ceil

from pydantic import BaseModel, ConfigDict

from core.catalogue import Aspect, Model, PriceTier

CENT_HUNDREDTH = Decimal("0.0001")
"""Amounts are kept to a hundredth of a cent: fal's own prices go that far."""


class Quote(BaseModel):
    """What one take will cost and what is bought for it."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

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
    """Size that is bought, in the model's words or as WIDTHxHEIGHT."""
    sound: bool
    """Whether sound is bought."""
    price_as_of: str
    """Day on which the price was read, YYYY-MM-DD."""
    notes: tuple[str, ...] = ()
    """What a person should know before ordering, one sentence each."""


def quote(
    model: Model, *, needed_s: Fraction, frame_size: tuple[int, int], aspect: Aspect, sound: bool = False
) -> Quote:
    """The price of one take of `model` for a shot of `needed_s` seconds at `frame_size` (width, height)."""
    paid_s = model.length.shortest_covering(needed_s)
    size = model.size.smallest_covering(frame_size)
    with_sound = model.sound.kind == "always" or (model.sound.kind == "choice" and sound)
    tier = _matching_tier(model, sound=with_sound, size=size, length_s=paid_s)
    usd = _round(tier.usd * _units(model, paid_s, frame_size)) if tier else Decimal(0)
    return Quote(
        model=model.key,
        usd=usd,
        usd_high=_round(usd * (1 + model.price.spread)),
        exact=model.price.exact,
        paid_s=float(paid_s),
        used_s=float(min(needed_s, paid_s)),
        size=size or f"{frame_size[0]}x{frame_size[1]}",
        sound=with_sound,
        price_as_of=model.price.as_of,
        notes=tuple(_notes(model, needed_s, paid_s, frame_size, aspect, sound)),
    )


def _matching_tier(model: Model, *, sound: bool, size: str | None, length_s: Fraction) -> PriceTier | None:
    asked: dict[str, bool | str | Fraction | None] = {"sound": sound, "size": size, "length_s": length_s}
    for tier in model.price.tiers:
        if all(asked[name] == value for name, value in tier.when.items()):
            return tier
    if model.paid:
        raise ValueError(f"{model.key} has no price for {asked}")
    return None


def _units(model: Model, paid_s: Fraction, frame_size: tuple[int, int]) -> Decimal:
    """How many of the price's units a take of `paid_s` seconds is."""
    if model.price.unit == "second":
        return Decimal(paid_s.numerator) / Decimal(paid_s.denominator)
    if model.price.unit == "megapixel":
        frames = model.length.frames_for(paid_s)
        return Decimal(ceil(Fraction(frame_size[0] * frame_size[1] * frames, 1_000_000)))
    return Decimal(1)


def _round(usd: Decimal) -> Decimal:
    return usd.quantize(CENT_HUNDREDTH, rounding=ROUND_HALF_UP)


def _notes(
    model: Model,
    needed_s: Fraction,
    paid_s: Fraction,
    frame_size: tuple[int, int],
    aspect: Aspect,
    sound: bool,
) -> list[str]:
    notes = []
    if needed_s > paid_s:
        short_s = float(needed_s - paid_s)
        notes.append(f"{model.name} sells at most {float(paid_s):g} s: the shot is {short_s:.1f} s longer.")
    if model.aspect.field and aspect not in model.aspect.values:
        notes.append(model.aspect.note or f"{model.name} has no {aspect} picture.")
    sold = model.size.short_side_px.values()
    if sold and max(sold) < min(frame_size):
        notes.append(f"{model.name} goes up to {max(sold)} lines: the clip is enlarged to {min(frame_size)}.")
    if sound and model.sound.kind == "never":
        notes.append(f"{model.name} makes no sound.")
    return notes
