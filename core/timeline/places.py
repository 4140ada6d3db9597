"""Shots in order, in whole frames: pure arithmetic on exact rates.

Cut points are `round(seconds × fps)` of cumulative time, never a sum of rounded lengths, so that the last cut
is as exact as the first. The first shot begins the cut; a shot lasts until the next one begins.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import floor

from core.errors import InputRefused
from core.project import Project, Shot, ShotId


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a shot stands in the cut."""

    shot: Shot
    first_frame: int
    """Frame of the cut, counted from 0, on which it begins."""
    frames: int
    """Frames until the next shot begins, or until its own end when it is the last."""
    own_frames: int
    """Frames between its own start and end."""
    lead_frames: int
    """Frames before its own start, in which its first picture stands; only the first shot has any."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is odd about the shots' times, and what the cut makes of it."""

    shot_id: ShotId
    what: str
    """One line that says what."""
    remedy: str
    """One line that says what the cut does, and how to change it."""


@lru_cache(maxsize=1 << 16)  # pages ask for every shot's frames every second, and fractions are slow
def frame_at(seconds: float, rate: Fraction) -> int:
    """The frame, counted from 0, nearest to `seconds`; a half goes up."""
    return floor(exact(seconds) * rate + Fraction(1, 2))


def exact(seconds: float) -> Fraction:
    """`seconds` as the decimal number that a person sees."""
    return Fraction(repr(seconds))


def needed_frames(shot: Shot, rate: Fraction) -> int:
    """Frames that a shot lasts by itself, at least one."""
    return max(1, frame_at(shot.end, rate) - frame_at(shot.start, rate))


def places(project: Project) -> tuple[Place, ...]:
    """The place of every shot in the cut, in order. A shot that another one covers has 0 frames."""
    ordered = in_order(project.shots)
    rate = project.frame_rate
    starts = [frame_at(shot.start, rate) for shot in ordered]
    found = []
    for index, shot in enumerate(ordered):
        own = needed_frames(shot, rate)
        first = starts[index] if index else 0
        last = starts[index + 1] if index + 1 < len(ordered) else starts[index] + own
        lead = starts[0] if index == 0 else 0
        found.append(
            Place(shot=shot, first_frame=first, frames=max(0, last - first), own_frames=own, lead_frames=lead)
        )
    return tuple(found)


def in_order(shots: Sequence[Shot]) -> list[Shot]:
    """Shots by start; those that start together stay as they are in the storyboard."""
    return sorted(shots, key=lambda shot: shot.start)


def total_frames(project: Project) -> int:
    """Frames of the whole cut."""
    return sum(place.frames for place in places(project))


def problems(project: Project) -> list[Problem]:
    """Gaps, overlaps and covered shots, in order."""
    found = []
    ordered = in_order(project.shots)
    rate = project.frame_rate
    if ordered and frame_at(ordered[0].start, rate) > 0:
        found.append(
            Problem(
                shot_id=ordered[0].shot_id,
                what=f"{ordered[0].shot_id} starts at {ordered[0].start:g} s, and nothing comes before it.",
                remedy="Its first picture stands until then; line up the shots to begin at 0 s.",
            )
        )
    for shot, after in pairwise(ordered):
        begins, next_begins = frame_at(shot.start, rate), frame_at(after.start, rate)
        gap = next_begins - begins - needed_frames(shot, rate)
        if gap:
            found.append(_gap(shot, after) if gap > 0 else _overlap(shot, after, next_begins <= begins))
    return found


def _gap(shot: Shot, after: Shot) -> Problem:
    return Problem(
        shot_id=after.shot_id,
        what=f"There is a gap of {after.start - shot.end:.2f} s between {shot.shot_id} and {after.shot_id}.",
        remedy=f"{shot.shot_id} holds its last picture until then; line up the shots to close it.",
    )


def _overlap(shot: Shot, after: Shot, covered: bool) -> Problem:
    early_s = shot.end - after.start
    return Problem(
        shot_id=after.shot_id,
        what=(
            f"{after.shot_id} starts {early_s:.2f} s before {shot.shot_id} ends."
            if early_s >= 0.005
            else f"{after.shot_id} starts on the frame of {shot.shot_id}, which is too short for its own."
        ),
        remedy=(
            f"{shot.shot_id} is not seen at all; change its times, or line up the shots."
            if covered
            else f"{shot.shot_id} is cut where {after.shot_id} begins; line up the shots to show it whole."
        ),
    )


def lined_up(project: Project) -> Project:
    """`project` with its shots one after the other from 0 s, each as long as it was, and at least a frame."""
    moved: dict[ShotId, Shot] = {}
    at = Fraction(0)
    for shot in in_order(project.shots):
        end = at + max(exact(shot.end) - exact(shot.start), 1 / project.frame_rate)
        moved[shot.shot_id] = shot.model_copy(update={"start": _seconds(at), "end": _seconds(end)})
        at = end
    return project.model_copy(update={"shots": tuple(moved[shot.shot_id] for shot in project.shots)})


def changed_places(project: Project, shot_id: ShotId, *, earlier: bool) -> Project:
    """`project` with that shot and its neighbour in each other's place, each as long as it was.

    The two begin and end where they did together, and the shots stand in the order of their times.
    Raises InputRefused when there is no neighbour on that side.
    """
    ordered = in_order(project.shots)
    at = ordered.index(project.shot(shot_id))
    first = at - 1 if earlier else at
    if not 0 <= first < len(ordered) - 1:
        raise InputRefused(
            f"{shot_id} is the {'first' if earlier else 'last'} shot already.",
            remedy=f"Move it {'later' if earlier else 'earlier'}, or move another shot.",
        )
    goes_back, comes_up = ordered[first], ordered[first + 1]
    begin, end = exact(goes_back.start), exact(comes_up.end)
    comes_up_end = begin + exact(comes_up.end) - exact(comes_up.start)
    goes_back_start = end - (exact(goes_back.end) - exact(goes_back.start))
    ordered[first : first + 2] = [
        comes_up.model_copy(update={"start": _seconds(begin), "end": _seconds(comes_up_end)}),
        goes_back.model_copy(update={"start": _seconds(goes_back_start), "end": _seconds(end)}),
    ]
    return project.model_copy(update={"shots": tuple(ordered)})


def _seconds(exactly: Fraction) -> float:
    return round(float(exactly), 4)


def require_shots(project: Project) -> tuple[Place, ...]:
    """The places that are seen. Raises InputRefused when there are none."""
    seen = tuple(place for place in places(project) if place.frames)
    if not seen:
        raise InputRefused(
            f"{project.title} has no shots yet.", remedy="Bring in some stills on the Project page first."
        )
    return seen
