"""What stands in the picture of a review copy: the shot's name at the left, the timecode at the right."""

from fractions import Fraction
from math import ceil

import numpy as np
from numpy.typing import NDArray

from core.exporter.parts import Burn
from core.exporter.picture.lettering import Face, Lettering, Mask
from core.exporter.picture.titles import SAFE
from core.timeline import full_timecode

SIZE = 0.034
"""Height of the type, as a share of the frame's shorter side."""
BAND = 0.62
"""How dark the band under the letters is."""
SIGNS = "0123456789:;"


class BurnedIn:
    """Name and timecode for the frames of one part; each letter was drawn once."""

    def __init__(self, burn: Burn, frame_size: tuple[int, int], rate: Fraction) -> None:
        width, height = frame_size
        self._first_frame, self._rate = burn.first_frame, rate
        self._face = Face(max(9, round(min(frame_size) * SIZE)))
        self._pad = ceil(self._face.size_px * 0.35)
        self._bottom = height - ceil(height * SAFE)
        self._left, self._right = ceil(width * SAFE), width - ceil(width * SAFE)
        self._signs = self._drawn_signs()
        clock = self._clock(0)
        free = self._right - self._left - clock.size[0] - self._face.size_px
        self._name = self._banded(self._face.mask(_shortened(burn.shot_id, self._face, free)), self._left)

    def lay_on(self, frame: NDArray[np.uint8], index: int) -> None:
        """Change `frame`, which is frame `index` of the part, counted from 0."""
        self._name.lay_on(frame)
        self._clock(index).lay_on(frame)

    def _clock(self, index: int) -> Lettering:
        time = full_timecode(self._first_frame + index, self._rate)
        mask = np.hstack([self._signs[sign] for sign in time])
        return self._banded(mask, self._right - mask.shape[1] - 2 * self._pad)

    def _banded(self, mask: Mask, left: int) -> Lettering:
        letters = np.pad(mask, ((0, 0), (self._pad, self._pad)))
        ground = np.full(letters.shape, round(255 * BAND), np.uint8)
        return Lettering.of(letters, ground, left=max(0, left), top=self._bottom - letters.shape[0])

    def _drawn_signs(self) -> dict[str, Mask]:
        """Every sign of a timecode; the digits are equally wide, so that nothing jitters."""
        digit = max(self._face.width(sign) for sign in SIGNS[:10])
        drawn = {}
        for sign in SIGNS:
            mask = self._face.mask(sign)
            wide = max(digit if sign.isdigit() else 0, mask.shape[1])
            left = (wide - mask.shape[1]) // 2
            drawn[sign] = np.pad(mask, ((0, 0), (left, wide - mask.shape[1] - left)))
        return drawn


def _shortened(name: str, face: Face, width: int) -> str:
    """`name`, cut in its middle when it is wider than `width` pixels."""
    kept = len(name)
    short = name
    while kept > 1 and face.width(short) > width:
        kept -= 1
        short = f"{name[: kept - kept // 2]}…{name[len(name) - kept // 2 :]}"
    return short
