"""The mix: music and the clips' own sound, each in its place to the sample, second by second."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import TYPE_CHECKING

from core.editing import ClipSound, Fit, TrackEnd, TransitionKind
from core.exporter.join import SOUND_RATE_HZ
from core.exporter.plan import Export, Piece
from core.exporter.sound.pcm import Samplewise, SoundFile
from core.media import picture_facts
from core.timeline import fitted

if TYPE_CHECKING:
    from core.exporter.sound.pcm import Samples

BLOCK = SOUND_RATE_HZ
"""Samples that are mixed at once: so much sound, of the few files heard then, is in memory."""
FADE_S = 1.0
"""How long the music takes to fade at the end of the cut; a quarter of a cut shorter than four times that."""
EDGE_S = 0.005
"""Fade at both ends of every sound, so that no cut clicks."""

SURELY_LONGER_S = Fraction(1, 4)
"""A clip that says it lasts so much longer than its shot is not looked at picture by picture."""
UNDER_DB = -6.0
"""Ducking: how much quieter the clips are under the music."""
DUCK_FROM_DB = -40.0
"""Ducking: the music steps back where the clips, so quietened, are louder than this (RMS, full scale)."""
DUCK_SLOPE = 0.5
"""Ducking: decibels that the music steps back for each that the clips are louder."""
DUCK_MOST_DB = 12.0
"""Ducking: how far it steps back at most."""
DUCK_STEP = SOUND_RATE_HZ // 100
DUCK_ATTACK = 0.3
"""Share of the way that the music steps back in 10 ms: most of it within 50 ms."""
DUCK_RELEASE = 0.025
"""Share of the way that it comes forward again in 10 ms: most of it within a second."""


@dataclass(frozen=True, kw_only=True)
class Ramp:
    """A fade between two samples of the cut."""

    first: int
    until: int
    rises: bool
    even_power: bool = False
    """Whether two such ramps, one up and one down, are together as loud as one sound: for a cross-fade."""


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One file in its place in the sound of the cut."""

    file: SoundFile
    first: int
    """Sample of the cut at which it is first heard."""
    until: int
    """Sample of the cut at which it is heard no more."""
    skip: int = 0
    """Samples at the file's beginning that are passed over."""
    wait: int = 0
    """Samples after `first` for which the file's sound is not there yet."""
    stretch: Fraction = Fraction(1)
    """How many times its own length it lasts."""
    ramps: tuple[Ramp, ...] = field(default=())


def sample_at(frames: int | Fraction, rate: Fraction) -> int:
    """The sample of the cut at which frame `frames` begins."""
    return floor(frames * SOUND_RATE_HZ / rate + Fraction(1, 2))


def heard_pieces(export: Export) -> list[tuple[int, Piece]]:
    """(index, piece) of every piece whose own sound is heard."""
    if export.clip_sound is ClipSound.DROP:
        return []
    return [(index, piece) for index, piece in enumerate(export.pieces) if piece.has_sound]


def music_of(export: Export, file: SoundFile) -> Voice:
    """The music in `file` under the whole cut."""
    length = sample_at(export.frames, export.frame_rate)
    fade = min(round(FADE_S * SOUND_RATE_HZ), length // 4)
    if export.track_end is not TrackEnd.FADE:
        fade = min(round(EDGE_S * SOUND_RATE_HZ), length // 4)
    return Voice(
        file=file,
        first=0,
        until=length,
        skip=max(0, round(export.track_from_s * SOUND_RATE_HZ)),
        ramps=(Ramp(first=length - fade, until=length, rises=False),),
    )


def voices_of(export: Export, folder: Path) -> list[Voice]:
    """The clips' own sounds, in the order in which they begin. Raises MediaFailed for one that has none."""
    starts, at = [], 0
    for piece in export.pieces:
        starts.append(at)
        at += piece.frames
    return [
        voice
        for index, piece in heard_pieces(export)
        for voice in _voices_of_piece(export, folder, index, starts[index])
    ]


def _voices_of_piece(export: Export, folder: Path, index: int, at: int) -> Iterator[Voice]:
    """The sound of a piece that begins at frame `at`: once, or once for every loop."""
    piece, rate = export.pieces[index], export.frame_rate
    after = export.pieces[index + 1] if index + 1 < len(export.pieces) else None
    ramps, beyond = _ways(piece, after, at, rate)
    file = SoundFile(
        path=folder / piece.source,
        name=f"The clip of {piece.shot_id}",
        remedy="Choose another take for the shot, or drop the clips' sound.",
        has_picture=True,
    )
    late_s, length_s = file.beside_picture()
    if length_s < piece.own_frames / rate + SURELY_LONGER_S:  # then every picture counts
        length_s = picture_facts(file.path, f"{piece.source} of {piece.shot_id}").length_s
    stretch = fitted(piece.fit, source_s=length_s, own_frames=piece.own_frames, rate=rate).stretch
    once = length_s * stretch * rate
    late = round(late_s * stretch * SOUND_RATE_HZ)
    runs_from = at + piece.lead_frames
    last = at + piece.frames + beyond
    if piece.frames > piece.lead_frames + piece.own_frames:  # a gap: the last picture stands
        last = runs_from + piece.own_frames
    loops = ceil((last - runs_from) / once) if piece.fit is Fit.LOOP else 1
    for loop in range(loops):
        begins = runs_from + loop * once
        ends = min(begins + once, Fraction(last))
        if ends <= begins:
            return
        first, until = sample_at(begins, rate), sample_at(ends, rate)
        edge = min(round(EDGE_S * SOUND_RATE_HZ), (until - first) // 2)
        edges = (
            Ramp(first=first, until=first + edge, rises=True),
            Ramp(first=until - edge, until=until, rises=False),
        )
        yield Voice(
            file=file,
            first=first,
            until=until,
            skip=max(0, -late),
            wait=max(0, late),
            stretch=stretch,
            ramps=(*edges, *ramps),
        )


def _ways(piece: Piece, after: Piece | None, at: int, rate: Fraction) -> tuple[tuple[Ramp, ...], int]:
    """The fades by which the piece comes and goes, and for how many frames it is heard beyond its end."""
    ramps, beyond, end = [], 0, at + piece.frames
    if piece.way_in is not TransitionKind.CUT:
        dissolves = piece.way_in is TransitionKind.DISSOLVE
        until = at + (piece.way_in_frames if dissolves else piece.way_in_frames - piece.way_in_frames // 2)
        ramps.append(_ramp(at, until, rate, rises=True, even_power=dissolves))
    if after is not None and after.way_in is TransitionKind.DISSOLVE:
        beyond = after.way_in_frames
        ramps.append(_ramp(end, end + beyond, rate, rises=False, even_power=True))
    elif after is not None and after.way_in is TransitionKind.DIP:
        ramps.append(_ramp(end - after.way_in_frames // 2, end, rate, rises=False, even_power=False))
    return tuple(ramps), beyond


def _ramp(first: int, until: int, rate: Fraction, *, rises: bool, even_power: bool) -> Ramp:
    return Ramp(
        first=sample_at(first, rate), until=sample_at(until, rate), rises=rises, even_power=even_power
    )


def mix(length: int, music: Voice | None, clips: Sequence[Voice], how: ClipSound) -> "Iterator[Samples]":
    """The sound of the cut, exactly `length` samples, in blocks of a second. Raises MediaFailed.

    `clips` are in the order in which they begin. With music, `how` says how both stand to each other.
    """
    import numpy as np

    below = _Playing([music] if music is not None else [])
    above = _Playing(clips)
    ducks = how is ClipSound.DUCK and music is not None and bool(clips)
    ducking = _Ducking()
    try:
        for first in range(0, length, BLOCK):
            count = min(BLOCK, length - first)
            sound = np.zeros((count, 2), np.float32)
            own = np.zeros((count, 2), np.float32)
            below.add_to(sound, first)
            above.add_to(own, first)
            if ducks:
                own *= np.float32(10 ** (UNDER_DB / 20))
                sound *= ducking.gains(own)[:, np.newaxis]
            sound += own
            yield sound
    finally:
        below.close()
        above.close()


class _Playing:
    """Voices that are opened when they are first heard, and closed when they are heard no more."""

    def __init__(self, voices: Sequence[Voice]) -> None:
        self._to_come = list(voices)[::-1]
        self._open: list[tuple[Voice, Samplewise]] = []

    def add_to(self, block: "Samples", first: int) -> None:
        """Add what is heard from sample `first` of the cut to `block`."""
        import numpy as np

        until = first + len(block)
        while self._to_come and self._to_come[-1].first < until:
            voice = self._to_come.pop()
            self._open.append((voice, _opened(voice)))
        for voice, sound in self._open:
            begins, ends = max(voice.first, first), min(voice.until, until)
            heard = np.array(sound.take(ends - begins))
            for ramp in voice.ramps:
                _fade(heard, begins, ramp)
            block[begins - first : ends - first] += heard
        for voice, sound in self._open:
            if voice.until <= until:
                sound.close()
        self._open = [(voice, sound) for voice, sound in self._open if voice.until > until]

    def close(self) -> None:
        for _, sound in self._open:
            sound.close()


def _opened(voice: Voice) -> Samplewise:
    import numpy as np

    def blocks() -> "Iterator[Samples]":
        for waited in range(0, voice.wait, BLOCK):
            yield np.zeros((min(BLOCK, voice.wait - waited), 2), np.float32)
        yield from voice.file.read() if voice.stretch == 1 else voice.file.read_slower(voice.stretch)

    return Samplewise(blocks, skip=voice.skip)


def _fade(heard: "Samples", first: int, ramp: Ramp) -> None:
    """Fade `heard`, which begins at sample `first` of the cut, by `ramp`."""
    import numpy as np

    if ramp.until <= ramp.first or (ramp.rises and first >= ramp.until):
        return
    if not ramp.rises and first + len(heard) <= ramp.first:
        return
    share = (np.arange(first, first + len(heard)) + 0.5 - ramp.first) / (ramp.until - ramp.first)
    share = np.clip(share if ramp.rises else 1 - share, 0, 1)
    heard *= (np.sin(share * np.pi / 2) if ramp.even_power else share).astype(np.float32)[:, np.newaxis]


class _Ducking:
    """How far the music steps back from what is loud."""

    def __init__(self) -> None:
        self._back_db = 0.0

    def gains(self, own: "Samples") -> "Samples":
        """Factors for as many samples of music as there are of `own`, the clips' sound."""
        import numpy as np

        steps = -(-len(own) // DUCK_STEP)
        padded = np.zeros((steps * DUCK_STEP, 2), np.float32)
        padded[: len(own)] = own
        power = np.mean(padded.reshape(steps, -1) ** 2, axis=1)
        wanted = np.clip((10 * np.log10(power + 1e-12) - DUCK_FROM_DB) * DUCK_SLOPE, 0, DUCK_MOST_DB)
        at = [self._back_db]
        for back_db in wanted.tolist():
            share = DUCK_ATTACK if back_db > at[-1] else DUCK_RELEASE
            at.append(at[-1] + share * (back_db - at[-1]))
        self._back_db = at[-1]
        along = np.interp(np.arange(len(own)) / DUCK_STEP, np.arange(steps + 1), at)
        return np.asarray(10 ** (-along / 20), np.float32)
