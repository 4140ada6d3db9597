"""How a clip fills a shot that is longer or shorter than it: stretched, held or repeated, within limits."""

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from core.editing import Fit
from core.project import Project, ShotId
from core.timeline.places import Problem, exact, needed_frames

A_LITTLE = Fraction(5, 4)
"""AUTO slows a clip to at most this many times its length: hardly anybody sees it."""
SLOWEST = Fraction(2)
"""SLOW slows it to at most this many times its length: beyond half speed, each picture is seen to stand."""
LONGEST_HOLD = Fraction(1, 2)
"""A last picture that holds for more than this share of the shot is named: it looks like a fault."""
MOST_LOOPS = 8
"""A clip that plays more often than this in one shot is named: it looks like a stutter."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A clip in its shot, in frames of the cut: it plays, then its last picture holds."""

    fit: Fit
    stretch: Fraction
    """How many times its own length the clip lasts; 1 is its own speed."""
    plays_frames: int
    """Frames in which it plays, at least one; all loops together."""
    holds_frames: int
    """Frames after those, in which its last picture stands. Both together are the shot's own."""
    loops: int
    """How often it begins: 1, or more for LOOP."""
    unused_s: Fraction
    """Seconds at the clip's end, at its own speed, that are not seen: the handle."""
    wanted_stretch: Fraction
    """The stretch at which the clip would fill the shot exactly."""

    def problem(self, shot_id: ShotId) -> Problem | None:
        """What goes past a limit in the shot called `shot_id`, and what the cut makes of it."""
        frames = self.plays_frames + self.holds_frames
        share = Fraction(self.holds_frames, frames)
        if self.fit is Fit.TRIM and self.holds_frames:
            what = f"The clip of {shot_id} ends {_frames(self.holds_frames)} early."
            remedy = "Its last picture holds; shorten the shot, or let it slow, hold or loop."
        elif self.fit is Fit.SLOW and self.holds_frames:
            what = (
                f"The clip of {shot_id} would have to last {float(self.wanted_stretch):.2f} times its length;"
                f" {float(SLOWEST):g} is the limit."
            )
            remedy = "After that its last picture holds; shorten the shot, or choose a longer take."
        elif self.loops > MOST_LOOPS:
            what = (
                f"The clip of {shot_id} plays {self.loops} times; more than {MOST_LOOPS} look like a stutter."
            )
            remedy = "It goes on so; shorten the shot, or choose a longer take."
        elif share > LONGEST_HOLD:
            what = f"The last picture of {shot_id} stands for {round(100 * share)} % of the shot."
            remedy = "Shorten the shot, choose a longer take, or let it loop."
        else:
            return None
        return Problem(shot_id=shot_id, what=what, remedy=remedy)


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"


def fitted(fit: Fit, *, source_s: Fraction, own_frames: int, rate: Fraction) -> Fitted:
    """A clip of `source_s` seconds in a shot of `own_frames` (at least one) at `rate`.

    A longer clip is trimmed at its own speed, whatever the fit. One without length is a single picture.
    """
    own_s = own_frames / rate
    wanted = own_s / source_s if source_s > 0 else Fraction(own_frames)
    limit = {Fit.AUTO: A_LITTLE, Fit.SLOW: SLOWEST}.get(fit, Fraction(1))
    stretch = min(max(wanted, Fraction(1)), limit) if source_s > 0 else Fraction(1)
    whole = max(1, _nearest(source_s * stretch * rate))
    loops = -(-own_frames // whole) if fit is Fit.LOOP else 1
    plays = min(own_frames, whole * loops)
    return Fitted(
        fit=fit,
        stretch=stretch,
        plays_frames=plays,
        holds_frames=own_frames - plays,
        loops=loops,
        unused_s=max(Fraction(0), source_s - own_s),
        wanted_stretch=wanted,
    )


def _nearest(frames: Fraction) -> int:
    return floor(frames + Fraction(1, 2))


def fit_problems(project: Project) -> list[Problem]:
    """What goes past a limit where the shots' chosen clips fill them, in the storyboard's order."""
    found = []
    for shot in project.shots:
        if shot.render.video is None:
            continue
        problem = fitted(
            shot.fit,
            source_s=exact(shot.render.video.duration),
            own_frames=needed_frames(shot, project.frame_rate),
            rate=project.frame_rate,
        ).problem(shot.shot_id)
        if problem is not None:
            found.append(problem)
    return found
