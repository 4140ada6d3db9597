"""The making of one export: segments made once, joined by copying packets, the music laid under them."""

import errno
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.errors import Cancelled, Charge, Interrupted, MediaFailed, StillmotionError, disk_errors
from core.exporter.certificate import Certificate, certificate_path, certify, write_certificate
from core.exporter.join import join
from core.exporter.parts import parts_of
from core.exporter.plan import Export, ExportId, ExportState
from core.exporter.receipts import Exports, cancel_mark
from core.exporter.segments import make_segment, segment_path
from core.exporter.sound.sound import Sound, has_sound, make_sound
from core.exporter.spoilt import Spoilt
from core.media import safe_stem
from core.providers.base import Signals
from core.store import Store
from core.store.files import put_in_place, sync_file
from core.take import Failure

log = logging.getLogger(__name__)

WORKERS = 2
"""Segments made at once: decoding one fills the gaps of encoding the other."""
SEGMENTS_SHARE = 0.9
"""How much of an export's progress its segments are."""
REPORT_EVERY_S = 0.25
"""How often an export says how far it is, at most: each time a file is written."""


def run_export(
    data: Path, project_id: str, export_id: ExportId, *, stopping: Callable[[], bool]
) -> Export | None:
    """Make the export; its receipt at the end, or None when somebody else is at it or it was finished.

    Never raises for what goes wrong with the export: that is in its receipt. Raises StorageFailed when the
    disk refuses even that; the export then goes on when it is run again.
    """
    exports = Exports()
    store = Store(data)
    folder = store.projects.folder(project_id)
    lock = exports.lock(folder, export_id)
    if lock is None:
        return None
    try:
        export = exports.read(folder, export_id)
        if not export.under_way:
            return None
        return _Making(folder, exports, export, store, stopping).run()
    finally:
        lock.release()


class _Making:
    """One export on its way, with its lock held."""

    def __init__(
        self,
        folder: Path,
        exports: Exports,
        export: Export,
        store: Store,
        stopping: Callable[[], bool],
    ) -> None:
        self._folder = folder
        self._exports = exports
        self._export = export
        self._takes = store.takes
        self._slots = store.slots
        self._one_by_one = threading.Lock()
        """Held by whoever makes a segment while a slot runs a take."""
        self._parts = parts_of(export)
        self._reporting = threading.Lock()
        self._finished = 0
        """Segments that were made."""
        self._missing = 0
        """Segments that are to be made."""
        self._to_make = 0
        """Frames that are to be made; those of segments that are there already do not count."""
        self._made: dict[int, float] = {}
        """Number of a part → frames of it that are made."""
        self._began_at = time.monotonic()
        self._reported_at = 0.0
        mark = cancel_mark(folder, export.export_id)
        self._signals = Signals(
            cancelled=mark.exists, stopping=stopping, started=lambda: None, progress=lambda *_: None
        )

    def run(self) -> Export:
        try:
            self._say(0.0, "making the parts", state=ExportState.RUNNING)
            self._finish(self._made_and_joined())
        except Interrupted:
            log.info("export.interrupted", extra={"action": "export.interrupted"})
        except Cancelled:
            self._end(ExportState.CANCELLED, None)
        except StillmotionError as error:
            self._end(ExportState.FAILED, error)
        except Exception as error:
            log.exception("export.crashed", extra={"action": "export.crashed"})
            remedy = "The details are in the app's log. Try again; if it happens again, report it."
            self._end(
                ExportState.FAILED,
                MediaFailed(f"Something unforeseen happened ({type(error).__name__}).", remedy=remedy),
            )
        return self._export

    def _made_and_joined(self) -> Certificate:
        """The finished file. What was kept and turns out to be spoilt is made anew."""
        for _ in self._parts:  # each time something is taken away
            try:
                return self._join(*self._make_ready())
            except StillmotionError as error:
                if not isinstance(error, Spoilt) and not _file_went_away(error):
                    raise
                log.info("export.spoilt", extra={"action": "export.spoilt"})
        return self._join(*self._make_ready())

    def _make_ready(self) -> tuple[list[Path], Sound | None]:
        """Every part's segment, and the sound; what is not there yet is made. The first trouble ends all."""
        paths = [segment_path(self._export, self._folder, part) for part in self._parts]
        first = {path: number for number, path in reversed([*enumerate(paths)])}  # two may be alike
        missing = sorted(number for path, number in first.items() if not path.exists())
        self._finished, self._made = 0, {}
        self._to_make = sum(self._parts[number].frames for number in missing)
        self._missing = len(missing)
        ended = threading.Event()
        signals = replace(self._signals, stopping=lambda: ended.is_set() or self._signals.stopping())
        threads = 1 if len(missing) > 1 else 0
        with ThreadPoolExecutor(WORKERS, "stillmotion-segments") as pool:
            sounding = None
            if has_sound(self._export):  # first: a track that cannot be read should not be found last
                sounding = pool.submit(make_sound, self._export, self._folder, signals)
            making = [pool.submit(self._segment, number, signals, threads) for number in missing]
            jobs: list[Future[Any]] = [*making, *([sounding] if sounding else [])]
            done, waiting = wait(jobs, return_when=FIRST_EXCEPTION)
            if waiting:
                ended.set()
                for each in waiting:
                    each.cancel()
            for each in done:
                each.result()
            return paths, sounding.result() if sounding else None

    def _segment(self, number: int, signals: Signals, threads: int) -> None:
        signals.check()
        part = self._parts[number]

        def progress(fraction: float | None, _stage: str) -> None:
            self._hint(number, (fraction or 0.0) * part.frames)

        progress(0.0, "")
        with self._turn(signals):
            make_segment(
                self._export, self._folder, part, replace(signals, progress=progress), threads=threads
            )
        self._hint(number, part.frames, finished=True)

    @contextmanager
    def _turn(self, signals: Signals) -> Iterator[None]:
        """Wait until no other segment is being made, while a slot runs a take: that leaves it a core."""
        if not self._slots.at_work():
            yield
            return
        while not self._one_by_one.acquire(timeout=0.1):
            signals.check()
        try:
            yield
        finally:
            self._one_by_one.release()

    def _join(self, segments: list[Path], sound: Sound | None) -> Certificate:
        self._signals.check()
        self._say(SEGMENTS_SHARE, "joining", remaining_s=None)
        export = self._export
        name = f"{safe_stem(export.title)}-{export.mode.value}-{export.export_id}.mp4"
        path = self._folder / "exports" / name
        draft = path.with_name(f".{export.export_id}-{os.getpid()}.mp4")
        try:
            with disk_errors(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            joined = join(export, segments, sound.path if sound else None, draft, self._signals)
            certificate = certify(
                export,
                draft,
                joined,
                sound.loudness if sound else None,
                self._takes.all(self._folder),
                name=path.name,
            )
            with disk_errors(path):
                sync_file(draft)
            write_certificate(certificate, path)
            with disk_errors(path):
                put_in_place(draft, path)
        except BaseException:
            certificate_path(path).unlink(missing_ok=True)
            raise
        finally:
            draft.unlink(missing_ok=True)
        return certificate

    def _finish(self, certificate: Certificate) -> None:
        self._say(
            1.0,
            "done",
            state=ExportState.DONE,
            local_path=f"exports/{certificate.file}",
            certified=True,
            bytes=certificate.bytes,
            sha256=certificate.sha256,
            finished_at=datetime.now(UTC),
        )
        cancel_mark(self._folder, self._export.export_id).unlink(missing_ok=True)

    def _end(self, state: ExportState, error: StillmotionError | None) -> None:
        failure = error and Failure(
            what=str(error), remedy=error.remedy, charge=Charge.NONE, safe_to_retry=True
        )
        self._say(
            self._export.fraction, state.value, state=state, failure=failure, finished_at=datetime.now(UTC)
        )
        cancel_mark(self._folder, self._export.export_id).unlink(missing_ok=True)

    def _hint(self, number: int, frames: float, *, finished: bool = False) -> None:
        """Say how far it is, unless that was just said. Called by several threads."""
        with self._reporting:
            self._finished += finished
            self._made[number] = max(frames, self._made.get(number, 0.0))  # windows first, then their mix
            if time.monotonic() - self._reported_at > REPORT_EVERY_S:
                self._reported_at = time.monotonic()
                share = sum(self._made.values()) / self._to_make
                elapsed_s = self._reported_at - self._began_at
                left_s = elapsed_s * (1 - share) / share if share > 0.02 else None
                stage = f"{self._finished} of {self._missing} parts made"
                self._say(SEGMENTS_SHARE * share, stage, remaining_s=left_s and round(left_s, 1))

    def _say(self, fraction: float, stage: str, **changes: object) -> None:
        self._export = self._export.model_copy(update={"fraction": fraction, "stage": stage, **changes})
        self._exports.write(self._folder, self._export)


def _file_went_away(error: StillmotionError) -> bool:
    """Whether it is about a file that was there before: somebody deletes the segments while we use them."""
    return isinstance(error.__cause__, FileNotFoundError) or os.strerror(errno.ENOENT) in str(error)
