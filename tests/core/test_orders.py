"""Ordering takes: which shots get one, and which are spoken for."""

import pytest
from drawing import Draw

from core.errors import NotNow
from core.studio import Studio
from core.take import State


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.UNRESOLVED])
def test_a_shot_whose_take_is_under_way_or_in_doubt_is_not_ordered_again(
    studio: Studio, draw: Draw, state: State
) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(2), seconds=1)
    [take] = studio.order_takes("ascent", ["shot_001"])
    studio.store.takes.write(studio.folder("ascent"), take.model_copy(update={"state": state}))
    with pytest.raises(NotNow):
        studio.order_takes("ascent", ["shot_001"])
    assert [each.shot_id for each in studio.order_takes("ascent")] == ["shot_002"]


@pytest.mark.parametrize("state", [State.DONE, State.FAILED, State.CANCELLED])
def test_a_shot_whose_take_has_ended_gets_another(studio: Studio, draw: Draw, state: State) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(1), seconds=1)
    [take] = studio.order_takes("ascent")
    studio.store.takes.write(studio.folder("ascent"), take.model_copy(update={"state": state}))
    assert len(studio.order_takes("ascent")) == 1
