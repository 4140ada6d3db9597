"""Turns camera moves into the box of the still that each frame shows.

The unit of travel is the *reach*: the square root of the area of the largest box of the frame's aspect that
fits the still. A move has a rate (reaches, or zoom e-folds, per second) that grows with energy, and a ceiling
that long shots approach and never pass, so half a second breathes and a minute does not run off the picture.
The still is then enlarged by the least constant that keeps every box inside: no bars, no clamping, no kink.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from core.providers.animatic.moves import CameraMove, Move

Curve = NDArray[np.float64]
"""One value per frame."""

HEADROOM = 0.25
"""The share of the unseen height that lies above the frame: faces are in the upper half."""
WHIP_PACE = 3.0
"""From this pace on a move is a burst in the middle of its stretch, held on both sides."""
WHIP_S = 0.7
CLOSEST_ZOOM = 1.2
"""E-folds of zoom that no combination of moves passes (about ×3.3)."""
ROOM_ZOOM = 1.8
"""The most that a still is enlarged to make room for travel; travel that needs more is shortened."""


@dataclass(frozen=True)
class _Nature:
    """How a move goes: its share of travel across, down and in, and how heavy the camera is."""

    across: float = 0.0
    down: float = 0.0
    inward: float = 0.0
    ramp_s: float = 1.2
    """Seconds to get up to speed, and to come to rest: a head turns sooner than a dolly rolls."""


NATURES = {
    Move.PUSH: _Nature(inward=1.0, ramp_s=1.8),
    Move.ZOOM: _Nature(inward=1.15, ramp_s=1.2),
    Move.PAN: _Nature(across=1.0),
    Move.TILT: _Nature(down=-1.0),
    Move.TRUCK: _Nature(across=0.85, ramp_s=1.8),
    Move.PEDESTAL: _Nature(down=-0.85, ramp_s=1.8),
    Move.CRANE: _Nature(down=-1.0, inward=-0.5, ramp_s=2.2),
    Move.ORBIT: _Nature(across=-0.8, ramp_s=1.8),
}
"""With sign +1: inward, right, up, clockwise seen from above. A crane that rises also opens the view."""


@dataclass(frozen=True)
class _Strength:
    """What an energy means."""

    travel_rate: float
    """Reaches a second. At 0.16 a thing crosses a 16:9 frame in eight seconds; faster strobes at 25 fps."""
    travel_ceiling: float
    """Reaches, where the still has nothing to spare and each one costs resolution."""
    zoom_rate: float
    """E-folds a second; 0.01 is one per cent."""
    zoom_ceiling: float
    """E-folds."""
    sway: float
    """Reaches that a hand lets the frame wander to either side."""

    @classmethod
    def of(cls, energy: float) -> "_Strength":
        level = min(1.0, max(0.0, energy))
        return cls(
            travel_rate=0.03 * (0.16 / 0.03) ** level,
            travel_ceiling=0.22 + 0.25 * level,
            zoom_rate=0.014 * (0.075 / 0.014) ** level,
            zoom_ceiling=0.34 + 0.36 * level,
            sway=0.005 * (0.024 / 0.005) ** level,
        )


@dataclass(frozen=True)
class _Scene:
    """What every move of one shot has to know."""

    strength: _Strength
    share: Curve
    """Where each frame stands in the shot, 0 to 1."""
    duration_s: float
    spare: tuple[float, float]
    """How much of the still lies outside the frame at its widest, across and down, in reaches."""
    seed: int


def camera_path(
    moves: Sequence[CameraMove],
    *,
    energy: float,
    still_size: tuple[int, int],
    frame_size: tuple[int, int],
    frames: int,
    fps: Fraction,
    seed: int,
) -> NDArray[np.float64]:
    """The box x0, y0, x1, y1 that each frame shows, in pixels of the still: shape (frames, 4).

    Sizes are (width, height) in pixels; `energy` runs from 0 to 1. Every box lies inside the still and has
    the frame's aspect. Moves start and end at rest, except a hand's, which never rests. The same arguments
    give the same bytes; `seed` only moves the hand.
    """
    width, height = _widest_box(still_size, frame_size)
    reach = (width * height) ** 0.5
    scene = _Scene(
        strength=_Strength.of(energy),
        share=np.linspace(0.0, 1.0, frames) if frames > 1 else np.zeros(frames),
        duration_s=float(frames / fps),
        spare=((still_size[0] - width) / reach, (still_size[1] - height) / reach),
        seed=seed,
    )
    across, down, inward = np.zeros(frames), np.zeros(frames), np.zeros(frames)
    for move in moves:
        for total, part in zip((across, down, inward), _contribution(move, scene), strict=True):
            total += part
    # From the widest view on: out and then in again comes no closer than in alone.
    inward -= inward.min(initial=0.0)
    zoom = np.exp(CLOSEST_ZOOM * np.tanh(inward / CLOSEST_ZOOM))
    across = _shorten(across * reach, width / zoom, still_size[0])
    down = _shorten(down * reach, height / zoom, still_size[1])
    zoom *= max(
        _least_zoom(across, width / zoom, still_size[0]), _least_zoom(down, height / zoom, still_size[1])
    )
    x0, x1 = _place(across, width / zoom, still_size[0], before=0.5)
    y0, y1 = _place(down, height / zoom, still_size[1], before=HEADROOM)
    return np.stack([x0, y0, x1, y1], axis=1)


def _widest_box(still_size: tuple[int, int], frame_size: tuple[int, int]) -> tuple[float, float]:
    """Width and height of the largest box of the frame's aspect inside the still, in pixels of the still."""
    aspect = frame_size[0] / frame_size[1]
    width = min(float(still_size[0]), still_size[1] * aspect)
    return width, min(float(still_size[1]), width / aspect)


def _contribution(move: CameraMove, scene: _Scene) -> tuple[Curve, Curve, Curve]:
    """What one move adds to the path: reaches across, reaches down, e-folds in."""
    still = np.zeros_like(scene.share)
    if move.move is Move.STATIC:
        return still, still, still
    if move.move is Move.HANDHELD:
        return _hand(move, scene)
    nature = NATURES[move.move]
    begin, end = _stretch(move, scene.duration_s)
    ramp = _ramp(nature.ramp_s, (end - begin) * scene.duration_s)
    stretch_s = (move.end - move.begin) * scene.duration_s
    eased = ease((scene.share - begin) / max(end - begin, 1e-9), ramp=ramp)
    far_across, far_down = (_travel(move, scene, stretch_s, spare) for spare in scene.spare)
    across = move.sign * nature.across * far_across * eased
    down = move.sign * nature.down * far_down * eased
    inward = move.sign * nature.inward * _zoom(move, scene, stretch_s) * eased
    if move.move is Move.ORBIT:
        # Half an arc before and half after the nearest point: there the subject is closest, a little lower.
        bow = np.sin(np.pi * eased) ** 2
        return across, 0.08 * far_across * bow, 0.25 * far_across * bow
    return across, down, inward


def _stretch(move: CameraMove, duration_s: float) -> tuple[float, float]:
    """Where in the shot the move begins and ends, as shares of it."""
    if move.pace < WHIP_PACE:
        return move.begin, move.end
    middle = (move.begin + move.end) / 2
    half = min((move.end - move.begin) / 2, WHIP_S / 2 / max(duration_s, 1e-9))
    return middle - half, middle + half


def _travel(move: CameraMove, scene: _Scene, stretch_s: float, spare: float) -> float:
    """How far the move goes, in reaches: freely over what the still has to spare, less freely beyond it."""
    strength = scene.strength
    ceiling = max(spare, strength.travel_ceiling * min(move.pace, 1.5) * move.amount)
    return _saturate(strength.travel_rate * move.pace * move.amount * stretch_s, ceiling)


def _zoom(move: CameraMove, scene: _Scene, stretch_s: float) -> float:
    strength = scene.strength
    ceiling = strength.zoom_ceiling * min(move.pace, 1.5) * move.amount
    return _saturate(strength.zoom_rate * move.pace * move.amount * stretch_s, ceiling)


def _saturate(wanted: float, ceiling: float) -> float:
    """`wanted` while it is small, never more than `ceiling`."""
    return ceiling * float(np.tanh(wanted / ceiling)) if ceiling > 0 else 0.0


def _ramp(ramp_s: float, stretch_s: float) -> float:
    """The share of a move spent getting up to speed: all of its first half in short shots."""
    return min(0.5, ramp_s / max(stretch_s, 1e-9))


def ease(share: Curve, *, ramp: float) -> Curve:
    """0 to 1 with both ends at rest: up to speed over `ramp` of the time (at most 0.5), steady, down again.

    The speed climbs as 3x² − 2x³, so neither speed nor acceleration ever jumps. Outside 0 to 1 it holds.
    """
    at = np.clip(share, 0.0, 1.0)
    nearer = np.minimum(at, 1.0 - at)
    climbed = np.minimum(nearer / ramp, 1.0)
    covered = ramp * (climbed**3 - climbed**4 / 2) + np.maximum(nearer - ramp, 0.0)
    half = covered / (1.0 - ramp)
    return np.where(at <= 0.5, half, 1.0 - half)


def _hand(move: CameraMove, scene: _Scene) -> tuple[Curve, Curve, Curve]:
    """A hand and a breath: slow drift, the sway of standing, a trace of tremor. Bounded and smooth."""
    seconds = scene.share * scene.duration_s
    random = np.random.default_rng(scene.seed)
    reach = scene.strength.sway * move.amount * move.pace**0.5
    fade = _fade(move, scene)
    across, down, inward = (fade * _wander(seconds, random) for _ in range(3))
    return reach * across, 0.8 * reach * down, 0.35 * reach * inward


def _fade(move: CameraMove, scene: _Scene) -> Curve:
    """1 while the hand holds the camera; it takes over and lets go within a tenth of the shot."""
    share, ones = scene.share, np.ones_like(scene.share)
    rising = ones if move.begin <= 0 else ease((share - move.begin) / 0.1, ramp=0.5)
    falling = ones if move.end >= 1 else ease((move.end - share) / 0.1, ramp=0.5)
    return rising * falling


def _wander(seconds: Curve, random: np.random.Generator) -> Curve:
    """A sum of sines from 0.1 to 3 Hz, lower ones larger, always within −1 and 1."""
    bands_hz = np.array([0.13, 0.24, 0.43, 0.79, 1.3, 2.6])
    sizes = np.array([0.40, 0.26, 0.16, 0.10, 0.06, 0.02])
    rates = bands_hz * random.uniform(0.85, 1.15, len(bands_hz))
    phases = random.uniform(0.0, 2 * np.pi, len(bands_hz))
    waves: Curve = np.sin(2 * np.pi * rates * seconds[:, None] + phases) @ sizes
    return waves


def _shorten(centre: Curve, side: Curve, room: float) -> Curve:
    """The path of `centre`, made smaller as a whole where ROOM_ZOOM would not make room for it."""
    wanted = float(np.ptp(centre)) if len(centre) else 0.0
    most = room - float(side.max(initial=0.0)) / ROOM_ZOOM
    return centre * (most / wanted) if wanted > most else centre


def _least_zoom(centre: Curve, side: Curve, room: float) -> float:
    """The least extra zoom, 1 to ROOM_ZOOM, at which boxes of `side` around `centre` fit into `room`."""
    if not len(centre) or _extent(centre, side) <= room:
        return 1.0
    low, high = 1.0, ROOM_ZOOM
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _extent(centre, side / middle) > room else (low, middle)
    return high


def _extent(centre: Curve, side: Curve) -> float:
    return float((centre + side / 2).max() - (centre - side / 2).min())


def _place(centre: Curve, side: Curve, room: float, *, before: float) -> tuple[Curve, Curve]:
    """Both edges of each box along one axis; `before` is the share of the unseen before the path."""
    if not len(centre):
        return centre, centre
    low, high = (centre - side / 2).min(), (centre + side / 2).max()
    shift = before * max(0.0, room - (high - low)) - low
    near = np.clip(centre + shift - side / 2, 0.0, np.maximum(room - side, 0.0))
    return near, np.minimum(near + side, room)
