"""Questions about money to fal's platform: the price of a unit, and what was billed. Asking costs nothing.

https://api.fal.ai/v1: `models/pricing` answers any key, `models/billing-events` an admin key alone.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import httpx

from core.errors import Charge, ProviderError
from core.providers.fal.wire import Reply, Wire, deaf, run
from core.settings import Settings

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 30.0
PRICES_AT_ONCE = 5
"""Endpoints in one question about prices: with more, fal answers 429 easily."""
EVENTS_AT_ONCE = 50
"""Requests in one question about the bill; fal takes no more."""
PRICES, BILL = "models/pricing", "models/billing-events"
"""The two calls."""
MOST_PAGES = 20
PAUSES_S = (1.0, 3.0, 8.0)
"""Pauses before a question is asked again that had no answer, or came too soon."""

Item = dict[str, Any]
Asked = Mapping[str, str | Sequence[str]]


class NoSuchEndpoint(ProviderError):
    """fal does not know an endpoint that was asked for."""


def unit_prices(settings: Settings, endpoints: Sequence[str]) -> dict[str, list[Item]]:
    """What fal says of the price of each endpoint, word for word; an empty list when it says nothing.

    Raises ProviderError when fal cannot be asked.
    """
    return run(_unit_prices(Wire(settings, answer_within_s=ANSWER_WITHIN_S), list(endpoints)), deaf)


def billing_events(
    settings: Settings, request_ids: Sequence[str], *, since: datetime, check: Callable[[], None] = deaf
) -> list[Item]:
    """The billing events of at most `EVENTS_AT_ONCE` requests, word for word. Asks with the admin key.

    Raises ProviderError when the bill cannot be read; `check` may raise to end it.
    """
    asked = {"request_id": list(request_ids), "start": _stamp(since), "limit": "1000"}
    return run(_pages(_admin_wire(settings), BILL, asked, "billing_events"), check)


def events_of_endpoint(
    settings: Settings, endpoint: str, *, since: datetime, check: Callable[[], None] = deaf
) -> list[Item]:
    """The billing events of every request to `endpoint`, word for word. Asks with the admin key.

    Raises ProviderError when the bill cannot be read; `check` may raise to end it.
    """
    asked = {"endpoint_id": [endpoint], "start": _stamp(since), "limit": "1000"}
    return run(_pages(_admin_wire(settings), BILL, asked, "billing_events"), check)


def _admin_wire(settings: Settings) -> Wire:
    """Calls with the key that may read the bill."""
    shown = settings.model_copy(update={"fal_key": settings.fal_admin_key})
    return Wire(shown, answer_within_s=ANSWER_WITHIN_S)


async def _unit_prices(wire: Wire, endpoints: list[str]) -> dict[str, list[Item]]:
    told: dict[str, list[Item]] = {}
    for start in range(0, len(endpoints), PRICES_AT_ONCE):
        batch = endpoints[start : start + PRICES_AT_ONCE]
        try:
            items = await _pages(wire, PRICES, {"endpoint_id": batch}, "prices")
        except NoSuchEndpoint:  # the whole question is refused for one: each by itself, then
            items = [item for one in batch for item in await _price_alone(wire, one)]
        told |= {one: [item for item in items if item.get("endpoint_id") == one] for one in batch}
    return told


async def _price_alone(wire: Wire, endpoint: str) -> list[Item]:
    try:
        return await _pages(wire, PRICES, {"endpoint_id": [endpoint]}, "prices")
    except NoSuchEndpoint:
        return []


async def _pages(wire: Wire, path: str, asked: Asked, name: str) -> list[Item]:
    """Every item of the list called `name`, over all its pages."""
    items: list[Item] = []
    async with wire.client() as client:
        for _ in range(MOST_PAGES):
            told = await _answered(wire, client, path, asked)
            listed = told.get(name)
            if not isinstance(listed, list):
                raise _unusable("its answer has another form than fal publishes")
            items += [item for item in listed if isinstance(item, dict)]
            cursor = told.get("next_cursor")
            if not isinstance(cursor, str) or not cursor:
                return items
            asked = {**asked, "cursor": cursor}
    raise _unusable("its list has no end")


async def _answered(wire: Wire, client: httpx.AsyncClient, path: str, asked: Asked) -> Item:
    """The answer to one question, asked again when there is none. Raises ProviderError."""
    reply: Reply | None = None
    for pause_s in (*PAUSES_S, None):
        try:
            reply = await wire.ask(client, "GET", f"{wire.settings.fal_api_url}/{path}", params=asked)
        except httpx.HTTPError as error:
            log.info(
                "fal.platform_silent", extra={"action": "fal.platform_silent", "reason": type(error).__name__}
            )
            reply = None
        if reply is not None and reply.status < 500 and reply.status != 429:
            break
        if pause_s is not None:
            told_s = reply.retry_after_s if reply else None
            await wire.pause(max(pause_s, told_s or 0.0))
    if reply is None:
        raise _unusable("it does not answer")
    told = reply.json_object()
    if reply.status == 200 and told is not None:
        return told
    raise _refusal(reply, path)


def _refusal(reply: Reply, path: str) -> ProviderError:
    if reply.status in (401, 403):
        name, right = ("FAL_ADMIN_KEY", "to read billing") if path == BILL else ("FAL_KEY", "to use the API")
        return ProviderError(
            f"fal does not let the key in {name} read that.",
            remedy=f"Set {name} to a key with the right {right}: fal.ai/dashboard/keys.",
            charge=Charge.NONE,
            safe_to_retry=False,
        )
    if reply.status == 404:
        return NoSuchEndpoint(
            "fal knows no such endpoint.",
            remedy="Look whether the model is still offered at fal.ai/models.",
            charge=Charge.NONE,
            safe_to_retry=True,
        )
    if reply.status == 200:
        return _unusable("its answer cannot be read")
    return _unusable("it was asked too often" if reply.status == 429 else f"it answers {reply.status}")


def _unusable(why: str) -> ProviderError:
    return ProviderError(
        f"fal's platform cannot be read at present: {why}.",
        remedy="Nothing is lost by waiting: try again in a few minutes.",
        charge=Charge.NONE,
        safe_to_retry=True,
    )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
