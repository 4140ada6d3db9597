"""Takes whose answer was lost, beside what fal billed at that time and no take here has: perhaps the same.

A person says which it is. One that was given up is free again once the bill had days to speak of it.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.billing.corrections import EVENTS, Correction, apply_corrections, by_request, correction_of
from core.billing.events import OLDEST, UNBILLED_AFTER, usd_of
from core.catalogue import current_catalogue
from core.errors import StillmotionError
from core.ledger import Entry, Ledger, utc_now
from core.settings import Settings
from core.store import Store
from core.take import State, Take, TakeId

BEFORE, AFTER = timedelta(minutes=2), timedelta(hours=3)
"""How far the billing of a request may lie from our "about to send": clocks differ, and it waits and runs."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A request on the bill that a take in doubt may have become. A person decides; nothing is adopted."""

    take_id: TakeId
    given_up: bool
    """Whether it is given up: then its request tells what it cost, and no clip comes."""
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
    takes = _lost(store, ledger)
    told = _told(settings, store, ledger, takes, check)
    return [pair for take, sent_at, items, known in told for pair in _pairs(take, sent_at, items, known)]


def free_unbilled(
    settings: Settings, store: Store, ledger: Ledger, *, check: Callable[[], None] = lambda: None
) -> list[Correction]:
    """Release the money of given-up takes that the bill would have told of by now; what was released.

    Nothing that fal billed in those days to their models may be without a take here: it could be theirs.
    Raises ProviderError.
    """
    bill = ledger.bill()
    due = [
        take
        for take in _lost(store, ledger)
        if take.unaccounted and utc_now() - take.ordered_at > UNBILLED_AFTER
    ]
    free = [
        correction_of(take.take_id, bill.takes[take.take_id], "", Decimal(0))
        for take, sent_at, items, known in _told(settings, store, ledger, due, check)
        if utc_now() - sent_at > UNBILLED_AFTER
        and not any(_pairs(take, sent_at, items, known, within=UNBILLED_AFTER))
    ]
    return apply_corrections(ledger, store, free, EVENTS)


def _told(
    settings: Settings, store: Store, ledger: Ledger, takes: Iterable[Take], check: Callable[[], None]
) -> Iterator[tuple[Take, datetime, list[dict[str, Any]], Container[str]]]:
    """Each take, when it was sent, what fal billed to its model since, and the requests that are known."""
    from core.providers.fal.platform import events_of_endpoint  # httpx: not for those who only look

    catalogue = current_catalogue(settings.data)
    lost: dict[str, list[tuple[Take, datetime]]] = {}
    for take in takes:
        sent_at = take.time_of(State.SUBMITTING)
        if take.model in catalogue and sent_at is not None and utc_now() - sent_at < OLDEST:
            lost.setdefault(catalogue[take.model].endpoint, []).append((take, sent_at))
    known = by_request(store, ledger.bill()) if lost else {}
    for endpoint, sent in lost.items():
        since = min(sent_at for _, sent_at in sent) - BEFORE
        items = events_of_endpoint(settings, endpoint, since=since, check=check)
        for take, sent_at in sent:
            yield take, sent_at, items, known


def _lost(store: Store, ledger: Ledger) -> list[Take]:
    """Takes without a request whose money is at risk: in doubt, or given up."""
    found: list[Take] = []
    for line in ledger.bill().lines(Entry.AT_RISK):
        if line.request_id:
            continue
        try:
            take = store.takes.read(store.projects.folder(line.project_id), line.take_id)
        except StillmotionError:  # its project was removed, or its receipt cannot be read
            continue
        if take.request is None and (take.state is State.UNRESOLVED or take.unaccounted):
            found.append(take)
    return found


def _pairs(
    take: Take,
    sent_at: datetime,
    items: list[dict[str, Any]],
    known: Container[str],
    *,
    within: timedelta = AFTER,
) -> Iterator[Candidate]:
    for item in items:
        request_id, usd, at = item.get("request_id"), usd_of(item.get("cost_total")), _moment(item)
        if not isinstance(request_id, str) or request_id in known or usd is None or at is None:
            continue
        if sent_at - BEFORE <= at <= sent_at + within:
            yield Candidate(
                take_id=take.take_id,
                given_up=take.unaccounted,
                project_id=take.project_id,
                request_id=request_id,
                usd=usd,
                at=at,
            )


def _moment(item: dict[str, Any]) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(item.get("timestamp")))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
