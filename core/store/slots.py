"""The two places in which a take may run, however many processes share the data folder."""

import contextlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock

from core.store.files import try_lock
from core.take import TakeId

SLOTS = 2
"""Takes under way at once; what a new account at fal.ai runs at once, too."""

LATELY_S = 60.0
"""A hint that old is not believed: its process may have died."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far the take in a slot is. A hint for people: it is not kept through a crash."""

    take_id: TakeId
    project_id: str
    fraction: float | None
    """From 0 to 1; None when the provider does not say."""
    stage: str
    """What is being done, for people."""
    at: float
    """When this was written, in seconds since 1970."""


class Slots:
    """The folder `slots`: a lock for each slot, and beside it how far its take is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def claim(self) -> tuple[int, FileLock] | None:
        """A free slot's number and its lock, held; None when both are taken."""
        for number in range(1, SLOTS + 1):
            lock = try_lock(self._folder / f"{number}.lock")
            if lock is not None:
                return number, lock
        return None

    def report(self, slot: int, progress: Progress) -> None:
        """Say how far the take in `slot` is. A disk that refuses is ignored: this is only a hint."""
        path = self._folder / f"{slot}.json"
        fresh = path.with_suffix(".tmp")
        with contextlib.suppress(OSError):
            fresh.write_text(json.dumps(progress.__dict__), encoding="utf-8")
            fresh.replace(path)

    def clear(self, slot: int) -> None:
        """Forget what was in `slot`."""
        with contextlib.suppress(OSError):
            (self._folder / f"{slot}.json").unlink(missing_ok=True)

    def progress(self) -> dict[TakeId, Progress]:
        """How far each take under way is, by its id."""
        found = [self._read(self._folder / f"{slot}.json") for slot in range(1, SLOTS + 1)]
        return {progress.take_id: progress for progress in found if progress}

    def at_work(self) -> bool:
        """Whether a take is under way, as far as its slot said lately."""
        return any(time.time() - progress.at < LATELY_S for progress in self.progress().values())

    def _read(self, path: Path) -> Progress | None:
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            return Progress(**content)
        except (OSError, ValueError, TypeError):
            return None


def progress_now(take_id: TakeId, project_id: str, *, fraction: float | None, stage: str) -> Progress:
    """A report stamped with the present time."""
    return Progress(take_id=take_id, project_id=project_id, fraction=fraction, stage=stage, at=time.time())
