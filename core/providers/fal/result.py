"""Reading the result of a finished request, with its headers, and what a result that failed means."""

import httpx

from core.catalogue import Model
from core.errors import Charge, ProviderError, ProviderPaused, SendAgain
from core.providers.base import Answer, Job
from core.providers.fal.refusals import account_trouble, is_dead_address, refusal
from core.providers.fal.storage import Storage
from core.providers.fal.wire import Reply, Wire

PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses between tries to read one result; reading costs nothing."""


async def read_result(
    wire: Wire, client: httpx.AsyncClient, url: str, job: Job, *, failed: bool
) -> Answer | None:
    """The result at `url`; None when it is not there yet after all.

    `failed`: the status said so, and an error is what is to be expected. An error that nobody announced may
    be the network's own, so it is asked for again before it is believed. Raises ProviderError or SendAgain.
    """
    reply: Reply | None = None
    for pause_s in (*PAUSES_S, None):
        reply = await _asked(wire, client, url) or reply
        if reply is not None:
            told = reply.json_object()
            if reply.status == 200 and told is not None:
                return Answer(result=told, billable_units=reply.billable_units)
            if reply.status == 400 and not failed and not _is_fals_own(reply):
                return None
            if reply.status != 200 and (failed or _is_fals_own(reply)) and told and "detail" in told:
                break
        if pause_s is not None:
            told_s = reply.retry_after_s if reply and reply.status == 429 else None
            await wire.pause(max(pause_s, told_s or 0.0))
    raise _failure(wire, job, reply)


async def _asked(wire: Wire, client: httpx.AsyncClient, url: str) -> Reply | None:
    try:
        return await wire.ask(client, "GET", url)
    except httpx.HTTPError:
        return None


def _is_fals_own(reply: Reply) -> bool:
    """Whether the model's own answer lies behind an error: then fal tells the units, or a list of details."""
    detail = (reply.json_object() or {}).get("detail")
    return reply.billable_units is not None or isinstance(detail, list)


def _failure(wire: Wire, job: Job, reply: Reply | None) -> ProviderError:
    """The error behind the last answer there was."""
    if reply is None or reply.status == 429 or (reply.status != 200 and reply.json_object() is None):
        return ProviderPaused(
            "fal has finished a clip, but its result cannot be read at present.",
            remedy="Nothing is lost: it is asked for again by itself.",
            retry_after_s=30.0,
        )
    if reply.status == 200:
        return _unreadable(job.model, reply)
    trouble = account_trouble(reply) if reply.billable_units is None else None
    if trouble is not None:
        return trouble
    if is_dead_address(reply):
        Storage(wire).forget(job)
        return SendAgain(
            "fal no longer had the still; nothing was charged.",
            remedy="The still is uploaded anew and the request sent once more.",
        )
    if reply.status == 404 and reply.billable_units is None:
        return ProviderError(
            "fal has finished the request but no longer has its result.",
            remedy="The bill will tell whether it was charged. Order the shot again if you want it.",
            charge=Charge.POSSIBLE,
            safe_to_retry=False,
        )
    return refusal(reply, job.model, sent=True)


def _unreadable(model: Model, reply: Reply) -> ProviderError:
    units = reply.billable_units
    error = ProviderError(
        f"fal has finished the clip of {model.name}, but its answer cannot be read.",
        remedy="The request's id is in the take's receipt, for a look at fal.ai/dashboard and at the bill.",
        charge=Charge.NONE if units == 0 else Charge.CERTAIN if units else Charge.POSSIBLE,
        safe_to_retry=False,
    )
    error.billable_units = units
    return error
