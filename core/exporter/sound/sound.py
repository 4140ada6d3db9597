"""What is heard under the cut: mixed, brought to a loudness, encoded once, and kept by content."""

import hashlib
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from core.errors import MediaFailed, NotFound, disk_errors
from core.exporter.join import SOUND_RATE_HZ, address
from core.exporter.plan import Export
from core.exporter.segments import require_source
from core.exporter.sound.loudness import Loudness, Meter, held_below, measure
from core.exporter.sound.mixing import Voice, heard_pieces, mix, music_of, sample_at, voices_of
from core.exporter.sound.pcm import SoundFile
from core.media import sha256_of, shown_name
from core.providers.base import Signals
from core.store.files import put_in_place, sync_file

if TYPE_CHECKING:
    from av.packet import Packet

    from core.exporter.sound.pcm import Samples

RECIPE = 1
"""Grows when sound comes to be made in another way, so that old ones are not used again."""
BITS_PER_S = 192_000
TRUE_PEAK_DBTP = -1.0
"""What the sound stays below, as EBU R128 has it for what is encoded further."""
ENCODED_HIGHER_DB = 0.5
"""What the encoder may add to peaks, as a rule."""
WITHIN_LU = 0.3
"""How near to the loudness asked for is near enough."""
MOST_GAIN_DB = 40.0
"""What is so quiet that it would need more is noise, and stays quieter."""
MOST_HELD_DB = 12.0
"""How far peaks are held back at most: beyond that, sound is squashed."""
BRING_IT_AGAIN = "Bring the track again on the Project page, or take it away."
SILENT_DB = -200.0
TRIES = 4
"""How often the sound is encoded at most, to come near its loudness below its peak."""


@dataclass(frozen=True, kw_only=True)
class Sound:
    """The sound of a cut, ready to be joined."""

    path: Path
    loudness: Loudness


def has_sound(export: Export) -> bool:
    """Whether anything is heard in the cut."""
    return export.track is not None or bool(heard_pieces(export))


def make_sound(export: Export, folder: Path, signals: Signals) -> Sound:
    """The sound of the cut, exactly as long as it is, kept in `folder`/segments or made now.

    Only when `has_sound`. May be called ahead of an export. Raises MediaFailed, StorageFailed, NotFound for
    a source that is gone, and Halted through `signals`; then nothing half-made is left.
    """
    path = sound_path(export, folder)
    kept = _kept(path)
    if kept is not None:
        return kept
    if export.track is not None:
        _require_music(export, folder)
    for _, piece in heard_pieces(export):
        require_source(folder, piece)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.m4a")
    facts = draft.with_suffix(".json")
    try:
        loudness = _Levelling(export, folder, draft, signals).run()
        with disk_errors(path):
            facts.write_text(loudness.model_dump_json(), encoding="utf-8")
            for each in (facts, draft):
                sync_file(each)
                put_in_place(each, path.with_suffix(each.suffix))  # the sound last: then both are there
    finally:
        for each in (facts, draft):
            each.unlink(missing_ok=True)
    return Sound(path=path, loudness=loudness)


def sound_path(export: Export, folder: Path) -> Path:
    """Where the sound of the cut is, or will be. Raises StorageFailed for music of an old receipt, gone."""
    return folder / "segments" / f"{_key(export, folder)}.m4a"


def _kept(path: Path) -> Sound | None:
    """The sound as it was made before."""
    if path.exists():
        with suppress(OSError, ValidationError):
            loudness = Loudness.model_validate_json(path.with_suffix(".json").read_bytes())
            return Sound(path=path, loudness=loudness)
    return None


def _key(export: Export, folder: Path) -> str:
    """Name of the sound: the same whenever it would sound the same, whatever is seen."""
    heard = {index for index, _ in heard_pieces(export)}
    own, at = [], 0
    for index, piece in enumerate(export.pieces):
        ways_out = {
            follower: export.pieces[follower] for follower in (index + 1,) if follower < len(export.pieces)
        }
        if index in heard:
            ways = [(way.way_in, way.way_in_frames) for way in (piece, *ways_out.values())]
            lengths = [at, piece.lead_frames, piece.own_frames, piece.frames]
            own.append([piece.source_sha256, piece.source_s, piece.fit, lengths, ways])
        at += piece.frames
    track: list[object] | None = None
    if export.track is not None:
        digest = export.track_sha256 or sha256_of(folder / export.track)
        track = [digest, export.track_from_s, export.track_end]
    how = [RECIPE, export.frames, export.fps, export.clip_sound, export.loudness_lufs]
    return hashlib.sha256(json.dumps([how, track, own], sort_keys=True).encode()).hexdigest()[:32]


def _music_file(export: Export, folder: Path) -> SoundFile:
    """The music, in words that its bringer knows."""
    name = shown_name(export.track_name or Path(export.track or "").name)
    return SoundFile(path=folder / (export.track or ""), name=f"The music {name}", remedy=BRING_IT_AGAIN)


def _require_music(export: Export, folder: Path) -> None:
    """Raises NotFound, or MediaFailed when the music is not the file that was brought."""
    music = _music_file(export, folder)
    if not music.path.exists():
        raise NotFound(f"{music.name} is gone.", remedy=BRING_IT_AGAIN)
    if export.track_sha256 and sha256_of(music.path) != export.track_sha256:
        raise MediaFailed(f"{music.name} was changed since it was brought.", remedy=BRING_IT_AGAIN)


class _Levelling:
    """Mixes once to measure, and once more, at the right level, to encode; again when that was not it."""

    def __init__(self, export: Export, folder: Path, draft: Path, signals: Signals) -> None:
        self._export = export
        self._draft = draft
        self._signals = signals
        self._length = sample_at(export.frames, export.frame_rate)
        self._music: Voice | None = None
        if export.track is not None:
            self._music = music_of(export, _music_file(export, folder))
        self._clips: Sequence[Voice] = voices_of(export, folder)

    def run(self) -> Loudness:
        """Write the sound to the draft; how loud it is."""
        wanted = self._export.loudness_lufs
        if wanted is None and self._single:
            self._encode(self._blocks())
            return measure(self._draft)
        raw = self._measured()
        peak = SILENT_DB if raw.true_peak_dbtp is None else raw.true_peak_dbtp
        most_db = min(MOST_GAIN_DB, max(TRUE_PEAK_DBTP + MOST_HELD_DB - peak, 0.0))
        gain_db = 0.0 if wanted is None or raw.lufs is None else min(wanted - raw.lufs, most_db)
        ceiling = TRUE_PEAK_DBTP - ENCODED_HIGHER_DB
        for _ in range(TRIES):
            blocks = self._louder(gain_db)
            self._encode(held_below(blocks, ceiling) if peak + gain_db > ceiling else blocks)
            made = measure(self._draft)
            over_db = (SILENT_DB if made.true_peak_dbtp is None else made.true_peak_dbtp) - TRUE_PEAK_DBTP
            missing_db = 0.0
            if wanted is not None and made.lufs is not None:
                missing_db = min(wanted - made.lufs, most_db - gain_db)
            if over_db <= 0 and abs(missing_db) <= WITHIN_LU:
                break
            if over_db > 0:
                ceiling -= over_db + 0.1
            gain_db += missing_db
        return made.model_copy(update={"note": self._note(raw, made)})

    @property
    def _single(self) -> bool:
        """Whether one file alone is heard at a time, so that nothing adds up."""
        return self._music is None or not self._clips

    def _note(self, raw: Loudness, made: Loudness) -> str:
        """Why it is not as loud as was asked."""
        wanted = self._export.loudness_lufs
        if wanted is None:
            return ""
        if raw.true_peak_dbtp is None:
            return "It is silent, and stays so."
        if raw.lufs is None or made.lufs is None:
            return "It is too short or too quiet to be measured, and is left as loud as it was."
        if abs(wanted - made.lufs) <= 0.5:
            return ""
        return (
            f"{made.lufs:.1f} LUFS instead of {wanted:g}: more would squash its peaks,"
            f" which stay below {TRUE_PEAK_DBTP:g} dBTP."
        )

    def _blocks(self) -> "Iterator[Samples]":
        for block in mix(self._length, self._music, self._clips, self._export.clip_sound):
            self._signals.check()
            yield block

    def _louder(self, gain_db: float) -> "Iterator[Samples]":
        factor = 10 ** (gain_db / 20)
        for block in self._blocks():
            block *= factor
            yield block

    def _measured(self) -> Loudness:
        meter = Meter()
        for block in self._blocks():
            meter.hear(block)
        return meter.result()

    def _encode(self, blocks: "Iterator[Samples]") -> None:
        encode(blocks, self._length, self._draft)


def encode(blocks: "Iterator[Samples]", length: int, result: Path) -> None:
    """Write `blocks`, exactly `length` samples, to the file `result`: AAC that begins with its first sample.

    An AAC encoder puts a packet of lead-in before the sound, and an edit list to hide it; a player that does
    not follow the list plays 21 ms late. Without that packet the list has nothing to hide, and the first 21
    ms come up as if faded in. Raises StorageFailed.
    """
    import av

    from core.exporter.sound.pcm import frame_of

    with disk_errors(result), av.open(address(result), "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=SOUND_RATE_HZ, layout="stereo")
        stream.bit_rate = BITS_PER_S
        stream.time_base = Fraction(1, SOUND_RATE_HZ)

        def keep(packets: "list[Packet[Any]]") -> None:
            for packet in packets:
                if packet.pts is not None and 0 <= packet.pts < length:
                    packet.duration = min(packet.duration or 1024, length - packet.pts)
                    packet.dts = packet.pts
                    file.mux_one(packet)

        at = 0
        for block in blocks:
            if not len(block):
                continue
            keep(stream.encode(frame_of(block, at)))
            at += len(block)
        keep(stream.encode(None))
        file.close()
