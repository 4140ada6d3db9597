"""The delivered file: exactly the frames of the cut, the music under it, nothing half-made."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from drawing import Draw
from waiting import wait_until

from core.edits import Edit
from core.errors import InputRefused, NotNow
from core.executor import Executor
from core.exporter import Export, ExportQueue, ExportState
from core.media import ffmpeg, probe_clip
from core.store import progress_now
from core.studio import Studio
from core.take import ENDED, TakeId


@pytest.fixture
def project(studio: Studio, draw: Draw) -> str:
    """A project of three shots whose lengths are no whole frames."""
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(3), seconds=0.33)
    return "ascent"


@pytest.fixture
def exports(data: Path) -> Iterator[ExportQueue]:
    """The export thread, at work."""
    queue = ExportQueue(data)
    queue.start()
    yield queue
    assert queue.stop()


def music(folder: Path, seconds: float, name: str = "bed.wav") -> Path:
    path = folder / name
    tone = f"sine=frequency=440:duration={seconds}"
    subprocess.run([ffmpeg(), "-y", "-loglevel", "error", "-f", "lavfi", "-i", tone, str(path)], check=True)
    return path


def times_of(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        return [frame.pts * stream.time_base for frame in container.decode(stream) if frame.pts is not None]


def picture_at(path: Path, index: int) -> np.ndarray:
    with av.open(str(path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number == index:
                return frame.to_ndarray(format="rgb24").astype(np.int16)
    raise AssertionError(f"{path.name} has no frame {index}")


@pytest.mark.parametrize("mode", ["stills", "animatic", "animated"])
@pytest.mark.parametrize("fps", ["25", "23.976", "30"])
def test_an_export_has_exactly_the_frames_of_the_cut_at_an_even_pace(
    studio: Studio, project: str, mode: str, fps: str
) -> None:
    studio.edit(project, [Edit(field="fps", now=fps, was="25")])
    export = studio.run_export(studio.order_export(project, mode=mode))
    assert export.state is ExportState.DONE, export.failure
    path = studio.export_file(project, export.export_id)
    rate = studio.project(project).frame_rate
    times = times_of(path)
    assert len(times) == export.frames == round(Fraction("0.99") * rate)
    for number, time in enumerate(times):
        assert abs(time - times[0] - number / rate) < Fraction(1, 1000)


def test_a_still_stands_still_and_the_animatic_moves(studio: Studio, project: str) -> None:
    words = [
        Edit(shot_id=shot.shot_id, field="camera_language", now="fast pan left", force=True)
        for shot in studio.project(project).shots
    ]
    studio.edit(project, words)
    stills = studio.run_export(studio.order_export(project, mode="stills"))
    moving = studio.run_export(studio.order_export(project, mode="animatic"))
    for export, moves in ((stills, False), (moving, True)):
        path = studio.export_file(project, export.export_id)
        change = np.abs(picture_at(path, 0) - picture_at(path, 7)).mean()
        assert bool(change > 2) is moves, change


def test_the_animated_cut_shows_the_takes_and_names_the_shots_that_have_none(
    studio: Studio, project: str, slots: Executor
) -> None:
    studio.order_takes(project, ["shot_002"])
    wait_until(lambda: all(take.state in ENDED for take in studio.takes(project).values()), what="the take")
    export = studio.run_export(studio.order_export(project, mode="animated"))
    assert export.state is ExportState.DONE
    assert export.fallbacks == ["shot_001", "shot_003"]


@pytest.mark.parametrize("seconds", [0.5, 5])
def test_the_music_lasts_as_long_as_the_cut(
    studio: Studio, project: str, tmp_path: Path, seconds: float
) -> None:
    studio.set_track(project, music(tmp_path, seconds), "bed.wav")
    export = studio.run_export(studio.order_export(project, mode="stills"))
    path = studio.export_file(project, export.export_id)
    assert probe_clip(path).has_audio
    with av.open(str(path)) as container:
        video, sound = container.streams.video[0], container.streams.audio[0]
        assert video.duration is not None
        assert video.time_base is not None
        assert sound.duration is not None
        assert sound.time_base is not None
        assert float(video.duration * video.time_base) == pytest.approx(1.0, abs=0.04)
        assert float(sound.duration * sound.time_base) == pytest.approx(1.0, abs=0.05)


def test_only_the_changed_shot_is_made_again(studio: Studio, project: str) -> None:
    studio.run_export(studio.order_export(project, mode="animatic"))
    before = set((studio.folder(project) / "segments").iterdir())
    studio.edit(project, [Edit(shot_id="shot_002", field="energy", now=1.0, was=0.5)])
    studio.run_export(studio.order_export(project, mode="animatic"))
    assert len(set((studio.folder(project) / "segments").iterdir()) - before) == 1


def test_shots_that_look_alike_are_made_once(studio: Studio, draw: Draw) -> None:
    studio.create_project("Alike")
    studio.add_stills("alike", [("a.png", draw.still())] * 4, seconds=1)
    begun: list[str] = []
    export = studio.order_export("alike", mode="animatic")
    made = threading.Thread(target=studio.run_export, args=(export,), name="exporting")
    made.start()
    folder = studio.folder("alike") / "segments"
    while made.is_alive():
        begun += [draft.name.lstrip(".").split(".")[0] for draft in folder.glob(".*")]
        made.join(0.002)
    assert len(set(begun)) == 1
    assert studio.export("alike", export.export_id).state is ExportState.DONE


def halved(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    "spoil",
    [halved, Path.unlink, lambda path: path.write_bytes(b""), lambda path: path.write_text("la la la")],
    ids=["cut off", "gone", "empty", "text"],
)
@pytest.mark.parametrize("kind", ["mp4", "m4a"])
def test_what_was_kept_and_is_spoilt_is_made_anew(
    studio: Studio, project: str, tmp_path: Path, kind: str, spoil: Callable[[Path], object]
) -> None:
    studio.set_track(project, music(tmp_path, 2), "bed.wav")
    studio.run_export(studio.order_export(project, mode="stills"))
    kept = sorted((studio.folder(project) / "segments").glob(f"*.{kind}"))
    spoil(kept[-1])
    export = studio.run_export(studio.order_export(project, mode="stills"))
    assert export.state is ExportState.DONE, export.failure
    assert len(times_of(studio.export_file(project, export.export_id))) == export.frames


def test_a_kept_segment_that_is_spoilt_is_made_anew_for_what_is_laid_over_it(
    studio: Studio, project: str
) -> None:
    studio.run_export(studio.order_export(project, mode="stills"))
    for path in (studio.folder(project) / "segments").glob("*.mp4"):
        path.write_text("la la la")
    export = studio.run_export(studio.order_export(project, mode="stills", burn_in=True))
    assert export.state is ExportState.DONE, export.failure


def unlinked(segments: Path) -> None:
    for path in segments.glob("[!.]*.mp4"):
        path.unlink()


@pytest.mark.parametrize(
    "delete", [unlinked, partial(shutil.rmtree, ignore_errors=True)], ids=["all", "folder"]
)
def test_segments_that_are_deleted_while_it_runs_are_made_again(
    studio: Studio, draw: Draw, delete: Callable[[Path], None]
) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(6), seconds=0.4)
    export = studio.order_export("ascent", mode="stills")
    made = threading.Thread(target=studio.run_export, args=(export,), name="exporting")
    made.start()
    segments = studio.folder("ascent") / "segments"
    wait_until(lambda: len(list(segments.glob("[!.]*.mp4"))) >= 2, what="two segments")
    delete(segments)
    made.join()
    now = studio.export("ascent", export.export_id)
    assert now.state is ExportState.DONE, now.failure


def test_an_export_in_the_app_can_be_followed_and_cancelled(
    studio: Studio, draw: Draw, exports: ExportQueue
) -> None:
    studio.create_project("Long")
    studio.add_stills("long", draw.stills(2), seconds=60)
    export = studio.order_export("long", mode="animatic")

    def now() -> Export:
        return studio.export("long", export.export_id)

    wait_until(lambda: now().fraction > 0, what="the export to get going")
    studio.cancel_export("long", export.export_id)
    wait_until(lambda: now().state is ExportState.CANCELLED, what="the export to be cancelled")
    assert not list((studio.folder("long") / "exports").glob("*.mp4"))
    assert not list((studio.folder("long") / "segments").glob(".*"))
    with pytest.raises(NotNow):
        studio.export_file("long", export.export_id)


def test_a_source_that_is_gone_fails_in_one_line_and_keeps_the_earlier_export(
    studio: Studio, project: str
) -> None:
    first = studio.run_export(studio.order_export(project, mode="stills"))
    kept = studio.export_file(project, first.export_id).read_bytes()
    still = studio.project(project).shot("shot_003").render.image_url
    (studio.folder(project) / still).unlink()
    failed = studio.run_export(studio.order_export(project, mode="animatic"))
    assert failed.state is ExportState.FAILED
    assert failed.failure is not None
    assert "shot_003" in failed.failure.what
    assert failed.failure.remedy
    assert studio.export_file(project, first.export_id).read_bytes() == kept


def test_an_empty_storyboard_is_not_exported(studio: Studio) -> None:
    studio.create_project("Empty")
    with pytest.raises(InputRefused, match="no shots"):
        studio.order_export("empty")
    with pytest.raises(InputRefused, match="no mode"):
        studio.order_export("empty", mode="hologram")


def test_text_is_no_music(studio: Studio, project: str, tmp_path: Path) -> None:
    text = tmp_path / "song.mp3"
    text.write_text("la la la")
    with pytest.raises(InputRefused, match="not a piece of music"):
        studio.set_track(project, text, "song.mp3")
    with pytest.raises(InputRefused, match="empty"):
        studio.set_track(project, b"", "song.mp3")
    assert studio.project(project).track is None
    assert not list((studio.folder(project) / "audio").glob("*"))


EXPORT = """
import sys
import threading
from core.settings import Settings
from core.store import progress_now
from core.studio import Studio
studio = Studio(Settings(data=sys.argv[1]))
studio.run_export(studio.export("ascent", sys.argv[2]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_killed_export_goes_on_where_it_was(studio: Studio, draw: Draw, data: Path) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(4), seconds=1)
    export = studio.order_export("ascent", mode="animatic")
    worker = subprocess.Popen([sys.executable, "-c", EXPORT, str(data), export.export_id])
    segments = studio.folder("ascent") / "segments"
    wait_until(lambda: len(list(segments.glob("[!.]*.mp4"))) >= 1, what="a segment")
    worker.kill()
    worker.wait()
    made = {path: path.stat().st_mtime_ns for path in segments.glob("[!.]*.mp4")}
    assert studio.run_export(export).state is ExportState.DONE
    assert all(path.stat().st_mtime_ns == changed for path, changed in made.items())


def loudest(path: Path) -> float:
    """The highest sample of the sound, as a share of full scale."""
    with av.open(str(path)) as container:
        frames = [np.abs(frame.to_ndarray().astype(float)) for frame in container.decode(audio=0)]
        integer = container.streams.audio[0].codec_context.format.name.startswith("s16")
    return float(max(frame.max() for frame in frames)) / (32768 if integer else 1)


def test_mono_music_is_as_loud_in_the_cut_as_it_was(studio: Studio, project: str, tmp_path: Path) -> None:
    track = music(tmp_path, 5)
    studio.set_track(project, track, "bed.wav")
    studio.edit(project, [Edit(field="loudness_lufs", now="off", force=True)])
    export = studio.run_export(studio.order_export(project, mode="stills"))
    assert loudest(studio.export_file(project, export.export_id)) == pytest.approx(loudest(track), rel=0.1)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_a_cut_whose_export_was_killed_can_be_ordered_again(studio: Studio, draw: Draw, data: Path) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(4), seconds=1)
    export = studio.order_export("ascent", mode="animatic")
    worker = subprocess.Popen([sys.executable, "-c", EXPORT, str(data), export.export_id])
    wait_until(
        lambda: studio.export("ascent", export.export_id).state is ExportState.RUNNING, what="it to be begun"
    )
    with pytest.raises(NotNow, match="already"):
        studio.order_export("ascent", mode="animatic")
    worker.kill()
    worker.wait()
    again = studio.order_export("ascent", mode="animatic")
    assert again.export_id == export.export_id
    assert studio.run_export(again).state is ExportState.DONE


def test_one_segment_at_a_time_is_made_while_a_slot_runs_a_take(studio: Studio, draw: Draw) -> None:
    studio.create_project("Long")
    studio.add_stills("long", draw.stills(4), seconds=1.0)
    report = progress_now(TakeId("t"), "long", fraction=None, stage="")
    (studio.settings.data / "slots").mkdir(exist_ok=True)
    studio.store.slots.report(1, report)
    export = studio.order_export("long")
    made = threading.Thread(target=studio.run_export, args=(export,), name="exporting")
    made.start()
    at_once = []
    folder = studio.folder("long") / "segments"
    while made.is_alive():
        at_once.append(len({draft.name.split("-")[0] for draft in folder.glob(".*")}))
        made.join(0.005)
    assert max(at_once) == 1
    assert studio.export("long", export.export_id).state is ExportState.DONE
