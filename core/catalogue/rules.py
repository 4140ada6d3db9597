"""What a model sells, and what a request for it calls each thing: one small rule per field."""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from math import ceil
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Row(BaseModel):
    """A frozen part of the catalogue; an unknown field is an error, so that a typo is found."""

    # Without use_attribute_docstrings: it reads this file's source again for every class, 15 ms at start.
    model_config = ConfigDict(frozen=True, extra="forbid")


class Aspect(StrEnum):
    """Shape of the picture, by the seed's names."""

    HORIZONTAL = "horizontal"
    """16:9"""
    VERTICAL = "vertical"
    """9:16"""
    SQUARE = "square"
    """1:1"""


class LengthRule(Row):
    """Which lengths a model sells and how a request names one."""

    form: Literal["seconds_text", "seconds_text_s", "seconds_number", "frames", "fixed", "any"]
    """How the field is written: "5", "5s", 5, a frame count, not at all, or (animatic) any length."""
    field: str | None = None
    """Name of the request's field; None when the length cannot be asked for."""
    seconds: tuple[int, ...] = ()
    """Lengths sold, in seconds, rising; for every form but frames and any."""
    frames_min: int = 0
    """Fewest frames sold; form frames only."""
    frames_max: int = 0
    """Most frames sold; form frames only."""
    frames_step: int = 1
    """Frame counts sold are frames_min + n × frames_step."""
    fps: int = 0
    """Frames per second asked for; form frames only."""
    fps_field: str | None = None
    """Name of the request's field for fps; form frames only."""
    note: str = ""
    """What is not certain about the length, in one sentence; shown with every quote."""

    @model_validator(mode="after")
    def _sells_something(self) -> Self:
        if self.form == "frames":
            require(0 < self.frames_min <= self.frames_max, "frames_min and frames_max are needed")
            require(self.frames_step > 0 and self.fps > 0, "frames_step and fps must be above zero")
            require(self.field and self.fps_field, "field and fps_field are needed")
        elif self.form != "any":
            require(self.seconds and self.seconds[0] > 0, "seconds must name the lengths sold")
            require(rising(self.seconds), "seconds must rise")
            require((self.form == "fixed") != bool(self.field), "field goes with every form but fixed")
        return self

    def shortest_covering(self, needed_s: Fraction) -> Fraction:
        """Shortest length sold that lasts at least `needed_s` seconds; the longest if none does."""
        if self.form == "any":
            return needed_s
        if self.form == "frames":
            return Fraction(self.frames_for(needed_s), self.fps)
        covering = [Fraction(seconds) for seconds in self.seconds if seconds >= needed_s]
        return covering[0] if covering else Fraction(self.seconds[-1])

    def frames_for(self, needed_s: Fraction) -> int:
        """Fewest frames sold that last `needed_s` seconds, at most `frames_max`. Form frames only."""
        steps = ceil((needed_s * self.fps - self.frames_min) / self.frames_step)
        most = (self.frames_max - self.frames_min) // self.frames_step
        return self.frames_min + min(max(steps, 0), most) * self.frames_step

    def lengths(self) -> str:
        """The lengths sold, for people: "5 or 10 s", "3–15 s", "any"."""
        if self.form == "any":
            return "any"
        if self.form == "frames":
            shortest, longest = self.frames_min / self.fps, self.frames_max / self.fps
            return f"{shortest:.1f}–{longest:.1f} s"
        if len(self.seconds) > 3 and self.seconds == tuple(range(self.seconds[0], self.seconds[-1] + 1)):
            return f"{self.seconds[0]}–{self.seconds[-1]} s"
        *first, last = (str(seconds) for seconds in self.seconds)
        return f"{', '.join(first)} or {last} s" if first else f"{last} s"


class AspectRule(Row):
    """How a request names the picture's shape."""

    field: str | None = None
    """Name of the request's field; None when the clip follows the still."""
    values: dict[Aspect, str] = {}
    """The value for each shape that the model can be asked for."""
    otherwise: str | None = None
    """The value sent for a shape that is not in `values`."""
    note: str = ""
    """What happens to a shape the model cannot be asked for, in one sentence."""

    @model_validator(mode="after")
    def _answers_every_shape(self) -> Self:
        require(bool(self.field) == bool(self.values), "field and values go together")
        every = all(aspect in self.values for aspect in Aspect)
        require(not self.field or every or (self.otherwise and self.note), "otherwise and note are needed")
        return self


class SizeRule(Row):
    """How a request names the picture's size."""

    form: Literal["name", "pixels", "fixed", "any"]
    """A name such as "720p", {width, height}, not asked for, or (animatic) exactly the project's."""
    field: str | None = None
    """Name of the request's field; None when the size cannot be asked for."""
    short_side_px: dict[str, int] = {}
    """Name of each size sold → pixels of its short side, rising; form name, or the one fixed size.

    Empty for form fixed when the provider does not publish the size."""

    @model_validator(mode="after")
    def _sells_something(self) -> Self:
        asked_for = self.form in ("name", "pixels")
        require(asked_for == bool(self.field), "field goes with the forms name and pixels")
        require(self.form != "name" or self.short_side_px, "short_side_px must name the sizes sold")
        require(rising(tuple(self.short_side_px.values())), "short_side_px must rise")
        return self

    def smallest_covering(self, frame_size: tuple[int, int]) -> str | None:
        """Name of the smallest size that covers `frame_size` (width, height); the largest if none does."""
        covering = [name for name, side in self.short_side_px.items() if side >= min(frame_size)]
        return covering[0] if covering else next(reversed(self.short_side_px), None)


class SoundRule(Row):
    """Whether a clip comes with sound, and how that is asked for."""

    kind: Literal["choice", "never", "always", "unknown"]
    """A choice by `field`; never; always; or the provider does not say."""
    field: str | None = None
    """Name of the request's true/false field; kind choice only."""
    note: str = ""
    """What else is known, in one sentence."""

    @model_validator(mode="after")
    def _choice_has_a_field(self) -> Self:
        require((self.kind == "choice") == bool(self.field), "field goes with the kind choice")
        require(self.kind != "unknown" or self.note, "a kind that is unknown needs a note")
        return self


class PromptRule(Row):
    """Where the motion prompt goes."""

    field: str = Field(default="prompt", min_length=1)
    """Name of the request's field."""
    max_chars: int | None = None
    """Longest prompt the model takes; None when no limit is published."""


class ImageRule(Row):
    """Where the still goes, and what a still must be. None: no limit is published."""

    field: str = Field(min_length=1)
    """Name of the request's field."""
    min_side_px: int | None = None
    """Fewest pixels on the short side."""
    max_side_px: int | None = None
    """Most pixels on the long side."""
    max_mb: float | None = None
    """Largest file, in megabytes."""
    max_ratio: float | None = None
    """Longest side may be at most this many times the shortest."""
    formats: tuple[str, ...] = ()
    """Formats named by the provider, upper case; empty: not said."""

    def misfit(self, size: tuple[int, int]) -> Literal["", "too small", "too large", "too narrow"]:
        """What is wrong with a still of `size` (width, height); empty when nothing is."""
        short, long = sorted(size)
        if self.min_side_px and short < self.min_side_px:
            return "too small"
        if self.max_side_px and long > self.max_side_px:
            return "too large"
        return "too narrow" if self.max_ratio and long > short * self.max_ratio else ""


def require(met: object, otherwise: str) -> None:
    """Refuse a row with `otherwise` as the reason unless `met`."""
    if not met:
        raise ValueError(otherwise)


def rising(numbers: Sequence[int]) -> bool:
    """Whether each number is above the one before."""
    return all(low < high for low, high in pairwise(numbers))
