"""Clips in their shots: every frame is accounted for, and what goes past a limit is named."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.editing import Fit
from core.project import FRAME_RATES, ShotId
from core.timeline import Fitted, fitted

SHOT = ShotId("shot_001")
clips = st.fractions(min_value=0, max_value=40, max_denominator=60000)
own = st.one_of(st.just(1), st.integers(1, 1500), st.just(36_000 * 60))
rates = st.sampled_from(sorted(FRAME_RATES.values()))
fits = st.sampled_from(list(Fit))


def in_shot(fit: Fit, clip_s: float, shot_s: float, *, rate: int = 25) -> Fitted:
    return fitted(fit, source_s=Fraction(repr(clip_s)), own_frames=round(shot_s * rate), rate=Fraction(rate))


@given(fits, clips, own, rates)
def test_a_clip_and_its_last_picture_fill_the_shot_to_the_frame(
    fit: Fit, clip_s: Fraction, frames: int, rate: Fraction
) -> None:
    found = fitted(fit, source_s=clip_s, own_frames=frames, rate=rate)
    assert found.plays_frames >= 1
    assert found.holds_frames >= 0
    assert found.plays_frames + found.holds_frames == frames


@given(fits, clips, own, rates)
def test_no_clip_is_hurried_or_slowed_past_its_limit(
    fit: Fit, clip_s: Fraction, frames: int, rate: Fraction
) -> None:
    stretch = fitted(fit, source_s=clip_s, own_frames=frames, rate=rate).stretch
    most = {Fit.AUTO: Fraction(5, 4), Fit.SLOW: Fraction(2)}.get(fit, Fraction(1))
    assert 1 <= stretch <= most


@given(fits, clips, own, rates)
def test_what_is_played_and_what_is_left_make_up_the_clip(
    fit: Fit, clip_s: Fraction, frames: int, rate: Fraction
) -> None:
    found = fitted(fit, source_s=clip_s, own_frames=frames, rate=rate)
    played_s = min(clip_s, frames / rate)
    assert played_s + found.unused_s == clip_s
    if found.unused_s:
        assert found.stretch == 1
        assert (found.holds_frames, found.loops) == (0, 1)


@given(clips, own, rates)
def test_a_loop_never_holds(clip_s: Fraction, frames: int, rate: Fraction) -> None:
    found = fitted(Fit.LOOP, source_s=clip_s, own_frames=frames, rate=rate)
    assert found.holds_frames == 0
    one = max(1, round(clip_s * rate))
    assert (found.loops - 1) * (one - 1) < frames


@pytest.mark.parametrize(
    ("fit", "stretch", "plays", "holds", "loops"),
    [
        (Fit.AUTO, Fraction(5, 4), 125, 25, 1),
        (Fit.TRIM, 1, 100, 50, 1),
        (Fit.SLOW, Fraction(3, 2), 150, 0, 1),
        (Fit.HOLD, 1, 100, 50, 1),
        (Fit.LOOP, 1, 150, 0, 2),
    ],
)
def test_a_clip_of_four_seconds_in_a_shot_of_six(
    fit: Fit, stretch: Fraction, plays: int, holds: int, loops: int
) -> None:
    found = in_shot(fit, 4, 6)
    assert found.stretch == stretch
    assert (found.plays_frames, found.holds_frames, found.loops) == (plays, holds, loops)


@pytest.mark.parametrize("fit", list(Fit))
def test_a_longer_clip_is_trimmed_and_leaves_a_handle(fit: Fit) -> None:
    found = in_shot(fit, 5, 3.2)
    assert found.stretch == 1
    assert (found.plays_frames, found.unused_s) == (80, Fraction(9, 5))
    assert found.problem(SHOT) is None


@pytest.mark.parametrize(
    ("fit", "clip_s", "shot_s", "named"),
    [
        (Fit.TRIM, 3.96, 4, "ends 1 frame early"),
        (Fit.SLOW, 2, 4.2, "2.10 times its length; 2 is the limit"),
        (Fit.HOLD, 2, 6, "stands for 67 % of the shot"),
        (Fit.AUTO, 1, 5, "stands for 75 % of the shot"),
        (Fit.LOOP, 1, 8.2, "plays 9 times"),
    ],
)
def test_what_goes_past_a_limit_is_named_with_its_shot(
    fit: Fit, clip_s: float, shot_s: float, named: str
) -> None:
    problem = in_shot(fit, clip_s, shot_s).problem(SHOT)
    assert problem is not None
    assert "shot_001" in problem.what
    assert named in problem.what
    assert problem.remedy.endswith(".")


@pytest.mark.parametrize(
    ("fit", "clip_s", "shot_s"),
    [(Fit.TRIM, 4, 4), (Fit.SLOW, 2, 4), (Fit.HOLD, 2, 4), (Fit.AUTO, 2, 5), (Fit.LOOP, 1, 8)],
)
def test_what_stays_on_its_limit_is_not_named(fit: Fit, clip_s: float, shot_s: float) -> None:
    assert in_shot(fit, clip_s, shot_s).problem(SHOT) is None
