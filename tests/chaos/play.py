"""Playing one case: real processes on a data folder, a real kill, and whoever comes next cleans up."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from drawing import Draw
from fal_emulator import AccountControl, Emulator

from chaos.cases import FAULTS, IN_PLACE, NEVER, PAUSED, Case
from chaos.nursery import Nursery
from chaos.verdict import PROJECT, Books, leftovers, problems
from core.errors import NotNow
from core.orders import cancel_take
from core.settings import Settings
from core.store import Store
from core.store.files import try_lock
from core.studio import Studio
from core.take import OPEN, State, Take

PACE = "0.02"
DEADLINE_S = 40.0
LOOK_EVERY_S = 0.005
FROZEN_S = 1.0
"""How long time stands still at fal at most, while a cancel is on its way there."""
QUIET_S = 0.15
"""How long a take must be unresolved without a request at fal before that is believed."""
AT_ONCE = 6
"""Cases played at the same time: most of each is waiting."""
SIZE = (640, 360)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a case ended."""

    case: Case
    problems: tuple[str, ...]
    met: bool
    """Whether the state was met in which a process was to be killed."""
    killed: int
    """Processes that were killed at work."""
    accepted: int
    """Requests that fal took."""
    meant: int
    """Takes that were ordered."""
    billed: int
    """Requests that fal billed."""
    clips: int
    """Takes that are done."""
    sent_again: int
    """Requests beyond the one that each take is meant to be."""
    hidden: int
    """Takes that fal bills, without their clip here and without their money shown as spent or at risk."""
    took_s: float


class Stage:
    """An emulator, a warm process and a data folder to start from: everything that cases share."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.template = folder / "template"

    def __enter__(self) -> Self:
        self.template.mkdir(parents=True)
        studio = Studio(Settings(data=self.template))
        draw = Draw(self.folder / "drawn")
        studio.create_project("Ascent")
        stills = [
            (f"{color}.png", draw.still(f"{color}.png", size=SIZE, color=color)) for color in ("teal", "navy")
        ]
        studio.add_stills(PROJECT, stills, seconds=3)
        self.emulator = Emulator(process=True).__enter__()
        self.nursery = Nursery().__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.nursery.__exit__(None, None, None)
        self.emulator.__exit__(None, None, None)

    @contextmanager
    def playing(self, cases: list[Case]) -> Iterator[dict[str, "Future[Outcome]"]]:
        """Name → the outcome to come of each case; several are played at once."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chaos") as players:
            yield {case.name: players.submit(play, case, self) for case in cases}
            players.shutdown(cancel_futures=True)


def play(case: Case, stage: Stage) -> Outcome:
    """Play `case` to its end, and say what is wrong then."""
    game = _Game(case, stage)
    try:
        return game.play()
    finally:
        game.end()


class _Game:
    """One case on its way."""

    def __init__(self, case: Case, stage: Stage) -> None:
        self._case, self._stage = case, stage
        self._fault = FAULTS[case.fault]
        self._began = time.monotonic()
        self._data = stage.folder / case.name
        self._folder = self._data / "projects" / PROJECT
        self._log = self._data / "processes.log"
        shutil.copytree(stage.template, self._data)
        self._store = Store(self._data)
        self._account: AccountControl = stage.emulator.account(case.key)
        self._alive: list[int] = []
        self._killed = 0
        self._unlocked = False
        self._frozen_since: float | None = None
        self._problems: list[str] = []
        self._in_doubt_since: float | None = None

    def play(self) -> Outcome:
        case = self._case
        self._account.script(*case.rules())
        self._account.conditions(**case.conditions())
        self._start(["shot_001", "shot_002"][: case.takes])
        for _ in range(case.processes - 1):
            self._start([])
        met = self._meet(case.kill) if case.kill != NEVER else True
        self._disturb()
        for kill in range(case.kills):
            self._kill(self._victims())
            self._unlock()
            self._start([])
            if kill + 1 < case.kills:
                self._wait_ms(10 * case.after_ms)
        if not self._look_until(self._settled):
            self._problems.append(f"nothing moved for {DEADLINE_S:g} s")
        books = Books(self._data, self._account.record())
        if not self._look_until(self._tidy, within_s=5.0):
            self._problems.append(f"left behind: {', '.join(leftovers(self._data)) or 'a slot is held'}")
        self._kill(list(self._alive), at_work=False)
        self._problems += problems(books, ordered=case.takes, gives_clip=self._fault.gives_clip)
        self._problems += [line for line in self._log.read_text().splitlines() if " ERROR " in line]
        return self._outcome(books, met)

    def end(self) -> None:
        """Kill what is left, and throw the data away unless something is wrong with it."""
        self._kill(list(self._alive), at_work=False)
        if not self._problems:
            shutil.rmtree(self._data)

    def _start(self, shots: list[str]) -> None:
        environment = {
            **self._stage.emulator.environment(self._case.key),
            "STILLMOTION_DATA": str(self._data),
            "STILLMOTION_FAL_PACE": PACE,
        }
        pid = self._stage.nursery.start(
            environment, self._log, project=PROJECT, shots=shots, model=self._case.model
        )
        self._alive.append(pid)

    def _meet(self, state: str) -> bool:
        """Wait until a take is in `state`; False when all have ended without being met there."""
        met = False

        def there() -> bool:
            nonlocal met
            met = self._is_there(state)
            return met or self._settled()

        self._look_until(there)
        self._wait_ms(self._case.after_ms)
        return met

    def _is_there(self, state: str) -> bool:
        if state == PAUSED:
            return self._is_paused()
        if state == IN_PLACE:
            here = {path.stem.partition("-")[2] for path in self._folder.glob("clips/*.mp4")}
            return any(take.take_id in here and take.state in OPEN for take in self._takes())
        return any(take.state == state for take in self._takes())

    def _disturb(self) -> None:
        """What people do at this moment: ask for the takes to end, or see that the account is locked."""
        if self._fault.cancels:
            if self._case.kill == NEVER:
                self._meet(self._case.cancel)
            self._cancel()
        if self._fault.unlocks and self._case.kill == NEVER:
            self._meet(PAUSED)
            self._unlock()

    def _cancel(self) -> None:
        """Ask for all takes to end; what waits or runs at fal does so until the cancel has come there."""
        self._account.freeze()
        self._frozen_since = time.monotonic()
        for take in self._takes():
            try:
                cancel_take(self._store, take)
            except NotNow:
                continue

    def _thaw_when_cancelled(self) -> None:
        """Let time go on at fal: a cancel has come there, or none will."""
        if self._frozen_since is None:
            return
        came = self._account.record()["counts"].get("cancel", 0) >= self._case.takes
        if came or time.monotonic() - self._frozen_since > FROZEN_S:
            self._account.thaw()
            self._frozen_since = None

    def _unlock(self) -> None:
        if self._fault.unlocks:
            self._account.conditions(locked=None)
            self._unlocked = True

    def _victims(self) -> list[int]:
        """The process that has a take in hand, or both; the first when nobody has."""
        if self._case.all_at_once or len(self._alive) == 1:
            return list(self._alive)
        locks = sorted((self._folder / "takes").glob("*.lock"))
        at_work = [pid for pid in map(_holder, locks) if pid in self._alive]
        return at_work[:1] or self._alive[:1]

    def _kill(self, pids: list[int], *, at_work: bool = True) -> None:
        for pid in pids:
            status = self._stage.nursery.kill(pid)
            self._alive.remove(pid)
            self._killed += at_work
            if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
                self._problems.append(f"a process ended by itself ({status}): {self._log.read_text()[-800:]}")

    def _settled(self) -> bool:
        """Whether nothing more will happen by itself."""
        self._thaw_when_cancelled()
        takes = self._takes()
        if self._unlocked and self._is_paused():
            self._store.pauses.lift("fal")  # a process that was answered before the unlocking paused it
        if not takes or any(take.state in OPEN for take in takes):
            self._in_doubt_since = None
            return False
        in_doubt = [take for take in takes if take.state is State.UNRESOLVED]
        if not in_doubt:
            return True
        books = Books(self._data, self._account.record())
        known = {take.request.request_id for take in takes if take.request}
        findable = [job for take in in_doubt for job in books.jobs_of(take) if job["request_id"] not in known]
        if findable and self._case.fault != "lost_history":
            self._in_doubt_since = None
            return False
        now = time.monotonic()
        self._in_doubt_since = self._in_doubt_since or now
        return now - self._in_doubt_since > QUIET_S

    def _tidy(self) -> bool:
        """Whether the slots are free and nothing is left behind."""
        for number in (1, 2):
            lock = try_lock(self._data / "slots" / f"{number}.lock")
            if lock is None:
                return False
            lock.release()
        return not leftovers(self._data)

    def _takes(self) -> list[Take]:
        return list(self._store.takes.all(self._folder).values())

    def _is_paused(self) -> bool:
        return self._store.pauses.of("fal") is not None

    def _look_until(self, true: Callable[[], bool], *, within_s: float = DEADLINE_S) -> bool:
        end, pause = time.monotonic() + within_s, threading.Event()
        while not true():
            if time.monotonic() > end:
                return False
            pause.wait(LOOK_EVERY_S)
        return True

    def _wait_ms(self, milliseconds: int) -> None:
        threading.Event().wait(milliseconds / 1000)

    def _outcome(self, books: Books, met: bool) -> Outcome:
        takes = books.takes()
        return Outcome(
            case=self._case,
            problems=tuple(self._problems),
            met=met,
            killed=self._killed,
            accepted=len(books.record["submits"]),
            meant=len(takes),
            billed=len(books.record["billed"]),
            clips=sum(take.state is State.DONE for take in takes),
            sent_again=sum(books.sent_again(take) for take in takes),
            hidden=sum(books.hides_bill(take) for take in takes),
            took_s=time.monotonic() - self._began,
        )


def _holder(lock: Path) -> int | None:
    """The process that holds the file `lock`, as Linux tells it; None when nobody does or it is not told."""
    try:
        inode, told = lock.stat().st_ino, Path("/proc/locks").read_text()
    except OSError:
        return None
    for line in told.splitlines():
        words = line.split()
        if "FLOCK" in words and words[-3].rpartition(":")[2] == str(inode):
            return int(words[-4])
    return None
