"""Cuts on the beat: what moves is said before, nothing vanishes, and the order stays."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.edits import Edit, apply_edits, apply_moves
from core.errors import InputRefused
from core.project import FRAME_RATES, Project, ProjectId, Render, Shot, ShotId
from core.timeline import (
    Reason,
    SnapPlan,
    frame_at,
    in_order,
    on_beats,
    on_grid,
    parse_bpm,
    parse_every,
    parse_max_shift,
    parse_offset,
    places,
    plan_snap,
    problems,
    total_frames,
)

STILL = Render(image_url="stills/a.png", sha256="0" * 64, width=96, height=54)


def project(*times: tuple[float, float], fps: str = "25") -> Project:
    shots = tuple(
        Shot(shot_id=ShotId(f"shot_{number:03d}"), start=start, end=end, render=STILL)
        for number, (start, end) in enumerate(times, start=1)
    )
    return Project(
        id=ProjectId("p"), title="P", fps=fps, shots=shots, created_at="2026-01-01", updated_at="2026-01-01"
    )


def follow_on(*cuts: float, fps: str = "25") -> Project:
    """Shots from 0 s that meet at `cuts`; the last of them is the end."""
    return project(*zip((0.0, *cuts), cuts, strict=False), fps=fps)


def snapped(before: Project, plan: SnapPlan) -> Project:
    outcome = apply_moves(before, plan.moves)
    assert not outcome.refused
    assert not outcome.conflicts
    return outcome.project


def starts(cut: Project) -> list[float]:
    return [shot.start for shot in cut.shots]


def reasons(plan: SnapPlan) -> list[Reason]:
    return [shift.reason for shift in plan.shifts]


ms = st.integers(0, 20_000).map(lambda number: number / 1000)
lengths = st.integers(1, 4_000).map(lambda number: number / 1000)
anywhere = st.tuples(ms, lengths).map(lambda pair: (pair[0], round(sum(pair), 3)))
meeting = st.lists(lengths, min_size=1, max_size=30).map(
    lambda each: [(sum(each[:n]), sum(each[: n + 1])) for n in range(len(each))]
)
timelines = st.one_of(st.lists(anywhere, max_size=20), meeting)
rates = st.sampled_from(sorted(FRAME_RATES))
grids = st.tuples(
    st.integers(20, 400), st.integers(-3000, 3000), st.sampled_from([0.25, 0.5, 1.0, 1.5, 4.0])
).map(lambda each: on_grid(each[0], each[1] / 1000, each[2]))
heard = st.lists(ms, max_size=60).map(lambda each: on_beats(sorted(each)))
beats = st.one_of(grids, heard)
most = st.sampled_from([0.0, 0.05, 0.3, 2.0, 100.0])


@given(timelines, rates, beats, most)
def test_no_shot_that_is_seen_is_lost_and_the_order_stays(
    times: list[tuple[float, float]], fps: str, nearest: object, max_shift_s: float
) -> None:
    before = project(*times, fps=fps)
    after = snapped(before, plan_snap(before, nearest, max_shift_s=max_shift_s))  # type: ignore[arg-type]
    assert [shot.shot_id for shot in in_order(after.shots)] == [
        shot.shot_id for shot in in_order(before.shots)
    ]
    seen = {place.shot.shot_id for place in places(before) if place.frames}
    assert {place.shot.shot_id for place in places(after) if place.frames} == seen
    last = in_order(before.shots)[-1:]
    if all(frame_at(shot.start, before.frame_rate) < frame_at(shot.end, before.frame_rate) for shot in last):
        assert total_frames(after) == total_frames(before)


@given(timelines, rates, beats, most)
def test_a_cut_goes_to_its_beat_and_no_further_than_is_allowed(
    times: list[tuple[float, float]], fps: str, nearest: object, max_shift_s: float
) -> None:
    before = project(*times, fps=fps)
    plan = plan_snap(before, nearest, max_shift_s=max_shift_s)  # type: ignore[arg-type]
    after = snapped(before, plan)
    assert len(plan.shifts) == max(0, len(times) - 1)
    for shift in plan.shifts:
        assert after.shot(shift.shot_id).start == shift.to_s
        assert before.shot(shift.shot_id).start == shift.from_s
        assert abs(shift.shift_s) <= max_shift_s + 1e-4
        if shift.reason is not Reason.TO_BEAT:
            assert shift.shift_s == 0
            continue
        beat = nearest(Fraction(repr(shift.from_s)))  # type: ignore[operator]
        assert frame_at(shift.to_s, before.frame_rate) == frame_at(round(float(beat), 4), before.frame_rate)


@given(timelines, rates, beats, most)
def test_snapping_makes_no_gap_and_no_overlap(
    times: list[tuple[float, float]], fps: str, nearest: object, max_shift_s: float
) -> None:
    before = project(*times, fps=fps)
    after = snapped(before, plan_snap(before, nearest, max_shift_s=max_shift_s))  # type: ignore[arg-type]
    assert {problem.shot_id for problem in problems(after)} <= {
        problem.shot_id for problem in problems(before)
    }


@given(timelines, rates, beats)
def test_what_was_snapped_stays_when_it_is_snapped_again(
    times: list[tuple[float, float]], fps: str, nearest: object
) -> None:
    before = project(*times, fps=fps)
    plan = plan_snap(before, nearest)  # type: ignore[arg-type]
    again = plan_snap(snapped(before, plan), nearest)  # type: ignore[arg-type]
    moved = {shift.shot_id for shift in plan.moved}
    assert all(shift.reason is Reason.ON_BEAT for shift in again.shifts if shift.shot_id in moved)


def test_cuts_go_to_the_nearest_beat_and_take_the_end_before_along() -> None:
    before = follow_on(1.1, 2.9, 4.0)
    plan = plan_snap(before, on_grid(60))
    assert [(shift.to_s, shift.shift_s) for shift in plan.shifts] == [(1.0, -0.1), (3.0, 0.1)]
    after = snapped(before, plan)
    assert [(shot.start, shot.end) for shot in after.shots] == [(0, 1), (1, 3), (3, 4)]


def test_beats_may_begin_late_and_be_divided() -> None:
    assert starts(snapped(follow_on(1.0, 3), plan_snap(follow_on(1.0, 3), on_grid(60, 0.1)))) == [0, 1.1]
    half = plan_snap(follow_on(1.4, 3), on_grid(60, 0, 0.5))
    assert [shift.to_s for shift in half.shifts] == [1.5]
    bars = plan_snap(follow_on(1.4, 3), on_grid(120, 0, 4))
    assert reasons(bars) == [Reason.FAR]


def test_beats_that_were_heard_may_be_uneven_and_divided() -> None:
    tapped = [0.5, 1.0, 1.6, 2.1]
    assert plan_snap(follow_on(1.5, 3), on_beats(tapped)).shifts[0].to_s == 1.6
    assert plan_snap(follow_on(1.35, 3), on_beats(tapped, 0.5)).shifts[0].to_s == 1.3
    assert plan_snap(follow_on(1.5, 3), on_beats(tapped, 2), max_shift_s=9).shifts[0].to_s == 1.6
    assert reasons(plan_snap(follow_on(1.5, 3), on_beats([]))) == [Reason.FAR]


def test_of_two_cuts_at_one_beat_the_nearer_gets_it_and_the_other_says_why_it_stays() -> None:
    plan = plan_snap(follow_on(1.8, 2.1, 5), on_grid(60))
    assert reasons(plan) == [Reason.TAKEN, Reason.TO_BEAT]
    assert starts(snapped(follow_on(1.8, 2.1, 5), plan)) == [0, 1.8, 2.0]


def test_a_cut_that_would_swallow_the_first_or_the_last_shot_stays() -> None:
    plan = plan_snap(follow_on(0.2, 1.85, 2.0), on_grid(60))
    assert reasons(plan) == [Reason.VANISHES, Reason.VANISHES]


def test_a_shot_of_one_frame_stays_one() -> None:
    before = follow_on(1.96, 2.0, 4)
    after = snapped(before, plan_snap(before, on_grid(60), max_shift_s=1))
    assert [place.frames for place in places(after)] == [49, 1, 50]


def test_shots_on_one_frame_are_left_alone_and_named() -> None:
    plan = plan_snap(project((0, 2), (1.1, 3), (1.1, 4)), on_grid(60))
    assert reasons(plan) == [Reason.HIDDEN, Reason.HIDDEN]
    assert plan.moves == ()


def test_a_gap_stays_a_gap_and_an_overlap_an_overlap() -> None:
    gap = project((0, 1), (2.1, 4))
    assert [(each.field, each.now) for (each,) in plan_snap(gap, on_grid(60)).moves] == [("start", 2.0)]
    overlap = project((0, 2.5), (2.1, 4))
    assert [(each.field, each.now) for (each,) in plan_snap(overlap, on_grid(60)).moves] == [("start", 2.0)]


@pytest.mark.parametrize("times", [((0, 2.05), (2.12, 4)), ((0, 1.95), (1.87, 4))])
def test_a_gap_never_becomes_an_overlap_nor_an_overlap_a_gap(times: tuple[tuple[float, float], ...]) -> None:
    before = project(*times)
    assert len(problems(before)) == 1
    after = snapped(before, plan_snap(before, on_grid(60)))
    assert (after.shots[0].end, after.shots[1].start) == (2, 2)
    assert problems(after) == []


def test_a_cut_that_changed_meanwhile_is_named_and_stays_whole_while_the_others_move() -> None:
    before = follow_on(1.1, 2.1, 4)
    theirs = apply_edits(before, [Edit(shot_id="shot_002", field="start", was=1.1, now=1.5)]).project
    outcome = apply_moves(theirs, plan_snap(before, on_grid(60)).moves)
    assert [conflict.theirs for conflict in outcome.conflicts] == [1.5]
    assert [(shot.start, shot.end) for shot in outcome.project.shots] == [(0, 1.1), (1.5, 2), (2, 4)]


def test_a_cut_whose_shot_became_too_short_meanwhile_is_named_and_stays() -> None:
    before = follow_on(1.1, 4)
    theirs = apply_edits(before, [Edit(shot_id="shot_002", field="end", was=4.0, now=1.12)]).project
    outcome = apply_moves(theirs, plan_snap(before, on_grid(60, 0.2)).moves)
    assert "ends before it starts" in str(outcome.refused[0])
    assert outcome.project == theirs


def test_no_shots_and_one_shot_have_no_cuts() -> None:
    assert plan_snap(project(), on_grid(120)).shifts == ()
    assert plan_snap(project((0, 36_000)), on_grid(120)).shifts == ()


@pytest.mark.parametrize("fps", ["23.976", "29.97", "60"])
def test_ten_hours_of_cuts_are_planned_soon_and_the_last_is_as_exact_as_the_first(fps: str) -> None:
    before = follow_on(*(round(3.7 * number, 4) for number in range(1, 9_730)), fps=fps)
    begun = time.monotonic()
    plan = plan_snap(before, on_grid(128, 0.05))
    assert time.monotonic() - begun < 10
    beat = Fraction(60, 128)
    for shift in (plan.moved[0], plan.moved[-1]):
        off = (Fraction(repr(shift.to_s)) - Fraction(5, 100)) / beat
        assert abs(off - round(off)) * beat <= Fraction(1, 10_000)


@pytest.mark.parametrize(
    ("parse", "value", "said"),
    [
        (parse_bpm, "0", "The tempo is 0 beats per minute; it goes from 20 to 400."),
        (parse_bpm, "fast", "The tempo is 'fast', which is not a number."),
        (parse_every, 0, "The step is 0 beats"),
        (parse_offset, "nan", "not a number"),
        (parse_max_shift, -1, "The largest shift is -1 s"),
    ],
)
def test_numbers_that_make_no_grid_are_refused_in_words(parse: object, value: object, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        parse(value)  # type: ignore[operator]
    assert said in str(refused.value)
    assert refused.value.remedy.startswith("Enter")
