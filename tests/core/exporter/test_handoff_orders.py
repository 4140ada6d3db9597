"""Hand-offs ordered in the app: one at a time, in the background, whatever happens meanwhile."""

import shutil
from pathlib import Path

import pytest
from drawing import Draw

from core.errors import NotFound, NotNow
from core.exporter import ExportState
from core.exporter.handoff import run_hand_off
from core.studio import Studio


@pytest.fixture
def project(studio: Studio, draw: Draw) -> str:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(2), seconds=0.2)
    return "ascent"


def test_a_hand_off_goes_on_after_a_process_died_in_it(studio: Studio, project: str, data: Path) -> None:
    made = studio.order_hand_off(project, formats=["otio"], mode="stills")
    run_hand_off(data, made, stopping=lambda: True)
    assert studio.hand_off_receipt(project, made.handoff_id).under_way
    run_hand_off(data, made, stopping=lambda: False)
    done = studio.hand_off_receipt(project, made.handoff_id)
    assert (done.state, done.fraction) == (ExportState.DONE, 1.0)
    assert studio.hand_off_file(project, made.handoff_id).stat().st_size == done.bytes
    assert not [path for path in (studio.folder(project) / "handoffs").iterdir() if path.name.startswith(".")]


def test_only_the_newest_zip_is_kept(studio: Studio, project: str, data: Path) -> None:
    first, second = "", ""
    for _ in range(2):
        made = studio.order_hand_off(project, formats=["csv"], mode="stills")
        with pytest.raises(NotNow, match="already"):
            studio.order_hand_off(project)
        run_hand_off(data, made, stopping=lambda: False)
        first, second = second, made.handoff_id
    assert studio.hand_off_file(project, second).exists()
    with pytest.raises(NotFound, match="newest"):
        studio.hand_off_file(project, first)
    assert [made.handoff_id for made in studio.hand_offs(project)] == [second, first]


def test_a_hand_off_in_a_copied_folder_is_the_copys_own(studio: Studio, project: str, data: Path) -> None:
    made = studio.order_hand_off(project, formats=["csv"], mode="stills")
    run_hand_off(data, made, stopping=lambda: False)
    shutil.copytree(studio.folder(project), studio.folder("copy"))
    studio.folder(project).rename(data / "away")
    [copied] = studio.hand_offs("copy")
    assert copied.project_id == "copy"
    assert studio.hand_off_file("copy", copied.handoff_id).exists()


def test_what_goes_wrong_is_in_the_receipt(studio: Studio, project: str, data: Path) -> None:
    made = studio.order_hand_off(project, mode="stills")
    studio.remove_shots(project, ["shot_001", "shot_002"])
    run_hand_off(data, made, stopping=lambda: False)
    failed = studio.hand_off_receipt(project, made.handoff_id)
    assert failed.state is ExportState.FAILED
    assert failed.failure is not None
    assert "no shots" in failed.failure.what


def test_a_cancelled_one_leaves_nothing(studio: Studio, project: str, data: Path) -> None:
    made = studio.order_hand_off(project, mode="stills")
    assert studio.cancel_hand_off(project, made.handoff_id).state is ExportState.CANCELLED
    run_hand_off(data, made, stopping=lambda: False)
    with pytest.raises(NotNow, match="cancelled"):
        studio.hand_off_file(project, made.handoff_id)
    assert not list((studio.folder(project) / "handoffs").glob("*.zip"))
