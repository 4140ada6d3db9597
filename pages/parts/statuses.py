"""Where a shot or take stands, in words and shapes that tell it without colour."""

from core.errors import Charge
from core.pricing import price_text
from core.take import OPEN, UNDER_WAY, State, Take

NONE, WAITING, RUNNING = "○ No clip yet", "◔ Waiting", "◐ Running"
DONE, FAILED, CANCELLED, AT_RISK = "● Done", "▲ Failed", "■ Cancelled", "◇ At risk"

COLOURS = {
    NONE: "gray",
    WAITING: "gray",
    RUNNING: "blue",
    DONE: "green",
    FAILED: "red",
    CANCELLED: "gray",
    AT_RISK: "orange",
}
"""Every status → the theme's colour that goes with it."""

_ENDED = {
    State.QUEUED: WAITING,
    State.DONE: DONE,
    State.FAILED: FAILED,
    State.CANCELLED: CANCELLED,
    State.UNRESOLVED: AT_RISK,
}


def status_text(take: Take | None) -> str:
    """The status of a take; of a shot, by its newest take."""
    if take is None:
        return NONE
    return RUNNING if take.state in UNDER_WAY else _ENDED[take.state]


def badge(take: Take | None) -> str:
    """The status as a badge in Markdown."""
    text = status_text(take)
    return f":{COLOURS[text]}-badge[{text}]"


def cost_text(take: Take) -> str:
    """What a take cost; what it will cost while it is under way; what is at risk when nobody knows."""
    quoted = take.quote.price_text
    if take.state in OPEN:
        return quoted
    if take.settled_usd is not None:
        return "free" if not take.quote.usd_high else price_text(take.settled_usd, take.settled_usd)
    charge = take.failure.charge if take.failure else Charge.POSSIBLE
    if not take.quote.usd_high or charge is Charge.NONE:
        return "free" if not take.quote.usd_high else "$0"
    return quoted if charge is Charge.CERTAIN else f"{quoted} at risk"


def length_text(needed_s: float, paid_s: float) -> str:
    """The shot's length and, where a model sells another, what is bought for it: "2.4 s", "2.4 → 5 s"."""
    needed, paid = f"{needed_s:.3g}", f"{paid_s:.3g}"
    return f"{paid} s" if needed == paid else f"{needed} → {paid} s"
