"""The project page, as a person meets it: bring in, arrange, describe, and lose nothing."""

import wave
from pathlib import Path

import pytest
from drawing import Draw
from streamlit.testing.v1 import AppTest

from core.edits import Edit
from core.project import Project, Video
from core.studio import Studio

ENTRY = Path(__file__).parents[2] / "pages" / "_main.py"


@pytest.fixture
def project(at_work: Studio, draw: Draw) -> Project:
    """Three stills of 3 seconds each."""
    made = at_work.create_project("Ascent")
    return at_work.add_stills(made.id, draw.stills(3), seconds=3).project


def opened(door: str = "") -> AppTest:
    """The page, with one of its doors open."""
    page = AppTest.from_file(str(ENTRY), default_timeout=30)
    if door:
        page.session_state[f"door_{door}"] = True
    return without_exception(page.run())


def one_shot() -> AppTest:
    """The page, with one shot large."""
    page = opened()
    page.session_state["storyboard_view"] = "One shot"
    return without_exception(page.run())


def without_exception(page: AppTest) -> AppTest:
    assert not page.exception, page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    return without_exception(next(each for each in page.button if each.label == label).click().run())


def field(page: AppTest, label: str, kind: str = "text_input") -> object:
    return next(each for each in getattr(page, kind) if each.label == label)


def fill(page: AppTest, label: str, value: object, kind: str = "text_input") -> AppTest:
    element = field(page, label, kind)
    return without_exception(element.set_value(value).run())  # type: ignore[attr-defined]


def type_in_table(page: AppTest, cells: dict[int, dict[str, object]]) -> AppTest:
    """What the browser sends once these cells of the table hold these values."""
    key = page.data_editor[0].key
    assert key
    page.session_state[key] = {"edited_rows": cells, "added_rows": [], "deleted_rows": []}
    return without_exception(page.run())


def table(page: AppTest, column: str) -> list[object]:
    """A column of the table as it is sent to the browser, without what is typed over it."""
    return list(page.data_editor[0].value[column])


def said(page: AppTest) -> str:
    """Every word on the page that is not a field."""
    kinds = (page.caption, page.markdown, page.info, page.error, page.warning, page.success, page.subheader)
    elements = [element for kind in kinds for element in kind]
    return "\n".join(f"{getattr(element, 'title', '')} {element.value}" for element in elements)


# Empty


def test_a_project_without_shots_says_what_to_do_next(at_work: Studio) -> None:
    at_work.create_project("Ascent")
    page = opened()
    assert "Bring in the stills" in said(page)
    assert "no shots yet" in said(page)
    assert [uploader.label for uploader in page.file_uploader] == ["Upload stills"]
    assert not page.data_editor


# Settings


def test_a_new_title_is_saved(at_work: Studio, project: Project) -> None:
    fill(opened("Settings"), "Title", "Descent")
    assert at_work.project(project.id).title == "Descent"


def test_an_empty_title_is_refused_and_the_field_goes_back(at_work: Studio, project: Project) -> None:
    page = fill(opened("Settings"), "Title", " ")
    assert "The title is empty." in said(page)
    assert field(page, "Title").value == "Ascent"  # type: ignore[attr-defined]


def test_another_shape_brings_its_own_sizes(at_work: Studio, project: Project) -> None:
    page = fill(opened("Settings"), "Shape", "square", "radio")
    assert at_work.project(project.id).size == "720x720"
    assert field(page, "Size", "selectbox").options == ["720 × 720", "1080 × 1080", "2160 × 2160"]  # type: ignore[attr-defined]


def test_a_setting_that_somebody_else_changed_is_named_with_both_values(
    at_work: Studio, project: Project
) -> None:
    page = opened("Settings")
    at_work.edit(project.id, [Edit(field="title", was="Ascent", now="Theirs")])
    page = fill(page, "Title", "Mine")
    assert "Title: somebody else changed it too" in said(page)
    assert "“Mine”" in said(page)
    assert "“Theirs”" in said(page)
    assert at_work.project(project.id).title == "Theirs"


def test_the_settings_save_nothing_by_themselves(at_work: Studio, project: Project) -> None:
    page = opened("Settings")
    for _ in range(3):
        without_exception(page.run())
    assert at_work.project(project.id).revision == project.revision


def test_how_the_cut_is_put_together_is_saved(at_work: Studio, project: Project) -> None:
    page = opened("Settings")
    fill(page, "Framing", "fit", "selectbox")
    fill(page, "Transition", "dip 1", "selectbox")
    fill(page, "The clips' own sound", "drop", "selectbox")
    fill(page, "Loudness", "off", "selectbox")
    fill(page, "End of the music", "trim", "selectbox")
    saved = at_work.project(project.id)
    assert (saved.framing, str(saved.transition), saved.clip_sound) == ("fit", "dip 1", "drop")
    assert (saved.loudness_lufs, saved.track_end) == (None, "trim")


# Bringing in


def test_stills_are_uploaded_and_become_shots(at_work: Studio, project: Project, draw: Draw) -> None:
    page = opened("Bring in stills")
    still = draw.still("new.png", color="pink")
    page = without_exception(page.file_uploader[0].upload("new.png", still.read_bytes()).run())
    assert len(at_work.project(project.id).shots) == 4
    assert "1 still is now in the storyboard." in said(page)
    assert not page.file_uploader[0].value


def test_a_folder_is_added_and_a_bad_picture_is_told_while_the_others_come_in(
    at_work: Studio, project: Project, draw: Draw
) -> None:
    draw.still("folder/a.png", color="red")
    draw.still("folder/c.png", color="blue")
    (draw.folder / "folder" / "b.png").write_bytes(b"no picture")
    page = opened("Bring in stills")
    field(page, "From a folder on this computer").input(str(draw.folder / "folder"))  # type: ignore[attr-defined]
    page = press(page, "Add the folder")
    assert [shot.render.source_name for shot in at_work.project(project.id).shots[3:]] == ["a.png", "c.png"]
    assert "2 stills are now in the storyboard." in said(page)
    (error,) = page.error
    assert "b.png" in error.title
    assert error.value


@pytest.mark.parametrize("typed", ["", "stills", "/no/such/folder"])
def test_a_folder_that_is_none_is_refused_with_a_remedy(
    at_work: Studio, project: Project, typed: str
) -> None:
    page = opened("Bring in stills")
    field(page, "From a folder on this computer").input(typed)  # type: ignore[attr-defined]
    page = press(page, "Add the folder")
    (error,) = page.error
    assert error.value
    assert len(at_work.project(project.id).shots) == 3


def test_music_longer_than_the_cut_says_how_much_of_it_is_not_heard(
    at_work: Studio, project: Project, tmp_path: Path
) -> None:
    music = tmp_path / "track.wav"
    with wave.open(str(music), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8000 * 15))
    at_work.set_track(project.id, music, music.name)
    assert "15.0 s long; the cut is 9.0 s, so the last 6.0 s of it are not heard." in said(opened("Music"))


def test_music_that_is_none_is_refused_in_words(at_work: Studio, project: Project) -> None:
    page = opened("Music")
    page = without_exception(page.file_uploader[0].upload("noise.mp3", b"no music").run())
    (error,) = page.error
    assert "noise.mp3" in error.title
    assert at_work.project(project.id).track is None


# The table of shots


def test_a_cell_is_saved(at_work: Studio, project: Project) -> None:
    page = type_in_table(opened(), {1: {"camera": "slow pan left"}})
    assert at_work.project(project.id).shots[1].camera_language == "slow pan left"
    assert table(page, "prompt")[1] == "slow pan left"


def test_an_energy_outside_its_range_is_told_and_not_saved_and_the_cell_goes_back(
    at_work: Studio, project: Project
) -> None:
    page = opened()
    typed_into = page.data_editor[0].key
    page = type_in_table(page, {0: {"energy": 7}})
    assert "Energy of shot_001 is 7; it goes from 0 to 1." in said(page)
    assert at_work.project(project.id).shots[0].energy == 0.5
    assert page.data_editor[0].key != typed_into


def test_cells_of_one_shot_are_merged_with_what_somebody_else_changed(
    at_work: Studio, project: Project
) -> None:
    page = opened()
    at_work.edit(project.id, [Edit(shot_id="shot_001", field="environment", was="", now="launch pad")])
    type_in_table(page, {0: {"camera": "push in"}})
    shot = at_work.project(project.id).shots[0]
    assert (shot.camera_language, shot.environment) == ("push in", "launch pad")


def test_a_cell_that_somebody_else_changed_is_named_and_mine_is_used_when_i_say_so(
    at_work: Studio, project: Project
) -> None:
    page = opened()
    at_work.edit(project.id, [Edit(shot_id="shot_001", field="camera_language", was="", now="theirs")])
    page = type_in_table(page, {0: {"camera": "mine"}})
    assert "Camera of shot_001: somebody else changed it too" in said(page)
    assert at_work.project(project.id).shots[0].camera_language == "theirs"
    page = press(page, "Use mine")
    assert at_work.project(project.id).shots[0].camera_language == "mine"
    assert "somebody else" not in said(page)


def test_a_cell_reaches_the_shot_it_was_typed_for_although_others_were_removed_meanwhile(
    at_work: Studio, project: Project
) -> None:
    page = opened()
    at_work.remove_shots(project.id, ["shot_001"])
    type_in_table(page, {2: {"camera": "for the third"}})
    assert [shot.camera_language for shot in at_work.project(project.id).shots] == ["", "for the third"]


def test_a_cell_typed_for_a_shot_that_is_gone_is_told(at_work: Studio, project: Project) -> None:
    page = opened()
    at_work.remove_shots(project.id, ["shot_002"])
    page = type_in_table(page, {1: {"camera": "for nobody"}})
    assert "shot_002" in page.error[0].title
    assert len(at_work.project(project.id).shots) == 2


def test_a_cell_is_sent_once_however_often_the_page_is_drawn(at_work: Studio, project: Project) -> None:
    cells: dict[int, dict[str, object]] = {0: {"camera": "mine"}}
    page = type_in_table(opened(), cells)
    at_work.edit(project.id, [Edit(shot_id="shot_001", field="camera_language", now="theirs", force=True)])
    page = without_exception(page.run())
    assert at_work.project(project.id).shots[0].camera_language == "theirs"
    assert table(page, "camera")[0] == "theirs"
    assert "somebody else" not in said(page)


def drawn_because_of_somebody_else(page: AppTest) -> AppTest:
    """The page, drawn again by itself: what is half typed in the browser is not known here."""
    page.session_state["drawing_was_asked_by_watch"] = True
    return without_exception(page.run())


def test_a_cell_that_changed_under_an_open_editor_is_a_conflict(at_work: Studio, project: Project) -> None:
    page = opened()
    at_work.edit(project.id, [Edit(shot_id="shot_001", field="camera_language", was="", now="theirs")])
    page = drawn_because_of_somebody_else(page)
    assert table(page, "camera")[0] == "theirs"
    page = type_in_table(page, {0: {"camera": "begun before"}})
    assert at_work.project(project.id).shots[0].camera_language == "theirs"
    assert "“begun before”" in said(page)


def test_rows_stay_while_somebody_may_be_typing_and_come_when_asked_for(
    at_work: Studio, project: Project, draw: Draw
) -> None:
    page = opened()
    at_work.add_stills(project.id, [("new.png", draw.still("new.png", color="pink"))])
    page = drawn_because_of_somebody_else(page)
    assert len(table(page, "shot")) == 3
    page = press(page, "Show the table as it is now")
    assert len(table(page, "shot")) == 4


def test_a_field_waits_with_somebody_elses_words_while_it_may_be_typed_into(
    at_work: Studio, project: Project
) -> None:
    page = one_shot()
    at_work.edit(project.id, [Edit(shot_id="shot_001", field="environment", was="", now="theirs")])
    page = drawn_because_of_somebody_else(page)
    assert field(page, "Place").value == ""  # type: ignore[attr-defined]
    page = without_exception(page.run())
    assert field(page, "Place").value == "theirs"  # type: ignore[attr-defined]


def test_the_motion_prompt_is_shown_overridden_and_given_back(at_work: Studio, project: Project) -> None:
    at_work.edit(project.id, [Edit(shot_id="shot_001", field="camera_language", was="", now="push in")])
    page = opened()
    assert table(page, "prompt")[0] == "push in"
    page = type_in_table(page, {0: {"prompt": "my own words"}})
    assert at_work.project(project.id).shots[0].motion_prompt == "my own words"
    page = type_in_table(page, {0: {"prompt": None}})
    assert at_work.project(project.id).shots[0].motion_prompt == ""
    assert table(page, "prompt")[0] == "push in"


def test_a_shot_gets_a_model_of_its_own_and_the_projects_back(at_work: Studio, project: Project) -> None:
    page = type_in_table(opened(), {0: {"model": "kling_i2v"}})
    assert at_work.project(project.id).shots[0].video_model == "kling_i2v"
    type_in_table(page, {0: {"model": "As the project"}})
    assert at_work.project(project.id).shots[0].video_model == ""


def test_fit_way_in_and_title_are_edited_for_many_shots_in_the_table(
    at_work: Studio, project: Project
) -> None:
    cells: dict[int, dict[str, object]] = {
        1: {"fit": "loop", "way_in": "dissolve 0.5", "title": "Chapter one"},
        2: {"fit": "slow", "way_in": "dip 1"},
    }
    page = type_in_table(opened(), cells)
    _, second, third = at_work.project(project.id).shots
    assert (second.fit, str(second.transition), second.title) == ("loop", "dissolve 0.5", "Chapter one")
    assert (third.fit, str(third.transition)) == ("slow", "dip 1")
    assert table(page, "way_in") == ["As the project", "dissolve 0.5", "dip 1"]
    type_in_table(page, {1: {"way_in": "As the project", "title": None}})
    assert at_work.project(project.id).shots[1].transition is None
    assert at_work.project(project.id).shots[1].title == ""


def test_pictures_come_by_address(at_work: Studio, project: Project) -> None:
    assert all(str(each).startswith("/app/static/thumbs/ascent/") for each in table(opened(), "picture"))


# One shot


def test_one_shot_is_described_and_the_written_prompt_follows(at_work: Studio, project: Project) -> None:
    page = fill(one_shot(), "Camera", "slow push in")
    assert at_work.project(project.id).shots[0].camera_language == "slow push in"
    assert page.text_area[0].value == "slow push in"


def test_own_words_are_kept_until_the_written_ones_are_asked_back(at_work: Studio, project: Project) -> None:
    page = fill(one_shot(), "Motion prompt", "my own words", "text_area")
    assert at_work.project(project.id).shots[0].motion_prompt == "my own words"
    press(page, "Go back to the written prompt")
    assert at_work.project(project.id).shots[0].motion_prompt == ""


def test_a_prompt_longer_than_the_model_takes_is_warned_about(at_work: Studio, project: Project) -> None:
    at_work.edit(
        project.id,
        [
            Edit(shot_id="shot_001", field="motion_prompt", was="", now="word " * 200),
            Edit(shot_id="shot_001", field="video_model", was="", now="wan_i2v"),
        ],
    )
    page = one_shot()
    assert "Wan 2.6 takes 800 of 999 characters" in said(page)
    assert "1 motion prompt will be cut" in said(page)


def test_names_are_shown_as_they_are(at_work: Studio, project: Project, draw: Draw) -> None:
    page = opened("Bring in stills")
    page = without_exception(page.file_uploader[0].upload("*a* $1 $2.png", b"no picture").run())
    assert page.error[0].title.startswith(r"\*a\* \$1 \$2.png")


def test_a_shots_own_transition_fit_and_title_are_saved(at_work: Studio, project: Project) -> None:
    page = press(one_shot(), "Shot after")
    page = fill(page, "Transition", "dissolve 0.5", "selectbox")
    page = fill(page, "Fit", "loop", "selectbox")
    fill(page, "Title", "Chapter one")
    shot = at_work.project(project.id).shot("shot_002")
    assert (str(shot.transition), shot.fit, shot.title) == ("dissolve 0.5", "loop", "Chapter one")
    fill(page, "Transition", "", "selectbox")
    assert at_work.project(project.id).shot("shot_002").transition is None


def test_the_first_shot_has_no_transition(at_work: Studio, project: Project) -> None:
    assert field(one_shot(), "Transition").disabled  # type: ignore[attr-defined]


def test_a_shot_is_moved_earlier_and_keeps_its_length(at_work: Studio, project: Project) -> None:
    at_work.edit(project.id, [Edit(shot_id="shot_003", field="end", was=9.0, now=10.0)])
    page = press(press(one_shot(), "Shot after"), "Shot after")
    page = press(page, "Move earlier")
    moved = [(shot.shot_id, shot.start, shot.end) for shot in at_work.project(project.id).shots]
    assert moved == [("shot_001", 0.0, 3.0), ("shot_003", 3.0, 7.0), ("shot_002", 7.0, 10.0)]
    assert "shot_003" in [box.value for box in page.selectbox], "it is still the one in view"


# On the beat


def test_every_shift_is_shown_before_one_click_moves_the_cuts(at_work: Studio, project: Project) -> None:
    page = opened("On the beat")
    page.number_input(key="snap_bpm").set_value(80.0).run()
    shown = page.dataframe[0].value
    assert list(shown["Shot"]) == ["shot_002", "shot_003"]
    assert list(shown["Why"]) == ["Is on a beat already", "Is on a beat already"]
    page = without_exception(page.number_input(key="snap_offset").set_value(0.1).run())
    assert list(page.dataframe[0].value["Shift"]) == [0.1, 0.1]
    assert "2 of 2 cuts would move" in said(page)
    assert [shot.start for shot in at_work.project(project.id).shots] == [0, 3, 6]
    page = press(page, "Move 2 cuts")
    assert [shot.start for shot in at_work.project(project.id).shots] == [0, 3.1, 6.1]
    assert [shot.end for shot in at_work.project(project.id).shots] == [3.1, 6.1, 9]
    assert "2 cuts moved to the beat." in said(page)
    press(page, "Put the cuts back")
    assert [(shot.start, shot.end) for shot in at_work.project(project.id).shots] == [(0, 3), (3, 6), (6, 9)]


def test_a_cut_that_somebody_else_moved_meanwhile_is_named(at_work: Studio, project: Project) -> None:
    page = opened("On the beat")
    page.number_input(key="snap_offset").set_value(0.1).run()
    at_work.edit(project.id, [Edit(shot_id="shot_002", field="start", was=3.0, now=2.5)])
    page = press(page, "Move 2 cuts")
    assert "Start of shot_002: somebody else changed it too" in said(page)
    assert at_work.project(project.id).shot("shot_002").start == 2.5


def test_music_can_be_listened_to_only_where_there_is_some(at_work: Studio, project: Project) -> None:
    page = opened("On the beat")
    assert page.get("button_group")[0].proto.disabled


def test_a_clip_that_cannot_fill_its_shot_is_named(at_work: Studio, project: Project) -> None:
    def with_clip(there: Project) -> Project:
        shot = there.shots[0]
        video = Video(
            video_url="/",
            local_path="clips/a.mp4",
            duration=1.0,
            model="animatic",
            has_audio=False,
            generated_at="2026-01-01",
            motion_prompt="",
            take_id="t",
        )
        filmed = shot.model_copy(update={"render": shot.render.model_copy(update={"video": video})})
        return there.model_copy(update={"shots": (filmed, *there.shots[1:])})

    at_work.store.projects.edit(project.id, with_clip)
    assert "1 clip cannot fill the time of its shot" in said(opened())
    assert "The last picture of shot_001 stands for 59 % of the shot." in said(opened())


# All of it


def test_shots_that_do_not_meet_are_told_and_lined_up(at_work: Studio, project: Project) -> None:
    at_work.edit(project.id, [Edit(shot_id="shot_003", field="end", was=9.0, now=12.0)])
    at_work.edit(project.id, [Edit(shot_id="shot_003", field="start", was=6.0, now=8.0)])
    page = opened()
    assert "gap of 2.00 s between shot_002 and shot_003" in said(page)
    page = press(page, "Line up the shots")
    assert at_work.project(project.id).shots[2].start == 6.0
    assert "gap" not in said(page)


def test_shots_are_removed(at_work: Studio, project: Project) -> None:
    page = opened("Remove shots")
    page.multiselect[0].select("shot_002")
    page = press(page, "Remove them")
    assert [shot.shot_id for shot in at_work.project(project.id).shots] == ["shot_001", "shot_003"]
    assert "1 shot removed." in said(page)


def test_the_price_of_the_storyboard_is_told_with_its_range(at_work: Studio, project: Project) -> None:
    assert "Animating 3 shots once: **free**" in said(opened())
    at_work.edit(project.id, [Edit(field="video_model", was="animatic", now="kling_i2v")])
    assert "once: **$1.05**" in said(opened())
    at_work.edit(project.id, [Edit(field="video_model", was="kling_i2v", now="seedance20_i2v")])
    page = opened()
    assert "once: **about \\$" in said(page)
    assert "The price is a range" in said(page)


def test_a_thousand_shots_are_drawn_in_time(at_work: Studio, project: Project) -> None:
    def multiply(there: Project) -> Project:
        shots = [
            there.shots[number % 3].model_copy(
                update={"shot_id": f"shot_{number + 1:04d}", "start": number * 3.0, "end": number * 3.0 + 3}
            )
            for number in range(1000)
        ]
        return there.model_copy(update={"shots": tuple(shots)})

    at_work.store.projects.edit(project.id, multiply)
    assert len(table(opened(), "shot")) == 1000
