"""Before spending: the price, what changed since the last quote, and sound that the cut does not let hear."""

from decimal import Decimal
from pathlib import Path

import pytest
from drawing import Draw

from core.edits import Edit
from core.project import Project, ShotId
from core.proposals import last_quotes
from core.studio import Studio


@pytest.fixture
def project(studio: Studio, draw: Draw) -> Project:
    """Two shots of four seconds on Kling 2.6 Pro."""
    made = studio.create_project("Ascent", model="kling_i2v")
    return studio.add_stills(made.id, draw.stills(2), seconds=4.0).project


SHOTS = ["shot_001", "shot_002"]


def change(studio: Studio, project: Project, **fields: object) -> None:
    edits = [Edit(field=name, now=now, force=True) for name, now in fields.items()]
    assert not studio.edit(project.id, edits).refused


def test_a_first_quote_has_nothing_to_be_compared_with(studio: Studio, project: Project) -> None:
    proposal = studio.propose(project.id, SHOTS)
    assert proposal.batch.usd == Decimal("0.70")
    assert (proposal.paid_s, proposal.used_s) == (10.0, 8.0)
    assert proposal.models == {"Kling 2.6 Pro": 2}
    assert proposal.changes == ()


def test_what_changed_since_a_shot_was_last_quoted_is_named(studio: Studio, project: Project) -> None:
    seen = {each.shot_id: each.quote for each in studio.quote(project.id).shots}
    studio.edit(
        project.id,
        [
            Edit(field="end", now=3.0, force=True, shot_id="shot_001"),
            Edit(field="video_model", now="veo31_fast_i2v", force=True, shot_id="shot_002"),
        ],
    )
    [other] = studio.propose(project.id, SHOTS, seen=seen).changes  # 3 s is still 5 s of Kling
    assert other.shot_id == "shot_002"
    assert other.what == "Kling 2.6 Pro → Veo 3.1 Fast, 5 s → 4 s, $0.35 → $0.40"


def test_a_new_price_list_is_named_with_both_days(studio: Studio, project: Project) -> None:
    (last, _) = studio.quote(project.id).shots
    cheaper = {"usd": Decimal("0.30"), "usd_high": Decimal("0.30"), "price_as_of": "2025-01-01"}
    seen = {last.shot_id: last.quote.model_copy(update=cheaper)}
    [told] = studio.propose(project.id, SHOTS, seen=seen).changes
    assert told.what.startswith("$0.30 → $0.35, price list of 2026-")
    assert told.what.endswith("it was 2025-01-01")


def test_the_last_paid_take_of_a_shot_is_its_last_quote(
    studio: Studio, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    studio.order_takes(project.id, ["shot_001"])
    studio.cancel_take(next(iter(studio.takes(project.id))))
    studio.order_takes(project.id, ["shot_001"], model="animatic")
    assert {shot: quote.model for shot, quote in last_quotes(studio.takes(project.id)).items()} == {
        ShotId("shot_001"): "kling_i2v"
    }
    change(studio, project, sound=True)
    [told] = studio.propose(project.id, SHOTS).changes
    assert told.what == "now with sound, $0.35 → $0.70"


def test_sound_that_the_cut_drops_is_pointed_out_with_the_saving(studio: Studio, project: Project) -> None:
    change(studio, project, sound=True, clip_sound="drop")
    proposal = studio.propose(project.id, SHOTS)
    assert proposal.saving_usd == Decimal("0.70")
    assert proposal.unheard == "The cut drops the clips' own sound."
    assert proposal.silent is not None
    assert proposal.silent.usd == Decimal("0.70")


def test_sound_beneath_the_music_is_pointed_out_until_it_is_heard_beside_it(
    studio: Studio, project: Project
) -> None:
    change(studio, project, sound=True)
    assert not studio.propose(project.id, SHOTS).unheard
    bed = Path(__file__).parents[2] / "data" / "sample" / "bed.m4a"
    studio.set_track(project.id, bed, "bed.m4a")
    assert studio.propose(project.id, SHOTS).unheard.startswith("The music, bed.m4a, lies over it")
    change(studio, project, clip_sound="keep")
    assert not studio.propose(project.id, SHOTS).unheard


def test_sound_that_costs_nothing_is_not_spoken_of(studio: Studio, project: Project) -> None:
    change(studio, project, sound=True, clip_sound="drop")
    proposal = studio.propose(project.id, SHOTS, model="wan27_i2v")
    assert proposal.silent is None
    assert not proposal.unheard
