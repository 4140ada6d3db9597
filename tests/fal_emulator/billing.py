"""What fal bills for a body: of what was asked for, never of what somebody meant.

Written apart from the product's quotes, on fal's own field names and defaults, so that the two can disagree.
https://fal.ai/docs/documentation/model-apis/inference/queue.md: what succeeded is billed, HTTP 500 and above
never, waiting never; a refusal may be, when work had been done.
"""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from fal_emulator.schemas import Body, Endpoint, PriceList, published

FREE = Decimal(0)


@dataclass(frozen=True)
class Bill:
    """What one request costs."""

    units: Decimal
    """Billable units, as in X-Fal-Billable-Units."""
    usd: Decimal
    """US dollars before any discount: units × the unit's price."""


NOTHING = Bill(FREE, FREE)


@dataclass(frozen=True)
class Clip:
    """What is made: size in pixels, whole frames, rate."""

    width: int
    height: int
    frames: int
    fps: float
    sound: bool

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.frames / self.fps


def bill_for(slug: str, body: Body, clip: Clip) -> Bill:
    """The bill for `body`, its defaults filled in, that makes `clip`."""
    endpoint = published()[slug]
    price = endpoint.price
    tier = next(tier for tier in price.tiers if tier.fits(body))
    usd = tier.usd * _amount(endpoint, price, body, clip) * price.factor + price.extra_usd
    return Bill(units=usd / price.unit_usd, usd=usd)


def seconds_asked(endpoint: Endpoint, body: Body) -> Decimal:
    """Length that `body` asks for, in seconds; "auto" counts as the longest that is sold."""
    if endpoint.length == "fixed":
        return Decimal(endpoint.seconds)
    if endpoint.length == "frames":
        return Decimal(body["num_frames"]) / Decimal(str(body["fps"]))
    asked = str(body["duration"])
    if asked == "auto":
        return max(Decimal(value) for value in endpoint.fields["duration"].values if value != "auto")
    return Decimal(asked.removesuffix("s"))


def _amount(endpoint: Endpoint, price: PriceList, body: Body, clip: Clip) -> Decimal:
    if price.per == "megapixel":
        return Decimal(ceil(Decimal(clip.width * clip.height * int(body["num_frames"])) / 1_000_000))
    return seconds_asked(endpoint, body) + price.extra_s if price.per == "second" else Decimal(1)
