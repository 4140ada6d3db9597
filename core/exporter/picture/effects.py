"""MoviePy's part of an export: windows are opened, lettered, mixed and dimmed, exact to the frame.

Its own CrossFadeIn and CompositeVideoClip are not used: they count on times that may fall on either side of a
frame, cut weights down to 1/255, and blend whole pictures for the sake of a few letters.
"""

import contextlib
import subprocess
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from moviepy import VideoClip, VideoFileClip
from numpy.typing import NDArray

from core.exporter.parts import Effect, Part
from core.exporter.picture.burn_in import BurnedIn
from core.exporter.picture.lettering import Lettering
from core.exporter.picture.titles import title_over
from core.exporter.plan import Export
from core.exporter.spoilt import damaged

Frame = NDArray[np.uint8]
"""Height × width × 3, RGB."""
GetFrame = Callable[[float], Frame]

SCALER = "neighbor+accurate_rnd+full_chroma_int"
"""How MoviePy's reader turns Y'CbCr into R'G'B', at the same size. Its default is up to 0.7 levels darker,
this 0.15 brighter; and colours, halved in the file, are repeated here, so that the encoder can average them
back."""


@contextlib.contextmanager
def composed(export: Export, part: Part, windows: Sequence[Path]) -> Iterator[Iterator[Frame]]:
    """The frames of `part`, one after the other; whatever reads them is closed at the end of the block."""
    rate = export.frame_rate
    with contextlib.ExitStack() as open_clips:
        clips = []
        for number, (window, path) in enumerate(zip(part.windows, windows, strict=True)):
            shot_id = window.piece.shot_id
            opened = open_clips.enter_context(_opened(path, shot_id, rate))
            clip = _without_repeats(opened, shot_id, rate)
            if part.titles and part.titles[number]:
                clip = _lettered(clip, title_over(part.titles[number], export.frame_size))
            clips.append(clip)
        clip = clips[-1]
        if part.effect is Effect.DISSOLVE:
            clip = _dissolved(clips[0], clip, part.frames, rate)
        elif part.effect in (Effect.DIP_OUT, Effect.DIP_IN):
            clip = _dimmed(clip, dip(part.effect, part.frames), rate)
        if part.burn is not None:
            clip = _burned(clip, BurnedIn(part.burn, export.frame_size, rate), rate)
        yield (clip.get_frame(_middle(index, rate)) for index in range(part.frames))


@contextlib.contextmanager
def _opened(path: Path, shot_id: str, rate: Fraction) -> Iterator[VideoFileClip]:
    """The clip at `path`, silent; its reader counts at exactly `rate`, and leaves no process and no pipe."""
    try:
        clip = VideoFileClip(str(path), audio=False, resize_algorithm=SCALER)
    except OSError as error:  # what MoviePy says when ffmpeg gives it no frame
        raise damaged(shot_id) from error
    reader = clip.reader
    reader.fps = float(rate)  # as ffmpeg prints it, it is rounded to two digits
    process: subprocess.Popen[bytes] = reader.proc
    try:
        yield clip
    finally:
        clip.close()
        process.kill()
        for pipe in (process.stdout, process.stderr):  # MoviePy leaves them when ffmpeg ended by itself
            if pipe is not None:
                pipe.close()
        process.wait()


def _middle(index: int, rate: Fraction) -> float:
    """Seconds at the middle of frame `index`, so that no rounding can lead to a neighbour."""
    return float((index + Fraction(1, 2)) / rate)


def _index(t: float, rate: Fraction) -> int:
    return int(t * rate)


def _without_repeats(clip: VideoClip, shot_id: str, rate: Fraction) -> VideoClip:
    """The clip as it is; MediaFailed where MoviePy, out of frames, would show the last one again."""
    last: tuple[int, Frame] | None = None

    def delivered(get_frame: GetFrame, t: float) -> Frame:
        nonlocal last
        index, frame = _index(t, rate), get_frame(t)
        if last is not None and frame is last[1] and index != last[0]:
            raise damaged(shot_id)
        last = index, frame
        return frame

    return clip.transform(delivered)


def _dissolved(outgoing: VideoClip, incoming: VideoClip, frames: int, rate: Fraction) -> VideoClip:
    """`incoming` grows through `outgoing`: of frames 0 to N-1, frame i has (i+1)/(N+1) of it.

    So the frame before is all outgoing, the frame after all incoming, and every step is alike.
    """

    def dissolved(get_frame: GetFrame, t: float) -> Frame:
        return mix(outgoing.get_frame(t), get_frame(t), _index(t, rate) + 1, frames + 1)

    return incoming.transform(dissolved)


def mix(outgoing: Frame, incoming: Frame, share: int, whole: int) -> Frame:
    """`share`/`whole` of `incoming`, the rest `outgoing`, each value rounded to the nearest."""
    wide = np.uint16 if whole <= 256 else np.uint32
    total = outgoing * wide(whole - share)
    total += incoming * wide(share)
    total += wide(whole // 2)
    total //= wide(whole)
    return total.astype(np.uint8)


def dip(effect: Effect, frames: int) -> list[Fraction]:
    """How much light each frame of a dip keeps: black on the first frame after the cut, and only there."""
    if effect is Effect.DIP_OUT:
        return [Fraction(frames - index, frames + 1) for index in range(frames)]
    return [Fraction(index, frames) for index in range(frames)]


def _dimmed(clip: VideoClip, light: Sequence[Fraction], rate: Fraction) -> VideoClip:
    """The clip under black: frame i keeps the share `light[i]`, from 0 to 1."""

    def dimmed(get_frame: GetFrame, t: float) -> Frame:
        kept = light[_index(t, rate)]
        levels = np.array([round(level * kept) for level in range(256)], np.uint8)
        dark: Frame = levels[get_frame(t)]
        return dark

    return clip.transform(dimmed)


def _lettered(clip: VideoClip, lettering: Lettering) -> VideoClip:
    """The clip with `lettering` over it."""

    def lettered(get_frame: GetFrame, t: float) -> Frame:
        frame = get_frame(t).copy()
        lettering.lay_on(frame)
        return frame

    return clip.transform(lettered)


def _burned(clip: VideoClip, burned_in: BurnedIn, rate: Fraction) -> VideoClip:
    """The clip with the shot's name and the running timecode in it."""

    def burned(get_frame: GetFrame, t: float) -> Frame:
        frame = get_frame(t).copy()
        burned_in.lay_on(frame, _index(t, rate))
        return frame

    return clip.transform(burned)
