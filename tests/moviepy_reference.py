"""The same cut made by MoviePy alone: what the product's export is compared with, frame by frame.

MoviePy's reader shows, at time t, frame ⌊t × fps⌋. The product shows what is on screen EARLY_S after a frame
of the cut begins, so the reference reads its sources that much later, and the cut itself a microsecond into
each frame. No rounding of a float can then lead to a neighbour, which is how MoviePy loses and doubles frames
at cuts. It decodes the sources by itself, with its own defaults.
"""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from moviepy import (
    CompositeVideoClip,
    ImageClip,
    ImageSequenceClip,
    VideoClip,
    VideoFileClip,
    concatenate_videoclips,
    vfx,
)
from numpy.typing import NDArray
from PIL import Image

from core.editing import Fit, TransitionKind
from core.exporter import Piece
from core.exporter.picture.conform import EARLY_S
from core.exporter.plan import Export
from core.media import ffmpeg

INSIDE_S = 1e-6
"""How long after the beginning of a frame the cut is read."""


def reference(export: Export, folder: Path) -> list[NDArray[np.uint8]]:
    """Every frame of the cut, height × width × 3, as MoviePy concatenates it from the sources in `folder`."""

    def opened(piece: Piece, first: int, frames: int) -> VideoClip:
        begin_s = float(first / export.frame_rate) + EARLY_S
        seen = _source(piece, folder).time_transform(
            lambda t: _source_s(piece, t + begin_s, export.frame_rate)
        )
        return _filling(seen, export.frame_size).with_duration(float(frames / export.frame_rate))

    whole = concatenate_videoclips(list(_runs(export, opened)))
    return [
        whole.get_frame(float(number / export.frame_rate) + INSIDE_S).astype(np.uint8)
        for number in range(export.frames)
    ]


def _source_s(piece: Piece, at_s: float, rate: Fraction) -> float:
    """Which time of the source is seen `at_s` after the piece's beginning."""
    if piece.source_s == 0:
        return 0.0
    if piece.fit is Fit.LOOP:
        return at_s % piece.source_s
    slower = float(piece.own_frames / rate) / piece.source_s if piece.fit is Fit.AUTO else 1.0
    return min(at_s / min(max(slower, 1.0), 1.25), piece.source_s - EARLY_S)


def _source(piece: Piece, folder: Path) -> VideoClip:
    path = folder / piece.source
    if piece.source_s == 0:
        return ImageClip(np.asarray(Image.open(path).convert("RGB")))
    with VideoFileClip(str(path), audio=False) as clip:
        process = clip.reader.proc
        frames = [clip.get_frame((k + 0.5) / clip.fps) for k in range(round(piece.source_s * clip.fps))]
    process.communicate()  # MoviePy leaves its pipes open when ffmpeg ended by itself
    return ImageSequenceClip(frames, fps=clip.fps)


def _filling(clip: VideoClip, frame_size: tuple[int, int]) -> VideoClip:
    """`clip` scaled to fill `frame_size`, what sticks out cut off on both sides."""
    width, height = frame_size
    share = max(width / clip.w, height / clip.h)
    larger = clip.with_effects([vfx.Resize((round(clip.w * share), round(clip.h * share)))])
    return larger.with_effects(
        [vfx.Crop(x_center=larger.w / 2, y_center=larger.h / 2, width=width, height=height)]
    )


def _runs(export: Export, opened: Callable[[Piece, int, int], VideoClip]) -> Iterator[VideoClip]:
    """The cut as clips: what stands alone, and a composite for each dissolve."""
    rate = export.frame_rate
    for number, piece in enumerate(export.pieces):
        head = piece.way_in_frames if piece.way_in is TransitionKind.DISSOLVE and number else 0
        if head:
            before = export.pieces[number - 1]
            outgoing, incoming = opened(before, before.frames, head), opened(piece, 0, head)
            yield CompositeVideoClip([outgoing, incoming.with_mask(_growing(export, head))])
        if piece.frames > head:
            alone = opened(piece, head, piece.frames - head)
            fades = []
            if piece.way_in is TransitionKind.DIP:
                fades.append(vfx.FadeIn(float((piece.way_in_frames - piece.way_in_frames // 2) / rate)))
            after = export.pieces[number + 1] if number + 1 < len(export.pieces) else None
            if after is not None and after.way_in is TransitionKind.DIP:
                fades.append(vfx.FadeOut(float((after.way_in_frames // 2 + 1) / rate)))
            yield alone.with_effects(fades)


def _growing(export: Export, frames: int) -> VideoClip:
    """A mask that lets (i+1)/(N+1) through in frame i of N."""
    width, height = export.frame_size

    def level(t: float) -> NDArray[np.float64]:
        return np.full((height, width), (int(t * export.frame_rate) + 1) / (frames + 1))

    return VideoClip(level, is_mask=True, duration=float(frames / export.frame_rate))


def similarities(
    frames: Sequence[NDArray[np.uint8]], film: Path, rate: Fraction, folder: Path
) -> list[float]:
    """SSIM of each of `frames` with that of `film`, from 0 to 1, by ffmpeg's own measure.

    There are as many as frames in the shorter of both.
    """
    height, width, _ = frames[0].shape
    told = folder / "ssim.txt"
    bt709 = "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p"
    even = "settb=AVTB,setpts=N/TB"
    subprocess.run(
        [
            *(ffmpeg(), "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"),
            *("-video_size", f"{width}x{height}", "-framerate", f"{rate}", "-i", "pipe:0", "-i", str(film)),
            *("-lavfi", f"[0:v]{bt709},{even}[a];[1:v]{even}[b];[a][b]ssim=f=ssim.txt:eof_action=endall"),
            *("-fps_mode", "passthrough", "-f", "null", "-"),
        ],
        input=b"".join(frame.tobytes() for frame in frames),
        cwd=folder,
        check=True,
    )
    lines = told.read_text().splitlines()
    return [float(line.split("All:")[1].split()[0]) for line in lines]
