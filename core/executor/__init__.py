"""Two slots in which takes run: daemon threads that claim queued takes from the disk, in order.

Every process on one data folder may have an executor; the locks see to it that no more than two takes run,
and that a take whose process died is picked up by whoever comes next.
"""

import logging
import threading
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from core.catalogue import current_catalogue
from core.errors import Damaged, NotFound, ProviderPaused, StillmotionError
from core.executor.leavings import sweep
from core.executor.life import release_unsent, request_ids, run_take
from core.executor.lookup import Lookup, adopt, give_up, look_up
from core.executor.records import line_for, with_clip
from core.providers.base import Signals
from core.store import SLOTS, Store, progress_now
from core.take import Take

__all__ = [
    "Executor",
    "adopt",
    "give_up",
    "line_for",
    "look_up",
    "release_unsent",
    "request_ids",
    "run_take",
    "trouble",
    "wake_all",
    "with_clip",
]

log = logging.getLogger(__name__)

IDLE_S = 0.5
"""How often an idle slot looks for work that another process ordered."""
STORAGE_PAUSE_S = 5.0
"""How long a slot waits after the disk refused, before it tries again."""
LONGEST_PAUSE_S = 60.0
"""How long it waits at most, when the disk keeps refusing."""
REPORT_EVERY_S = 0.25
"""How often a slot says how far it is, and looks whether its take was cancelled."""

_running: "weakref.WeakSet[Executor]" = weakref.WeakSet()


def wake_all() -> None:
    """Tell this process's executors that there is work, so that it begins at once."""
    for executor in list(_running):
        executor.wake()


def trouble() -> StillmotionError | None:
    """What keeps this process's slots from working at present, such as a full disk; None: nothing does."""
    return next((executor.trouble for executor in list(_running) if executor.trouble), None)


class Executor:
    """Runs takes until stopped. `start` and `stop` belong to one owner; `wake` may be called by anyone."""

    def __init__(self, data: Path, *, store: Store | None = None) -> None:
        self._data = data
        self._store = store or Store(data)
        self._stop = threading.Event()
        self._work = threading.Condition()
        self._orders = 0
        self._threads: list[threading.Thread] = []
        self._trouble: StillmotionError | None = None
        self._lookup = Lookup(data, found=self.wake)

    @property
    def trouble(self) -> StillmotionError | None:
        """What keeps the slots from working at present, such as a full disk; None: nothing does."""
        return self._trouble

    def start(self) -> None:
        """Begin with whatever the disk says is to be done; what was paused is tried again."""
        self._store.pauses.lift_all()
        sweep(self._store)
        _running.add(self)
        for number in range(1, SLOTS + 1):
            thread = threading.Thread(target=self._loop, name=f"stillmotion-slot-{number}", daemon=True)
            thread.start()
            self._threads.append(thread)
        self._lookup.start()

    def stop(self, timeout_s: float = 4.0) -> bool:
        """End the slots; what is under way goes on at the next start. Whether they ended in time."""
        self._stop.set()
        self.wake()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        looked = self._lookup.stop(max(0.0, deadline - time.monotonic()))
        _running.discard(self)
        return looked and not any(thread.is_alive() for thread in self._threads)

    def wake(self) -> None:
        """Look for work now."""
        with self._work:
            self._orders += 1
            self._work.notify_all()

    def _loop(self) -> None:
        pause_s = STORAGE_PAUSE_S
        while not self._stop.is_set():
            seen = self._orders
            try:
                worked = self._work_once()
                if worked or next(self._waiting(), None) is None:
                    self._trouble, pause_s = None, STORAGE_PAUSE_S
            except StillmotionError as error:
                self._trouble = error
                log.warning("slot.trouble", extra={"action": "slot.trouble", "reason": str(error)})
                self._stop.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                continue
            except Exception:
                log.exception("slot.crashed", extra={"action": "slot.crashed"})
                self._stop.wait(STORAGE_PAUSE_S)
                continue
            if not worked:
                with self._work:
                    self._work.wait_for(lambda seen=seen: self._orders != seen, timeout=IDLE_S)  # type: ignore[misc]

    def _work_once(self) -> bool:
        """Run one take, if there is a free slot and a take to run."""
        waiting = self._waiting()
        first = next(waiting, None)
        if first is None:
            return False
        claimed = self._store.slots.claim()
        if claimed is None:
            return False
        slot, lock = claimed
        try:
            for take in self._waiting():
                if self._stop.is_set():
                    return False
                if self._run(slot, take):
                    return True
            return False
        finally:
            self._store.slots.clear(slot)
            lock.release()

    def _run(self, slot: int, take: Take) -> bool:
        """Run `take` unless somebody else is at it; whether it was run."""
        signals = self._signals(slot, take)
        try:
            return run_take(self._data, take.project_id, take.take_id, signals=signals) is not None
        except (NotFound, Damaged) as error:  # something is wrong with this one; the others go on
            log.warning("slot.passed_over", extra={"action": "slot.passed_over", "reason": str(error)})
            return False
        except ProviderPaused as error:
            if error.retry_after_s != 0:  # 0: the app is ending, and the provider is well
                self._store.pauses.pause(self._provider(take), error)
            return True

    def _provider(self, take: Take) -> str:
        catalogue = current_catalogue(self._data)
        return catalogue[take.model].provider if take.model in catalogue else ""

    def _waiting(self) -> Iterator[Take]:
        """Takes with work left whose provider is not paused, first ordered first."""
        projects = self._store.projects
        paused = {pause.provider for pause in self._store.pauses.all()}
        takes = [
            take
            for project_id in projects.ids()
            for take in self._store.takes.open(projects.folder(project_id))
            if not paused or self._provider(take) not in paused or self._cancelled(take)
        ]
        yield from sorted(takes, key=lambda take: take.place)

    def _cancelled(self, take: Take) -> bool:
        return self._store.takes.cancel_asked(self._store.projects.folder(take.project_id), take.take_id)

    def _signals(self, slot: int, take: Take) -> Signals:
        folder = self._store.projects.folder(take.project_id)
        looked_at = 0.0
        cancelled = False
        reported_at = 0.0

        def is_cancelled() -> bool:
            nonlocal looked_at, cancelled
            if time.monotonic() - looked_at > REPORT_EVERY_S:
                looked_at = time.monotonic()
                cancelled = self._store.takes.cancel_asked(folder, take.take_id)
            return cancelled

        def report(fraction: float | None, stage: str) -> None:
            nonlocal reported_at
            if time.monotonic() - reported_at > REPORT_EVERY_S:
                reported_at = time.monotonic()
                progress = progress_now(take.take_id, take.project_id, fraction=fraction, stage=stage)
                self._store.slots.report(slot, progress)

        return Signals(
            cancelled=is_cancelled, stopping=self._stop.is_set, started=lambda: None, progress=report
        )
