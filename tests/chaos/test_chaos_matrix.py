"""Kill -9 in every state of a take × every fault × one and two processes on the same data folder.

After each case: what fal took is what was meant, what it billed is on the disk or shown at risk, and no take
is stuck. A case is played again alone by its name: `-k case-017`. Another seed: STILLMOTION_CHAOS_SEED.
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from chaos.cases import NEVER, Case, matrix
from chaos.play import Outcome, Stage

SEED = os.environ.get("STILLMOTION_CHAOS_SEED", "1")
CASES = matrix(SEED)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither fork nor kill -9")


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, "Future[Outcome]"]]:
    """The outcomes to come of the cases that were chosen; they are played side by side."""
    chosen = {item.callspec.id for item in request.session.items if hasattr(item, "callspec")}
    with Stage(tmp_path_factory.mktemp("chaos")) as stage:
        cases = [case for case in CASES if case.name in chosen]
        with stage.playing(cases) as playing:
            yield playing


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_kill_costs_no_money_and_no_clip(case: Case, outcomes: dict[str, "Future[Outcome]"]) -> None:
    outcome = outcomes[case.name].result(timeout=240)
    story = f"seed {SEED}: {case}"
    assert not outcome.problems, "\n".join([story, *outcome.problems])


def test_the_matrix_is_large_and_meets_the_states_it_names(outcomes: dict[str, "Future[Outcome]"]) -> None:
    if len(outcomes) < len(CASES):
        pytest.skip("only some of the cases were chosen")
    killed = [outcome.result() for outcome in outcomes.values() if outcome.result().case.kill != NEVER]
    met = sum(outcome.met for outcome in killed)
    assert len(CASES) >= 200
    assert met >= 0.8 * len(killed), f"only {met} of {len(killed)} kills met the state they were to meet"
