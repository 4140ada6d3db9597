"""One attempt at a shot: its states, the legal moves between them, and its receipt."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal, NewType

from pydantic import Field

from core.errors import Charge
from core.pricing import Quote
from core.project import ProjectId, ShotId
from core.record import Record

TakeId = NewType("TakeId", str)


class State(StrEnum):
    """Where a take is in its life."""

    QUEUED = "queued"
    """Ordered, money reserved, waiting for a slot."""
    SUBMITTING = "submitting"
    """About to be sent, or sent without an answer yet."""
    SUBMITTED = "submitted"
    """The provider gave it a request id."""
    RUNNING = "running"
    """The provider was seen working on it."""
    COLLECTING = "collecting"
    """The result is known; the clip is being brought in."""
    DONE = "done"
    """The clip is in place and the money settled."""
    FAILED = "failed"
    """The provider refused or failed; `failure` says what it may have cost."""
    CANCELLED = "cancelled"
    """A person ended it."""
    UNRESOLVED = "unresolved"
    """Sent, and the answer was lost: the money is at risk until the request is found."""


MOVES: Mapping[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.SUBMITTING, State.CANCELLED, State.FAILED}),
    State.SUBMITTING: frozenset(
        {State.SUBMITTED, State.QUEUED, State.FAILED, State.CANCELLED, State.UNRESOLVED}
    ),
    State.SUBMITTED: frozenset(
        {State.QUEUED, State.RUNNING, State.COLLECTING, State.FAILED, State.CANCELLED, State.UNRESOLVED}
    ),
    State.RUNNING: frozenset(
        {State.QUEUED, State.COLLECTING, State.FAILED, State.CANCELLED, State.UNRESOLVED}
    ),
    State.COLLECTING: frozenset({State.DONE, State.FAILED, State.CANCELLED, State.UNRESOLVED}),
    State.UNRESOLVED: frozenset({State.SUBMITTED, State.FAILED, State.CANCELLED}),
    State.DONE: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
"""State → the states that may follow it."""

OPEN = frozenset({State.QUEUED, State.SUBMITTING, State.SUBMITTED, State.RUNNING, State.COLLECTING})
"""States that a slot still has work with."""

UNDER_WAY = OPEN - {State.QUEUED}
"""States in which a slot is at work."""

ENDED = frozenset({State.DONE, State.FAILED, State.CANCELLED})
"""States that nothing follows."""


class IllegalMove(Exception):
    """A take was asked to go from one state to another that may not follow it: a fault of ours."""


Mark = tuple[State, datetime]
"""A state, and when a take came into it: aware, UTC. A pair, because receipts hold many of them."""


class Request(Record):
    """What the provider called the work, word for word."""

    request_id: str
    urls: dict[str, str] = Field(default_factory=dict)
    """The follow-up addresses it returned, by name; stored and used, never built."""


class Clip(Record):
    """The video file of a take, as probed."""

    local_path: str
    """Path relative to the project's folder, with forward slashes."""
    sha256: str
    bytes: int
    width: int
    height: int
    duration_s: float
    fps: float
    frames: int
    has_audio: bool


class Failure(Record):
    """Why a take gave no clip."""

    what: str
    """One line that says what."""
    remedy: str
    """One line that says what to do."""
    charge: Charge
    safe_to_retry: bool


class Take(Record):
    """One attempt at a shot: the content of its receipt. A retry is a new take, so none is charged twice."""

    schema_version: Literal[1] = 1
    take_id: TakeId
    project_id: ProjectId
    shot_id: ShotId
    model: str
    """Key of the model."""
    state: State = State.QUEUED
    place: int
    """Place in the queue over all projects: the smaller goes first. Nanoseconds since 1970, plus a count."""
    batch_id: str
    """Takes ordered by one click share it."""
    person: str = ""
    """Who ordered it; "" when unknown."""
    motion_prompt: str
    """The words the model gets, already cut to its limit."""
    energy: float
    """The shot's energy when the take was ordered, 0 to 1."""
    still_path: str
    """Path relative to the project's folder, with forward slashes."""
    still_sha256: str
    needed_s: float
    """Length of the shot in seconds."""
    duration_s: float
    """Length asked of the model in seconds; one of the lengths that model sells."""
    frames: int
    """Frames of the shot at the project's rate."""
    fps: str
    """The project's frame rate, by its name in FRAME_RATES."""
    size: str
    """The project's size, WIDTHxHEIGHT."""
    aspect: str
    """The project's shape."""
    sound: bool
    """Whether sound was asked for."""
    quote: Quote
    payload: dict[str, Any] = Field(default_factory=dict)
    """The exact body of the request; empty until it is built."""
    request: Request | None = None
    result: dict[str, Any] | None = None
    """The provider's result, word for word."""
    billable_units: Decimal | None = None
    """Units the provider says it bills."""
    clip: Clip | None = None
    failure: Failure | None = None
    settled_usd: Decimal | None = None
    """What the take cost; None until that is known."""
    warnings: tuple[str, ...] = ()
    """What a person should know about it, one sentence each."""
    history: tuple[Mark, ...] = ()

    def moved(self, state: State, **changes: Any) -> "Take":
        """The take in `state` with `changes`; raises IllegalMove when that may not follow."""
        if state not in MOVES[self.state]:
            raise IllegalMove(f"{self.take_id}: {self.state} → {state}")
        history = (*self.history, (state, datetime.now(UTC)))
        return self.model_copy(update={**changes, "state": state, "history": history})

    @property
    def unaccounted(self) -> bool:
        """Whether it ended, perhaps charged, and nobody knows as which request: it was given up in doubt."""
        charge = self.failure.charge if self.failure else Charge.NONE
        return self.state is State.FAILED and self.request is None and charge is Charge.POSSIBLE

    @property
    def ordered_at(self) -> datetime:
        """When it was ordered, UTC."""
        return self.history[0][1]

    @property
    def changed_at(self) -> datetime:
        """When it came into its present state, UTC."""
        return self.history[-1][1]

    def time_of(self, state: State) -> datetime | None:
        """When it last came into `state`, UTC; None when it never did."""
        return next((at for seen, at in reversed(self.history) if seen == state), None)
