"""Looking a lost request up in fal's own history."""

import json
import logging
from collections.abc import Container, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from core.providers.base import Job
from core.providers.fal.hosts import REQUEST_ID, request_for
from core.providers.fal.storage import bad_key
from core.providers.fal.wire import Reply, Wire, deaf, run
from core.take import Request, State

log = logging.getLogger(__name__)

WINDOW_BEFORE, WINDOW_AFTER = timedelta(minutes=2), timedelta(minutes=15)
"""How far fal's time of sending may lie from our "about to send": clocks differ, a rate limit takes time."""
MOST_PAGES = 20


def find(wire: Wire, job: Job, *, known: Container[str]) -> Request | None:
    """The request that `job.take` became: same body, sent at the time, and nobody else's.

    None when it is not there, or not yet: fal lists a request some time after it ended.
    Raises ProviderPaused when fal does not accept the key.
    """
    marks = [at for state, at in job.take.history if state is State.SUBMITTING]
    if not marks or not job.take.payload:
        return None
    items = run(_items(wire, job, since=marks[-1] - WINDOW_BEFORE), deaf)
    found = sorted(_candidates(items, job, marks[-1], known))
    return request_for(found[0][1], job.model, wire.settings) if found else None


async def _items(wire: Wire, job: Job, *, since: datetime) -> list[dict[str, Any]]:
    """Everything that the history lists of the model since then, as far as it can be read."""
    asked = {
        "endpoint_id": job.model.endpoint,
        "start": since.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "expand": "payloads",
        "limit": "100",
    }
    items: list[dict[str, Any]] = []
    async with wire.client() as client:
        for _ in range(MOST_PAGES):
            told = await _page(wire, client, asked)
            listed = told.get("items")
            if isinstance(listed, list):
                items += [item for item in listed if isinstance(item, dict)]
            cursor = told.get("next_cursor")
            if not isinstance(cursor, str) or not cursor:
                break
            asked["cursor"] = cursor
    return items


async def _page(wire: Wire, client: httpx.AsyncClient, asked: dict[str, str]) -> dict[str, Any]:
    url = f"{wire.settings.fal_api_url}/models/requests/by-endpoint"
    try:
        reply: Reply = await wire.ask(client, "GET", url, params=asked)
    except httpx.HTTPError as error:
        log.info("history.silent", extra={"action": "history.silent", "reason": type(error).__name__})
        return {}
    if reply.status == 401:
        raise bad_key()
    return (reply.json_object() or {}) if reply.status == 200 else {}


def _candidates(
    items: list[dict[str, Any]], job: Job, sending: datetime, known: Container[str]
) -> Iterator[tuple[datetime, str]]:
    """(time of sending, request id) of each item that can be the take."""
    for item in items:
        request_id, sent_at = item.get("request_id"), _moment(item.get("sent_at"))
        if not isinstance(request_id, str) or not REQUEST_ID.fullmatch(request_id) or sent_at is None:
            continue
        in_time = sending - WINDOW_BEFORE <= sent_at <= sending + WINDOW_AFTER
        if in_time and request_id not in known and _same_body(item.get("json_input"), job.take.payload):
            yield sent_at, request_id


def _same_body(listed: object, sent: dict[str, Any]) -> bool:
    """Whether the history's body is ours; fal may have filled in defaults beside it."""
    if isinstance(listed, str):
        try:
            listed = json.loads(listed)
        except ValueError:
            return False
    return isinstance(listed, dict) and all(
        name in listed and listed[name] == value for name, value in sent.items()
    )


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment
