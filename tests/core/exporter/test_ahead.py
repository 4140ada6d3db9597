"""Segments are there before an export is asked for, and nobody else is kept waiting for them."""

import logging
import os
import subprocess
import sys
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from shutil import disk_usage

import pytest
from drawing import Draw
from waiting import wait_until

from core.edits import Edit
from core.exporter import ExportState, SegmentsAhead
from core.studio import Studio


@pytest.fixture
def project(studio: Studio, draw: Draw) -> str:
    """A project of three shots, a third of a second each."""
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(3), seconds=0.33)
    return "ascent"


@pytest.fixture
def ahead(data: Path) -> Iterator[SegmentsAhead]:
    """The thread that makes segments ahead, at work."""
    working = SegmentsAhead(data)
    working.start()
    yield working
    assert working.stop()


def segments(studio: Studio, project: str) -> set[Path]:
    return set((studio.folder(project) / "segments").glob("[!.]*.mp4"))


def ready(studio: Studio, project: str, **asked: object) -> bool:
    there, of = studio.made_ahead(studio.plan_export(project, **asked))
    return there == of


def test_an_export_finds_its_segments_ready(studio: Studio, project: str, ahead: SegmentsAhead) -> None:
    wait_until(lambda: ready(studio, project), what="the segments")
    before = segments(studio, project)
    export = studio.run_export(studio.order_export(project))
    assert export.state is ExportState.DONE, export.failure
    assert segments(studio, project) == before


def test_the_sound_of_the_cut_is_made_ready_too_and_bad_music_alarms_nobody(
    studio: Studio, project: str, data: Path, tmp_path: Path
) -> None:
    bed = tmp_path / "bed.wav"
    with wave.open(str(bed), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(range(256)) * 64)
    studio.set_track(project, bed, "bed.wav")
    working = SegmentsAhead(data)
    while working.make_one():
        pass
    [sound] = (studio.folder(project) / "segments").glob("[!.]*.m4a")
    made = sound.stat().st_mtime_ns
    export = studio.run_export(studio.order_export(project))
    assert export.state is ExportState.DONE, export.failure
    assert [path.stat().st_mtime_ns for path in sound.parent.glob("[!.]*.m4a")] == [made]
    track = studio.project(project).track
    assert track is not None
    (studio.folder(project) / track.local_path).write_bytes(b"la la la")
    studio.edit(project, [Edit(field="loudness_lufs", now=-20.0, force=True)])
    working = SegmentsAhead(data)
    while working.make_one():
        pass
    assert [path.stat().st_mtime_ns for path in sound.parent.glob("[!.]*.m4a")] == [made]


def test_a_changed_shot_is_made_again_and_only_that(
    studio: Studio, project: str, ahead: SegmentsAhead
) -> None:
    wait_until(lambda: ready(studio, project), what="the segments")
    before = segments(studio, project)
    studio.edit(project, [Edit(shot_id="shot_002", field="energy", now=1.0, was=0.5)])
    wait_until(lambda: ready(studio, project), what="the changed segment")
    assert len(segments(studio, project) - before) == 1


def test_what_was_asked_of_the_newest_export_is_made_ready_for_the_next(
    studio: Studio, project: str, data: Path
) -> None:
    studio.run_export(
        studio.order_export(
            project, mode="stills", quality="draft", first_shot="shot_001", last_shot="shot_001"
        )
    )
    working = SegmentsAhead(data)
    working.start()
    wait_until(lambda: ready(studio, project, mode="stills", quality="draft"), what="the segments")
    assert working.stop()
    assert not ready(studio, project)


def test_after_a_draft_the_final_cut_is_made_ready_too(studio: Studio, project: str, data: Path) -> None:
    studio.run_export(studio.order_export(project, quality="draft"))
    working = SegmentsAhead(data)
    while working.make_one():
        pass
    assert ready(studio, project)


def test_a_project_of_another_shape_is_made_ready_as_an_export_usually_is(
    studio: Studio, project: str, data: Path
) -> None:
    studio.run_export(studio.order_export(project, mode="stills", size="1920x1080", quality="draft"))
    studio.edit(project, [Edit(field="aspect", now="square", force=True)])
    working = SegmentsAhead(data)
    while working.make_one():
        pass
    assert ready(studio, project)


def test_nothing_is_made_on_a_disk_that_is_nearly_full(studio: Studio, project: str, data: Path) -> None:
    working = SegmentsAhead(data, spare_bytes=disk_usage(data).total)
    assert not working.make_one()
    assert not segments(studio, project)
    assert SegmentsAhead(data).make_one(), "there is room"


def test_nothing_is_made_while_an_export_waits(studio: Studio, project: str, data: Path) -> None:
    order = studio.order_export(project)
    working = SegmentsAhead(data)
    assert not working.make_one()
    assert not segments(studio, project)
    studio.run_export(order)
    studio.edit(project, [Edit(shot_id="shot_002", field="energy", now=1.0, was=0.5)])
    again = SegmentsAhead(data)
    assert again.make_one()
    assert ready(studio, project)


def test_a_shot_that_cannot_be_made_keeps_no_other_from_it_and_nobody_is_alarmed(
    studio: Studio, project: str, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    studio.create_project("Empty")
    still = studio.folder(project) / studio.project(project).shots[1].render.image_url
    kept = still.read_bytes()
    still.unlink()
    working = SegmentsAhead(data)
    while working.make_one():
        pass
    assert studio.made_ahead(studio.plan_export(project)) == (2, 3)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    still.write_bytes(kept)
    assert working.make_one(), "it came back"
    assert ready(studio, project)


def test_the_cache_keeps_what_is_used_and_drops_what_was_made_first(
    studio: Studio, project: str, data: Path
) -> None:
    folder = studio.folder(project) / "segments"
    folder.mkdir()
    for name, age_s in (("old", 300), ("newer", 100)):
        (folder / f"{name}.mp4").write_bytes(bytes(10_000_000))
        os.utime(folder / f"{name}.mp4", (time.time() - age_s, time.time() - age_s))
    working = SegmentsAhead(data, cache_bytes=15_000_000)
    while working.make_one():
        pass
    assert ready(studio, project)
    assert {path.name for path in segments(studio, project)} & {"old.mp4", "newer.mp4"} == {"newer.mp4"}


def test_a_process_that_was_killed_leaves_no_half_segment(studio: Studio, project: str, data: Path) -> None:
    studio.edit(project, [Edit(shot_id="shot_002", field="end", now=300.0, force=True)])
    code = "import sys, threading; from pathlib import Path; from core.exporter import SegmentsAhead\n"
    code += "SegmentsAhead(Path(sys.argv[1])).start(); threading.Event().wait()"
    folder = studio.folder(project) / "segments"

    def drafts() -> list[Path]:
        return [each for each in folder.glob(".*") if each.stat().st_size]

    with subprocess.Popen([sys.executable, "-c", code, str(data)]) as process:
        wait_until(lambda: bool(drafts()) and len(segments(studio, project)) == 1, what="a half-made segment")
        process.kill()
    assert len(segments(studio, project)) == 1


def test_what_a_dead_process_left_half_made_is_swept_away(studio: Studio, project: str, data: Path) -> None:
    left = [studio.folder(project) / kind / ".0123-4567.mp4" for kind in ("segments", "exports")]
    for draft in left:
        draft.parent.mkdir(exist_ok=True)
        draft.write_bytes(b"half")
        os.utime(draft, (0, 0))
    working = SegmentsAhead(data)
    working.start()
    wait_until(lambda: not any(draft.exists() for draft in left), what="the drafts to be swept")
    assert working.stop()


def test_it_stops_at_once_in_the_middle_of_a_segment(studio: Studio, project: str, data: Path) -> None:
    studio.edit(project, [Edit(shot_id="shot_001", field="end", now=300.0, force=True)])
    working = SegmentsAhead(data)
    working.start()
    folder = studio.folder(project) / "segments"
    wait_until(lambda: any(folder.glob(".*")), what="a half-made segment")
    assert working.stop(1.0)
    assert not any(folder.iterdir())
