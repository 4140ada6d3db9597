"""The certificate of an export: what was expected, and what the finished file really holds."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import ValidationError

from core import __version__
from core.errors import Damaged, MediaFailed, disk_errors
from core.exporter.join import Joined, address, open_for_packets
from core.exporter.parts import parts_of
from core.exporter.plan import Export, ExportId
from core.exporter.sound.loudness import Loudness
from core.media import ffmpeg, sha256_of
from core.project import ProjectId, ShotId
from core.record import Record
from core.store.files import write_atomically
from core.take import Take, TakeId

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet

CERTIFICATE_ENDING = ".certificate.json"
LONGEST_NAME = 255
"""Bytes that a name may have on the usual disks."""
WORST_MS = 1.0
"""A picture, a cut point or a stream that is this far off makes the file wrong."""
SOUND_ENDS_WITHIN_MS = 25.0
"""How far the end of the sound may be from the end of the picture: an AAC packet lasts 21.3 ms."""

HOW = (
    "Every picture and every piece of sound was found in the finished file, at the time that the file gives.",
    "A cut point is where the first picture of the shot, and no other, was found.",
    "Starts are read twice: as a player does that follows the file's own trims, and as one that does not.",
    "Loudness and true peak are measured (EBU R128) on the sound as it is in the file.",
    "Stills and clips were compared with those that the storyboard names when they were used.",
)
"""What each figure rests on."""


class CutPoint(Record):
    """Where a shot begins in the finished file, and what is shown there."""

    shot_id: ShotId
    frame: int
    """Frame of the cut with which it should begin, counted from 0."""
    measured_frame: int
    """Frame with which it begins in the file."""
    measured_s: float
    """Time of that frame, in seconds from the first picture."""
    error_ms: float
    """Measured minus expected time, in milliseconds."""
    frames: int
    source: str
    """The still or the clip, relative to the project's folder."""
    source_sha256: str
    take_id: str | None = None
    """The take that is shown; None for a still."""
    model: str | None = None
    """Key of the model that made the take."""
    usd: Decimal | None = None
    """What the take cost, by its receipt; None when that is not known."""
    fallback: bool = False
    """Whether something stands in for a take."""


class SoundFacts(Record):
    """The sound of the finished file."""

    track: str
    """Name of the music; "" when there is none."""
    track_sha256: str
    codec: str
    rate_hz: int
    channels: int
    duration_s: float
    offset_ms: float
    """Its start minus the picture's, for a player that follows edit lists."""
    naive_offset_ms: float
    """The same for a player that ignores them."""
    lufs: float | None
    """Integrated loudness; None when it is silent, or too short to be measured."""
    true_peak_dbtp: float | None
    """None when it is silent."""
    wanted_lufs: float | None
    """The loudness that was asked for; None: as it comes."""
    note: str = ""
    """Why the loudness is not the one asked for; "" when it is."""


class Certificate(Record):
    """What an export promised and holds: the content of `<file>.certificate.json`."""

    schema_version: Literal[1] = 1
    export_id: ExportId
    project_id: ProjectId
    title: str
    file: str
    """Name of the file, which is beside this one."""
    bytes: int
    sha256: str
    codec: str
    size: str
    """WIDTHxHEIGHT in pixels."""
    fps: str
    frames: int
    """Frames the cut should have."""
    measured_frames: int
    duration_s: float
    """Length the cut should have, in seconds."""
    measured_s: float
    """Length of the picture in the file."""
    worst_frame_ms: float
    """The largest distance of any picture from its exact time, in milliseconds."""
    worst_cut_ms: float
    """The same of any cut point."""
    cuts: tuple[CutPoint, ...]
    sound: SoundFacts | None = None
    """None when nothing is heard."""
    fallbacks: tuple[ShotId, ...] = ()
    """Shots in which something stands in for a take."""
    takes_usd: Decimal = Decimal(0)
    """What the takes in it cost together, each counted once, as far as it is known."""
    made_with: dict[str, str]
    """Versions of the app and its tools."""
    how: tuple[str, ...] = HOW
    """What the figures rest on."""
    made_at: datetime

    def __str__(self) -> str:
        sound = "silent"
        if self.sound is not None and self.sound.lufs is not None:
            sound = f"{self.sound.lufs:.1f} LUFS, true peak {self.sound.true_peak_dbtp:.1f} dBTP"
        cuts = "every cut in its place" if self.worst_cut_ms == 0 else f"cuts within {self.worst_cut_ms:g} ms"
        return f"{self.measured_frames} frames counted, {cuts}, {sound}."


def write_certificate(certificate: Certificate, file: Path) -> None:
    """Put the certificate of `file` beside it. Raises StorageFailed."""
    write_atomically(certificate_path(file), certificate.model_dump_json(indent=1).encode())


def certificate_path(file: Path) -> Path:
    """Where the certificate of the exported `file` is: under its name, as much of it as there is room for."""
    name = file.name.encode("utf-8", "surrogateescape")
    room = LONGEST_NAME - len(CERTIFICATE_ENDING)
    shown = file.name if len(name) <= room else name[:room].decode("utf-8", "ignore")
    return file.with_name(f"{shown}{CERTIFICATE_ENDING}")


def read_certificate(path: Path) -> Certificate:
    """The certificate in the file `path`. Raises Damaged or StorageFailed."""
    with disk_errors(path):
        data = path.read_bytes()
    try:
        return Certificate.model_validate_json(data)
    except ValidationError as error:
        raise Damaged(f"{path.name} is damaged.", remedy="Export again to have it made anew.") from error


def certify(
    export: Export,
    file: Path,
    joined: Joined,
    loudness: Loudness | None,
    takes: Mapping[TakeId, Take],
    *,
    name: str,
) -> Certificate:
    """The certificate of `file`, which will be called `name`. Its packets are read, nothing is decoded.

    Raises MediaFailed when the file is not the cut that was promised.
    """
    found = _read(file, export.frame_rate)
    _require_pictures(export, found)
    cuts = _cut_points(export, found, joined, takes)
    sound = _sound_facts(export, found, joined, loudness)
    rate = export.frame_rate
    costs = {cut.take_id: cut.usd for cut in cuts if cut.take_id}
    with disk_errors(file):
        size = file.stat().st_size
    return Certificate(
        export_id=export.export_id,
        project_id=export.project_id,
        title=export.title,
        file=name,
        bytes=size,
        sha256=sha256_of(file),
        codec=found.codec,
        size=found.size,
        fps=export.fps,
        frames=export.frames,
        measured_frames=found.frames,
        duration_s=round(float(export.frames / rate), 6),
        measured_s=round(float(found.picture_s), 6),
        worst_frame_ms=_ms(found.worst_s),
        worst_cut_ms=max(abs(cut.error_ms) for cut in cuts),
        cuts=cuts,
        sound=sound,
        fallbacks=tuple(export.fallbacks),
        takes_usd=sum((usd for usd in costs.values() if usd is not None), Decimal(0)),
        made_with=_versions(),
        made_at=datetime.now(UTC),
    )


@dataclass(kw_only=True)
class _Found:
    """What the packets of a file say."""

    codec: str
    size: str
    colours: tuple[int, int, int, int]
    sound: tuple[str, int, int] | None
    """(codec, samples per second, channels)."""
    frames: int = 0
    begins_s: Fraction = Fraction(0)
    """Time of the first picture."""
    ends_s: Fraction = Fraction(0)
    """End of the last picture."""
    worst_s: Fraction = Fraction(0)
    """The largest distance of a picture from its exact time."""
    worst_frame: int = 0
    keys: list[tuple[int, Fraction, int]] = field(default_factory=list)
    """(frame, time in seconds from the first picture, CRC-32) of every key picture."""
    sound_from_s: Fraction | None = None
    sound_until_s: Fraction = Fraction(0)
    sound_mark: int = 0
    naive_offset_s: Fraction = Fraction(0)

    @property
    def picture_s(self) -> Fraction:
        """Length of the picture."""
        return self.ends_s - self.begins_s

    def see(self, packet: "Packet[Any]", at_s: Fraction, until_s: Fraction, rate: Fraction) -> None:
        """Take down a picture."""
        if not self.frames:
            self.begins_s = at_s
        since_s = at_s - self.begins_s
        off_s = abs(since_s - self.frames / rate)
        if off_s > self.worst_s:
            self.worst_s, self.worst_frame = off_s, self.frames
        if packet.is_keyframe:
            self.keys.append((self.frames, since_s, zlib.crc32(packet)))
        self.ends_s = until_s
        self.frames += 1

    def hear(self, packet: "Packet[Any]", at_s: Fraction, until_s: Fraction) -> None:
        """Take down a piece of sound."""
        self.sound_mark = zlib.crc32(packet, self.sound_mark)
        self.sound_from_s = at_s if self.sound_from_s is None else self.sound_from_s
        self.sound_until_s = until_s


def _read(file: Path, rate: Fraction) -> _Found:
    import av

    try:
        with open_for_packets(file) as container:
            found = _read_packets(container, rate)
        with av.open(address(file), options={"ignore_editlist": "1"}) as container:
            found.naive_offset_s = _offset_s(container)
    except (av.FFmpegError, IndexError, OSError) as error:
        raise _wrong("it cannot be read") from error
    return found


def _read_packets(container: "InputContainer", rate: Fraction) -> _Found:
    picture = container.streams.video[0]
    heard = container.streams.audio[0] if container.streams.audio else None
    context = picture.codec_context
    found = _Found(
        codec=context.name,
        size=f"{picture.width}x{picture.height}",
        colours=(context.color_range, context.color_primaries, context.color_trc, context.colorspace),
        sound=(heard.codec_context.name, heard.codec_context.sample_rate, heard.codec_context.channels)
        if heard
        else None,
    )
    for packet in container.demux():
        if packet.size and packet.pts is not None:
            at_s = packet.pts * packet.time_base
            until_s = at_s + (packet.duration or 0) * packet.time_base
            if packet.stream.type == "video":
                found.see(packet, at_s, until_s, rate)
            else:
                found.hear(packet, at_s, until_s)
    return found


def _offset_s(container: "InputContainer") -> Fraction:
    """Start of the sound minus start of the picture, in seconds, by their first packets."""
    starts: dict[str, Fraction] = {}
    kinds = {stream.type for stream in container.streams}
    for packet in container.demux():
        if packet.size and packet.pts is not None:
            starts.setdefault(packet.stream.type, packet.pts * packet.time_base)
        if len(starts) == len(kinds):
            break
    return (
        starts.get("audio", Fraction(0)) - starts.get("video", Fraction(0)) if len(kinds) > 1 else Fraction(0)
    )


def _require_pictures(export: Export, found: _Found) -> None:
    if found.frames != export.frames:
        raise _wrong(f"it has {found.frames} frames instead of {export.frames}")
    if found.size != export.size:
        raise _wrong(f"it is {found.size} instead of {export.size}")
    if found.worst_s * 1000 >= WORST_MS:
        raise _wrong(f"frame {found.worst_frame} is {_ms(found.worst_s)} ms from its place")
    if any(colour != expected for colour, expected in zip(found.colours, BT709, strict=True)):
        raise _wrong("its colours are not marked as Rec. 709")


BT709 = (1, 1, 1, 1)
"""Limited range; primaries, transfer and matrix of Rec. 709; as ffmpeg numbers them."""


def _cut_points(
    export: Export, found: _Found, joined: Joined, takes: Mapping[TakeId, Take]
) -> tuple[CutPoint, ...]:
    begins = _measured_parts(export, found, joined)
    points, at = [], 0
    for piece in export.pieces:
        frame, measured_s = begins[at]
        error_ms = _ms(measured_s - at / export.frame_rate)
        if abs(error_ms) >= WORST_MS:
            raise _wrong(f"{piece.shot_id} begins {error_ms:+.1f} ms from its place")
        take = takes.get(TakeId(piece.take_id)) if piece.take_id else None
        points.append(
            CutPoint(
                shot_id=piece.shot_id,
                frame=at,
                measured_frame=frame,
                measured_s=round(float(measured_s), 6),
                error_ms=error_ms,
                frames=piece.frames,
                source=piece.source,
                source_sha256=piece.source_sha256,
                take_id=piece.take_id,
                model=take.model if take else None,
                usd=take.settled_usd if take else None,
                fallback=piece.fallback,
            )
        )
        at += piece.frames
    return tuple(points)


def _measured_parts(export: Export, found: _Found, joined: Joined) -> dict[int, tuple[int, Fraction]]:
    """Frame at which each part should begin → (frame, seconds) at which its own first picture was found."""
    keys = iter(found.keys)
    begins, at = {}, 0
    for part, mark in zip(parts_of(export), joined.marks, strict=True):
        place = next(((frame, at_s) for frame, at_s, known in keys if known == mark), None)
        if place is None:
            raise _wrong(f"the beginning of {part.shot_id} is not in it")
        begins[at] = place
        at += part.frames
    return begins


def _sound_facts(
    export: Export, found: _Found, joined: Joined, loudness: Loudness | None
) -> SoundFacts | None:
    if loudness is None:
        if found.sound is not None:
            raise _wrong("it has sound where none was asked for")
        return None
    if found.sound is None or found.sound_from_s is None or found.sound_mark != joined.sound_mark:
        raise _wrong("its sound is not the one that was made")
    offset_s = found.sound_from_s - found.begins_s
    if max(abs(offset_s), abs(found.naive_offset_s)) * 1000 >= WORST_MS:
        raise _wrong(f"its sound begins {_ms(offset_s):+.1f} ms from the picture")
    late_s = found.sound_until_s - found.ends_s
    if abs(late_s) * 1000 >= SOUND_ENDS_WITHIN_MS:
        raise _wrong(f"its sound ends {_ms(late_s):+.1f} ms from the picture's end")
    codec, rate_hz, channels = found.sound
    return SoundFacts(
        track=export.track_name or (export.track or ""),
        track_sha256=export.track_sha256,
        codec=codec,
        rate_hz=rate_hz,
        channels=channels,
        duration_s=round(float(found.sound_until_s - found.sound_from_s), 6),
        offset_ms=_ms(offset_s),
        naive_offset_ms=_ms(found.naive_offset_s),
        lufs=loudness.lufs,
        true_peak_dbtp=loudness.true_peak_dbtp,
        wanted_lufs=export.loudness_lufs,
        note=loudness.note,
    )


def _ms(seconds: Fraction) -> float:
    return round(float(seconds * 1000), 4)


def _wrong(what: str) -> MediaFailed:
    return MediaFailed(
        f"The finished file is not the cut that was asked for: {what}.",
        remedy="Export again; if it happens again, delete the project's folder segments, and report it.",
    )


@cache
def _versions() -> dict[str, str]:
    import subprocess

    import av

    said = subprocess.run([ffmpeg(), "-version"], capture_output=True, text=True, check=False).stdout
    words = said.split()
    return {
        "stillmotion": __version__,
        "ffmpeg": words[2] if len(words) > 2 else "unknown",
        "libav": str(av.ffmpeg_version_info),
        "av": av.__version__,
    }
