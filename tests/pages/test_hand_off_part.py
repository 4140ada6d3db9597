"""Handing the cut over on the Export page: chosen, made in the background, taken along."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from drawing import Draw
from streamlit.testing.v1 import AppTest
from waiting import wait_until

from core.exporter import ExportQueue, ExportState
from core.exporter.handoff import HandOff, HandOffs, run_hand_off
from core.links import hand_off_url
from core.studio import Studio

ENTRY = Path(__file__).parents[2] / "pages" / "_main.py"


@pytest.fixture
def project(at_work: Studio, draw: Draw) -> str:
    made = at_work.create_project("Ascent")
    return at_work.add_stills(made.id, draw.stills(2), seconds=0.2).project.id


@pytest.fixture
def queue(at_work: Studio) -> Iterator[ExportQueue]:
    working = ExportQueue(at_work.settings.data)
    working.start()
    yield working
    assert working.stop(), "the queue did not end within 4 s"


def opened() -> AppTest:
    page = AppTest.from_file(str(ENTRY), default_timeout=30).run().switch_page("export.py").run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def test_a_hand_off_is_made_and_taken_along(at_work: Studio, project: str, queue: ExportQueue) -> None:
    page = press(opened(), "Hand off")
    wait_until(lambda: not at_work.hand_offs(project)[0].under_way, what="the hand-off")
    page.run()
    [made] = at_work.hand_offs(project)
    assert made.state is ExportState.DONE
    assert {"ascent.otio", "ascent.edl", "ascent.fcpxml", "ascent-sheet.pdf"} <= set(made.files)
    links = [str(getattr(element, "url", "")) for element in page.get("link_button")]
    assert f"{hand_off_url(project, made.handoff_id)}?download=1" in links


def test_a_waiting_one_shows_how_far_it_is_and_can_be_cancelled(at_work: Studio, project: str) -> None:
    page = press(opened(), "Hand off")
    press(page, "Cancel")
    assert at_work.hand_offs(project)[0].state is ExportState.CANCELLED


def test_a_second_one_is_refused_while_the_first_is_made(at_work: Studio, project: str) -> None:
    page = press(press(opened(), "Hand off"), "Hand off")
    assert [error.proto.title for error in page.error] == ["A hand-off is being made already."]
    assert len(at_work.hand_offs(project)) == 1


def test_a_clip_that_is_gone_is_named(at_work: Studio, project: str, queue: ExportQueue) -> None:
    still = at_work.project(project).shot("shot_001").render.image_url
    (at_work.folder(project) / still).write_bytes(b"not a picture")
    page = press(opened(), "Hand off")
    wait_until(lambda: not at_work.hand_offs(project)[0].under_way, what="the hand-off")
    page.run()
    assert [warning.proto.title for warning in page.warning] == ["Not in it: the clip of shot_001"]


def test_why_one_failed_is_told(at_work: Studio, project: str) -> None:
    page = press(opened(), "Hand off")
    made = at_work.hand_offs(project)[0]
    at_work.remove_shots(project, ["shot_001"])
    run_hand_off(at_work.settings.data, failing(at_work, made), stopping=lambda: False)
    page.run()
    assert [error.proto.title for error in page.error] == ["shot_001 is not seen in the cut."]


def failing(studio: Studio, made: HandOff) -> HandOff:
    """The same, asked to begin with a shot that is no more."""
    delivery = made.delivery.model_copy(update={"first_shot": "shot_001"})
    changed = made.model_copy(update={"delivery": delivery})
    HandOffs().write(studio.folder(made.project_id), changed)
    return changed
