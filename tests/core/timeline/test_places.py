"""Shots in whole frames: nothing drifts, nothing is lost, oddities are named."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputRefused
from core.project import FRAME_RATES, Project, ProjectId, Render, Shot, ShotId
from core.timeline import frame_at, lined_up, places, problems, require_shots, total_frames

STILL = Render(image_url="stills/a.png", sha256="0" * 64, width=96, height=54)


def project(*times: tuple[float, float], fps: str = "25") -> Project:
    shots = tuple(
        Shot(shot_id=ShotId(f"shot_{number:03d}"), start=start, end=end, render=STILL)
        for number, (start, end) in enumerate(times, start=1)
    )
    return Project(
        id=ProjectId("p"), title="P", fps=fps, shots=shots, created_at="2026-01-01", updated_at="2026-01-01"
    )


lengths = st.lists(st.integers(min_value=2, max_value=400).map(lambda n: n / 40), min_size=1, max_size=60)


@given(lengths, st.sampled_from(sorted(FRAME_RATES)))
def test_the_last_cut_is_as_exact_as_the_first(seconds: list[float], fps: str) -> None:
    at, times = Fraction(0), []
    for length in seconds:
        times.append((float(at), float(at + Fraction(repr(length)))))
        at += Fraction(repr(length))
    cut = project(*times, fps=fps)
    rate = FRAME_RATES[fps]
    assert abs(total_frames(cut) - at * rate) <= Fraction(1, 2)
    for place, (start, _end) in zip(places(cut), times, strict=True):
        assert abs(place.first_frame - Fraction(repr(start)) * rate) <= Fraction(1, 2)


times = st.tuples(st.integers(0, 2000), st.integers(1, 400)).map(lambda pair: (pair[0] / 40, sum(pair) / 40))


@given(st.lists(times, min_size=1, max_size=20))
def test_places_follow_each_other_without_gap_or_overlap(shots: list[tuple[float, float]]) -> None:
    expected = 0
    for place in places(project(*shots)):
        assert place.first_frame == expected
        assert place.frames >= 0
        expected += place.frames


@given(st.lists(times, min_size=1, max_size=20))
def test_lining_up_leaves_no_problem_and_every_length(shots: list[tuple[float, float]]) -> None:
    before = project(*shots)
    after = lined_up(before)
    assert problems(after) == []
    for old, new in zip(before.shots, after.shots, strict=True):
        assert new.end - new.start == pytest.approx(max(old.end - old.start, 1 / 25), abs=1e-3)
        assert new.shot_id == old.shot_id


def test_a_gap_an_overlap_and_a_late_start_are_named() -> None:
    found = problems(project((1, 2), (3, 5), (4, 6)))
    assert [problem.shot_id for problem in found] == ["shot_001", "shot_002", "shot_003"]
    assert "gap of 1.00 s" in found[1].what
    assert "1.00 s before shot_002 ends" in found[2].what
    assert all(problem.remedy for problem in found)


def test_a_gap_is_filled_by_the_shot_before_and_an_overlap_cut_where_the_next_begins() -> None:
    first, second, third = places(project((0, 1), (2, 4), (3, 5)))
    assert (first.frames, second.frames, third.frames) == (50, 25, 50)


def test_a_shot_that_another_covers_is_said_to_be_unseen() -> None:
    hidden = project((0, 2), (0, 2))
    assert places(hidden)[0].frames == 0
    assert "not seen" in problems(hidden)[0].remedy


def test_a_shot_too_short_for_a_frame_of_its_own_is_said_to_be_unseen() -> None:
    blink = project((0, 1), (1, 1.01), (1.01, 2))
    assert places(blink)[1].frames == 0
    (found,) = problems(blink)
    assert found.shot_id == "shot_003"
    assert "shot_002, which is too short" in found.what
    assert "shot_002 is not seen" in found.remedy


def test_every_shot_that_is_not_seen_is_named() -> None:
    for second in ((0.0, 0.01), (0.01, 3), (0, 2)):
        cut = project((0, 0.01), second, (1, 2))
        unseen = [place.shot.shot_id for place in places(cut) if not place.frames]
        named = " ".join(problem.remedy for problem in problems(cut))
        assert unseen
        assert all(f"{shot_id} is not seen" in named for shot_id in unseen)


def test_a_cut_of_ten_hours_ends_on_its_frame_at_a_film_rate() -> None:
    long = project(*((at * 3.6, (at + 1) * 3.6) for at in range(10_000)), fps="23.976")
    assert total_frames(long) == round(36_000 * Fraction(24000, 1001))


def test_a_half_frame_goes_up() -> None:
    assert frame_at(0.02, Fraction(25)) == 1
    assert frame_at(0.0199, Fraction(25)) == 0


def test_an_empty_storyboard_has_no_cut() -> None:
    with pytest.raises(InputRefused, match="no shots"):
        require_shots(project())
