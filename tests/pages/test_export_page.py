"""The export page, as a person meets it: choose, export, watch, take along."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from drawing import Draw
from streamlit.testing.v1 import AppTest
from waiting import wait_until

from core.edits import Edit
from core.executor import Executor
from core.exporter import ExportQueue, ExportState, Mode, Quality, SegmentsAhead
from core.links import export_url
from core.project import Project
from core.studio import Studio
from pages.parts.cut_strip import STRIP_PX, inset_px

ENTRY = Path(__file__).parents[2] / "pages" / "_main.py"


@pytest.fixture
def project(at_work: Studio, draw: Draw) -> Project:
    """Three stills of a fifth of a second each."""
    made = at_work.create_project("Ascent")
    return at_work.add_stills(made.id, draw.stills(3), seconds=0.2).project


@pytest.fixture
def queue(at_work: Studio) -> Iterator[ExportQueue]:
    """Exports are made while the test runs."""
    working = ExportQueue(at_work.settings.data)
    working.start()
    yield working
    assert working.stop(), "the queue did not end within 4 s"


def opened() -> AppTest:
    """The export page, as it first shows."""
    page = AppTest.from_file(str(ENTRY), default_timeout=30).run().switch_page("export.py").run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def addresses(page: AppTest, kind: str) -> list[str]:
    """Where the players, or the links, of the page lead."""
    return [str(getattr(element, "url", "")) for element in page.get(kind)]


def said(page: AppTest) -> str:
    """Every word that stands on the page outside its buttons."""
    parts = [*page.caption, *page.markdown, *page.info, *page.error, *page.subheader]
    return "\n".join(str(part.value) for part in parts)


def ended(studio: Studio, project: Project) -> ExportState:
    wait_until(lambda: not studio.exports(project.id)[0].under_way, what="the export to end")
    return studio.exports(project.id)[0].state


def test_an_export_that_is_ordered_comes_out_in_the_player_and_as_a_download(
    at_work: Studio, project: Project, queue: ExportQueue
) -> None:
    page = press(opened(), "Export")
    assert ended(at_work, project) is ExportState.DONE

    page.run()

    export = at_work.exports(project.id)[0]
    url = export_url(project.id, export.export_id)
    assert addresses(page, "video") == [url]
    assert set(addresses(page, "link_button")) == {f"{url}?download=1"}
    assert "0.6 s · 15 frames" in said(page)


def test_the_mode_that_is_chosen_is_the_mode_that_is_made(at_work: Studio, project: Project) -> None:
    page = opened()
    page.radio(key="mode").set_value(Mode.STILLS).run()
    press(page, "Export")
    assert [export.mode for export in at_work.exports(project.id)] == [Mode.STILLS]


def test_a_second_press_while_the_first_waits_orders_nothing_more(at_work: Studio, project: Project) -> None:
    page = press(press(opened(), "Export"), "Export")
    assert len(at_work.exports(project.id)) == 1
    assert "This very cut is being exported already." in [error.proto.title for error in page.error]


def test_another_mode_may_be_ordered_meanwhile(at_work: Studio, project: Project) -> None:
    page = press(opened(), "Export")
    page.radio(key="mode").set_value(Mode.ANIMATIC).run()
    press(page, "Export")
    assert {export.mode for export in at_work.exports(project.id)} == {Mode.ANIMATED, Mode.ANIMATIC}


def test_an_export_that_waits_is_ended_at_once(at_work: Studio, project: Project) -> None:
    page = press(press(opened(), "Export"), "Cancel")
    assert at_work.exports(project.id)[0].state is ExportState.CANCELLED
    assert "Cancel" not in labels(page)
    assert "Cancelled" in said(page)


def test_progress_is_told_in_words_and_percent(at_work: Studio, project: Project) -> None:
    page = press(opened(), "Export")
    assert [bar.proto.text for bar in page.get("progress")] == ["Animated: waiting · 0 %"]


def test_progress_stands_under_the_player_where_it_is_in_view(at_work: Studio, project: Project) -> None:
    player, desk = press(opened(), "Export").columns[:2]
    assert player.get("progress")
    assert not desk.get("progress")


def test_an_export_that_failed_says_what_and_what_to_do(
    at_work: Studio, project: Project, queue: ExportQueue
) -> None:
    (at_work.folder(project.id) / project.shots[1].render.image_url).unlink()
    page = press(opened(), "Export")
    assert ended(at_work, project) is ExportState.FAILED

    page.run()

    failure = at_work.exports(project.id)[0].failure
    assert failure is not None
    assert "shot_002 is gone" in failure.what
    assert [(error.proto.title, error.value) for error in page.error] == [(failure.what, failure.remedy)]
    assert f"**{failure.what}** {failure.remedy}" in said(page)
    assert "Export" in labels(page)


def test_shots_in_which_the_animatic_stands_in_are_named(at_work: Studio, project: Project) -> None:
    assert "no shot has a clip yet" in said(opened())
    with_clip(at_work, project, "shot_001")
    assert "no clip yet for shot_002, shot_003" in said(opened())


def with_clip(studio: Studio, project: Project, shot_id: str) -> None:
    """Let the shot's animatic take be made and chosen."""
    slots = Executor(studio.settings.data)
    slots.start()
    try:
        studio.order_takes(project.id, [shot_id], model="animatic")
        wait_until(lambda: studio.project(project.id).shot(shot_id).render.video is not None, what="the take")
    finally:
        assert slots.stop()


def test_an_export_of_the_storyboard_as_it_was_is_said_to_be_old(
    at_work: Studio, project: Project, queue: ExportQueue
) -> None:
    page = press(opened(), "Export")
    ended(at_work, project)
    assert "The storyboard has changed since" not in said(page.run())
    at_work.remove_shots(project.id, ["shot_003"])
    assert "The storyboard has changed since" in said(page.run())


def test_gaps_are_told_with_what_the_cut_makes_of_them(at_work: Studio, project: Project) -> None:
    at_work.remove_shots(project.id, ["shot_002"])
    assert "There is a gap of 0.20 s between shot_001 and shot_003." in said(opened())


def test_a_clip_that_cannot_fill_its_shot_is_told_where_clips_are_shown(
    at_work: Studio, project: Project
) -> None:
    with_clip(at_work, project, "shot_001")
    longer = Edit(shot_id="shot_001", field="end", was=0.2, now=9.0)
    at_work.edit(project.id, [longer])
    page = opened()
    assert "The last picture of shot_001 stands for 97 % of the shot." in said(page)
    page.radio(key="mode").set_value(Mode.STILLS).run()
    assert "The last picture of shot_001" not in said(page)


def test_an_older_export_can_be_put_in_the_player(
    at_work: Studio, project: Project, queue: ExportQueue
) -> None:
    first = at_work.order_export(project.id, mode="stills")
    ended(at_work, project)
    second = at_work.order_export(project.id, mode="animatic")
    ended(at_work, project)
    page = opened()
    assert addresses(page, "video") == [export_url(project.id, second.export_id)]
    press(page, "Play")
    assert addresses(page, "video") == [export_url(project.id, first.export_id)]


def test_a_file_that_is_gone_is_told_in_place_of_the_player(
    at_work: Studio, project: Project, queue: ExportQueue
) -> None:
    at_work.order_export(project.id, mode="stills")
    ended(at_work, project)
    at_work.export_file(project.id, at_work.exports(project.id)[0].export_id).unlink()
    page = opened()
    assert not page.get("video")
    assert [error.value for error in page.error] == ["Export again."]


def test_a_project_without_stills_says_where_to_begin(at_work: Studio) -> None:
    at_work.create_project("Bare")
    page = opened()
    assert [info.proto.title for info in page.info] == ["Bare has nothing to export yet"]
    assert [link.proto.label for link in page.get("page_link")] == ["Bring in stills"]
    assert "Export" not in labels(page)


def test_a_long_list_is_told_a_leaf_at_a_time(at_work: Studio, project: Project) -> None:
    for _ in range(11):
        at_work.cancel_export(project.id, at_work.order_export(project.id, mode="stills").export_id)
    assert said(opened()).count("Cancelled") == 8


def test_what_was_measured_on_the_file_stands_under_the_player(
    at_work: Studio, project: Project, queue: ExportQueue
) -> None:
    page = press(opened(), "Export")
    assert ended(at_work, project) is ExportState.DONE
    assert "Measured on the file: 15 of 15 frames · 2 cuts, each on its frame · no sound" in said(page.run())


def test_an_export_at_the_projects_size_and_rate_means_whatever_they_become(
    at_work: Studio, project: Project, queue: ExportQueue
) -> None:
    press(opened(), "Export")
    assert ended(at_work, project) is ExportState.DONE
    at_work.edit(
        project.id,
        [Edit(field="size", now="1920x1080", was="1280x720"), Edit(field="fps", now="24", was="25")],
    )
    ahead = SegmentsAhead(at_work.settings.data)
    while ahead.make_one():
        pass
    opened_again = opened()
    assert "24 frames per second" in said(opened_again)
    assert "all parts ready" in said(opened_again)


def test_a_cut_of_hours_is_told_in_hours(at_work: Studio, project: Project) -> None:
    at_work.edit(project.id, [Edit(shot_id="shot_003", field="end", now=36_000.0, force=True)])
    assert "10:00:00 (900,000 frames)" in said(opened())


@pytest.mark.parametrize("count", [1, 20, 200, 1000, 10_000])
def test_of_any_number_of_shots_something_is_seen(count: int) -> None:
    assert 2 * inset_px(count) < STRIP_PX / count


def test_a_draft_of_some_shots_is_what_is_made(at_work: Studio, project: Project) -> None:
    page = opened()
    quality: Any = page.get("button_group")[0]
    quality.set_value("Draft").run()
    page.select_slider[0].set_range("shot_002", "shot_003").run()
    page.selectbox(key=f"export_fps_{project.id}_25").set_value("30").run()
    press(page, "Export")
    (export,) = at_work.exports(project.id)
    assert [piece.shot_id for piece in export.pieces] == ["shot_002", "shot_003"]
    assert (export.quality, export.fps, export.frames) == (Quality.DRAFT, "30", 12)
