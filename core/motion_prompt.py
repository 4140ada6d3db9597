"""The words a model gets for a shot, written from what the storyboard says about it."""

from collections.abc import Sequence

DEFAULT_PROMPT = "Natural cinematic motion, smooth camera movement"
"""What a model gets for a shot about which nothing is said."""

DYNAMIC_ABOVE = 0.7
"""Energy above which the motion is called dynamic."""

SUBTLE_BELOW = 0.3
"""Energy below which the motion is called subtle."""


def write_motion_prompt(
    *, camera_language: str, energy: float, environment: str, symbolic_elements: Sequence[str]
) -> str:
    """The motion prompt of a shot: camera, energy (0 to 1), place, and the first two elements."""
    pace = "dynamic motion" if energy > DYNAMIC_ABOVE else "subtle motion" if energy < SUBTLE_BELOW else ""
    parts = [camera_language, pace, environment, *symbolic_elements[:2]]
    return ", ".join(part.strip() for part in parts if part.strip()) or DEFAULT_PROMPT


def cut_to_limit(motion_prompt: str, max_chars: int | None) -> str:
    """`motion_prompt`, or as many whole words of it as fit into `max_chars` characters."""
    if max_chars is None or len(motion_prompt) <= max_chars:
        return motion_prompt
    fitting = motion_prompt[: max_chars + 1].rpartition(" ")[0] or motion_prompt[:max_chars]
    return fitting.rstrip(" ,;")
