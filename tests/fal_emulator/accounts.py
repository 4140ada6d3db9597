"""An account: everything that belongs to one key, and the record that tests read.

Every distinct key is an account of its own, so that cases which run at the same time do not mix. The key
with `:admin` at its end is the same account's admin key; one that begins with `revoked` is a bad key.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fal_emulator.billing import FREE
from fal_emulator.clips import Look
from fal_emulator.faults import CallKind, Rule, Script
from fal_emulator.jobs import Job, Line
from fal_emulator.schemas import Body, published

ADMIN_SUFFIX = ":admin"
REVOKED_PREFIX = "revoked"


class Pace(BaseModel):
    """How long jobs of one endpoint take, in seconds."""

    model_config = ConfigDict(extra="forbid")

    queue_s: float | None = None
    run_s: float | None = None


class Conditions(BaseModel):
    """How an account is, and how fal treats it. Every time in it is divided by `speed`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    speed: float = Field(default=1.0, gt=0)
    queue_s: float = 0.0
    """Seconds a job waits even when a place is free."""
    run_s: float | None = None
    """Seconds a job runs; None: as long as people report of its endpoint."""
    by_model: dict[str, Pace] = Field(default_factory=dict)
    """Part of a slug → its own times."""
    concurrency: int = Field(default=2, ge=1)
    """Jobs that run at once. A new account has 2: …/model-apis/inference/concurrency-limits.md."""
    history_lag_s: float = 0.0
    """Seconds from a job's end until the request history shows it."""
    history_finished_only: bool = True
    """Whether the request history leaves out what has not ended."""
    billing_lag_s: float = 0.0
    """Seconds from a job's end until there is a billing event."""
    refuse_at: Literal["result", "submit"] = "result"
    """Where a body that does not fit the schema is refused."""
    charge_refusals: bool = False
    """Whether such a refusal is billed."""
    cancel_running: Literal["finishes", "stops"] = "finishes"
    """What becomes of a running job that is asked to end. Only what finishes is billed."""
    locked: str | None = None
    """Reason for which the account is locked."""
    balance_usd: Decimal = Decimal(1000)
    """Credits before the first job; the account is locked when they are used up."""
    percent_discount: Decimal = FREE
    prices: dict[str, dict[str, Any] | None] = Field(default_factory=dict)
    """Part of a slug → what the pricing call says otherwise of it (`unit_price`, `unit`, `currency`); None:
    it leaves the endpoint out."""
    costs: dict[str, float] = Field(default_factory=dict)
    """Part of a slug → US dollars that the bill says of each of its jobs, whatever was published."""
    media_life_s: float | None = None
    """Seconds for which clips and uploads are kept; None: for good."""
    clips: Look = "preview"

    def pace(self, slug: str) -> tuple[float, float]:
        """(seconds waited, seconds run) by a job of `slug`, at this speed."""
        own = next((pace for part, pace in self.by_model.items() if part in slug), Pace())
        wait_s = self.queue_s if own.queue_s is None else own.queue_s
        run_s = self.run_s if own.run_s is None else own.run_s
        typical = published()[slug].typical_s if slug in published() else 0.0
        return wait_s / self.speed, (typical if run_s is None else run_s) / self.speed


class Clock:
    """The time as one account sees it: it can be stopped and set forward."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._stopped_s: float | None = None

    def now_s(self) -> float:
        """Unix time."""
        return (time.time() if self._stopped_s is None else self._stopped_s) + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Set it forward."""
        self._ahead_s += seconds

    def freeze(self) -> None:
        """Stop it where it is."""
        self._stopped_s = time.time() if self._stopped_s is None else self._stopped_s

    def thaw(self) -> None:
        """Let it go on from where it stands."""
        if self._stopped_s is not None:
            self._ahead_s -= time.time() - self._stopped_s
            self._stopped_s = None


@dataclass
class Seen:
    """One call that reached the emulator."""

    at_s: float
    call: CallKind
    method: str
    path: str
    model: str
    status: int | None = None
    """HTTP status of the answer; None when there was none."""
    fault: str = ""
    request_id: str = ""
    admin: bool = False


@dataclass
class Account:
    """All that belongs to one key."""

    name: str
    conditions: Conditions
    script: Script
    clock: Clock = field(default_factory=Clock)
    line: Line = field(default_factory=Line)
    calls: list[Seen] = field(default_factory=list)
    uploads: list[dict[str, Any]] = field(default_factory=list)
    downloads: list[dict[str, Any]] = field(default_factory=list)

    def settle(self) -> list[Job]:
        """Let happen what has happened by now; the jobs that were started."""
        return self.line.settle(self.clock.now_s(), at_once=self.conditions.concurrency)

    def spent_usd(self) -> Decimal:
        """What the ended jobs cost, discount in."""
        return sum((self.charged_usd(job) for job in self.line.jobs.values()), FREE)

    def charged_usd(self, job: Job) -> Decimal:
        """What `job` costs this account."""
        said = next((usd for part, usd in self.conditions.costs.items() if part in job.endpoint), None)
        if said is not None and job.billed.usd:
            return Decimal(str(said))
        return job.billed.usd * (100 - self.conditions.percent_discount) / 100

    def locked(self) -> str | None:
        """Why nothing may be ordered; None when it may."""
        if self.conditions.locked:
            return self.conditions.locked
        if self.spent_usd() >= self.conditions.balance_usd:
            return "Exhausted balance. Top up your balance at fal.ai/dashboard/billing."
        return None

    def in_history(self) -> list[Job]:
        """The jobs that the request history shows now, the last to end first."""
        now_s, lag_s = self.clock.now_s(), self.conditions.history_lag_s / self.conditions.speed
        shown = [job for job in self.line.jobs.values() if not job.shaped("lost_history")]
        ended = [job for job in shown if job.ended_s is not None and job.ended_s + lag_s <= now_s]
        ended.sort(key=lambda job: job.ended_s or 0, reverse=True)
        waiting = [job for job in shown if job.ended_s is None]
        return ended if self.conditions.history_finished_only else waiting + ended

    def on_bill(self) -> list[Job]:
        """The jobs with a billing event now, in the order they ended."""
        now_s, lag_s = self.clock.now_s(), self.conditions.billing_lag_s / self.conditions.speed
        ended = [job for job in self.line.jobs.values() if job.ended_s is not None and job.billed.usd]
        return sorted(
            (job for job in ended if (job.ended_s or 0) + lag_s <= now_s), key=lambda job: job.ended_s or 0
        )

    def record(self) -> dict[str, Any]:
        """Everything that happened, as of now: what a test compares with the product's own books."""
        self.settle()
        jobs = [self._told(job) for job in self.line.jobs.values()]
        return {
            "account": self.name,
            "now": utc(self.clock.now_s()),
            "counts": dict(Counter(seen.call for seen in self.calls)),
            "submits": jobs,
            "billed": [{"request_id": job["request_id"], "usd": job["usd"]} for job in jobs if job["billed"]],
            "billed_usd": amount(self.spent_usd()),
            "uploads": self.uploads,
            "downloads": self.downloads,
            "calls": [{**vars(seen), "at": utc(seen.at_s)} for seen in self.calls],
            "script": list(self.script.told()),
        }

    def _told(self, job: Job) -> Body:
        return {
            "request_id": job.request_id,
            "endpoint": job.endpoint,
            "body": job.sent,
            "file": job.file,
            "unknown_fields": job.unknown_fields,
            "submitted": utc(job.submitted_s),
            "started": utc(job.started_s),
            "ended": utc(job.ended_s),
            "state": str(job.state),
            "status_code": job.status_code if job.ended_s is not None else None,
            "error_type": job.failure.type if job.failure and job.ended_s is not None else None,
            "cancelled": job.cancelled,
            "billed": bool(job.billed.usd),
            "units": f"{job.billed.units:f}",
            "usd": amount(self.charged_usd(job)),
        }


class Accounts:
    """Every account, by the key that was used."""

    def __init__(self, conditions: Conditions, rules: list[Rule]) -> None:
        self._conditions = conditions
        self._rules = rules
        self._accounts: dict[str, Account] = {}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._accounts.values())

    def start_with(self, *, rules: list[Rule] | None = None, changes: dict[str, Any] | None = None) -> None:
        """What accounts that are not here yet will begin with."""
        self._rules = self._rules if rules is None else rules
        self._conditions = changed(self._conditions, changes or {})

    def named(self, name: str) -> Account:
        """The account called `name`; a new one when it was never seen."""
        name = name.removesuffix(ADMIN_SUFFIX)
        if name not in self._accounts:
            self._accounts[name] = Account(name, self._conditions, Script(self._rules))
        return self._accounts[name]

    def by_header(self, authorization: str) -> tuple[Account, bool] | None:
        """(account, whether as its admin) of an Authorization header; None when the key is bad."""
        scheme, _, key = authorization.partition(" ")
        key = key.strip()
        if scheme != "Key" or not key or key.startswith(REVOKED_PREFIX):
            return None
        return self.named(key), key.endswith(ADMIN_SUFFIX)

    def forget(self, name: str | None = None) -> None:
        """Begin anew: with the account called `name`, or with all. Its files stay where they are."""
        for account in [self.named(name)] if name else list(self):
            fresh = Account(account.name, self._conditions, Script(self._rules))
            vars(account).update(vars(fresh))


def changed(conditions: Conditions, changes: dict[str, Any]) -> Conditions:
    """`conditions` with `changes`, checked. Raises ValidationError."""
    return Conditions.model_validate({**conditions.model_dump(), **changes})


def amount(usd: Decimal) -> str:
    """US dollars in cents, with more places only where needed: "0.70", "0.2016"."""
    short = usd.normalize()
    places = short.as_tuple().exponent
    return f"{short:f}" if isinstance(places, int) and places < -2 else f"{usd:.2f}"


def utc(unix_s: float | None) -> str | None:
    """A time as fal writes it."""
    return datetime.fromtimestamp(unix_s, UTC).isoformat() if unix_s is not None else None
