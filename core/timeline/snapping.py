"""Cuts moved onto beats: planned and shown first, then applied as edits of the shots' starts and ends."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import floor

from core.edits import Edit
from core.fields import LONGEST_CUT_S, parse_within
from core.project import Project, Shot, ShotId
from core.timeline.places import exact, frame_at, in_order, needed_frames

LARGEST_SHIFT_S = 0.3
"""How far a cut may move, in seconds, unless a person says otherwise."""

Nearest = Callable[[Fraction], Fraction | None]
"""From seconds of the cut to the beat nearest to them, in seconds; None when there is no beat at all."""


class Reason(StrEnum):
    """Why a cut goes to a beat or stays where it is."""

    TO_BEAT = "goes to the beat"
    ON_BEAT = "is on a beat already"
    FAR = "no beat is near enough"
    TAKEN = "another cut is nearer to that beat"
    VANISHES = "a shot would have no frame left"
    HIDDEN = "another shot begins on the same frame"


@dataclass(frozen=True, kw_only=True)
class Shift:
    """What becomes of the cut on which a shot begins. The first shot begins the cut, and has none."""

    shot_id: ShotId
    from_s: float
    """Where the shot begins now, in seconds from the start of the cut."""
    to_s: float
    """Where it will; the same for a cut that stays."""
    reason: Reason

    @property
    def shift_s(self) -> float:
        """How far it moves; before 0 is earlier."""
        return round(self.to_s - self.from_s, 4)


@dataclass(frozen=True, kw_only=True)
class SnapPlan:
    """Where every cut would go, in order, and the edits that put it there."""

    shifts: tuple[Shift, ...]
    moves: tuple[tuple[Edit, ...], ...]
    """For each cut that moves the edits that belong together: a shot's start, and the end of the one before.
    Each carries what was there when it was planned; in this order, each leaves every shot its frames."""

    @property
    def moved(self) -> tuple[Shift, ...]:
        """The cuts that move."""
        return tuple(shift for shift in self.shifts if shift.reason is Reason.TO_BEAT)


def parse_bpm(value: object) -> float:
    """Beats per minute from 20 to 400. Raises InputRefused."""
    return parse_within(value, "The tempo", 20, 400, "beats per minute", "Enter a tempo, such as 120.")


def parse_offset(value: object) -> float:
    """Seconds at which a beat falls. Raises InputRefused."""
    hint = "Enter the time of any one beat in seconds, such as 0.12."
    return parse_within(value, "The first beat", -LONGEST_CUT_S, LONGEST_CUT_S, "s", hint)


def parse_every(value: object) -> float:
    """Beats from one place for a cut to the next, from 1/16 to 64. Raises InputRefused."""
    hint = "Enter 1 for each beat, 4 for each bar of four, 0.5 for half beats."
    return parse_within(value, "The step", 1 / 16, 64, "beats", hint)


def parse_max_shift(value: object) -> float:
    """Seconds that a cut may move. Raises InputRefused."""
    hint = f"Enter seconds, such as {LARGEST_SHIFT_S:g}."
    return parse_within(value, "The largest shift", 0, LONGEST_CUT_S, "s", hint)


def on_grid(bpm: float, offset_s: float = 0.0, every: float = 1.0) -> Nearest:
    """The places of an even grid: every `every` beats of `bpm` per minute, one of them at `offset_s`."""
    step, offset = 60 * exact(every) / exact(bpm), exact(offset_s)

    def nearest(seconds: Fraction) -> Fraction:
        return offset + step * floor((seconds - offset) / step + Fraction(1, 2))

    return nearest


def on_beats(beats_s: Sequence[float], every: float = 1.0) -> Nearest:
    """The places among `beats_s`, in order: every `every` beats from the first; parts of a beat between."""
    if not beats_s:
        return lambda _seconds: None
    step = exact(every)
    places = [_between(beats_s, number * step) for number in range(int((len(beats_s) - 1) / step) + 1)]

    def nearest(seconds: Fraction) -> Fraction:
        after = bisect_left(places, seconds)
        return min(places[max(0, after - 1) : after + 1], key=lambda place: abs(place - seconds))

    return nearest


def _between(beats_s: Sequence[float], at: Fraction) -> Fraction:
    """The time of beat number `at`, counted from 0; a part of a beat is measured between its neighbours."""
    whole = floor(at)
    begin = exact(beats_s[whole])
    return begin if whole == at else begin + (at - whole) * (exact(beats_s[whole + 1]) - begin)


def plan_snap(project: Project, nearest: Nearest, *, max_shift_s: float = LARGEST_SHIFT_S) -> SnapPlan:
    """Where the cuts of `project` would go. The order of shots stays, and every shot that is seen is seen.

    Each beat goes to the cut nearest to it. A cut that has no beat within `max_shift_s`, or would leave a
    shot without a frame, stays and says why. The first shot's start and the last one's end stay.
    """
    cuts = _Cuts(project)
    wanted = {at: cuts.wish(at, nearest, exact(max_shift_s)) for at in range(1, len(cuts.shots))}
    by_distance = sorted(wanted, key=lambda at: (abs(wanted[at].shift_s), at))
    decided = {at: cuts.decide(at, wanted[at]) for at in by_distance}
    shifts = tuple(decided[at] for at in sorted(decided))
    moves = tuple(cuts.move(at) for at in by_distance if decided[at].reason is Reason.TO_BEAT)
    return SnapPlan(shifts=shifts, moves=moves)


class _Cuts:
    """The shots in order, with where each begins while the cuts are decided one after another."""

    def __init__(self, project: Project) -> None:
        self.rate = project.frame_rate
        self.shots = in_order(project.shots)
        self.starts = [shot.start for shot in self.shots]
        self.frames = [frame_at(shot.start, self.rate) for shot in self.shots]
        self.taken: set[int] = set()
        """Frames of beats that have their cut."""

    def wish(self, at: int, nearest: Nearest, most: Fraction) -> Shift:
        """Where the cut before shot number `at` would like to go."""
        shot, frame = self.shots[at], self.frames[at]
        if frame in self.frames[at - 1 : at] + self.frames[at + 1 : at + 2]:
            return _stay(shot, Reason.HIDDEN)
        beat = nearest(exact(shot.start))
        if beat is None or abs(beat - exact(shot.start)) > most:
            return _stay(shot, Reason.FAR)
        to_s = round(float(beat), 4)
        reason = Reason.ON_BEAT if frame_at(to_s, self.rate) == frame else Reason.TO_BEAT
        return Shift(
            shot_id=shot.shot_id,
            from_s=shot.start,
            to_s=shot.start if reason is Reason.ON_BEAT else to_s,
            reason=reason,
        )

    def decide(self, at: int, wish: Shift) -> Shift:
        """The wish, granted where it hurts no shot; the cut then begins where it says."""
        if wish.reason is Reason.ON_BEAT:
            self.taken.add(self.frames[at])
        if wish.reason is not Reason.TO_BEAT:
            return wish
        frame = frame_at(wish.to_s, self.rate)
        if frame in self.taken:
            return _stay(self.shots[at], Reason.TAKEN)
        if not self.frames[at - 1] < frame < self._end_frame(at):
            return _stay(self.shots[at], Reason.VANISHES)
        self.starts[at], self.frames[at] = wish.to_s, frame
        self.taken.add(frame)
        return wish

    def _end_frame(self, at: int) -> int:
        """The frame by which shot number `at` must have begun: its own end, or the next one's start."""
        after = self.frames[at + 1] if at + 1 < len(self.shots) else None
        if after is not None and self._joined(at):
            return after
        own_end = frame_at(self.shots[at].end, self.rate)
        return own_end if after is None else min(own_end, after)

    def _joined(self, at: int) -> bool:
        """Whether shot number `at` was meant to end on the frame on which the next one began."""
        shot, after = self.shots[at], self.shots[at + 1]
        begins = frame_at(shot.start, self.rate)
        return begins + needed_frames(shot, self.rate) == frame_at(after.start, self.rate)

    def move(self, at: int) -> tuple[Edit, ...]:
        """The edits that move the cut before shot number `at`. Gaps stay gaps, and overlaps overlaps."""
        shot, before, start = self.shots[at], self.shots[at - 1], self.starts[at]
        end = self._end_with(at - 1, start)
        edits = (_edit(shot, "start", shot.start, start), _edit(before, "end", before.end, end))
        return edits if end != before.end else edits[:1]

    def _end_with(self, at: int, next_start: float) -> float:
        """The end of shot number `at` once the next one begins at `next_start`."""
        shot, after = self.shots[at], self.shots[at + 1]
        if self._joined(at):
            return next_start
        return min(shot.end, next_start) if shot.end < after.start else max(shot.end, next_start)


def _stay(shot: Shot, reason: Reason) -> Shift:
    return Shift(shot_id=shot.shot_id, from_s=shot.start, to_s=shot.start, reason=reason)


def _edit(shot: Shot, field: str, was: float, now: float) -> Edit:
    return Edit(shot_id=shot.shot_id, field=field, was=was, now=now)
