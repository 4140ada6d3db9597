"""Ordering takes: which shots get one, and which are spoken for."""

import pytest
from drawing import Draw

from core.edits import Edit
from core.errors import InputRefused, NotNow
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


@pytest.mark.parametrize(
    ("field", "now", "told"),
    [
        ("video_model", "hailuo23_standard_i2v", "Kling 2.6 Pro → Hailuo 2.3 Standard"),
        ("end", 10.0, "5 s → 10 s"),
    ],
)
def test_what_a_person_agreed_to_is_ordered_or_nothing_is(
    studio: Studio, draw: Draw, monkeypatch: pytest.MonkeyPatch, field: str, now: object, told: str
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    studio.create_project("Ascent", model="kling_i2v")
    studio.add_stills("ascent", draw.stills(2), seconds=4)
    agreed = studio.quote("ascent")
    studio.edit("ascent", [Edit(field=field, now=now, shot_id="shot_002", force=True)])
    with pytest.raises(InputRefused, match=told):
        studio.order_takes("ascent", agreed=agreed)
    assert not studio.takes("ascent")
    assert not studio.ledger.bill().takes


def test_a_shot_that_changed_within_what_was_agreed_to_is_ordered(
    studio: Studio, draw: Draw, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    studio.create_project("Ascent", model="kling_i2v")
    studio.add_stills("ascent", draw.stills(1), seconds=4)
    agreed = studio.quote("ascent")
    studio.edit("ascent", [Edit(field="end", now=4.5, shot_id="shot_001", force=True)])
    [take] = studio.order_takes("ascent", agreed=agreed)
    assert take.needed_s == 4.52
