"""The life of a take: only legal moves, and a receipt that says everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from bench.load import finished_take
from core.project import Project, ProjectId, Render, Shot, ShotId
from core.take import ENDED, MOVES, OPEN, UNDER_WAY, IllegalMove, State, Take

SHOT = Shot(
    shot_id=ShotId("shot_001"),
    start=0,
    end=3,
    render=Render(image_url="stills/a.png", sha256="0" * 64, width=96, height=54),
)
PROJECT = Project(
    id=ProjectId("p"), title="P", shots=(SHOT,), created_at="2026-01-01", updated_at="2026-01-01"
)


def take_in(state: State) -> Take:
    return finished_take(PROJECT, SHOT, 0).model_copy(update={"state": state})


@given(st.sampled_from(State), st.sampled_from(State))
def test_a_take_moves_only_as_the_table_says(now: State, then: State) -> None:
    take = take_in(now)
    if then in MOVES[now]:
        moved = take.moved(then)
        assert moved.state is then
        assert moved.history[-1][0] is then
        assert take.state is now
    else:
        with pytest.raises(IllegalMove):
            take.moved(then)


def test_every_state_has_its_moves_and_ended_ones_have_none() -> None:
    assert set(MOVES) == set(State)
    assert all(not MOVES[state] for state in ENDED)
    assert all(MOVES[state] for state in OPEN | {State.UNRESOLVED})
    assert State.QUEUED not in UNDER_WAY


def test_from_every_state_with_work_left_an_end_can_be_reached() -> None:
    for state in OPEN | {State.UNRESOLVED}:
        reached, seen = {state}, set[State]()
        while reached - seen:
            seen |= reached
            reached |= {after for before in seen for after in MOVES[before]}
        assert reached & ENDED


class Lives(RuleBasedStateMachine):
    """Any history that the table allows can be written down and read back."""

    takes: Bundle[Take] = Bundle("takes")

    @initialize(target=takes)
    def ordered(self) -> Take:
        self.latest = take_in(State.QUEUED)
        return self.latest

    @rule(target=takes, take=takes, pick=st.integers(0, 10))
    def moves(self, take: Take, pick: int) -> Take:
        choices = sorted(MOVES[take.state])
        self.latest = take.moved(choices[pick % len(choices)]) if choices else take
        return self.latest

    @invariant()
    def its_receipt_says_the_same(self) -> None:
        assert Take.model_validate_json(self.latest.model_dump_json(exclude_none=True)) == self.latest


TestLives = Lives.TestCase
