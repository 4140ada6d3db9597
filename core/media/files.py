"""Facts of clips and tracks, read from the files themselves, and the ffmpeg that makes them."""

import hashlib
import signal
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputRefused, MediaFailed, StorageFailed, disk_errors
from core.media.stills import save_jpeg, shown_name

if TYPE_CHECKING:
    from av import VideoStream
    from av.container import InputContainer


@dataclass(frozen=True, kw_only=True)
class ClipFacts:
    """What a video file really is."""

    width: int
    height: int
    duration_s: float
    """Length of the picture; the sound may last longer."""
    fps: float
    frames: int
    has_audio: bool


@dataclass(frozen=True, kw_only=True)
class TrackFacts:
    """What a sound file really is."""

    duration_s: float
    codec: str
    rate_hz: int
    channels: int


@cache
def ffmpeg() -> str:
    """Path of the ffmpeg that comes with the app. Raises MediaFailed when it did not come."""
    from imageio_ffmpeg import get_ffmpeg_exe

    try:
        return str(get_ffmpeg_exe())
    except RuntimeError as error:
        raise MediaFailed("There is no ffmpeg.", remedy="Install the requirements again.") from error


DISK_REFUSED = (
    "No space left on device",
    "File too large",
    "Disk quota exceeded",
    "Read-only file system",
    "Permission denied",
)
"""What ffmpeg says when it is the disk and not the picture."""


def ffmpeg_failure(said: str, path: Path, *, what: str, code: int) -> MediaFailed | StorageFailed:
    """The error behind what ffmpeg `said` while it wrote `what` to `path`, and its exit code."""
    folder = path.parent
    too_large = code == -getattr(signal, "SIGXFSZ", code + 1)
    if too_large or any(refusal in said for refusal in DISK_REFUSED):
        return StorageFailed(
            f"The disk refused: {what} could not be written.",
            remedy=f"Free some space on the disk of {folder}, or allow writing there; nothing was lost.",
        )
    name = what if "/" in what.split(maxsplit=1)[0] else f"{what[:1].upper()}{what[1:]}"
    if code < 0:
        return MediaFailed(
            f"{name} could not be made: the computer ended the work, as it does when memory runs out.",
            remedy="Close other programs, then try again.",
        )
    reason = said.strip().splitlines()[-1][:200] if said.strip() else "it gave no reason"
    return MediaFailed(
        f"{name} could not be made: {reason}.",
        remedy="Try again; if it fails again, make the shot's take anew.",
    )


def h264(fps: Fraction, *, draft: bool = False) -> list[str]:
    """The recipe, as ffmpeg's options, for every clip and segment we make: so they join by copying.

    yuv420p tagged Rec. 709 limited range, closed groups of two seconds, no frame that leans on a later one.
    Superfast at CRF 16 keeps grainy 1080p, brought to 720p, at 47 to 52 dB, and every flat colour within a
    level; 15 gains half a decibel for 10 % more time and 20 % more space, 17 moves saturated colours.
    A draft is for a look, and joins with drafts only: on grainy 720p it takes half the time to encode and a
    tenth of the space, at 43 dB. Ultrafast would be a little quicker, and three times
    as large at that quality; veryfast takes the final 40 % more time and shows no more.
    """
    group = max(1, round(2 * fps))
    care = ("-preset", "superfast", "-crf", "24" if draft else "16")
    return [
        *("-c:v", "libx264", *care, "-bf", "0", "-g", f"{group}"),
        *("-flags", "+cgop", "-pix_fmt", "yuv420p", "-chroma_sample_location", "left", "-color_range", "tv"),
        *("-x264-params", "sar=1/1"),  # said by all or by none: joined segments share one header
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
    ]


def probe_clip(path: Path) -> ClipFacts:
    """What is in the video file at `path`; its first picture was decoded. Raises MediaFailed."""
    import av

    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            next(container.decode(stream))
            return ClipFacts(
                width=stream.width,
                height=stream.height,
                duration_s=_seen_s(stream) or _duration_s(container),
                fps=float(stream.average_rate or stream.base_rate or 0),
                frames=stream.frames or _count_frames(path),
                has_audio=bool(container.streams.audio),
            )
    except (av.FFmpegError, IndexError, StopIteration, OSError) as error:
        raise MediaFailed(
            f"{path.name} is not a clip that can be played.", remedy="Make the take again."
        ) from error


def probe_track(path: Path, name: str) -> TrackFacts:
    """What is in the sound file at `path`, called `name` by the person. Raises InputRefused."""
    import av

    shown = shown_name(name)
    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            next(container.decode(stream))
            duration_s = _duration_s(container)
            if duration_s <= 0:
                duration_s = _decoded_length_s(path)
            return TrackFacts(
                duration_s=duration_s,
                codec=stream.codec_context.name,
                rate_hz=stream.codec_context.sample_rate,
                channels=stream.codec_context.channels,
            )
    except (av.FFmpegError, IndexError, StopIteration, OSError) as error:
        raise InputRefused(
            f"{shown} is not a piece of music that can be played.",
            remedy="Bring an MP3, WAV, M4A, FLAC or OGG file.",
        ) from error


def poster(clip: Path, cache_folder: Path, *, sha256: str, width_px: int) -> Path:
    """A small JPEG of the middle of `clip`, made once and kept in `cache_folder`. Raises MediaFailed."""
    path = cache_folder / f"clip-{sha256[:16]}-{width_px}.jpg"
    if not path.exists():
        import av

        try:
            with av.open(str(clip)) as container:
                container.seek(int((container.duration or 0) / 2))
                picture = next(container.decode(video=0)).to_image()  # type: ignore[no-untyped-call]
        except (av.FFmpegError, IndexError, StopIteration, OSError) as error:
            raise MediaFailed(f"{clip.name} cannot be shown.", remedy="Make the take again.") from error
        picture.thumbnail((width_px, width_px * 2))
        save_jpeg(picture, path)
    return path


def sha256_of(path: Path) -> str:
    """Hash of the file's content, hexadecimal."""
    with disk_errors(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _seen_s(stream: "VideoStream") -> float:
    return round(float((stream.duration or 0) * (stream.time_base or 0)), 3)


def _duration_s(container: "InputContainer") -> float:
    return round((container.duration or 0) / 1_000_000, 3)


def _count_frames(path: Path) -> int:
    import av

    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def _decoded_length_s(path: Path) -> float:
    import av

    with av.open(str(path)) as container:
        return sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
