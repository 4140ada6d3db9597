"""The bill as fal tells it: billing events of the takes that were sent, read with the admin key."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from core.billing.corrections import EVENTS, Correction, apply_corrections, by_request, correction_of
from core.errors import InputRefused
from core.ledger import Bill, Entry, Ledger, TakeMoney, utc_now
from core.settings import Settings
from core.store import Store
from core.take import TakeId

OLDEST = timedelta(days=89)
"""fal tells billing events of the last 90 days."""
MARGIN = timedelta(days=1)
"""Clocks differ, and a request is billed when it ends."""
UNBILLED_AFTER = timedelta(days=3)
"""A request that may have been charged, and of which the bill still says nothing by then, was not.

How far the bill lags behind is not published; people who read it do so every quarter of an hour."""
LOOK_AGAIN = timedelta(days=1), timedelta(days=7)
"""From when and until when after the bill told of a take it is asked again: a bill may be corrected, too."""
PLACES = Decimal("1e-9")
"""The bill's own smallest amount is a nano-dollar."""


@dataclass(frozen=True, kw_only=True)
class Due:
    """A take of which the bill is to tell."""

    take_id: TakeId
    request_id: str
    money: TakeMoney


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one look at the bill gave."""

    asked: int
    """Takes that were asked for."""
    applied: tuple[Correction, ...]
    """Takes that the bill told something new of; their lines are in the ledger."""
    silent: tuple[Due, ...]
    """Takes that are not on the bill, or not yet."""
    odd: tuple[str, ...]
    """Events that could not be used, one sentence each."""


def open_questions(store: Store, bill: Bill) -> list[Due]:
    """The takes that ended, or are in doubt, and of which no bill has told, or days ago: the newest first."""
    requests = by_request(store, bill)
    now = utc_now()
    due = [
        Due(take_id=take_id, request_id=request_id, money=bill.takes[take_id])
        for request_id, take_id in requests.items()
        if _is_open(bill.takes[take_id], now)
    ]
    return sorted(due, key=lambda each: each.money.ordered_at, reverse=True)


def _is_open(money: TakeMoney, now: datetime) -> bool:
    billed = money.billed
    soonest, latest = LOOK_AGAIN
    untold = billed is None or (billed.source == EVENTS and soonest <= now - billed.at < latest)
    ended = untold and money.last.entry is not Entry.RESERVE
    return ended and bool(money.first.usd) and now - money.ordered_at < OLDEST


def read_bill(
    settings: Settings,
    store: Store,
    ledger: Ledger,
    *,
    due: Sequence[Due] | None = None,
    check: Callable[[], None] = lambda: None,
) -> Reading:
    """Ask fal what it billed for the takes that are `due` (None: all), and append what it says.

    `check` is called a few times a second; what it raises ends the reading. Raises InputRefused without an
    admin key, ProviderError when the bill cannot be read; what was read until then is in the ledger.
    """
    if settings.fal_admin_key is None:
        raise InputRefused(
            "There is no key that may read the bill.",
            remedy="Set FAL_ADMIN_KEY, or import a bill that you exported at fal.ai/dashboard/billing.",
        )
    from core.providers.fal.platform import (  # httpx: not for those who only look
        EVENTS_AT_ONCE,
        billing_events,
    )

    due = open_questions(store, ledger.bill()) if due is None else due
    applied: list[Correction] = []
    silent: list[Due] = []
    odd: list[str] = []
    for start in range(0, len(due), EVENTS_AT_ONCE):
        batch = due[start : start + EVENTS_AT_ONCE]
        since = max(min(each.money.ordered_at for each in batch) - MARGIN, utc_now() - OLDEST)
        items = billing_events(settings, [each.request_id for each in batch], since=since, check=check)
        billed = told(items, odd)
        said = [each for each in batch if each.request_id in billed]
        left = [each for each in batch if each.request_id not in billed]
        corrections = [_correction(each, billed[each.request_id]) for each in said]
        corrections += [_correction(each, Decimal(0)) for each in left if _never_came(each.money)]
        applied += apply_corrections(ledger, store, corrections, EVENTS)
        silent += [each for each in left if not _never_came(each.money)]
    return Reading(asked=len(due), applied=tuple(applied), silent=tuple(silent), odd=tuple(odd))


def _never_came(money: TakeMoney) -> bool:
    """Whether money at risk is free again: the bill had days to speak of it."""
    return money.last.entry is Entry.AT_RISK and utc_now() - money.last.at > UNBILLED_AFTER


def _correction(due: Due, usd: Decimal) -> Correction:
    return correction_of(due.take_id, due.money, due.request_id, usd)


def told(items: Iterable[Mapping[str, Any]], odd: list[str]) -> dict[str, Decimal]:
    """Request id → US dollars, of every event that can be used; what is `odd` about others is added there.

    An event that comes twice counts once.
    """
    totals: dict[str, Decimal] = {}
    seen = set()
    for item in items:
        request_id, when = item.get("request_id"), item.get("timestamp")
        usd = usd_of(item.get("cost_total"))
        currency = item.get("currency", "USD")
        if currency != "USD":
            odd.append(f"The bill's event for request {str(request_id)[:60]} is in {str(currency)[:20]}.")
        elif not isinstance(request_id, str) or usd is None or usd < 0:
            odd.append(f"The bill's event for request {str(request_id)[:60]} has no usable amount.")
        elif (request_id, when, usd) not in seen:
            seen.add((request_id, when, usd))
            totals[request_id] = totals.get(request_id, Decimal(0)) + usd
    return totals


def usd_of(raw: object) -> Decimal | None:
    """The amount that an event says; None when it is none."""
    try:
        usd = Decimal(str(raw)) if raw is not None and not isinstance(raw, bool) else None
    except InvalidOperation:
        return None
    return usd.quantize(PLACES) if usd is not None and usd.is_finite() and abs(usd) < 10**9 else None
