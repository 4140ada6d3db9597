"""Composing: what is mixed or laid over, such as a dissolve, a title, a review copy's timecode."""

import contextlib
import time
from collections.abc import Sequence
from pathlib import Path

from core.errors import MediaFailed
from core.exporter.parts import Part
from core.exporter.plan import Export, Quality
from core.exporter.spoilt import Spoilt, damaged, take_away
from core.media import probe_clip
from core.media.encode import encoder
from core.providers.base import Signals

HEARS_FOR_S = 1.0
"""How long a failure waits for word that the work was to end anyway."""
REPORT_EVERY = 12
"""Frames between two words about how far it is."""


def compose(
    export: Export, part: Part, windows: Sequence[Path], result: Path, signals: Signals, *, threads: int = 0
) -> None:
    """Write the frames of `part` to the file `result`; `windows` are its conformed windows, in its order.

    MoviePy reads and mixes, frame by frame; memory does not grow with the length. `threads` 0: all cores.
    Raises Spoilt (then the windows are gone), MediaFailed, StorageFailed, and Halted through `signals`; then
    `result` is not there.
    """
    signals.check()
    from core.exporter.picture.effects import composed  # MoviePy takes its time: not for those who only look

    try:
        for window, path in zip(part.windows, windows, strict=True):
            _refuse_damaged(path, export.frame_size, part.frames, window.piece.shot_id)
        with (
            composed(export, part, windows) as frames,
            encoder(
                result,
                export.frame_size,
                export.frame_rate,
                pixel_format="rgb24",
                threads=threads,
                draft=export.quality is Quality.DRAFT,
            ) as encoding,
        ):
            for index, frame in enumerate(frames):
                signals.check()
                encoding.write(frame.data.cast("B"), signals.check)
                if index % REPORT_EVERY == 0:
                    signals.progress(index / part.frames, "")
            encoding.finish(signals.check)
    except BaseException as error:
        with contextlib.suppress(OSError):
            result.unlink(missing_ok=True)
        if isinstance(error, MediaFailed):
            _hear(signals)
        if isinstance(error, Spoilt):
            take_away(windows)
        raise


def _hear(signals: Signals) -> None:
    """Raise Halted when the work should end, or is about to be told so.

    Ctrl+C in a terminal goes to MoviePy's readers as well, and they may end before we hear of it: that is an
    interruption, and no damage.
    """
    until = time.monotonic() + HEARS_FOR_S
    while time.monotonic() < until:
        signals.check()
        time.sleep(0.05)


def _refuse_damaged(path: Path, frame_size: tuple[int, int], frames: int, shot_id: str) -> None:
    try:
        facts = probe_clip(path)
    except MediaFailed as error:
        raise damaged(shot_id) from error
    if ((facts.width, facts.height), facts.frames) != (frame_size, frames):
        raise damaged(shot_id)
