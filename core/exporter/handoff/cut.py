"""The cut as an editing program sees it: events on whole frames, each a run of one source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from math import ceil, floor

from core.editing import ClipSound, Fit, TransitionKind
from core.exporter.plan import Export, Mode, Piece
from core.timeline import exact, fitted

EARLY = Fraction(2, 1000)
"""Seconds by which a repeat may begin early: the same as when the cut itself is made."""


class Kind(StrEnum):
    """What an event shows."""

    CLIP = "clip"
    """A take's clip, at its own speed or slowed."""
    FREEZE = "freeze"
    """One picture of a clip, standing."""
    STILL = "still"
    """A still, standing."""
    RENDERED = "rendered"
    """The shot as the cut shows it, made into a file: a camera move, or what no editing program can say."""
    BLACK = "black"


@dataclass(frozen=True, kw_only=True)
class Event:
    """A run of frames of the cut that comes from one source. All frames are counted at the cut's rate."""

    kind: Kind
    piece: Piece | None
    """None for black."""
    record_in: int
    """Frame of the cut, counted from 0, on which it begins."""
    frames: int
    """Frames of the cut that it lasts, until the next event begins."""
    source_in: int = 0
    """Frame of the source, at the source's own speed, on which it begins or which stands."""
    stretch: Fraction = Fraction(1)
    """How many times its own length the source lasts; 1 is its own speed."""
    available: int = 0
    """Frames that the source has in all; 0 for stills and black, which have no end."""
    dissolve: int = 0
    """Frames, from `record_in` on, in which it grows through the event before; 0: a cut."""
    opens: bool = False
    """Whether it is the first event of its shot."""

    @property
    def record_out(self) -> int:
        """Frame of the cut on which the next begins."""
        return self.record_in + self.frames

    @property
    def source_frames(self) -> int:
        """Frames of the source that it uses: one when that stands."""
        if self.kind is Kind.FREEZE:
            return 1
        return max(1, _nearest(self.frames / self.stretch))

    @property
    def handle(self) -> int | None:
        """Frames of the cut that it could go on for; None: without end."""
        if self.kind in (Kind.FREEZE, Kind.STILL, Kind.BLACK):
            return None
        whole = _nearest((self.available - self.source_in) * self.stretch)
        return max(0, whole - self.frames)

    @property
    def media(self) -> tuple[str, bool] | None:
        """Which file it comes from: the shot, and whether it is a rendered one; None for black."""
        return (self.piece.shot_id, self.kind is Kind.RENDERED) if self.piece else None


@dataclass(frozen=True, kw_only=True)
class Music:
    """The track under the cut, in frames at the cut's rate."""

    source: str
    """Path relative to the project's folder."""
    source_in: int
    frames: int
    """Frames of the cut under which it is heard, from the start."""
    available: int


@dataclass(frozen=True, kw_only=True)
class Cut:
    """All that is handed over, as events."""

    export: Export
    events: tuple[Event, ...]
    music: Music | None
    notes: tuple[str, ...]
    """What comes over in another way than the cut shows it, one sentence each."""

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.export.frame_rate

    @property
    def clips_heard(self) -> bool:
        """Whether the clips' own sound belongs to the cut."""
        return self.export.clip_sound is not ClipSound.DROP


@dataclass(frozen=True, kw_only=True)
class _Ways:
    """What the transitions on both sides ask of a piece, in frames."""

    head: int = 0
    """Its first frames that are mixed."""
    tail: int = 0
    """Its last frames that fade to black."""
    beyond: int = 0
    """Frames after its end that show through the next."""


def cut_of(
    export: Export, track_s: float | None = None, lengths_s: Mapping[str, Fraction] | None = None
) -> Cut:
    """The events of `export`; `track_s` is the length of its music in seconds, None when it has none.

    `lengths_s` are the lengths of the pictures of clips, by shot; the plan's own are used for others.

    An event begins on the frame on which the cut shows it. A shot that its source alone cannot show, frame by
    frame, becomes one RENDERED event.
    """
    events: list[Event] = []
    notes: list[str] = []
    ways = _ways(export, notes)
    at = 0
    for piece, way in zip(export.pieces, ways, strict=True):
        length_s = (lengths_s or {}).get(piece.shot_id, exact(piece.source_s))
        runs = _events(export, piece, way, length_s)
        if any(run.kind is Kind.RENDERED for run in runs) and piece.move is None:
            notes.append(f"{piece.shot_id} comes as the cut shows it: its clip alone cannot fill its place.")
        dipped = events[-1].kind is Kind.BLACK if events else False
        dissolve = way.head if piece.way_in is TransitionKind.DISSOLVE or dipped else 0
        for number, run in enumerate(runs):
            frames = run.frames - (way.tail if number == len(runs) - 1 else 0)
            events.append(
                replace(
                    run,
                    record_in=at,
                    frames=frames,
                    opens=number == 0,
                    dissolve=0 if number else dissolve,
                )
            )
            at += frames
        if way.tail:
            events.append(
                Event(kind=Kind.BLACK, piece=None, record_in=at, frames=way.tail, dissolve=way.tail)
            )
            at += way.tail
    return Cut(
        export=export,
        events=tuple(events),
        music=_music(export, track_s),
        notes=(*notes, *_remarks(export)),
    )


def _ways(export: Export, notes: list[str]) -> list[_Ways]:
    """For every piece what its transitions ask of it; `notes` grows by what an editing program cannot say."""
    found = [_Ways() for _ in export.pieces]
    for index, piece in enumerate(export.pieces):
        before = index - 1
        if not index or not piece.way_in_frames:
            continue
        if piece.way_in is TransitionKind.DISSOLVE:
            found[before] = replace(found[before], beyond=piece.way_in_frames)
            found[index] = replace(found[index], head=piece.way_in_frames)
        elif piece.way_in is TransitionKind.DIP:
            room = export.pieces[before].frames - found[before].head
            tail = min(piece.way_in_frames // 2, room if found[before].head else room - 1)
            if tail < 1:
                notes.append(f"The dip to black into {piece.shot_id} has no room: it comes as a cut.")
                continue
            if tail < piece.way_in_frames // 2:
                notes.append(f"The dip to black into {piece.shot_id} begins a frame later than in the cut.")
            found[before] = replace(found[before], tail=tail)
            found[index] = replace(found[index], head=piece.way_in_frames - piece.way_in_frames // 2)
    return found


def _events(export: Export, piece: Piece, way: _Ways, length_s: Fraction) -> list[Event]:
    """The piece as events that begin at 0; `way.tail` is still in the last of them."""
    if piece.take_id is None:
        shown = export.stand_in if export.mode is Mode.ANIMATED else export.mode
        kind = Kind.STILL if shown is Mode.STILLS else Kind.RENDERED
        if kind is Kind.STILL:
            return [Event(kind=kind, piece=piece, record_in=0, frames=piece.frames)]
        return [_rendered(piece, way)]
    runs = [*_runs(export, piece, length_s)]
    last = runs[-1]
    if way.beyond and last.handle == 0 and last.frames > 1 and piece.fit is not Fit.LOOP:
        # The dissolve shows the last picture standing: so the last frame becomes one that stands.
        stands = replace(last, kind=Kind.FREEZE, frames=1, source_in=last.available - 1, stretch=Fraction(1))
        runs[-1:] = [replace(last, frames=last.frames - 1), stands]
    short = runs[-1].handle is not None and (runs[-1].handle or 0) < way.beyond
    # A transition is laid over one event on each side: it cannot reach over a change of speed.
    if (
        short
        or way.head > runs[0].frames - (way.tail if len(runs) == 1 else 0)
        or way.tail >= runs[-1].frames
    ):
        return [_rendered(piece, way)]
    return runs


def _rendered(piece: Piece, way: _Ways) -> Event:
    """The piece as one file of its own, with the handle that a dissolve out of it needs."""
    available = piece.frames + way.beyond
    return Event(kind=Kind.RENDERED, piece=piece, record_in=0, frames=piece.frames, available=available)


def _runs(export: Export, piece: Piece, length_s: Fraction) -> Iterator[Event]:
    """The piece's clip of `length_s` as it fills its place: it stands, plays, perhaps again, and stands.

    It goes on beyond the shot's own frames, unless a gap follows the shot: there the last picture stands.
    """
    rate = export.frame_rate
    fit = fitted(piece.fit, source_s=length_s, own_frames=piece.own_frames, rate=rate)
    available = max(1, _nearest(length_s * rate))
    clip = Event(kind=Kind.CLIP, piece=piece, record_in=0, frames=0, available=available, stretch=fit.stretch)
    freeze = replace(clip, kind=Kind.FREEZE, stretch=Fraction(1))
    lead = min(piece.lead_frames, piece.frames)
    if lead:
        yield replace(freeze, frames=lead)
    left = piece.frames - lead
    room = min(left, piece.own_frames) if left > piece.own_frames else left
    period = length_s * fit.stretch * rate
    again = fit.loops > 1
    at, plays, number = 0, 0, 0
    while at < room and (again or not number):
        number += 1
        # A clip is no whole number of frames: each repeat begins on the first frame that shows it.
        ends = ceil(number * period - rate * EARLY) if again else _nearest(period)
        plays = min(room, max(at + 1, ends)) - at
        yield replace(clip, frames=plays, available=max(available, plays) if again else available)
        at += plays
    if left > at:
        ended = at < room or not plays
        last = available - 1 if ended else min(available - 1, floor((plays - 1) / fit.stretch))
        yield replace(freeze, frames=left - at, source_in=last)


def _nearest(frames: Fraction) -> int:
    return floor(frames + Fraction(1, 2))


def _music(export: Export, track_s: float | None) -> Music | None:
    if export.track is None or track_s is None:
        return None
    available = floor(exact(track_s) * export.frame_rate)
    source_in = _nearest(exact(export.track_from_s) * export.frame_rate)
    frames = min(export.frames, available - source_in)
    if frames < 1:
        return None
    return Music(source=export.track, source_in=source_in, frames=frames, available=available)


def _remarks(export: Export) -> Iterator[str]:
    if any(piece.title for piece in export.pieces):
        yield "Titles come as markers: set them in your editing program's own type."
    if export.burn_in:
        yield "Names and timecode are not burnt in: the pictures come clean."
    if export.track is not None:
        yield "The music comes whole and unfaded, and the loudness is left to your mix."
