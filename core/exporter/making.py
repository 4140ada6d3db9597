"""The making of one export: segments made once, joined by copying packets, the music laid under them."""

import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from core.errors import Cancelled, Charge, Interrupted, MediaFailed, StillmotionError, disk_errors
from core.exporter.plan import Export, ExportId, ExportState, Piece
from core.exporter.receipts import Exports, cancel_mark
from core.exporter.segments import make_segment, run_ffmpeg
from core.media import ffmpeg, probe_clip, probe_track, safe_stem, sha256_of
from core.providers.base import Signals
from core.store import Store
from core.store.files import put_in_place, sync_file
from core.take import Failure

log = logging.getLogger(__name__)

FADE_S = 1.0
"""How long the music takes to fade at the end of the cut."""
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
        self._done_frames = 0
        self._reported_at = 0.0
        mark = cancel_mark(folder, export.export_id)
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
        # A mono track goes to both sides as loud as it is; ffmpeg alone would take 3 dB off.
        both = "pan=stereo|c0=c0|c1=c0," if probe_track(track, track.name).channels == 1 else ""
        filters = f"{both}apad,atrim=0:{length_s:.6f},afade=t=out:st={length_s - fade_s:.6f}:d={fade_s:.6f}"
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
        cancel_mark(self._folder, self._export.export_id).unlink(missing_ok=True)

    def _end(self, state: ExportState, error: StillmotionError | None) -> None:
        failure = error and Failure(
            what=str(error), remedy=error.remedy, charge=Charge.NONE, safe_to_retry=True
        )
        self._say(
            self._export.fraction, state.value, state=state, failure=failure, finished_at=datetime.now(UTC)
        )
        cancel_mark(self._folder, self._export.export_id).unlink(missing_ok=True)

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
