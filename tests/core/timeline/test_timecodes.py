"""Timecodes as editors count them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.project import FRAME_RATES
from core.timeline import full_timecode, timecode

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("frame", "shown"),
    [
        (0, "00:00:00;00"),
        (1799, "00:00:59;29"),
        (1800, "00:01:00;02"),
        (17981, "00:09:59;29"),
        (17982, "00:10:00;00"),
        (107892, "01:00:00;00"),
    ],
)
def test_29_97_drops_the_numbers_that_keep_it_to_the_clock(frame: int, shown: str) -> None:
    assert full_timecode(frame, NTSC) == shown


@pytest.mark.parametrize(
    ("fps", "frame", "shown"),
    [
        ("25", 90_000, "01:00:00:00"),
        ("23.976", 23, "00:00:00:23"),
        ("23.976", 24 * 3600, "01:00:00:00"),
        ("60", 61, "00:00:01:01"),
        ("25", 25 * 36_000, "10:00:00:00"),
    ],
)
def test_other_rates_count_every_frame(fps: str, frame: int, shown: str) -> None:
    assert full_timecode(frame, FRAME_RATES[fps]) == shown


@given(st.integers(0, 3_000_000))
def test_drop_frames_stay_within_two_frames_of_the_clock_and_never_repeat(frame: int) -> None:
    hours, minutes, seconds, frames = map(int, full_timecode(frame, NTSC).replace(";", ":").split(":"))
    shown_s = 3600 * hours + 60 * minutes + seconds + Fraction(frames, 30)
    hours_gone = frame / NTSC / 3600
    assert abs(shown_s - frame / NTSC) < Fraction(3, 30) + hours_gone * Fraction(4, 1000)
    assert full_timecode(frame, NTSC) < full_timecode(frame + 1, NTSC)
    assert not (frames < 2 and seconds == 0 and minutes % 10)


@pytest.mark.parametrize(
    ("frame", "shown"),
    [(0, "00:00:00"), (89_999, "59:59:24"), (90_000, "01:00:00:00"), (900_010, "10:00:00:10")],
)
def test_a_short_timecode_has_hours_when_there_are_any(frame: int, shown: str) -> None:
    assert timecode(frame, Fraction(25)) == shown
