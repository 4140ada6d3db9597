"""The making of one export: segments made once, joined by copying packets, the music laid under them."""

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.errors import Cancelled, Charge, Interrupted, MediaFailed, StillmotionError, disk_errors
from core.exporter.ffmpeg import run_ffmpeg
from core.exporter.parts import parts_of
from core.exporter.plan import Export, ExportId, ExportState
from core.exporter.receipts import Exports, cancel_mark
from core.exporter.segments import make_segment, segment_path
from core.exporter.sound import has_sound, make_sound
from core.media import ffmpeg, probe_clip, safe_stem, sha256_of
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
    folder = Store(data).projects.folder(project_id)
    lock = exports.lock(folder, export_id)
    if lock is None:
        return None
    try:
        export = exports.read(folder, export_id)
        if not export.under_way:
            return None
        return _Making(folder, exports, export, stopping).run()
    finally:
        lock.release()


class _Making:
    """One export on its way, with its lock held."""

    def __init__(self, folder: Path, exports: Exports, export: Export, stopping: Callable[[], bool]) -> None:
        self._folder = folder
        self._exports = exports
        self._export = export
        self._parts = parts_of(export)
        self._reporting = threading.Lock()
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
            self._say(0.0, "making segments", state=ExportState.RUNNING)
            segments = self._segments()
            self._signals.check()
            self._say(SEGMENTS_SHARE, "joining", remaining_s=None)
            path = self._join(segments)
            self._finish(path)
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

    def _segments(self) -> list[Path]:
        """Every part's segment; what is not there yet is made, two at a time. The first trouble ends all."""
        paths = [segment_path(self._export, self._folder, part) for part in self._parts]
        missing = [number for number, path in enumerate(paths) if not path.exists()]
        if not missing:
            return paths
        self._to_make = sum(self._parts[number].frames for number in missing)
        self._missing = len(missing)
        ended = threading.Event()
        signals = replace(self._signals, stopping=lambda: ended.is_set() or self._signals.stopping())
        threads = 1 if len(missing) > 1 else 0
        with ThreadPoolExecutor(WORKERS, "stillmotion-segments") as pool:
            making = [pool.submit(self._segment, number, signals, threads) for number in missing]
            done, waiting = wait(making, return_when=FIRST_EXCEPTION)
            if waiting:
                ended.set()
                for each in waiting:
                    each.cancel()
            for each in done:
                each.result()
        return paths

    def _segment(self, number: int, signals: Signals, threads: int) -> None:
        signals.check()
        part = self._parts[number]

        def progress(fraction: float | None, _stage: str) -> None:
            self._hint(number, (fraction or 0.0) * part.frames)

        progress(0.0, "")
        make_segment(self._export, self._folder, part, replace(signals, progress=progress), threads=threads)
        self._hint(number, part.frames)

    def _join(self, segments: list[Path]) -> Path:
        export = self._export
        name = f"{safe_stem(export.title)}-{export.mode.value}-{export.export_id}.mp4"
        path = self._folder / "exports" / name
        draft = path.with_name(f".{export.export_id}-{os.getpid()}.mp4")
        listing = path.with_name(f".{export.export_id}-{os.getpid()}.txt")
        sound = path.with_name(f".{export.export_id}-{os.getpid()}.m4a")
        try:
            with disk_errors(path):
                lines = (
                    f"file '{str(segment).replace(chr(39), chr(39) + chr(92) + chr(39) * 2)}'"
                    for segment in segments
                )
                listing.write_text("\n".join(lines), encoding="utf-8")
            heard = has_sound(export)
            if heard:
                make_sound(export, self._folder, sound, self._signals)
            run_ffmpeg(
                _join_command(listing, sound if heard else None, draft),
                draft,
                self._signals,
                what="the cut",
            )
            self._check(draft)
            with disk_errors(path):
                sync_file(draft)
                put_in_place(draft, path)
        finally:
            for leftover in (draft, listing, sound):
                leftover.unlink(missing_ok=True)
        return path

    def _check(self, draft: Path) -> None:
        frames = probe_clip(draft).frames
        if frames != self._export.frames:
            raise MediaFailed(
                f"The cut came out with {frames} frames instead of {self._export.frames}.",
                remedy="Export again; if it happens again, report it.",
            )

    def _finish(self, path: Path) -> None:
        with disk_errors(path):
            size = path.stat().st_size
        self._say(
            1.0,
            "done",
            state=ExportState.DONE,
            local_path=f"exports/{path.name}",
            bytes=size,
            sha256=sha256_of(path),
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

    def _hint(self, number: int, frames: float) -> None:
        """Say how far it is, unless that was just said. Called by several threads."""
        with self._reporting:
            self._made[number] = frames
            if time.monotonic() - self._reported_at > REPORT_EVERY_S:
                self._reported_at = time.monotonic()
                share = sum(self._made.values()) / self._to_make
                elapsed_s = self._reported_at - self._began_at
                left_s = elapsed_s * (1 - share) / share if share > 0.02 else None
                made = sum(done == self._parts[each].frames for each, done in self._made.items())
                stage = f"{made} of {self._missing} segments made"
                self._say(SEGMENTS_SHARE * share, stage, remaining_s=left_s and round(left_s, 1))

    def _say(self, fraction: float, stage: str, **changes: object) -> None:
        self._export = self._export.model_copy(update={"fraction": fraction, "stage": stage, **changes})
        self._exports.write(self._folder, self._export)


def _join_command(listing: Path, sound: Path | None, result: Path) -> list[str]:
    inputs = ["-f", "concat", "-safe", "0", "-i", str(listing)]
    maps = ["-map", "0:v:0"]
    if sound is not None:
        inputs += ["-i", str(sound)]
        maps += ["-map", "1:a:0"]
    return [
        *(ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", *inputs, *maps),
        *("-c", "copy", "-movflags", "+faststart", str(result)),
    ]
