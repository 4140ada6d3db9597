"""What there is to know of a clip before it is cut: when each picture is shown, and what its numbers mean."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import MediaFailed

if TYPE_CHECKING:
    from av import Packet, VideoFrame, VideoStream
    from av.container import InputContainer

HD_PX = (1280, 720)
"""A picture that is as wide or as high as that (upright ones the other way round) and says nothing of its
colours is taken for Rec. 709, a smaller one for Rec. 601."""
EXACT = ("mov", "matroska")
"""Containers in which every picture has a time and a seek arrives where it should."""

# Numbers of ITU-T H.273, which files carry → ffmpeg's names.
MATRICES = {
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
}
WIDE_PRIMARIES = {9: "bt2020", 11: "smpte431", 12: "smpte432"}
"""Those so far from Rec. 709 that a picture looks pale without a conversion."""
HDR = {16: "smpte2084", 18: "arib-std-b67"}
"""Transfers of more light than a Rec. 709 screen has: PQ and HLG."""
FULL_RANGE = 2
UNTOLD = 2


@dataclass(frozen=True, kw_only=True)
class Colours:
    """What the numbers of a picture mean, in ffmpeg's names. Never unknown: what a file does not say
    is taken to be what is usual for its size."""

    matrix: str
    full_range: bool
    primaries: str
    """`bt709` unless they are far from it: nobody converts the small difference of older systems."""
    hdr: str | None
    """Transfer of a high dynamic range picture; None for all others, which pass as they are."""


@dataclass(frozen=True, kw_only=True)
class PictureFacts:
    """How the pictures of a clip are timed, and of what kind they are."""

    times: tuple[int, ...]
    """When each picture is shown, ascending, in ticks; at least one."""
    tick_s: Fraction
    """Seconds of a tick."""
    length_s: Fraction
    """From the first picture to the end of the last, whatever the sound does."""
    key_times: tuple[int, ...]
    """Of `times`, those at which decoding can begin; empty where a seek is not to be trusted."""
    container_start_s: Fraction
    """Where the file's own time begins, from which seeks count."""
    colours: Colours
    shape: Fraction
    """Width by height as it is seen: upright, with the pixels' own shape counted in."""
    interlaced: bool
    alpha: bool


def picture_facts(clip: Path, what: str) -> PictureFacts:
    """The facts of the pictures in the file `clip`, called `what`. Only the first one is decoded.

    Raises MediaFailed, in one line each: no clip at all, a still, nothing in it, shorter than it says.
    """
    import av

    try:
        with av.open(str(clip)) as container:
            if container.format.name.endswith("_pipe") or container.format.name == "image2":
                raise MediaFailed(f"{what} is a still picture, not a clip.", remedy=ANOTHER)
            if not container.streams.video:
                raise MediaFailed(f"{what} has sound but no picture.", remedy=ANOTHER)
            stream = container.streams.video[0]
            packets, first = _walk(container, stream)
            return _facts(container, stream, packets, first, what)
    except (av.FFmpegError, StopIteration, OSError) as error:
        raise MediaFailed(f"{what} is not a clip that can be played.", remedy=ANOTHER) from error


ANOTHER = "Choose another take for the shot, or make it again."


def broken_off(clip: Path, facts: PictureFacts, what: str, check: Callable[[], None]) -> MediaFailed | None:
    """What to say when the file `clip` cannot be decoded to its end; None when it can. Decodes all of it.

    `check` is called for every picture, and what it raises goes through.
    """
    import av

    seen = 0
    with suppress(av.FFmpegError, OSError), av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            check()
            if frame.is_corrupt:
                break
            seen += 1
    if seen >= len(facts.times):
        return None
    seen_s = float(facts.length_s * Fraction(seen, len(facts.times)))
    return MediaFailed(
        f"{what} is damaged: it can be played for {seen_s:.1f} s of its {float(facts.length_s):.1f} s.",
        remedy=ANOTHER,
    )


def count_frames(clip: Path) -> int:
    """Pictures in the file `clip`, counted without decoding. Raises MediaFailed."""
    import av

    try:
        with av.open(str(clip)) as container:
            return container.streams.video[0].frames or sum(
                1 for _ in _packets(container, container.streams.video[0])
            )
    except (av.FFmpegError, IndexError, OSError) as error:
        raise MediaFailed(f"{clip.name} cannot be read.", remedy="Export again.") from error


def _packets(container: "InputContainer", stream: "VideoStream") -> "Iterator[Packet[VideoStream]]":
    """The packets of `stream` up to where the file can no longer be read."""
    import av

    with suppress(av.FFmpegError):
        yield from (packet for packet in container.demux(stream) if packet.size)


def _walk(
    container: "InputContainer", stream: "VideoStream"
) -> "tuple[list[Packet[VideoStream]], VideoFrame]":
    """All packets, and the first picture. Raises StopIteration when there is none, and FFmpegError."""
    packets: list[Packet[VideoStream]] = []
    pictures: list[VideoFrame] = []
    for packet in _packets(container, stream):
        packets.append(packet)
        if not pictures:
            pictures += packet.decode()
    return packets, next(iter(pictures or stream.decode(None)))


def _facts(
    container: "InputContainer",
    stream: "VideoStream",
    packets: "list[Packet[VideoStream]]",
    first: "VideoFrame",
    what: str,
) -> PictureFacts:
    tick_s = stream.time_base or Fraction(1, 1000)
    rate = stream.average_rate or stream.base_rate or Fraction(25)
    shown = [packet for packet in packets if not packet.is_discard]
    timed = bool(shown) and all(packet.pts is not None for packet in shown)
    step = 1 / rate / tick_s
    times = (
        sorted({packet.pts for packet in shown if packet.pts is not None})
        if timed
        else [round(number * step) for number in range(max(1, len(shown)))]
    )
    after = [b - a for a, b in pairwise(times)]
    last = next((packet.duration for packet in shown if packet.pts == times[-1] and packet.duration), None)
    length_s = (times[-1] - times[0] + (last or (after[-1] if after else step))) * tick_s
    if len(packets) < stream.frames:
        whole_s = float(stream.frames / rate)
        raise MediaFailed(
            f"{what} breaks off after {float(length_s):.1f} s; it says it has {whole_s:.1f} s.",
            remedy=ANOTHER,
        )
    exact = timed and any(name in container.format.name for name in EXACT)
    keys = sorted({packet.pts for packet in shown if packet.is_keyframe and packet.pts is not None})
    return PictureFacts(
        times=tuple(times),
        tick_s=tick_s,
        length_s=Fraction(length_s),
        key_times=tuple(keys) if exact else (),
        container_start_s=Fraction(container.start_time or 0, 1_000_000),
        colours=_colours(first),
        shape=_shape(stream, first),
        interlaced=bool(first.interlaced_frame),
        alpha=any(component.is_alpha for component in first.format.components),
    )


def _shape(stream: "VideoStream", frame: "VideoFrame") -> Fraction:
    shape = Fraction(frame.width, frame.height) * (stream.sample_aspect_ratio or 1)
    return 1 / shape if frame.rotation % 180 else shape


def _colours(frame: "VideoFrame") -> Colours:
    rgb = frame.format.is_rgb
    large = max(frame.width, frame.height) >= HD_PX[0] or min(frame.width, frame.height) >= HD_PX[1]
    hdr = HDR.get(int(frame.color_trc))
    untold = int(frame.color_primaries) == UNTOLD
    usual = "bt2020nc" if hdr else "bt709" if large else "smpte170m"
    return Colours(
        matrix="gbr" if rgb else MATRICES.get(int(frame.colorspace), usual),
        full_range=rgb or int(frame.color_range) == FULL_RANGE or "yuvj" in frame.format.name,
        primaries=WIDE_PRIMARIES.get(int(frame.color_primaries), "bt2020" if hdr and untold else "bt709"),
        hdr=hdr,
    )
