"""What may be written into the fields of a storyboard: read as people write it, or refused in words."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.catalogue import Aspect
from core.editing import ClipSound, Fit, Framing, TrackEnd, Transition, TransitionKind
from core.errors import InputRefused
from core.project import FRAME_RATES, SIZES, strip_control

LONGEST_CUT_S = 36_000.0
"""A cut of more than ten hours is a slip of the finger."""
LONGEST_TRANSITION_S = 10.0
"""A transition that lasts longer is a slip of the finger, too."""

Parse = Callable[[Any, str], Any]
"""From what was written, and whose field it is, to what is stored. Raises InputRefused."""


def parse_energy(value: Any, whose: str) -> float:
    """A number from 0 to 1. Raises InputRefused."""
    energy = _number(value, f"Energy of {whose}", "Enter a number between 0 (calm) and 1 (wild).")
    if not 0 <= energy <= 1:
        raise InputRefused(
            f"Energy of {whose} is {energy:g}; it goes from 0 to 1.",
            remedy="Enter a number between 0 (calm) and 1 (wild).",
        )
    return energy


def parse_seconds(value: Any, whose: str) -> float:
    """Seconds from 0 to ten hours. Raises InputRefused."""
    seconds = _number(value, f"A time of {whose}", "Enter seconds, such as 3.2.")
    if not 0 <= seconds <= LONGEST_CUT_S:
        raise InputRefused(
            f"A time of {whose} is {seconds:g} s; a cut goes from 0 s to ten hours.",
            remedy="Enter seconds from the start of the cut, such as 3.2.",
        )
    return round(seconds, 4)


def _number(value: Any, what: str, remedy: str) -> float:
    try:
        number = float(str(value).strip().replace(",", ".")) if not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputRefused(f"{what} is {str(value)[:40]!r}, which is not a number.", remedy=remedy)
    return number


def parse_within(value: Any, what: str, least: float, most: float, unit: str, remedy: str) -> float:
    """A number from `least` to `most`. Raises InputRefused, beginning with `what`."""
    number = _number(value, what, remedy)
    if not least <= number <= most:
        raise InputRefused(f"{what} is {number:g} {unit}; it goes from {least:g} to {most:g}.", remedy=remedy)
    return number


def parse_text(max_chars: int) -> Callable[[Any, str], str]:
    """A parser for one line of text of at most `max_chars` characters."""

    def parse(value: Any, whose: str) -> str:
        text = " ".join(strip_control("" if value is None else str(value)).split())
        if len(text) > max_chars:
            raise InputRefused(
                f"The text of {whose} is {len(text)} characters long; there is room for {max_chars}.",
                remedy="Say it in fewer words.",
            )
        return text

    return parse


def parse_elements(value: Any, whose: str) -> tuple[str, ...]:
    """Elements from a list, or from text with commas. Raises InputRefused."""
    parts = value.split(",") if isinstance(value, str) else list(value) if value is not None else []
    texts = (parse_text(120)(part, whose) for part in parts)
    elements = tuple(text for text in texts if text)
    if len(elements) > 24:
        raise InputRefused(
            f"{whose} has {len(elements)} elements; there is room for 24.", remedy="Keep the best."
        )
    return elements


def _one_of(choices: Iterable[str], what: str) -> Callable[[Any, str], str]:
    allowed = tuple(choices)

    def parse(value: Any, _whose: str) -> str:
        if str(value) not in allowed:
            raise InputRefused(
                f"{str(value)[:40]!r} is not {what}.", remedy=f"Choose one of: {', '.join(allowed)}."
            )
        return str(value)

    return parse


def parse_title(value: Any, whose: str) -> str:
    """A title of 1 to 120 characters. Raises InputRefused."""
    title = parse_text(120)(value, whose)
    if not title:
        raise InputRefused("The title is empty.", remedy="Give the project a name.")
    return title


def parse_transition(value: Any, whose: str) -> Transition:
    """A transition from "cut", "dissolve 0.5" or "Dip 1 s", or one that is there. Raises InputRefused."""
    if isinstance(value, Transition):
        return value
    kind, _, length = str(value or "cut").strip().lower().partition(" ")
    kind = _one_of(TransitionKind, "a transition")(kind, whose)
    if kind == TransitionKind.CUT:
        return Transition()
    seconds = _number(
        length.removesuffix("s") or "0.5", f"The transition of {whose}", "Write it as: dissolve 0.5."
    )
    if not 0 < seconds <= LONGEST_TRANSITION_S:
        raise InputRefused(
            f"The transition of {whose} lasts {seconds:g} s; up to {LONGEST_TRANSITION_S:g} s are possible.",
            remedy="Give it a length above 0, such as 0.5.",
        )
    return Transition(kind=TransitionKind(kind), seconds=seconds)


def parse_own_transition(value: Any, whose: str) -> Transition | None:
    """A shot's own transition; None for the project's. Raises InputRefused."""
    return None if value in (None, "") else parse_transition(value, whose)


def parse_loudness(value: Any, whose: str) -> float | None:
    """LUFS from -40 to -5; None leaves the sound as loud as it comes. Raises InputRefused."""
    if value in (None, "", "off"):
        return None
    text = str(value).replace("−", "-").lower().partition("lufs")[0]
    lufs = _number(text, f"The loudness of {whose}", "Enter LUFS, such as -14, or off.")
    if not -40 <= lufs <= -5:
        raise InputRefused(
            f"The loudness of {whose} is {lufs:g} LUFS; it goes from -40 to -5.",
            remedy="Enter -14 for the web, -23 for television, or off.",
        )
    return lufs


parse_aspect = _one_of(Aspect, "a shape of the picture")
parse_fps = _one_of(FRAME_RATES, "a frame rate on offer")
parse_size = _one_of([size for sizes in SIZES.values() for size in sizes], "a size on offer")

SHOT_FIELDS: Mapping[str, Parse] = {
    "start": parse_seconds,
    "end": parse_seconds,
    "camera_language": parse_text(500),
    "energy": parse_energy,
    "environment": parse_text(500),
    "symbolic_elements": parse_elements,
    "motion_prompt": parse_text(5000),
    "video_model": parse_text(64),
    "fit": lambda value, whose: Fit(_one_of(Fit, "a way to fill a shot")(value, whose)),
    "transition": parse_own_transition,
    "title": parse_text(200),
}
"""Fields of a shot that people edit."""
PROJECT_FIELDS: Mapping[str, Parse] = {
    "title": parse_title,
    "aspect": lambda value, whose: Aspect(parse_aspect(value, whose)),
    "size": parse_size,
    "fps": parse_fps,
    "video_model": parse_text(64),
    "sound": lambda value, _whose: bool(value),
    "framing": lambda value, whose: Framing(_one_of(Framing, "a framing")(value, whose)),
    "transition": parse_transition,
    "clip_sound": lambda value, whose: ClipSound(
        _one_of(ClipSound, "a use of the clips' sound")(value, whose)
    ),
    "loudness_lufs": parse_loudness,
    "track_end": lambda value, whose: TrackEnd(_one_of(TrackEnd, "a way to end the music")(value, whose)),
}
"""Settings of a project that people edit."""
