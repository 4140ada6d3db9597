"""How shots are cut together, in an editor's words: fits, framing, transitions, and what is heard."""

from enum import StrEnum

from pydantic import Field

from core.record import Record


class Fit(StrEnum):
    """How a clip fills a shot that lasts longer or shorter than it. A longer clip is always trimmed."""

    AUTO = "auto"
    """A shorter clip is slowed a little, then its last picture holds."""
    TRIM = "trim"
    """Own speed; where the clip ends early its last picture holds, and that is named as a problem."""
    SLOW = "slow"
    """Slowed until it fills the shot, as far as motion can take it; then its last picture holds."""
    HOLD = "hold"
    """Own speed, then the last picture holds."""
    LOOP = "loop"
    """Own speed, again from its start."""


class Framing(StrEnum):
    """What becomes of a picture whose shape is not the cut's."""

    FILL = "fill"
    """It fills the frame; what sticks out is cut off."""
    FIT = "fit"
    """All of it is seen; bars fill the rest."""


class TransitionKind(StrEnum):
    """How one shot gives way to the next."""

    CUT = "cut"
    DISSOLVE = "dissolve"
    """The next shot begins at the cut point and grows through the one before, which goes on beneath it."""
    DIP = "dip"
    """The one before fades to black up to the cut point, and the next comes out of black after it."""


class Transition(Record):
    """The way into a shot from the one before it."""

    kind: TransitionKind = TransitionKind.CUT
    seconds: float = Field(default=0.0, ge=0, le=10)
    """How long it takes; 0 for a cut."""

    def __str__(self) -> str:
        return "cut" if self.kind is TransitionKind.CUT else f"{self.kind} {self.seconds:g}"


STRAIGHT_CUT = Transition()


class ClipSound(StrEnum):
    """What becomes of the clips' own sound."""

    KEEP = "keep"
    """Heard beside the music, both as loud as they are."""
    DUCK = "duck"
    """Heard under the music, which steps back where a clip is loud."""
    DROP = "drop"
    """Not heard."""


class TrackEnd(StrEnum):
    """How the music ends when it is longer than the cut."""

    FADE = "fade"
    TRIM = "trim"
