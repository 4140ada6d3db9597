"""Edits of people: merged where they fit, named where they do not, refused with a reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.edits import Edit, apply_edits
from core.project import Project, ProjectId, Render, Shot, ShotId, is_project_id, slug

STILL = Render(image_url="stills/a.png", sha256="0" * 64, width=96, height=54)


def project() -> Project:
    shots = tuple(
        Shot(shot_id=ShotId(f"shot_{number:03d}"), start=number - 1, end=number, render=STILL)
        for number in (1, 2)
    )
    return Project(
        id=ProjectId("p"), title="P", shots=shots, created_at="2026-01-01", updated_at="2026-01-01"
    )


def edit(field: str, now: Any, was: Any = None, shot_id: str | None = "shot_001") -> Edit:
    return Edit(shot_id=shot_id, field=field, was=was, now=now)


def test_two_people_who_edit_different_fields_lose_nothing() -> None:
    mine = apply_edits(project(), [edit("camera_language", "pan left", "")]).project
    both = apply_edits(mine, [edit("environment", "harbour", "")])
    assert both.project.shot("shot_001").camera_language == "pan left"
    assert both.project.shot("shot_001").environment == "harbour"
    assert not both.conflicts


def test_an_edit_of_what_somebody_else_changed_is_named_and_not_applied() -> None:
    theirs = apply_edits(project(), [edit("environment", "harbour", "")]).project
    outcome = apply_edits(theirs, [edit("environment", "desert", "")])
    assert outcome.project.shot("shot_001").environment == "harbour"
    (conflict,) = outcome.conflicts
    assert "desert" in str(conflict)
    assert "harbour" in str(conflict)


def test_two_people_who_write_the_same_agree() -> None:
    theirs = apply_edits(project(), [edit("environment", "harbour", "")]).project
    outcome = apply_edits(theirs, [edit("environment", "harbour", "")])
    assert not outcome.conflicts


def test_a_forced_edit_applies_whatever_is_there() -> None:
    theirs = apply_edits(project(), [edit("environment", "harbour", "")]).project
    mine = Edit(shot_id="shot_001", field="environment", now="desert", force=True)
    assert apply_edits(theirs, [mine]).project.shot("shot_001").environment == "desert"


@pytest.mark.parametrize("energy", ["wild", "", None, 1.7, -0.1, "nan", "inf", True, "1e999"])
def test_an_energy_that_is_none_is_refused_in_words(energy: Any) -> None:
    outcome = apply_edits(project(), [edit("energy", energy, 0.5)])
    assert outcome.project.shot("shot_001").energy == 0.5
    (error,) = outcome.refused
    assert "shot_001" in str(error)
    assert "between 0 (calm) and 1 (wild)" in error.remedy


def test_an_energy_with_a_comma_is_a_number_too() -> None:
    assert apply_edits(project(), [edit("energy", "0,25", 0.5)]).project.shot("shot_001").energy == 0.25


@pytest.mark.parametrize(("start", "end", "how"), [(2, 1, "before it starts"), (1, 1, "no length")])
def test_a_shot_that_runs_backwards_or_has_no_length_is_refused(start: float, end: float, how: str) -> None:
    outcome = apply_edits(project(), [edit("start", start, 0.0), edit("end", end, 1.0)])
    assert how in str(outcome.refused[0])
    assert outcome.project == project()


def test_a_time_with_many_decimals_can_be_edited_by_whoever_saw_it() -> None:
    fine = project()
    shot = fine.shots[0].model_copy(update={"end": 1.5239999999999998})
    fine = fine.model_copy(update={"shots": (shot, fine.shots[1])})
    outcome = apply_edits(fine, [edit("end", 1.5, 1.5239999999999998)])
    assert not outcome.conflicts
    assert outcome.project.shot("shot_001").end == 1.5


def test_start_and_end_may_move_together_past_where_they_were() -> None:
    outcome = apply_edits(project(), [edit("start", 5, 0.0), edit("end", 6, 1.0)])
    assert not outcome.refused
    assert outcome.project.shot("shot_001").start == 5


def test_a_bad_edit_of_one_shot_does_not_keep_back_a_good_one_of_another() -> None:
    outcome = apply_edits(
        project(), [edit("energy", "wild", 0.5), edit("energy", 0.9, 0.5, shot_id="shot_002")]
    )
    assert outcome.project.shot("shot_002").energy == 0.9
    assert len(outcome.refused) == 1


def test_a_bad_edit_of_one_field_does_not_keep_back_a_good_one_of_the_same_shot() -> None:
    outcome = apply_edits(
        project(), [edit("energy", "wild", 0.5), edit("end", 0, 1.0), edit("camera_language", "pan left", "")]
    )
    shot = outcome.project.shot("shot_001")
    assert (shot.camera_language, shot.energy, shot.end) == ("pan left", 0.5, 1.0)
    assert [each.field for each in outcome.applied] == ["camera_language"]
    assert len(outcome.refused) == 2


def test_a_shot_that_was_removed_meanwhile_is_named() -> None:
    outcome = apply_edits(project(), [edit("energy", 0.9, 0.5, shot_id="shot_009")])
    assert "shot_009" in str(outcome.refused[0])


def test_a_new_shape_brings_a_size_of_the_same_class() -> None:
    big = apply_edits(project(), [edit("size", "1920x1080", "1280x720", shot_id=None)]).project
    tall = apply_edits(big, [edit("aspect", "vertical", "horizontal", shot_id=None)]).project
    assert tall.size == "1080x1920"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Dissolve 0.7 s", "dissolve 0.7"),
        (" dip 1,5s ", "dip 1.5"),
        ("DISSOLVE", "dissolve 0.5"),
        ("", "cut"),
        ("cut 3", "cut"),
    ],
)
def test_a_transition_is_read_as_people_write_it(typed: str, stored: str) -> None:
    outcome = apply_edits(project(), [Edit(field="transition", now=typed, force=True)])
    assert str(outcome.project.transition) == stored


@pytest.mark.parametrize("typed", ["wipe 1", "dissolve -1", "dissolve 0", "dip 11", "dip long", "1"])
def test_a_transition_that_is_none_is_refused(typed: str) -> None:
    outcome = apply_edits(project(), [Edit(field="transition", now=typed, force=True)])
    (error,) = outcome.refused
    assert error.remedy
    assert outcome.project == project()


@pytest.mark.parametrize(
    ("typed", "stored"), [("−18.5 LUFS, speech", -18.5), ("-23", -23), ("off", None), (-14, -14)]
)
def test_a_loudness_is_read_as_people_write_it(typed: Any, stored: float | None) -> None:
    outcome = apply_edits(project(), [Edit(field="loudness_lufs", now=typed, force=True)])
    assert outcome.project.loudness_lufs == stored


def test_control_characters_never_reach_a_storyboard() -> None:
    outcome = apply_edits(project(), [edit("environment", "a\x00b\x1b[31m\ud800\r\nc", "")])
    assert outcome.project.shot("shot_001").environment == "a b [31m c"


@given(st.text(max_size=200))
def test_every_title_makes_a_name_that_stays_in_its_folder(title: str) -> None:
    assert is_project_id(slug(title))


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".", "CON", "a" * 65, "x\n", "é"])
def test_names_that_lead_elsewhere_are_no_projects(name: str) -> None:
    assert not is_project_id(name)


def test_names_of_devices_are_avoided() -> None:
    assert slug("CON") == "con-project"
    assert slug("Lpt1") == "lpt1-project"
