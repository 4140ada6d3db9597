"""Segments made ahead, in idle time, so that an export finds them ready; and the cache kept within bounds."""

import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from shutil import disk_usage

from core.errors import InputRefused, StillmotionError, StorageFailed
from core.exporter.parts import Part, parts_of
from core.exporter.plan import Delivery, Export
from core.exporter.planning import plan_export
from core.exporter.receipts import Exports
from core.exporter.segments import make_segment, segment_path
from core.exporter.sound.sound import has_sound, make_sound, sound_path
from core.providers.base import Signals
from core.rounds import Rounds
from core.store import Store
from core.store.files import Signature, signature

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
"""How often it looks whether a project changed or an export began."""
NICENESS = 10
"""How much it steps back behind everything else, where the platform can tell threads apart (Linux)."""
CACHE_BYTES = 5_000_000_000
"""Room for all segments. Those of usual cuts and of the newest exports stay even when it is too little."""
SPARE_BYTES = 2_000_000_000
"""Room on the disk that is left to takes, receipts and exports: with less, nothing is made ahead."""
RECENT_EXPORTS = 3
"""Exports of each project whose segments stay, whatever room they take."""
FORGOTTEN_S = 3600.0
"""A draft that old is nobody's any more: its process died."""

Marks = tuple[Signature | None, ...]


class SegmentsAhead(Rounds):
    """Makes the segments of every project's usual cuts, one at a time, on one core.

    They are the whole cut as its newest export was asked for, and as the page asks when nobody chooses.
    Nothing is made while an export waits or runs, in whatever process; then, and at the stop, it leaves off
    at once. Nor is anything made on a disk that is nearly full.
    """

    def __init__(self, data: Path, *, cache_bytes: int = CACHE_BYTES, spare_bytes: int = SPARE_BYTES) -> None:
        self._data = data
        self._spare_bytes = spare_bytes
        self._store = Store(data)
        self._exports = Exports()
        self._cache_bytes = cache_bytes
        self._settled: dict[Path, Marks] = {}
        """What a project looked like when nothing was left to make of it."""
        self._given_up: set[Path] = set()
        """Segments that cannot be made from what there is now."""
        self._looked_at = 0.0
        self._exporting = False
        self._settled_in = False
        super().__init__("ahead", every_s=LOOK_EVERY_S, after_trouble_s=60 * LOOK_EVERY_S)

    def round(self) -> None:
        """Make what is missing. A full disk, or a folder that went away, can wait."""
        try:
            if not self._settled_in:
                self._settle_in()
            while self.make_one() and not self.stopping:
                pass
        except (StillmotionError, OSError) as error:
            log.info("ahead.waits", extra={"action": "ahead.waits", "reason": str(error)})

    def _settle_in(self) -> None:
        _step_back()
        self._sweep()
        self._settled_in = True

    def make_one(self) -> bool:
        """Make one missing segment of any project, or its sound; whether there was one to make."""
        changed = [folder for folder in self._folders() if self._marks(folder) != self._settled.get(folder)]
        if not changed or self._an_export_is_open() or disk_usage(self._data).free < self._spare_bytes:
            return False
        for folder in changed:
            marks = self._marks(folder)
            if any(self._make_part_of(plan, folder) for plan in self._usual_cuts(folder)):
                return True
            self._given_up = {path for path in self._given_up if folder not in path.parents}
            self._settled[folder] = marks
        self._trim()
        return False

    def _make_part_of(self, plan: Export, folder: Path) -> bool:
        """Make the first segment that `plan` lacks, or its sound; whether there was one to make."""
        for part in parts_of(plan):
            path = segment_path(plan, folder, part)
            make = partial(make_segment, plan, folder, part, threads=1)
            if self._is_wanted(path) and self._make(path, make):
                return True
        if not has_sound(plan):
            return False
        path = sound_path(plan, folder)
        return self._is_wanted(path) and self._make(path, partial(make_sound, plan, folder))

    def _is_wanted(self, path: Path) -> bool:
        return path not in self._given_up and not path.exists()

    def _make(self, path: Path, make: Callable[[Signals], object]) -> bool:
        """Make what belongs at `path`; whether it was made. What cannot be is not tried again."""
        signals = Signals(
            cancelled=lambda: False,
            stopping=lambda: self.stopping or self._an_export_is_open(),
            started=lambda: None,
            progress=lambda *_: None,
        )
        try:
            make(signals)
        except StorageFailed:
            raise
        except StillmotionError as error:  # the export will say so to whoever asks for it
            log.info("ahead.passed_over", extra={"action": "ahead.passed_over", "reason": str(error)})
            self._given_up.add(path)
            return False
        return True

    def _usual_cuts(self, folder: Path) -> list[Export]:
        """What is likely asked for next: the cut as it was asked for last, and the plain final one."""
        asked = [Delivery()]
        for newest in self._exports.all(folder)[:1]:
            asked.insert(0, newest.delivery.model_copy(update={"first_shot": None, "last_shot": None}))
        plans = []
        with suppress(StillmotionError):
            project, takes = self._store.projects.read(folder.name), self._store.takes.all(folder)
            for each in dict.fromkeys(asked):
                with suppress(InputRefused):  # nothing to show, or the project has another shape by now
                    plans.append(plan_export(project, takes, each))
        return plans

    def _an_export_is_open(self) -> bool:
        """Whether an export waits or runs anywhere. Looked up at most twice in LOOK_EVERY_S."""
        if time.monotonic() - self._looked_at > LOOK_EVERY_S / 2:
            self._exporting = any(
                export.under_way for folder in self._folders() for export in self._exports.all(folder)
            )
            self._looked_at = time.monotonic()
        return self._exporting

    def _folders(self) -> list[Path]:
        projects = self._store.projects
        return [projects.folder(project_id) for project_id in projects.ids()]

    def _marks(self, folder: Path) -> Marks:
        """What changes when something else is to be made: the storyboard, the clips, the exports."""
        return tuple(signature(folder / name) for name in ("project.json", "clips", "stills", "exports"))

    def _sweep(self) -> None:
        """Remove what exports and segments left half-made whose process died."""
        for folder in self._folders():
            for kind in ("segments", "exports"):
                for draft in (folder / kind).glob(".*"):
                    with suppress(OSError):
                        if time.time() - draft.stat().st_mtime > FORGOTTEN_S:
                            draft.unlink(missing_ok=True)

    def _trim(self) -> None:
        """Delete the segments that were made first, of those that are not in use, down to the limit."""
        found = [(path, path.stat()) for path in self._segments()]
        excess = sum(facts.st_size for _, facts in found) - self._cache_bytes
        if excess <= 0:
            return
        used = self._in_use()
        for path, facts in sorted(found, key=lambda each: each[1].st_mtime):
            if excess > 0 and path not in used:
                path.unlink(missing_ok=True)
                path.with_suffix(".json").unlink(missing_ok=True)  # of a sound: how loud it is
                excess -= facts.st_size

    def _segments(self) -> Iterator[Path]:
        for folder in self._folders():
            yield from (folder / "segments").glob("[!.]*.m[p4][4a]")

    def _in_use(self) -> set[Path]:
        used = set()
        for folder in self._folders():
            for cut in self._usual_cuts(folder) + self._exports.all(folder)[:RECENT_EXPORTS]:
                for part in parts_of(cut):
                    plain = [Part(windows=(window,)) for window in part.windows]
                    used |= {segment_path(cut, folder, each) for each in (part, *plain)}
                if has_sound(cut):
                    with suppress(StillmotionError):  # music that is gone, of an old receipt
                        used.add(sound_path(cut, folder))
        return used


def _step_back() -> None:
    """Let everything else go first, and keep to one core: this thread, and each ffmpeg that it starts."""
    if sys.platform != "linux":  # elsewhere this would be the whole process
        return
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
