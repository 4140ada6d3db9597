"""What people read for the names that the records use."""

import re
from collections.abc import Mapping

from core.catalogue import Aspect, Model
from core.editing import ClipSound, Fit, Framing, TrackEnd
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
    "fit": "Fit",
    "transition": "Transition",
    "framing": "Framing",
    "clip_sound": "The clips' own sound",
    "loudness_lufs": "Loudness",
    "track_end": "End of the music",
}
"""What can be edited in a project and its shots."""

FITS: Mapping[Fit, str] = {
    Fit.AUTO: "Slow a little, then hold",
    Fit.TRIM: "Own speed",
    Fit.SLOW: "Slow to fill",
    Fit.HOLD: "Hold the last picture",
    Fit.LOOP: "Loop",
}
"""Ways in which a clip fills a shot that is longer than it."""

FRAMINGS: Mapping[Framing, str] = {Framing.FILL: "Fill the frame", Framing.FIT: "Show all, with bars"}
"""What becomes of pictures of another shape."""

CLIP_SOUNDS: Mapping[ClipSound, str] = {
    ClipSound.DUCK: "Music steps back for it",
    ClipSound.KEEP: "Beside the music",
    ClipSound.DROP: "Not heard",
}
"""What becomes of the clips' own sound."""

TRACK_ENDS: Mapping[TrackEnd, str] = {TrackEnd.FADE: "Fades out", TrackEnd.TRIM: "Stops with the cut"}
"""How music that is longer than the cut ends."""


def transition_name(transition: str) -> str:
    """A transition as people write it: "Cut", "Dissolve 0.5 s"."""
    kind, _, seconds = transition.partition(" ")
    return f"{kind.capitalize()} {seconds} s" if seconds else kind.capitalize()


def loudness_name(lufs: str) -> str:
    """A loudness as people write it: "−14 LUFS, the web"."""
    use = {"-14": ", the web", "-16": ", speech", "-23": ", television"}.get(lufs, "")
    return "As it comes" if lufs == "off" else f"{lufs.replace('-', '−')} LUFS{use}"


def size_name(size: str) -> str:
    """A size as people write it: "1280 × 720"."""
    return size.replace("x", " × ")


def model_name(model: Model) -> str:
    """A model in a list, with its price: "Kling 2.6 Pro · $0.07–$0.14 per second"."""
    return f"{model.name} · {rate_text(model.price)}"


def seconds_text(seconds: float) -> str:
    """A length for people: "9.5 s" below a minute, "1:06" below an hour, "1:06:40" from there on."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{left:02d}" if hours else f"{minutes}:{left:02d}"


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
