"""The hand-off as a folder and as a zip: self-contained, whole or not at all."""

import sys
import zipfile
from pathlib import Path

import opentimelineio as otio
import pytest
from drawing import Draw
from handoff_case import silence
from waiting import wait_until

from core.errors import Cancelled, InputRefused
from core.executor import Executor
from core.media import probe_clip
from core.providers.base import Signals
from core.studio import Studio
from core.take import ENDED


@pytest.fixture
def project(studio: Studio, draw: Draw) -> str:
    """A project of three shots, each a third of a second and a bit."""
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(3), seconds=0.4)
    return "ascent"


@pytest.fixture
def with_take(studio: Studio, project: str, slots: Executor) -> str:
    """The same, with a clip for the second shot."""
    studio.order_takes(project, ["shot_002"])
    wait_until(lambda: all(take.state in ENDED for take in studio.takes(project).values()), what="the take")
    return project


def test_without_opentimelineio_the_rest_is_handed_over_and_it_is_said(
    studio: Studio, project: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opentimelineio", None)  # as where it has no build for this Python
    made = studio.hand_off(project, tmp_path / "edit")
    assert "ascent.otio" not in made.files
    assert "ascent.edl" in made.files
    assert any("no .otio" in note for note in made.notes)


def test_a_folder_holds_the_timeline_and_every_file_it_points_at(
    studio: Studio, with_take: str, tmp_path: Path
) -> None:
    studio.set_track(with_take, silence(tmp_path / "bed.wav", 2), "bed.wav")
    made = studio.hand_off(with_take, tmp_path / "edit")
    assert made.files == (
        "ascent-sheet.pdf",
        "ascent-sheet.png",
        "ascent-shots.csv",
        "ascent.edl",
        "ascent.fcpxml",
        "ascent.otio",
        "media/music.wav",
        "media/shot_001_as_cut.mp4",
        "media/shot_001_still.png",
        "media/shot_002_take01.mp4",
        "media/shot_003_as_cut.mp4",
        "media/shot_003_still.png",
        "read-me.txt",
    )
    timeline = otio.adapters.read_from_file(str(tmp_path / "edit" / "ascent.otio"))
    for clip in timeline.find_clips():
        assert (tmp_path / "edit" / clip.media_reference.target_url).is_file()
    first = timeline.video_tracks()[0][0].media_references()
    assert first["source"].target_url == "media/shot_001_still.png"
    assert probe_clip(tmp_path / "edit" / "media" / "shot_001_as_cut.mp4").frames == 10
    assert not list(tmp_path.glob(".*"))


def test_stills_that_stand_stay_stills(studio: Studio, project: str, tmp_path: Path) -> None:
    made = studio.hand_off(project, tmp_path / "edit", mode="stills")
    assert [name for name in made.files if name.startswith("media")] == [
        f"media/shot_00{number}_still.png" for number in (1, 2, 3)
    ]


def test_a_package_is_read_with_the_files_in_it(studio: Studio, with_take: str, tmp_path: Path) -> None:
    studio.hand_off(with_take, tmp_path / "edit", formats=["otioz"], media="none")
    (tmp_path / "out").mkdir()
    package = tmp_path / "edit" / "ascent.otioz"
    timeline = otio.adapters.read_from_file(str(package), extract_to_directory=str(tmp_path / "out"))
    for clip in timeline.find_clips():
        assert (tmp_path / "out" / clip.media_reference.target_url).is_file()


def test_a_zip_holds_what_a_folder_would(studio: Studio, with_take: str, tmp_path: Path) -> None:
    folder = studio.hand_off(with_take, tmp_path / "edit")
    packed = studio.hand_off(with_take, tmp_path / "edit.zip", zipped=True)
    with zipfile.ZipFile(packed.path) as package:
        assert package.testzip() is None
        assert tuple(sorted(package.namelist())) == folder.files == packed.files


def test_a_clip_that_is_gone_is_named_and_the_rest_is_handed_over(
    studio: Studio, with_take: str, tmp_path: Path
) -> None:
    [take] = studio.takes(with_take).values()
    studio.clip(with_take, take.take_id).unlink()
    made = studio.hand_off(with_take, tmp_path / "edit")
    assert made.missing == ("shot_002",)
    assert any("shot_002_take01.mp4" in note for note in made.notes)
    assert "media/shot_003_as_cut.mp4" in made.files
    clips = otio.adapters.read_from_file(str(tmp_path / "edit" / "ascent.otio")).find_clips()
    assert [isinstance(clip.media_reference, otio.schema.MissingReference) for clip in clips] == [
        False,
        True,
        False,
    ]


def test_a_shot_that_cannot_be_rendered_is_named_and_the_rest_is_handed_over(
    studio: Studio, project: str, tmp_path: Path
) -> None:
    still = studio.project(project).shot("shot_001").render.image_url
    (studio.folder(project) / still).write_bytes(b"no picture any more")
    made = studio.hand_off(project, tmp_path / "edit")
    assert made.missing == ("shot_001",)
    assert "media/shot_002_as_cut.mp4" in made.files
    assert any("changed since" in note for note in made.notes)


def test_nothing_is_written_over_and_nothing_half_made_is_left(
    studio: Studio, project: str, tmp_path: Path
) -> None:
    (tmp_path / "edit").mkdir()
    (tmp_path / "edit" / "mine.txt").write_text("mine")
    with pytest.raises(InputRefused, match="there already"):
        studio.hand_off(project, tmp_path / "edit")
    stages: list[str] = []
    signals = Signals(
        cancelled=lambda: any("bringing" in stage for stage in stages),
        stopping=lambda: False,
        started=lambda: None,
        progress=lambda _, stage: stages.append(stage),
    )
    with pytest.raises(Cancelled):
        studio.hand_off(project, tmp_path / "other", mode="stills", signals=signals)
    assert sorted(path.name for path in tmp_path.iterdir() if path.name not in ("data", "drawn")) == ["edit"]


def test_what_is_not_on_offer_is_refused_in_one_line(studio: Studio, project: str, tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="no format 'avi'"):
        studio.hand_off(project, tmp_path / "edit", formats=["avi"])
    with pytest.raises(InputRefused, match="way with media"):
        studio.hand_off(project, tmp_path / "edit", media="teleport")
    with pytest.raises(InputRefused, match="No format"):
        studio.hand_off(project, tmp_path / "edit", formats=[])
    studio.create_project("Empty")
    with pytest.raises(InputRefused, match="no shots"):
        studio.hand_off("empty", tmp_path / "edit")
    assert not (tmp_path / "edit").exists()


def test_any_title_and_the_shortest_shot_are_handed_over(studio: Studio, draw: Draw, tmp_path: Path) -> None:
    title = 'Say "no" & <go>\n🎬 ' + "é" * 95
    project = studio.create_project(title, fps="29.97")
    studio.add_stills(project.id, [("con 🚀'\".png", draw.still())], seconds=1 / 30)
    made = studio.hand_off(project.id, tmp_path / ("x" * 200), mode="stills")
    assert all(len(name.encode()) < 120 and name.isascii() for name in made.files)
    assert made.events == 1
    for name in (f"{project.id}.otio", f"{project.id}.edl", f"{project.id}.fcpxml"):
        assert name in made.files
