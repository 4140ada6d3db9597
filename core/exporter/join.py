"""The join: segments and sound copied packet by packet into one file that any player opens in time."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from heapq import merge
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import MediaFailed, disk_errors
from core.exporter.plan import Export
from core.exporter.spoilt import MADE_ANEW, Spoilt, take_away
from core.providers.base import Signals

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

SOUND_RATE_HZ = 48000
"""Samples per second of every cut."""
LOOK_EVERY = 200
"""Packets that are copied between two looks at whether the work should end."""


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What was copied: so that it can be found again in the finished file."""

    marks: tuple[int, ...]
    """CRC-32 of the first packet of each segment."""
    sound_mark: int | None
    """CRC-32 of all packets of the sound, one after the other; None without sound."""


def join(
    export: Export, segments: Sequence[Path], sound: Path | None, result: Path, signals: Signals
) -> Joined:
    """Copy `segments`, with `sound` under them, to the file `result`; nothing is decoded.

    Every picture is given its time anew, as its number over the rate: container times of the segments are
    rounded, and would drift. Both streams begin at 0 with or without edit lists, for the sound carries no
    lead-in; nothing is read through a list of names, so any path will do.

    Raises Spoilt, MediaFailed, StorageFailed, and Halted through `signals`; then `result` is not there.
    """
    try:
        with disk_errors(result), _explained():
            return _join(export, segments, sound, result, signals)
    except BaseException:
        result.unlink(missing_ok=True)
        raise


def _join(
    export: Export, segments: Sequence[Path], sound: Path | None, result: Path, signals: Signals
) -> Joined:
    import av

    options = {"movflags": "+faststart", "video_track_timescale": str(_ticks(export.frame_rate))}
    marks: list[int] = []
    sound_mark = 0
    with ExitStack() as files:
        first = files.enter_context(_opened(segments[0], _open))
        result_file = files.enter_context(av.open(address(result), "w", format="mp4", options=options))
        result_file.metadata["title"] = export.title
        picture = result_file.add_stream_from_template(first.streams.video[0])
        picture.time_base = 1 / export.frame_rate
        recipe = first.streams.video[0].codec_context.extradata
        rows = [_pictures(segments, export.frame_rate, recipe, marks)]
        heard = None
        if sound is not None:
            sound_file = files.enter_context(_opened(sound, _open))
            heard = result_file.add_stream_from_template(sound_file.streams.audio[0])
            rows.append(_sounds(sound_file))
        for number, (_, packet) in enumerate(merge(*rows, key=lambda timed: timed[0])):
            if number % LOOK_EVERY == 0:
                signals.check()
            is_sound = packet.stream.type == "audio"
            if is_sound:
                sound_mark = zlib.crc32(packet, sound_mark)
            packet.stream = heard if is_sound and heard is not None else picture
            result_file.mux_one(packet)
        result_file.close()  # here, for the disk's last refusals come when the index is written
    return Joined(marks=tuple(marks), sound_mark=None if sound is None else sound_mark)


def _pictures(
    segments: Sequence[Path], rate: Fraction, recipe: bytes | None, marks: list[int]
) -> "Iterator[tuple[Fraction, Packet[Any]]]":
    """(time in seconds, packet) of every picture; `marks` grows by one for each segment."""
    number = 0
    for path in segments:
        with _opened(path, open_for_packets) as segment:
            if segment.streams.video[0].codec_context.extradata != recipe:
                raise _spoilt(path, segments[0])
            begins, before = number, None
            for packet in segment.demux(video=0):
                if not packet.size:
                    continue
                if before is None:
                    marks.append(zlib.crc32(packet))
                if packet.pts is None or (before is not None and packet.pts <= before):
                    raise _spoilt(path)
                before = packet.pts
                packet.time_base = 1 / rate
                packet.pts = packet.dts = number
                packet.duration = 1
                yield number / rate, packet
                number += 1
            if number == begins or number - begins < segment.streams.video[0].frames:
                raise _spoilt(path)


def _sounds(file: "InputContainer") -> "Iterator[tuple[Fraction, Packet[Any]]]":
    for packet in file.demux(audio=0):
        if packet.size and packet.pts is not None:
            yield packet.pts * packet.time_base, packet


@contextmanager
def _opened(path: Path, opener: "Callable[[Path], InputContainer]") -> "Iterator[InputContainer]":
    """What is in the file. Raises Spoilt when nothing can be read of it."""
    import av

    try:
        file = opener(path)
        if not file.streams:
            raise IndexError
    except (av.InvalidDataError, FileNotFoundError, IndexError) as error:
        raise _spoilt(path) from error
    with file:
        yield file


def _spoilt(*paths: Path) -> Spoilt:
    take_away(paths)
    return Spoilt("Parts that were kept for the cut had been changed or damaged.", remedy=MADE_ANEW)


def _ticks(rate: Fraction) -> int:
    """Ticks per second in which every frame of `rate` has a whole time, fine enough for any editor."""
    ticks = rate.numerator
    while ticks < 10_000:
        ticks *= 2
    return ticks


def open_for_packets(path: Path) -> "InputContainer":
    """The file, opened in a tenth of the time: libav decodes no picture to learn what the index says."""
    import av

    per_stream: Any = [{"skip_frame": "all"}, {"skip_frame": "all"}]  # typed wrongly by av itself
    return av.open(address(path), stream_options=per_stream)


def _open(path: Path) -> "InputContainer":
    import av

    return av.open(address(path))


def address(path: Path) -> str:
    """`path` in a form that libav never takes for anything but a file."""
    return f"file:{path.absolute()}"


@contextmanager
def _explained() -> Iterator[None]:
    """Say what libav refused while it wrote; the operating system's own refusals pass as they are."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
            raise
        raise MediaFailed(
            f"The cut could not be joined: {error.strerror}.",
            remedy="Export again; if it happens again, delete the project's folder segments.",
        ) from error
