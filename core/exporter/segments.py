"""Segments: each shot's part of the cut, made once to its exact frames, kept while its pixels stand."""

import os
import subprocess
from pathlib import Path

from core.errors import NotFound, disk_errors
from core.exporter.plan import Export, Piece
from core.media import ffmpeg, ffmpeg_failure, h264
from core.providers.base import Signals
from core.store.files import put_in_place, sync_file

SLOWEST = 1.25
"""A clip that is too short is slowed to at most this many times its length; then its last picture holds."""


def make_segment(export: Export, folder: Path, piece: Piece, signals: Signals) -> Path:
    """The segment of `piece`, from the cache in `folder`/segments or made now.

    Raises MediaFailed, StorageFailed, NotFound for a source that is gone, and Halted through `signals`.
    """
    path = folder / "segments" / f"{piece.key(export.size, export.fps)}.mp4"
    if path.exists():
        return path
    source = folder / piece.source
    if not source.exists():
        raise NotFound(
            f"{piece.source} of {piece.shot_id} is gone.",
            remedy="Bring it back, or choose another take for the shot.",
        )
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}-{os.getpid()}.mp4")
    try:
        if piece.move is not None:
            from core.providers.animatic import render_move  # numpy and Pillow: not for those who only look

            render_move(
                source,
                draft,
                piece.move,
                signals=signals,
                stage="",
                lead_frames=piece.lead_frames,
                frames=piece.frames,
            )
        else:
            command = conform_command(export, piece, source, draft)
            run_ffmpeg(command, draft, signals, what=piece.shot_id)
        with disk_errors(path):
            sync_file(draft)  # a cut-short one would spoil every later cut of this shot
            put_in_place(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def conform_command(export: Export, piece: Piece, source: Path, result: Path) -> list[str]:
    """The ffmpeg call that brings `source` to the size, the rate and exactly the frames of `piece`."""
    width, height = export.frame_size
    rate = f"{export.frame_rate.numerator}/{export.frame_rate.denominator}"
    own_s = float(piece.own_frames / export.frame_rate)
    slowed = min(max(own_s / piece.source_s, 1.0), SLOWEST) if piece.source_s else 1.0
    filters = [
        f"setpts=(PTS-STARTPTS)*{slowed:.6f}",
        f"fps={rate}:round=near",
        f"scale={width}:{height}:force_original_aspect_ratio=increase:flags=bicubic"
        ":out_color_matrix=bt709:out_range=tv",
        f"crop={width}:{height}",
        "setsar=1",
        f"tpad=start={piece.lead_frames}:start_mode=clone:stop=-1:stop_mode=clone",
        "format=yuv420p",
    ]
    return [
        *(ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", str(source)),
        *("-map", "0:v:0", "-an", "-vf", ",".join(filters), "-frames:v", str(piece.frames)),
        *(*h264(export.frame_rate), str(result)),
    ]


def run_ffmpeg(command: list[str], result: Path, signals: Signals, *, what: str) -> None:
    """Run `command` until it ends; kill it and remove `result` when the work should end or it fails.

    It has a session of its own, so that Ctrl-C in the terminal is ours to handle.
    """
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            while True:
                try:
                    _, said = process.communicate(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    signals.check()
        except BaseException:
            process.kill()
            process.wait()
            result.unlink(missing_ok=True)
            raise
    if process.returncode != 0:
        result.unlink(missing_ok=True)
        raise ffmpeg_failure(said.decode("utf-8", "replace"), result, what=what)
