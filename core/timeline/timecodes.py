"""Frames as an editor reads them."""

from fractions import Fraction
from math import floor


def timecode(frame: int, rate: Fraction) -> str:
    """MM:SS:FF of a frame at a rate, counted without drop frames; HH:MM:SS:FF from an hour on."""
    seconds, frames = divmod(frame, counted(rate))
    minutes, seconds = divmod(seconds, 60)
    hours = f"{minutes // 60:02d}:" if minutes >= 60 else ""
    return f"{hours}{minutes % 60:02d}:{seconds:02d}:{frames:02d}"


def full_timecode(frame: int, rate: Fraction) -> str:
    """HH:MM:SS:FF of a frame at a rate; at 29.97 HH:MM:SS;FF, with drop frames: it keeps to the clock.

    Drop frames leave out the numbers ;00 and ;01 of each minute that is not a tenth (SMPTE ST 12-1); no
    picture is lost. 23.976 has none by custom, and falls behind the clock by 3.6 s an hour.
    """
    drops = drops_frames(rate)
    if drops:
        tens, rest = divmod(frame, 17982)
        frame += 18 * tens + 2 * max(0, (rest - 2) // 1798)
    seconds, frames = divmod(frame, counted(rate))
    minutes, hours = seconds // 60 % 60, seconds // 3600
    return f"{hours:02d}:{minutes:02d}:{seconds % 60:02d}{';' if drops else ':'}{frames:02d}"


def drops_frames(rate: Fraction) -> bool:
    """Whether a full timecode at `rate` leaves numbers out."""
    return rate == Fraction(30000, 1001)


def counted(rate: Fraction) -> int:
    """Frames that a timecode at `rate` counts in a second."""
    return floor(rate + Fraction(1, 2))
