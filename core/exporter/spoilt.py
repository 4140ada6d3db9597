"""What was kept for a cut and is not as it was made: it is taken away, so that it is made anew."""

from collections.abc import Sequence
from pathlib import Path

from core.errors import MediaFailed

MADE_ANEW = "Export again: they are made anew."


class Spoilt(MediaFailed):
    """A segment or the sound is gone, or not as it was made. Trying again makes it."""


def take_away(paths: Sequence[Path]) -> None:
    """Delete `paths`, of which one is spoilt."""
    for path in paths:
        path.unlink(missing_ok=True)


def damaged(shot_id: str) -> Spoilt:
    """The conformed frames of the shot are not what was written."""
    return Spoilt(f"The prepared frames of {shot_id} are damaged.", remedy=MADE_ANEW)
