"""The platform calls: prices, request history, billing events, usage, credits.

https://api.fal.ai/v1, by its OpenAPI document. Ordinary keys see prices and history; billing is for admin
keys. Errors come as {"error": {type, message}}.
"""

import base64
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, get_args

from fal_emulator.accounts import Account, Accounts, utc
from fal_emulator.answers import Answer, api_error, json_answer
from fal_emulator.calls import Call, Route
from fal_emulator.faults import CallKind, Plan
from fal_emulator.jobs import Job
from fal_emulator.outputs import Outputs
from fal_emulator.schemas import Body, published

PREFIX = "/v1/"
DAY_S = 86_400.0
NOT_ADMIN = "This endpoint requires an admin API key"

Answers = Callable[[Call, Account], Answer]


class Platform:
    """Answers what api.fal.ai answers."""

    def __init__(self, accounts: Accounts, outputs: Outputs) -> None:
        self._accounts, self._outputs = accounts, outputs
        self._calls: dict[tuple[str, str], tuple[CallKind, Answers, bool]] = {
            ("GET", "models"): ("models", _models, False),
            ("GET", "models/pricing"): ("pricing", _pricing, False),
            ("POST", "models/pricing/estimate"): ("estimate", _estimate, False),
            ("GET", "models/requests/by-endpoint"): ("history", _history, False),
            ("GET", "models/billing-events"): ("billing", _billing_events, True),
            ("GET", "models/usage"): ("usage", _usage, True),
            ("GET", "account/billing"): ("account", _account, True),
        }
        """(method, path) → kind of call, who answers, whether for admins only."""

    def route(self, call: Call) -> Route | Answer:
        """Who answers `call`; at once, when it is nobody's."""
        key = call.method, call.path.removeprefix(PREFIX).strip("/")
        if key not in self._calls:
            return api_error(404, "not_found", "Not found")
        owner = self._accounts.by_header(call.headers.get("authorization", ""))
        if owner is None:
            return api_error(401, "authorization_error", "Authentication required")
        kind, answers, admins_only = self._calls[key]
        account, admin = owner
        handle = partial(self._handle, call, account, answers, admin or not admins_only)
        return Route(kind, account, handle, model=" ".join(call.asked_list("endpoint_id")), admin=admin)

    async def _handle(
        self, call: Call, account: Account, answers: Answers, allowed: bool, plan: Plan
    ) -> Answer:
        if not allowed:
            return api_error(403, "authorization_error", NOT_ADMIN)
        account.settle()
        if answers is _history and "payloads" in call.asked_list("expand"):
            await self._fill_in(call, account)
        try:
            return answers(call, account)
        except ValueError as error:
            return api_error(400, "validation_error", str(error))

    async def _fill_in(self, call: Call, account: Account) -> None:
        """Give what history shows its outputs, whether or not anybody fetched them."""
        for job in account.in_history():
            if job.ended_s is not None and not job.failure and not job.output:
                job.output = await self._outputs.result(call.base_url, account, job)


PLATFORM_KINDS: frozenset[CallKind] = frozenset(get_args(CallKind)[-6:])
"""The calls whose errors are in this host's form."""


def _models(call: Call, account: Account) -> Answer:
    asked = call.asked_list("endpoint_id") or list(published())
    models = [
        {"endpoint_id": slug, "metadata": {"display_name": published()[slug].name, "status": "active"}}
        for slug in asked
        if slug in published()
    ]
    return json_answer({"models": models, "next_cursor": None, "has_more": False})


def _pricing(call: Call, account: Account) -> Answer:
    asked = call.asked_list("endpoint_id")
    if not 1 <= len(asked) <= 50:
        raise ValueError("endpoint_id: between 1 and 50 endpoints")
    unknown = [slug for slug in asked if slug not in published()]
    if unknown:
        return api_error(404, "not_found", f"Endpoint not found: {', '.join(unknown)}")
    prices = [_price(account, slug) for slug in asked]
    told = [price for price in prices if price is not None]
    return json_answer({"prices": told, "next_cursor": None, "has_more": False})


def _price(account: Account, slug: str) -> Body | None:
    """What the pricing call says of `slug`."""
    price = {
        "endpoint_id": slug,
        "unit_price": float(published()[slug].price.unit_usd),
        "unit": published()[slug].price.unit,
        "currency": "USD",
    }
    otherwise = next((told for part, told in account.conditions.prices.items() if part in slug), {})
    return None if otherwise is None else price | otherwise


def _estimate(call: Call, account: Account) -> Answer:
    asked = call.json()
    kind = asked.get("estimate_type") if isinstance(asked, dict) else None
    if kind not in ("unit_price", "historical_api_price"):
        raise ValueError("estimate_type: unit_price or historical_api_price")
    total = Decimal(0)
    for slug, counted in asked["endpoints"].items():
        if slug not in published():
            return api_error(404, "not_found", f"Endpoint not found: {slug}")
        if kind == "unit_price":
            total += published()[slug].price.unit_usd * Decimal(str(counted["unit_quantity"]))
        else:
            total += _usual_usd(account, slug) * Decimal(str(counted["call_quantity"]))
    return json_answer({"estimate_type": kind, "total_cost": float(total), "currency": "USD"})


def _usual_usd(account: Account, slug: str) -> Decimal:
    """What a call of `slug` has cost on average; one unit when there was none."""
    costs = [job.billed.usd for job in account.line.jobs.values() if job.endpoint == slug and job.billed.usd]
    return sum(costs, Decimal(0)) / len(costs) if costs else published()[slug].price.unit_usd


def _history(call: Call, account: Account) -> Answer:
    slugs, wanted = call.asked_list("endpoint_id"), call.asked_list("request_id")
    if not slugs:
        raise ValueError("endpoint_id: required")
    statuses, limit = call.asked_list("status"), int(call.asked("limit") or 50)
    if not 1 <= limit <= 100 or not set(statuses) <= {"success", "error", "user_error"}:
        raise ValueError("limit: 1 to 100; status: success, error or user_error")
    start_s, end_s = _window(call, account, 90 * DAY_S if wanted else DAY_S)
    found = [
        job
        for job in account.in_history()
        if job.endpoint in slugs
        and (not wanted or job.request_id in wanted)
        and (not statuses or _outcome(job) in statuses)
        and start_s <= (job.ended_s or job.submitted_s) <= end_s
    ]
    first = int(base64.urlsafe_b64decode(call.asked("cursor") or "MA=="))
    payloads = "payloads" in call.asked_list("expand")
    more = len(found) > first + limit
    cursor = base64.urlsafe_b64encode(str(first + limit).encode()).decode() if more else None
    items = [_item(job, payloads=payloads) for job in found[first : first + limit]]
    return json_answer({"items": items, "next_cursor": cursor, "has_more": more})


def _item(job: Job, *, payloads: bool) -> Body:
    item: Body = {
        "request_id": job.request_id,
        "endpoint_id": job.endpoint,
        "sent_at": utc(job.submitted_s),
        "started_at": utc(job.started_s),
        "ended_at": utc(job.ended_s),
        "status_code": job.status_code if job.ended_s is not None else None,
        "duration": job.ended_s - job.started_s if job.ended_s is not None and job.started_s else None,
    }
    if payloads and job.keeps_payload:
        item |= {
            "json_input": job.sent,
            "json_output": job.failure.body if job.failure else job.output or None,
        }
    return item


def _outcome(job: Job) -> str:
    return "success" if job.status_code < 400 else "user_error" if job.status_code < 500 else "error"


def _billing_events(call: Call, account: Account) -> Answer:
    slugs, wanted = call.asked_list("endpoint_id"), call.asked_list("request_id")
    if len(wanted) > 50:
        raise ValueError("request_id: at most 50")
    start_s, end_s = _window(call, account, DAY_S)
    events = [
        _event(account, job)
        for job in account.on_bill()
        if (not slugs or job.endpoint in slugs)
        and (not wanted or job.request_id in wanted)
        and start_s <= (job.ended_s or 0) <= end_s
    ]
    return json_answer({"billing_events": events, "next_cursor": None, "has_more": False})


def _event(account: Account, job: Job) -> Body:
    total = account.charged_usd(job)
    return {
        "request_id": job.request_id,
        "endpoint_id": job.endpoint,
        "timestamp": utc(job.ended_s),
        "output_units": float(job.billed.units),
        "unit_price": float(published()[job.endpoint].price.unit_usd),
        "percent_discount": float(account.conditions.percent_discount),
        "cost_subtotal": float(job.billed.usd),
        "cost_discount": float(job.billed.usd - total),
        "cost_total": float(total),
        "cost_estimate_nano_usd": int(total * 10**9),
    }


def _usage(call: Call, account: Account) -> Answer:
    summary: dict[str, dict[str, Any]] = {}
    for job in account.on_bill():
        row = summary.setdefault(job.endpoint, {"endpoint_id": job.endpoint, "quantity": 0.0, "cost": 0.0})
        row["quantity"] += float(job.billed.units)
        row["cost"] += float(account.charged_usd(job))
        row["unit"] = published()[job.endpoint].price.unit
    return json_answer({"summary": list(summary.values()), "next_cursor": None, "has_more": False})


def _account(call: Call, account: Account) -> Answer:
    told: Body = {"username": account.name}
    if "credits" in call.asked_list("expand"):
        left = account.conditions.balance_usd - account.spent_usd()
        told["credits"] = {"current_balance": float(left), "currency": "USD"}
    return json_answer(told)


def _window(call: Call, account: Account, back_s: float) -> tuple[float, float]:
    """(start, end) asked for, in Unix time. Raises ValueError when one is not a time."""
    start, end = call.asked("start"), call.asked("end")
    now_s = account.clock.now_s()
    return _unix_s(start) if start else now_s - back_s, _unix_s(end) if end else float("inf")


def _unix_s(text: str) -> float:
    moment = datetime.fromisoformat(text.replace(" ", "+"))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
