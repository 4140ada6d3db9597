"""Conforming: any clip or still becomes the cut's size, rate, colours and exact frames."""

from pathlib import Path

from core.exporter.ffmpeg import run_ffmpeg
from core.exporter.parts import Window
from core.exporter.plan import Export
from core.media import ffmpeg, h264
from core.providers.base import Signals

SLOWEST = 1.25
"""A clip that is too short is slowed to at most this many times its length; then its last picture holds."""


def conform(
    export: Export, window: Window, source: Path, result: Path, signals: Signals, *, threads: int = 0
) -> None:
    """Write the frames of `window`, taken from `source`, to the file `result`.

    Raises MediaFailed, StorageFailed, and Halted through `signals`; then `result` is not there.
    """
    piece = window.piece
    if piece.move is None:
        run_ffmpeg(_command(export, window, source, result, threads), result, signals, what=piece.shot_id)
        return
    from core.providers.animatic import render_move  # numpy and Pillow: not for those who only look

    render_move(
        source,
        result,
        piece.move,
        signals=signals,
        stage="",
        lead_frames=piece.lead_frames,
        first=window.first,
        frames=window.frames,
    )


def _command(export: Export, window: Window, source: Path, result: Path, threads: int) -> list[str]:
    """The ffmpeg call that brings `source` to the size, the rate and exactly the frames of `window`."""
    piece = window.piece
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
        f"trim=start_frame={window.first}",
        "setpts=PTS-STARTPTS",
        "format=yuv420p",
    ]
    return [
        *(ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", str(source)),
        *("-map", "0:v:0", "-an", "-vf", ",".join(filters), "-frames:v", str(window.frames)),
        *(*h264(export.frame_rate), "-threads", str(threads), str(result)),
    ]
