"""From the timeline to a file: segments made once, joined by copying packets, the music laid under them."""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from core.errors import (
    Cancelled,
    Charge,
    Damaged,
    Interrupted,
    MediaFailed,
    NotFound,
    StillmotionError,
    disk_errors,
)
from core.exporter.plan import Export, ExportId, ExportState, Mode, Piece, move_of, piece_of
from core.exporter.segments import make_segment, run_ffmpeg
from core.media import ffmpeg, probe_clip, safe_stem, sha256_of
from core.providers.base import Signals
from core.store import Store
from core.store.files import Parsed, put_in_place, signature, sync_file, try_lock, write_atomically
from core.take import Failure

__all__ = [
    "Export",
    "ExportId",
    "ExportQueue",
    "ExportState",
    "Exports",
    "Mode",
    "Piece",
    "move_of",
    "piece_of",
    "run_export",
]

log = logging.getLogger(__name__)

FADE_S = 1.0
"""How long the music takes to fade at the end of the cut."""
IDLE_S = 0.5
"""How often the queue looks for exports that were ordered."""
TROUBLE_PAUSE_S = 5.0
"""How long the queue waits after the disk refused, before it tries again."""
REPORT_EVERY_S = 0.25
"""How often an export says how far it is, at most: each time a file is written."""


class Exports:
    """Receipts of exports in a project's folder `exports`."""

    def __init__(self) -> None:
        self._parsed = Parsed(_parse)

    def read(self, folder: Path, export_id: str) -> Export:
        """The export's receipt. Raises NotFound or Damaged."""
        known = export_id.replace("-", "").isalnum()
        export = self._parsed.get(folder / "exports" / f"{export_id}.json") if known else None
        if export is None:
            raise NotFound(
                f"There is no export called {export_id[:60]!r}.", remedy="Choose one from the list."
            )
        return export

    def all(self, folder: Path) -> list[Export]:
        """Every export of the project, newest first."""
        found = []
        for path in (folder / "exports").glob("*.json"):
            with suppress(Damaged):
                export = self._parsed.get(path)
                if export is not None:
                    found.append(export)
        return sorted(found, key=lambda export: export.ordered_at, reverse=True)

    def write(self, folder: Path, export: Export) -> None:
        """Put the receipt on the disk."""
        write_atomically(
            folder / "exports" / f"{export.export_id}.json", export.model_dump_json(indent=1).encode()
        )

    def cancel(self, folder: Path, export_id: ExportId) -> Export:
        """End the export at once when nobody is at it, else leave word; its receipt. Raises NotFound."""
        with disk_errors(folder):
            _cancel_mark(folder, export_id).touch()
        lock = self.lock(folder, export_id)
        if lock is None:
            return self.read(folder, export_id)
        try:
            export = self.read(folder, export_id)
            if export.under_way:
                ended = {
                    "state": ExportState.CANCELLED,
                    "stage": "cancelled",
                    "finished_at": datetime.now(UTC),
                }
                export = export.model_copy(update=ended)
                self.write(folder, export)
            _cancel_mark(folder, export_id).unlink(missing_ok=True)
            return export
        finally:
            lock.release()

    def lock(self, folder: Path, export_id: ExportId) -> FileLock | None:
        """The export's lock, held, or None when somebody is at it."""
        return try_lock(folder / "exports" / f"{export_id}.lock")


def _cancel_mark(folder: Path, export_id: ExportId) -> Path:
    return folder / "exports" / f"{export_id}.cancel"


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
        self._done_frames = 0
        self._reported_at = 0.0
        mark = _cancel_mark(folder, export.export_id)
        self._signals = Signals(
            cancelled=mark.exists, stopping=stopping, started=lambda: None, progress=lambda *_: None
        )

    def run(self) -> Export:
        try:
            self._say(0.0, "making segments", state=ExportState.RUNNING)
            segments = [self._segment(*numbered) for numbered in enumerate(self._export.pieces, start=1)]
            self._signals.check()
            self._say(0.9, "joining")
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

    def _segment(self, number: int, piece: Piece) -> Path:
        self._signals.check()
        stage = f"shot {number} of {len(self._export.pieces)}"

        def progress(fraction: float | None, _stage: str) -> None:
            done = self._done_frames + (fraction or 0.0) * piece.frames
            self._hint(0.9 * done / self._export.frames, stage)

        progress(0.0, "")
        path = make_segment(self._export, self._folder, piece, replace(self._signals, progress=progress))
        self._done_frames += piece.frames
        return path

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
            if export.track:
                self._sound(self._folder / export.track, sound)
            run_ffmpeg(
                _join_command(listing, sound if export.track else None, draft),
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

    def _sound(self, track: Path, result: Path) -> None:
        """The music from the cut's start to its end: silence where it is too short, a fade at the end."""
        length_s = self._export.duration_s
        fade_s = min(FADE_S, length_s / 4)
        filters = f"apad,atrim=0:{length_s:.6f},afade=t=out:st={length_s - fade_s:.6f}:d={fade_s:.6f}"
        command = [
            *(ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", str(track)),
            *("-map", "0:a:0", "-vn", "-af", filters),
            *("-ar", "48000", "-ac", "2", "-c:a", "aac", "-b:a", "192k"),
            str(result),
        ]
        run_ffmpeg(command, result, self._signals, what="the music")

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
        _cancel_mark(self._folder, self._export.export_id).unlink(missing_ok=True)

    def _end(self, state: ExportState, error: StillmotionError | None) -> None:
        failure = error and Failure(
            what=str(error), remedy=error.remedy, charge=Charge.NONE, safe_to_retry=True
        )
        self._say(
            self._export.fraction, state.value, state=state, failure=failure, finished_at=datetime.now(UTC)
        )
        _cancel_mark(self._folder, self._export.export_id).unlink(missing_ok=True)

    def _hint(self, fraction: float, stage: str) -> None:
        """Say how far it is, unless that was just said."""
        if time.monotonic() - self._reported_at > REPORT_EVERY_S:
            self._reported_at = time.monotonic()
            self._say(fraction, stage)

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


class ExportQueue:
    """One daemon thread that makes the exports ordered in the app, one after the other."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._store = Store(data)
        self._exports = Exports()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked: dict[Path, object] = {}

    def start(self) -> None:
        """Begin with whatever the disk says is to be done."""
        self._thread = threading.Thread(target=self._loop, name="stillmotion-export", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 4.0) -> bool:
        """End; what is under way goes on at the next start. Whether it ended in time."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self._work()
            except StillmotionError as error:
                log.warning("export.trouble", extra={"action": "export.trouble", "reason": str(error)})
                self._stop.wait(TROUBLE_PAUSE_S)
            except Exception:
                log.exception("export.crashed", extra={"action": "export.crashed"})
                self._stop.wait(TROUBLE_PAUSE_S)
            self._stop.wait(IDLE_S)

    def _work(self) -> None:
        for project_id in self._store.projects.ids():
            folder = self._store.projects.folder(project_id)
            for export in self._open(folder):
                if not self._stop.is_set():
                    run_export(self._data, project_id, export.export_id, stopping=self._stop.is_set)

    def _open(self, folder: Path) -> list[Export]:
        """Exports with work left, oldest first; looks only into folders that changed."""
        changed = signature(folder / "exports")
        if changed is None or self._looked.get(folder) == changed:
            return []
        found = [export for export in self._exports.all(folder) if export.under_way]
        if not found and datetime.now(UTC).timestamp() - changed[0] / 1e9 > 3:
            self._looked[folder] = changed
        return found[::-1]


def _parse(path: Path) -> Export:
    with disk_errors(path):
        data = path.read_bytes()
    try:
        return Export.model_validate_json(data)
    except ValidationError as error:
        raise Damaged(
            f"The receipt {path.name} is damaged.",
            remedy="Export again; the file it made is still in exports.",
        ) from error
