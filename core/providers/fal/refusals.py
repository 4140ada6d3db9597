"""What fal's refusals mean for people: what happened, what to do, whether money may be gone.

Branches on `type` and status, never on fal's wording: https://fal.ai/docs/documentation/model-apis/errors.md
and request-errors.md. fal's billable units decide about money wherever it tells them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.catalogue import Model
from core.errors import Charge, ProviderError, ProviderPaused
from core.project import strip_control
from core.providers.fal.storage import bad_key
from core.providers.fal.wire import Reply


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What one type of error means."""

    what: str
    """One line; {model} is the model's name."""
    remedy: str
    charge: Charge = Charge.POSSIBLE
    """Whether money may be gone when fal does not tell the units."""
    safe_to_retry: bool = False


_OTHER_STILL = "Change the still, or choose another model."
_AGAIN = "Order the shot again; waiting a little helps."

MEANINGS: Mapping[str, Meaning] = {
    "content_policy_violation": Meaning(
        what="{model} refused the content of the still or of the words.",
        remedy="Change the still or the shot's words, or choose another model: the same is refused again.",
    ),
    "no_media_generated": Meaning(
        what="{model} made no clip of this.", remedy="Change the shot's words or the still, then try again."
    ),
    "image_too_small": Meaning(
        what="The still is too small for {model}.", remedy="Bring a larger picture, or choose another model."
    ),
    "image_too_large": Meaning(what="The still has too many pixels for {model}.", remedy=_OTHER_STILL),
    "image_load_error": Meaning(what="{model} could not read the still.", remedy=_OTHER_STILL),
    "file_too_large": Meaning(what="The still's file is too large for {model}.", remedy=_OTHER_STILL),
    "face_detection_error": Meaning(what="{model} needs a face and found none.", remedy=_OTHER_STILL),
    "file_download_error": Meaning(
        what="fal could not fetch the still from its own storage.",
        remedy="Order the shot again: the still is uploaded anew.",
        charge=Charge.NONE,  # without the still nothing was computed
        safe_to_retry=True,
    ),
    "sequence_too_long": Meaning(
        what="The words are too long for {model}.", remedy="Shorten the shot's words, then order it again."
    ),
    "downstream_service_error": Meaning(what="{model} failed at its maker.", remedy=_AGAIN),
    "downstream_service_unavailable": Meaning(
        what="{model} cannot be reached at its maker.", remedy=_AGAIN, safe_to_retry=True
    ),
    "generation_timeout": Meaning(
        what="{model} took too long and was ended.", remedy=_AGAIN, safe_to_retry=True
    ),
    "request_timeout": Meaning(
        what="fal found no place for the request in time.", remedy=_AGAIN, safe_to_retry=True
    ),
    "client_cancelled": Meaning(
        what="The request was cancelled at fal.", remedy="Order the shot again when you want it."
    ),
}
"""Type of an error → what it means."""

_SERVER = Meaning(what="fal failed while it worked on this ({status}).", remedy=_AGAIN, safe_to_retry=True)
_NO_SUCH_MODEL = Meaning(
    what="fal has no model at {endpoint}.",
    remedy="Choose another model; the catalogue's row for {model} needs correcting.",
    charge=Charge.NONE,
)
_OTHER = Meaning(
    what="fal refused the request ({status}{type}).",
    remedy="Choose another model or change the shot; the take's receipt holds what was sent.",
)


def refusal(reply: Reply, model: Model, *, sent: bool) -> ProviderError:
    """The error behind `reply`. `sent`: it is the result of a request, not the answer to sending one."""
    kind = _type_of(reply)
    meaning = _meaning_of(reply, kind)
    charge = _charge(reply, meaning) if sent else Charge.NONE
    words = {
        "model": model.name,
        "endpoint": model.endpoint,
        "status": reply.status,
        "type": f", {kind}" if kind else "",
    }
    error = ProviderError(
        meaning.what.format(**words),
        remedy=meaning.remedy.format(**words),
        charge=charge,
        safe_to_retry=meaning.safe_to_retry and charge is Charge.NONE,
    )
    error.billable_units = reply.billable_units
    return error


def is_dead_address(reply: Reply) -> bool:
    """Whether fal could not fetch the still, and charges nothing for that."""
    return _type_of(reply) == "file_download_error" and not reply.billable_units


def account_trouble(reply: Reply) -> ProviderPaused | None:
    """What keeps the whole account from sending: key, lock, balance; None when it is something else."""
    if reply.status == 401:
        return bad_key()
    said = _text_of(reply)
    locked = reply.status in (402, 403, 409) and any(
        word in said.lower() for word in ("locked", "balance", "billing", "credit")
    )
    if reply.status != 402 and not locked:
        return None
    return ProviderPaused(
        f"fal does not take orders from this account: {said or 'payment is required'}",
        remedy="Top up or unlock it at fal.ai/dashboard/billing, then continue the queue. Nothing was sent.",
        retry_after_s=None,
    )


def is_definite(reply: Reply) -> bool:
    """Whether fal surely did not take what was sent: a 4xx that says why, in fal's own form."""
    told = reply.json_object()
    return reply.status in (400, 402, 403, 404, 405, 413, 415, 422) and bool(told and "detail" in told)


def _meaning_of(reply: Reply, kind: str) -> Meaning:
    if kind in MEANINGS:
        return MEANINGS[kind]
    if reply.status >= 500:
        return _SERVER
    return _NO_SUCH_MODEL if reply.status == 404 else _OTHER


def _charge(reply: Reply, meaning: Meaning) -> Charge:
    """fal's units where it tells them; otherwise: a 5xx is never billed, and a 422 may be."""
    units: Decimal | None = reply.billable_units
    if units is not None:
        return Charge.CERTAIN if units else Charge.NONE
    return Charge.NONE if reply.status >= 500 else meaning.charge


def _type_of(reply: Reply) -> str:
    """Type of the error: of the model's first detail, or the platform's own."""
    told = reply.json_object() or {}
    detail = told.get("detail")
    first: Any = detail[0] if isinstance(detail, list) and detail else {}
    kind = first.get("type") if isinstance(first, dict) else None
    found = kind or told.get("error_type") or reply.headers.get("x-fal-error-type") or ""
    return found if isinstance(found, str) and found.replace("_", "").isalnum() and len(found) < 60 else ""


def _text_of(reply: Reply) -> str:
    """fal's own words, made safe to show."""
    detail = (reply.json_object() or {}).get("detail")
    return strip_control(detail)[:200] if isinstance(detail, str) else ""
