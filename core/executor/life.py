"""The life of one take, from queued to its end: every step is on the disk before the next is taken.

`run_take` is what a slot runs: plain arguments, all else found on the disk. A paid request is sent once: when
the process died between "about to send" and the answer, the take becomes unresolved and its money is at risk.
"""

import logging
from collections.abc import Container
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from core.billing.settling import off_quote, settled, settled_without_clip
from core.catalogue import current_catalogue
from core.errors import (
    AnswerLost,
    Cancelled,
    Charge,
    Interrupted,
    NotFound,
    NotNow,
    ProviderError,
    ProviderPaused,
    SendAgain,
    StillmotionError,
    StorageFailed,
    disk_errors,
)
from core.executor.records import line_for, with_clip
from core.ledger import Entry, ledger_of
from core.media import ClipFacts, probe_clip, sha256_of
from core.providers import provider_of
from core.providers.base import CancelOutcome, Job, Provider, Signals
from core.store import Store
from core.store.files import put_in_place, sync_file
from core.take import OPEN, Clip, Failure, Request, State, Take, TakeId

log = logging.getLogger(__name__)


def run_take(data: Path, project_id: str, take_id: TakeId, *, signals: Signals) -> Take | None:
    """Bring the take as far as it goes; its state on return, or None when somebody else is at it.

    Never raises for what goes wrong with the take: that is in its receipt. Raises StorageFailed when the disk
    refuses; the take then stays as it is, and goes on when it is run again.
    """
    store = store_of(data)
    folder = store.projects.folder(project_id)
    lock = store.takes.try_lock(folder, take_id)
    if lock is None:
        return None
    try:
        take = store.takes.read(folder, take_id)
        if take.state not in OPEN:
            return None
        life = Life(data, folder, take, signals)
        life.run()
        return life.take
    finally:
        lock.release()


@cache
def store_of(data: Path) -> Store:
    """The one store of this process on the data folder `data`."""
    return Store(data)


def request_ids(data: Path) -> set[str]:
    """The requests that takes of any project have become."""
    store = store_of(data)
    folders = (store.projects.folder(project_id) for project_id in store.projects.ids())
    takes = (take for folder in folders for take in store.takes.all(folder).values())
    return {take.request.request_id for take in takes if take.request is not None}


class Life:
    """One take on its way, with its lock held."""

    def __init__(self, data: Path, folder: Path, take: Take, signals: Signals | None = None) -> None:
        self.take = take
        self._data = data
        self._store = store_of(data)
        self._ledger = ledger_of(data)
        self._folder = folder
        self._too_late = False
        self._signals = replace(signals or _DEAF, started=self._seen_running)

    def run(self) -> None:
        try:
            provider = self._provider()
        except StillmotionError as error:
            self._cannot_begin(error)
            return
        try:
            self._go_on_unless_cancelled(provider)
        except Interrupted:
            log.info("take.interrupted", extra={"action": "take.interrupted", "take_id": self.take.take_id})
        except SendAgain as error:
            self._send_again(error)
        except AnswerLost as error:
            self._lose_sight(error)
        except ProviderPaused:
            self._step_back()
            raise
        except StorageFailed:
            raise  # no fault of the take's: it goes on when the disk does
        except StillmotionError as error:
            self._fail(error)
        except Exception as error:
            log.exception("take.crashed", extra={"action": "take.crashed", "take_id": self.take.take_id})
            self._fail(_unforeseen(error, self.take, provider))

    def _cannot_begin(self, error: StillmotionError) -> None:
        """Nobody here can work on it. What was sent is paid for: it waits until somebody can.

        Raises ProviderPaused: there is no key any more.
        """
        if self._sent and isinstance(error, ProviderError):
            raise ProviderPaused(str(error), remedy=error.remedy, retry_after_s=None) from error
        self._fail(error)

    @property
    def _sent(self) -> bool:
        """Whether money may be gone for it: it was sent, or is about to be."""
        return self.take.state is not State.QUEUED and bool(self.take.quote.usd_high)

    def _job(self) -> Job:
        return Job(take=self.take, model=current_catalogue(self._data)[self.take.model], folder=self._folder)

    def _go_on_unless_cancelled(self, provider: Provider) -> None:
        """Every step, until a person cancels it. What is past cancelling is paid for, and goes on."""
        try:
            self._go_on(provider)
        except Cancelled:
            if self._cancel(provider):
                return
            self._too_late = True
            self._signals = replace(self._signals, cancelled=_never)
            self._go_on(provider)

    def _go_on(self, provider: Provider) -> None:
        """Every step from the present state on."""
        if self.take.state is State.SUBMITTING:
            self._came_back_submitting(provider)
        if self.take.state is State.QUEUED:
            self._signals.check()
            self._submit(provider)
        if self.take.state in (State.SUBMITTED, State.RUNNING):
            answer = provider.follow(self._job(), self._signals)
            self._move(State.COLLECTING, result=answer.result, billable_units=answer.billable_units)
        if self.take.state is State.COLLECTING:
            self._collect(provider)

    def _came_back_submitting(self, provider: Provider) -> None:
        if provider.paid:
            raise AnswerLost(
                "The app ended in the moment this take was sent; whether fal took it is not known.",
                remedy="It is looked up at fal. You may also adopt its request, or mark it lost.",
            )
        self._move(State.QUEUED)

    def _lose_sight(self, error: AnswerLost) -> None:
        """Nobody knows what became of the request: its money is at risk until it is found."""
        self._write_line(Entry.AT_RISK, self.take.quote.usd_high, str(error))
        self._move(State.UNRESOLVED, failure=_failure(error))

    def _send_again(self, error: SendAgain) -> None:
        """Refused for nothing, for a reason that is mended: once more from the queue, but only once."""
        sent = sum(state is State.SUBMITTED for state, _ in self.take.history)
        if sent > 1:
            self._fail(error)
        else:
            self._move(State.QUEUED, request=None, payload={})

    def find(self, *, known: Container[str]) -> Request | None:
        """The request that the unresolved take became, if its provider's history has it."""
        return self._provider().find(self._job(), known=known)

    def request_called(self, request_id: str) -> Request:
        """The request of the take's model with this id."""
        return self._provider().request_called(self._job(), request_id)

    def adopt(self, request: Request, source: str) -> None:
        """Go on with the unresolved take as `request`; its money is reserved again, no longer at risk."""
        self._write_line(Entry.RESERVE, self.take.quote.usd_high, source)
        self._move(State.SUBMITTED, request=request, failure=None)

    def name_request(self, request: Request, source: str) -> None:
        """Say which request the given-up take was, so that the bill tells what it cost. Raises NotNow."""
        last = self._ledger.bill().last.get(self.take.take_id)
        if last is None or last.entry is not Entry.AT_RISK:
            raise NotNow(f"{self.take.take_id} has no money at risk.", remedy="Nothing is to be done.")
        named = self.take.model_copy(update={"request": request})
        self._store.takes.write(self._folder, named)
        self.take = named
        self._write_line(Entry.AT_RISK, last.usd, source)

    def give_up(self) -> None:
        """End the unresolved take; what it may have cost stays at risk until the bill tells."""
        self._end(
            State.FAILED,
            Failure(
                what="Given up: what became of it was not found.",
                remedy="The bill will tell whether it was charged. Order the shot again when you want it.",
                charge=Charge.POSSIBLE,
                safe_to_retry=False,
            ),
        )

    def _provider(self) -> Provider:
        return provider_of(current_catalogue(self._data)[self.take.model])

    def _step_back(self) -> None:
        """Nothing was sent: the take waits in the queue again."""
        if self.take.state is State.SUBMITTING:
            self._move(State.QUEUED)

    def _submit(self, provider: Provider) -> None:
        if not self._job().still.is_file():
            raise NotFound(
                f"The still of {self.take.shot_id} is gone.",
                remedy=f"Bring {self.take.still_path} back, or remove the shot and bring its still again.",
            )
        payload = provider.prepare(self._job(), self._signals)
        self._move(State.SUBMITTING, payload=payload)
        request = provider.submit(self._job(), self._signals)
        self._move(State.SUBMITTED, request=request)

    def _seen_running(self) -> None:
        if self.take.state is State.SUBMITTED:
            self._move(State.RUNNING)

    def _collect(self, provider: Provider) -> None:
        local_path = f"clips/{self.take.shot_id}-{self.take.take_id}.mp4"
        path = self._folder / local_path
        # Put in place whole by a process that died then: fal may no longer have it.
        facts = probe_clip(path) if path.is_file() else self._bring_home(provider, path)
        with disk_errors(path):
            size = path.stat().st_size
        clip = Clip(local_path=local_path, sha256=sha256_of(path), bytes=size, **facts.__dict__)
        self._choose(clip)
        cost, source = settled(self.take, self._job().model.price)
        self._write_line(Entry.SETTLE, cost, source, clip=True)
        told = filter(None, (_TOO_LATE if self._too_late else None, off_quote(self.take, cost)))
        self._move(State.DONE, clip=clip, settled_usd=self._counted(), warnings=(*self.take.warnings, *told))
        self._store.takes.tidy(self._folder, self.take.take_id)

    def _counted(self) -> Decimal:
        """What counts of the take's money: the bill may have told of it before its clip came home."""
        return self._ledger.bill().last[self.take.take_id].usd

    def _bring_home(self, provider: Provider, path: Path) -> ClipFacts:
        """Put the result's clip at `path`, whole and playable; what it is."""
        arriving = path.with_name(f".{path.name}.part")
        with disk_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        provider.collect(self._job(), arriving, self._signals)
        facts = probe_clip(arriving)
        with disk_errors(path):
            sync_file(arriving)
            put_in_place(arriving, path)
        return facts

    def _choose(self, clip: Clip) -> None:
        """A shot's newest clip is chosen, as people expect; they may choose another."""
        try:
            self._store.projects.edit(
                self.take.project_id, lambda project: with_clip(project, self.take, clip)
            )
        except StillmotionError as error:
            log.warning(
                "take.not_chosen",
                extra={"action": "take.not_chosen", "take_id": self.take.take_id, "reason": str(error)},
            )

    def _cancel(self, provider: Provider) -> bool:
        """End the take if it can still be ended for nothing; whether it is."""
        if self.take.state is State.QUEUED:
            self._end(State.CANCELLED, _cancelled("Cancelled before it was sent."))
        elif provider.cancel(self._job()) is CancelOutcome.REMOVED:
            where = "taken out of the queue before it began" if provider.paid else "nothing is charged for it"
            self._end(State.CANCELLED, _cancelled(f"Cancelled: {where}."))
        return self.take.state is State.CANCELLED

    def _fail(self, error: StillmotionError) -> None:
        if isinstance(error, ProviderError):
            if error.billable_units is not None:
                self.take = self.take.model_copy(update={"billable_units": error.billable_units})
        elif self._sent:
            error = _in_doubt(error)
        failure = _failure(error)
        log.warning(
            "take.failed",
            extra={"action": "take.failed", "take_id": self.take.take_id, "charge": failure.charge.value},
        )
        self._end(State.CANCELLED if self._too_late else State.FAILED, failure)

    def _end(self, state: State, failure: Failure) -> None:
        entry = {
            Charge.NONE: Entry.RELEASE,
            Charge.POSSIBLE: Entry.AT_RISK,
            Charge.CERTAIN: Entry.SETTLE,
        }[failure.charge]
        amount, source = self.take.quote.usd_high, failure.what
        if entry is Entry.RELEASE:
            amount = Decimal(0)
        elif entry is Entry.SETTLE:
            amount, source = settled_without_clip(self.take, self._job().model.price)
        self._write_line(entry, amount, source, clip=False)
        self._move(state, failure=failure)
        self._store.takes.tidy(self._folder, self.take.take_id)

    def _move(self, state: State, **changes: Any) -> None:
        moved = self.take.moved(state, **changes)
        self._store.takes.write(self._folder, moved)
        self.take = moved

    def _write_line(self, entry: Entry, usd: Decimal, source: str, *, clip: bool | None = None) -> None:
        """Say it in the ledger. Raises StorageFailed, also when it is busy: no fault of the take's."""
        try:
            self._ledger.append(line_for(self.take, entry, usd, source, clip=clip))
        except NotNow as busy:
            raise StorageFailed(str(busy), remedy=busy.remedy) from busy


def _failure(error: StillmotionError) -> Failure:
    charge, safe = Charge.NONE, True
    if isinstance(error, ProviderError):
        charge, safe = error.charge, error.safe_to_retry
    return Failure(what=str(error), remedy=error.remedy, charge=charge, safe_to_retry=safe)


def _in_doubt(error: StillmotionError) -> ProviderError:
    """`error` about a take that was sent: what it costs, only the bill will tell."""
    return ProviderError(str(error), remedy=error.remedy, charge=Charge.POSSIBLE, safe_to_retry=False)


def _unforeseen(error: Exception, take: Take, provider: Provider) -> ProviderError:
    sent = provider.paid and take.state is not State.QUEUED
    return ProviderError(
        f"Something unforeseen happened ({type(error).__name__}).",
        remedy="The details are in the app's log. Try again; if it happens again, report it.",
        charge=Charge.POSSIBLE if sent else Charge.NONE,
        safe_to_retry=not sent,
    )


def release_unsent(data: Path, folder: Path, take: Take) -> Take:
    """End a take that waits in the queue; the caller holds its lock. Nothing was sent, nothing is charged."""
    if take.state is not State.QUEUED:
        raise NotFound(f"{take.take_id} is not waiting.", remedy="Look at its state, then decide.")
    life = Life(data, folder, take)
    life._end(State.CANCELLED, _cancelled("Cancelled before it was sent."))
    return life.take


_TOO_LATE = "You cancelled it when it was running already: it finished, it was charged, and here is its clip."


def _cancelled(what: str) -> Failure:
    again = "Order the shot again when you want it."
    return Failure(what=what, remedy=again, charge=Charge.NONE, safe_to_retry=True)


def _never() -> bool:
    return False


def _ignore(*_args: object) -> None:
    return None


_DEAF = Signals(cancelled=_never, stopping=_never, started=_ignore, progress=_ignore)
