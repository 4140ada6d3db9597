"""Takes whose answer was lost, beside what fal billed at that time and no take here has: perhaps the same."""

from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.billing.corrections import by_request
from core.billing.events import OLDEST, usd_of
from core.catalogue import current_catalogue
from core.errors import StillmotionError
from core.ledger import Ledger, utc_now
from core.providers.fal.platform import events_of_endpoint
from core.settings import Settings
from core.store import Store
from core.take import State, Take, TakeId

BEFORE, AFTER = timedelta(minutes=2), timedelta(hours=3)
"""How far the billing of a request may lie from our "about to send": clocks differ, and it waits and runs."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A request on the bill that a take in doubt may have become. A person decides; nothing is adopted."""

    take_id: TakeId
    project_id: str
    request_id: str
    usd: Decimal
    """What fal billed for it, US dollars."""
    at: datetime
    """When it was billed, UTC."""


def candidates(
    settings: Settings, store: Store, ledger: Ledger, *, check: Callable[[], None] = lambda: None
) -> list[Candidate]:
    """Every such pair. Asks fal only when a take is in doubt without a request. Raises ProviderError."""
    catalogue = current_catalogue(settings.data)
    lost: dict[str, list[tuple[Take, datetime]]] = {}
    for take in _lost(store):
        sent_at = take.time_of(State.SUBMITTING)
        if take.model in catalogue and sent_at is not None and utc_now() - sent_at < OLDEST:
            lost.setdefault(catalogue[take.model].endpoint, []).append((take, sent_at))
    known = by_request(store, ledger.bill()) if lost else {}
    found: list[Candidate] = []
    for endpoint, takes in lost.items():
        since = min(sent_at for _, sent_at in takes) - BEFORE
        items = events_of_endpoint(settings, endpoint, since=since, check=check)
        for take, sent_at in takes:
            found += _pairs(take, sent_at, items, known)
    return found


def _lost(store: Store) -> Iterator[Take]:
    for project_id in store.projects.ids():
        try:
            takes = store.takes.unresolved(store.projects.folder(project_id))
        except StillmotionError:  # it was removed meanwhile
            continue
        yield from (take for take in takes if take.request is None)


def _pairs(
    take: Take, sent_at: datetime, items: list[dict[str, Any]], known: Container[str]
) -> Iterator[Candidate]:
    for item in items:
        request_id, usd, at = item.get("request_id"), usd_of(item.get("cost_total")), _moment(item)
        if not isinstance(request_id, str) or request_id in known or usd is None or at is None:
            continue
        if sent_at - BEFORE <= at <= sent_at + AFTER:
            yield Candidate(
                take_id=take.take_id, project_id=take.project_id, request_id=request_id, usd=usd, at=at
            )


def _moment(item: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(item.get("timestamp")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
