"""Shots in order, in whole frames, on exact rates: where they stand, and how their clips fill them."""

from core.timeline.fits import Fitted, fit_problems, fitted
from core.timeline.places import (
    Place,
    Problem,
    exact,
    frame_at,
    in_order,
    lined_up,
    needed_frames,
    places,
    problems,
    require_shots,
    timecode,
    total_frames,
)

__all__ = [
    "Fitted",
    "Place",
    "Problem",
    "exact",
    "fit_problems",
    "fitted",
    "frame_at",
    "in_order",
    "lined_up",
    "needed_frames",
    "places",
    "problems",
    "require_shots",
    "timecode",
    "total_frames",
]
