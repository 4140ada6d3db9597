"""One request in fal's queue: what was sent, when it waited, ran and ended, and what that cost.

There are no background tasks: where a job stands follows from the clock whenever somebody looks, so that
thousands of jobs cost nothing, and a clock that is set forward takes every job along.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from fal_emulator.billing import NOTHING, Bill, Clip
from fal_emulator.faults import Rule
from fal_emulator.schemas import Body, application
from fal_emulator.stills import Still


class JobState(StrEnum):
    """Status by fal's names. There is no FAILED: a job that failed is COMPLETED with an error."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"


@dataclass(frozen=True)
class Failure:
    """How a job ended when it gave no clip."""

    status: int
    """HTTP status of its result."""
    body: Body
    """Body of its result."""
    type: str
    charged: bool = False
    headers: tuple[tuple[str, str], ...] = ()


def model_failure(status: int, entries: list[Body], *, charged: bool = False) -> Failure:
    """The model refused or failed: a list of details."""
    return Failure(status, {"detail": entries}, str(entries[0]["type"]), charged)


def platform_failure(
    status: int, kind: str, message: str, *, headers: dict[str, str] | None = None
) -> Failure:
    """The platform refused or failed: a text and an error_type."""
    body = {"detail": message, "error_type": kind}
    return Failure(status, body, kind, headers=tuple((headers or {}).items()))


CANCELLED = platform_failure(499, "client_cancelled", "Request was cancelled by the client")
WAITED_TOO_LONG = platform_failure(
    504,
    "request_timeout",
    "Request timed out before it started",
    headers={"X-Fal-Request-Timeout-Type": "user"},
)


@dataclass
class Job:
    """One request."""

    request_id: str
    endpoint: str
    """Slug it was sent to, with its subpath."""
    sent: Body
    """Body as it was sent."""
    body: Body
    """Body with fal's defaults filled in; empty when it was refused."""
    submitted_s: float
    """Unix time."""
    ready_s: float
    """Unix time from which it may start."""
    run_s: float
    """Seconds it will run."""
    unknown_fields: list[str] = field(default_factory=list)
    still: Still | None = None
    file: str = ""
    """Name at the end of its still's address."""
    clip: Clip | None = None
    """What will be made; None when nothing will."""
    bill: Bill = NOTHING
    """What it costs if it is billed."""
    failure: Failure | None = None
    """How it will end, or has ended, when it gives no clip."""
    start_by_s: float | None = None
    """Unix time after which it is not started any more."""
    keeps_payload: bool = True
    shape: tuple[Rule, ...] = ()
    started_s: float | None = None
    due_s: float | None = None
    """Unix time at which it will end, once it runs."""
    ended_s: float | None = None
    cancelled: str = ""
    """How far it had got when it was asked to end: queued, running; empty when it was not."""
    output: Body = field(default_factory=dict)
    """Its result, once the request history has shown it."""
    media_life_s: float | None = None
    """How long its output is kept."""

    @property
    def application(self) -> str:
        """owner/app, without the subpath."""
        return application(self.endpoint)

    @property
    def state(self) -> JobState:
        """Where it stands as of the last look at the clock."""
        if self.ended_s is not None:
            return JobState.COMPLETED
        return JobState.IN_QUEUE if self.started_s is None else JobState.IN_PROGRESS

    @property
    def billed(self) -> Bill:
        """What is on the bill for it: nothing before it ends."""
        if self.ended_s is None or (self.failure and not self.failure.charged):
            return NOTHING
        return self.bill

    @property
    def status_code(self) -> int:
        """HTTP status of its result."""
        return self.failure.status if self.failure else 200

    def shaped(self, do: str) -> Rule | None:
        """The script's rule that does `do` to it, if any."""
        return next((rule for rule in self.shape if rule.do == do), None)

    def start(self, at_s: float) -> None:
        """It begins to run, or has waited too long."""
        if self.start_by_s is not None and at_s > self.start_by_s:
            self.end(self.start_by_s, WAITED_TOO_LONG)
            return
        self.started_s, self.due_s = at_s, at_s + self.run_s

    def end(self, at_s: float, failure: Failure | None = None) -> None:
        """It is over; with `failure`, in that way."""
        self.failure = failure or self.failure
        self.started_s = at_s if self.started_s is None and not self.cancelled else self.started_s
        self.ended_s = at_s


class Line:
    """The queue of one account: so many at once, the rest waits in order."""

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        """Every job by its id, in the order of submission."""
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self._reached_s = 0.0

    def add(self, job: Job) -> None:
        """Take `job`; one that has ended already only for the record."""
        self.jobs[job.request_id] = job
        if job.ended_s is None:
            self._waiting.append(job)

    def position(self, job: Job) -> int:
        """How many wait before `job`."""
        return self._waiting.index(job) if job in self._waiting else 0

    @property
    def length(self) -> int:
        """How many wait."""
        return len(self._waiting)

    def settle(self, now_s: float, *, at_once: int) -> list[Job]:
        """Let happen what has happened by `now_s`, in its order; the jobs that were started."""
        started: list[Job] = []
        while True:
            ending = min(self._running, key=lambda job: job.due_s or 0, default=None)
            end_s = ending.due_s if ending and ending.due_s is not None else float("inf")
            waiting = self._waiting if len(self._running) < at_once else []
            starting = min(waiting, key=lambda job: job.ready_s, default=None)
            start_s = max(starting.ready_s, self._reached_s) if starting else float("inf")
            if min(end_s, start_s) > now_s:
                return started
            if ending and end_s <= start_s:
                self._running.remove(ending)
                ending.end(end_s)
                self._reached_s = end_s
            elif starting:
                self._waiting.remove(starting)
                starting.start(start_s)
                if starting.ended_s is None:
                    self._running.append(starting)
                    started.append(starting)
                self._reached_s = start_s

    def remove(self, job: Job, now_s: float, failure: Failure | None) -> None:
        """`job` ends now, whether it waits or runs."""
        if job in self._waiting:
            self._waiting.remove(job)
        if job in self._running:
            self._running.remove(job)
            self._reached_s = max(self._reached_s, now_s)
        job.end(now_s, failure)

    def next_event_s(self) -> float:
        """Unix time at which something happens next; infinity when nothing will."""
        times = [job.due_s or 0 for job in self._running] + [job.ready_s for job in self._waiting]
        return min(times, default=float("inf"))
