"""What every provider does: submit once, follow, collect, cancel. The executor knows no more than this."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from core.catalogue import Model
from core.errors import Cancelled, Interrupted
from core.take import Request, Take


@dataclass(frozen=True, kw_only=True)
class Job:
    """A take together with all that a provider needs to work on it."""

    take: Take
    model: Model
    folder: Path
    """The project's folder."""

    @property
    def still(self) -> Path:
        """The picture to animate."""
        return self.folder / self.take.still_path


class CancelOutcome(StrEnum):
    """What became of a request to cancel at the provider."""

    REMOVED = "removed"
    """It had not begun: it never runs and costs nothing."""
    ASKED = "asked"
    """It was running and was asked to stop; it may still be charged."""
    TOO_LATE = "too late"
    """It had finished."""


@dataclass(frozen=True, kw_only=True)
class Signals:
    """How a worker hears that it should end, and says how far it is. Called from a slot's thread."""

    cancelled: Callable[[], bool]
    """Whether a person asked for the take to end."""
    stopping: Callable[[], bool]
    """Whether the process is going down."""
    started: Callable[[], None]
    """To be called once the provider is seen working on the request."""
    progress: Callable[[float | None, str], None]
    """Takes a fraction from 0 to 1 (None: not known) and what is being done, for people."""

    def check(self) -> None:
        """Raise Interrupted or Cancelled when the work should end; call it often."""
        if self.stopping():
            raise Interrupted
        if self.cancelled():
            raise Cancelled


def unwatched() -> Signals:
    """Signals of nobody: the work goes on to its end, and no one is told how far it is."""
    return Signals(
        cancelled=lambda: False, stopping=lambda: False, started=lambda: None, progress=lambda *_: None
    )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a finished request gave."""

    result: dict[str, Any]
    """The provider's result, word for word."""
    billable_units: Decimal | None = None
    """Units that the provider says it bills."""


class Provider(Protocol):
    """Whoever animates a still. Every method may raise ProviderError, and Halted through the signals."""

    paid: bool
    """Whether a request costs money: then a submit without an answer is never sent again."""

    def prepare(self, job: Job, signals: Signals) -> dict[str, Any]:
        """The exact body of the request, everything that drives the price explicit.

        Whatever costs nothing may be sent, such as the still. Called before the take is "about to be sent".
        """
        ...

    def submit(self, job: Job, signals: Signals) -> Request:
        """Send `job.take.payload`, once. It is sent again only when it surely was not taken.

        Raises AnswerLost when that cannot be told, and ProviderPaused when nothing can be sent now.
        """
        ...

    def follow(self, job: Job, signals: Signals) -> Answer:
        """Wait until the request of `job.take` is finished; what it gave.

        Raises AnswerLost after the deadline; ProviderPaused when the provider cannot be asked for long.
        """
        ...

    def collect(self, job: Job, clip: Path, signals: Signals) -> None:
        """Bring the result's clip to `clip`, whole and playable, or leave nothing there."""
        ...

    def cancel(self, job: Job) -> CancelOutcome:
        """Ask the provider to end the request of `job.take`."""
        ...

    def request_called(self, job: Job, request_id: str) -> Request:
        """The request that a person names, with the addresses to follow it. Asks nobody."""
        ...

    def find(self, job: Job, *, known: Container[str]) -> Request | None:
        """The request that `job.take` became, looked up in the provider's own history.

        `known` holds the ids of requests that belong to other takes. None when it is not (yet) there.
        """
        ...
