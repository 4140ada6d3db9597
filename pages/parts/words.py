"""What people read for the names that the records use."""

import re
from collections.abc import Mapping

from core.catalogue import Aspect, Model
from core.pricing import rate_text

SHAPES: Mapping[Aspect, str] = {
    Aspect.HORIZONTAL: "Horizontal 16:9",
    Aspect.VERTICAL: "Vertical 9:16",
    Aspect.SQUARE: "Square 1:1",
}
"""Shapes of the picture."""

FIELDS: Mapping[str, str] = {
    "title": "Title",
    "aspect": "Shape",
    "size": "Size",
    "fps": "Frames per second",
    "video_model": "Model",
    "sound": "Sound",
    "start": "Start",
    "end": "End",
    "camera_language": "Camera",
    "energy": "Energy",
    "environment": "Place",
    "symbolic_elements": "Elements",
    "motion_prompt": "Motion prompt",
}
"""What can be edited in a project and its shots."""


def size_name(size: str) -> str:
    """A size as people write it: "1280 × 720"."""
    return size.replace("x", " × ")


def model_name(model: Model) -> str:
    """A model in a list, with its price: "Kling 2.6 Pro · $0.07–$0.14 per second"."""
    return f"{model.name} · {rate_text(model.price)}"


def seconds_text(seconds: float) -> str:
    """A length for people: "9.5 s" below a minute, "1:06" from there on."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def left_text(seconds: float) -> str:
    """Time that is left, for people: "about 40 s left", "about 3 min left"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    return (
        f"about {round(seconds / 60)} min left"
        if seconds < 5400
        else f"about {seconds / 3600:.1f} hours left"
    )


def counted(count: int, noun: str) -> str:
    """A count with its noun: "1 shot", "6 shots"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def plain(text: str) -> str:
    """`text` for a place where Markdown is read, so that names, paths and dollars show as they are.

    One dollar sign alone is left alone: it takes two to begin a formula.
    """
    special = r"([\\`*$\[\]<>~])" if text.count("$") > 1 else r"([\\`*\[\]<>~])"
    return re.sub(special, r"\\\1", text)
