"""Sending a request and asking it to end: one POST, sent again only when it surely was not taken."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import httpx

from core.errors import AnswerLost, Interrupted, ProviderError, ProviderPaused
from core.providers.base import CancelOutcome, Job, Signals
from core.providers.fal.hosts import REQUEST_ID, is_queue_url, urls_of
from core.providers.fal.refusals import account_trouble, is_definite, refusal
from core.providers.fal.wire import NOTHING_LEFT, Reply, Wire, deaf, run
from core.take import Request

log = logging.getLogger(__name__)

CONNECT_PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses after a connection that was never made: a minute in all, then the queue waits."""
LOOKS_S = (0.5, 1.0, 2.0)
"""Pauses between looks whether what was cancelled has left the queue."""
RATE_PAUSE_S = 5.0
"""Pause after a 429 that names none; it doubles each time."""
RATE_PATIENCE_S = 600.0
"""How long one take waits for a rate limit before the queue does. `history.WINDOW_AFTER` is longer."""
LOOK_IT_UP = "It is not sent again. It is looked up at fal; you may also adopt its request, or mark it lost."


def submit(wire: Wire, job: Job, signals: Signals) -> Request:
    """Send `job.take.payload`; fal's own retries stay on, for those are one request and billed once.

    Raises Cancelled only before anything was sent. Raises ProviderPaused for the app's end, too: the take is
    "about to be sent" on the disk, and has to go back to the queue because it was not.
    """
    connects, rates, limited_s = iter(CONNECT_PAUSES_S), RATE_PAUSE_S, 0.0
    while True:
        with _unsent():
            signals.check()
        try:
            reply = run(_post(wire, job), deaf)
        except NOTHING_LEFT as error:
            pause_s = next(connects, None)
            if pause_s is None:
                _out_of_reach(error)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise AnswerLost(
                f"The connection to fal broke after the request was sent ({type(error).__name__}).",
                remedy=LOOK_IT_UP,
            ) from error
        else:
            if reply.status != 429:
                return _taken(wire, job, reply)
            pause_s = rates if reply.retry_after_s is None else reply.retry_after_s
            rates *= 2
            limited_s += pause_s
            if limited_s > RATE_PATIENCE_S:
                _too_many(pause_s)
        log.info("fal.waits", extra={"action": "fal.waits", "take_id": job.take.take_id, "pause_s": pause_s})
        signals.progress(None, "waiting for fal to take the request")
        with _unsent():
            wire.wait(pause_s, signals)


async def _post(wire: Wire, job: Job) -> Reply:
    """The one POST, over a connection of its own: an idle one that fal just closed would look like a loss."""
    async with wire.client() as client:
        url = f"{wire.settings.fal_queue_url}/{job.model.endpoint}"
        return await wire.ask(client, "POST", url, json=job.take.payload)


@contextmanager
def _unsent() -> Iterator[None]:
    """Nothing is sent in here: the end of the app puts the take back into the queue."""
    try:
        yield
    except Interrupted as ending:
        raise ProviderPaused(
            "The app ended before the request was sent.",
            remedy="It is sent when the app runs again. Nothing is charged.",
            retry_after_s=0.0,
        ) from ending


def _taken(wire: Wire, job: Job, reply: Reply) -> Request:
    """The request that fal made of it. Raises what the answer means otherwise."""
    if reply.status != 200:
        raise _not_taken(job, reply)
    told = reply.json_object() or {}
    request_id = told.get("request_id")
    if not isinstance(request_id, str) or not REQUEST_ID.fullmatch(request_id):
        raise AnswerLost("fal's answer to the request cannot be read.", remedy=LOOK_IT_UP)
    urls = {name: told.get(name) for name in ("status_url", "response_url", "cancel_url")}
    trusted = {
        name: url for name, url in urls.items() if isinstance(url, str) and is_queue_url(url, wire.settings)
    }
    if len(trusted) < len(urls):
        # The request was taken, and fal documents where it is found: the key goes there, not to a stranger.
        log.warning("fal.foreign_urls", extra={"action": "fal.foreign_urls", "take_id": job.take.take_id})
    return Request(request_id=request_id, urls={**urls_of(request_id, job.model, wire.settings), **trusted})


def _not_taken(job: Job, reply: Reply) -> ProviderError:
    trouble = account_trouble(reply)
    if trouble is not None:
        return trouble
    if is_definite(reply):
        return refusal(reply, job.model, sent=False)
    return AnswerLost(
        f"fal answered {reply.status} to the request; whether it took it is not known.", remedy=LOOK_IT_UP
    )


def _out_of_reach(error: Exception) -> NoReturn:
    raise ProviderPaused(
        "fal cannot be reached: no connection in over a minute.",
        remedy="Check the network and status.fal.ai. Nothing was sent; the queue tries again by itself.",
        retry_after_s=60.0,
    ) from error


def _too_many(pause_s: float) -> NoReturn:
    raise ProviderPaused(
        "fal takes no more requests from this account at present.",
        remedy="Nothing was sent; the queue tries again by itself.",
        retry_after_s=max(pause_s, 60.0),
    )


def cancel(wire: Wire, job: Job) -> CancelOutcome:
    """Ask fal to end the request of `job`, and say what is known of it afterwards."""
    if job.take.request is None:
        return CancelOutcome.REMOVED
    return run(_cancel(wire, urls_for(wire, job)), deaf)


def urls_for(wire: Wire, job: Job) -> dict[str, str]:
    """The follow-up addresses of the request: those that fal returned, where the key may be sent there."""
    request = job.take.request
    if request is None:
        raise AnswerLost("The receipt names no request.", remedy=LOOK_IT_UP)
    stored = {name: url for name, url in request.urls.items() if is_queue_url(url, wire.settings)}
    return {**urls_of(request.request_id, job.model, wire.settings), **stored}


async def _cancel(wire: Wire, urls: dict[str, str]) -> CancelOutcome:
    async with wire.client(read_within_s=5.0) as client:
        before = await _status(wire, client, urls["status_url"])
        if before == "COMPLETED":
            return CancelOutcome.TOO_LATE
        try:
            reply = await wire.ask(client, "PUT", urls["cancel_url"])
        except httpx.HTTPError:
            return CancelOutcome.ASKED
        if reply.status in (400, 404):
            return CancelOutcome.TOO_LATE
        if reply.status >= 300 or before != "IN_QUEUE":
            return CancelOutcome.ASKED
        after = await _status(wire, client, urls["status_url"])
        for pause_s in LOOKS_S:
            if after != "IN_QUEUE":
                break
            await wire.pause(pause_s)
            after = await _status(wire, client, urls["status_url"])
        if after == "NEVER_RAN" and await _may_be_billed(wire, client, urls["response_url"]):
            return CancelOutcome.ASKED  # it began after the first look: what it cost is in its result
        # What still waits is not out of the queue, whatever fal answered: it may run, and be billed.
        return CancelOutcome.REMOVED if after == "NEVER_RAN" else CancelOutcome.ASKED


async def _may_be_billed(wire: Wire, client: httpx.AsyncClient, url: str) -> bool:
    """Whether fal bills units for a request without a clip, or cannot be asked."""
    try:
        return bool((await wire.ask(client, "GET", url)).billable_units)
    except httpx.HTTPError:
        return True


async def _status(wire: Wire, client: httpx.AsyncClient, url: str) -> str | None:
    """Where the request stands; NEVER_RAN when it ended without a clip; None when that cannot be told."""
    try:
        reply = await wire.ask(client, "GET", url)
    except httpx.HTTPError:
        return None
    told = reply.json_object() or {}
    ended_without = told.get("status") == "COMPLETED" and told.get("error")
    if reply.status == 404 or ended_without:
        return "NEVER_RAN"
    status = told.get("status") if reply.status in (200, 202) else None
    return status if isinstance(status, str) else None
