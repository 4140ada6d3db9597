"""The cut as OpenTimelineIO, read back: every frame shows what the plan shows."""

import opentimelineio as otio
from handoff_case import Asked, assert_same, exports, files_of, plan
from handoff_otio import read
from hypothesis import given

from core.editing import Fit
from core.exporter import Export
from core.exporter.handoff.cut import Kind, cut_of
from core.exporter.handoff.media import MediaChoice, MediaFile
from core.exporter.handoff.otio_file import timeline


def written(export: Export, track_s: float | None = None) -> otio.schema.Timeline:
    """The cut of `export` after a journey through its file."""
    cut = cut_of(export, track_s)
    music = MediaFile(name="music.wav", path=files_of(cut)[cut.events[0].media].path) if cut.music else None  # type: ignore[index]
    made = timeline(cut, files_of(cut), music, MediaChoice.LINK)
    return otio.adapters.read_from_string(otio.adapters.write_to_string(made, "otio_json"), "otio_json")


@given(exports)
def test_every_frame_shows_what_the_plan_shows(export: Export) -> None:
    assert_same(export, cut_of(export), read(export, written(export)))


def test_what_the_cut_leaves_of_a_clip_is_there_for_the_editor() -> None:
    made = written(plan([Asked(frames=40, clip=100)]))
    clip = made.video_tracks()[0][0]
    assert clip.source_range.duration.value == 40
    assert clip.available_range().duration.value == 100


def test_a_slow_clip_keeps_its_speed_and_a_hold_is_a_freeze() -> None:
    made = written(plan([Asked(frames=60, clip=40, fit=Fit.AUTO)]))
    slow, hold = made.video_tracks()[0]
    assert slow.effects[0].time_scalar == 0.8
    assert slow.source_range.duration.value == 50
    assert isinstance(hold.effects[0], otio.schema.FreezeFrame)
    assert (hold.source_range.start_time.value, hold.source_range.duration.value) == (39, 10)


def test_a_dissolve_out_of_a_clip_without_handle_leans_on_its_last_picture() -> None:
    export = plan([Asked(clip=40), Asked(way="dissolve 10")])
    playing, standing, incoming = cut_of(export).events
    assert (playing.frames, standing.frames, standing.kind) == (39, 1, Kind.FREEZE)
    assert (incoming.record_in, incoming.dissolve) == (40, 10)


def test_a_shot_that_no_editor_can_say_comes_as_the_cut_shows_it_and_that_is_told() -> None:
    cut = cut_of(plan([Asked(frames=40, clip=44), Asked(way="dissolve 10")]))
    assert (cut.events[0].kind, cut.events[0].available) == (Kind.RENDERED, 50)
    assert any("shot_001" in note for note in cut.notes)


def test_the_music_is_a_track_of_its_own_from_where_the_cut_begins() -> None:
    export = plan([Asked(frames=30), Asked(frames=20)], music=True, first_shot="shot_002")
    [music] = written(export, 60.0).audio_tracks()
    assert music[0].source_range.start_time.value == 30
    assert music[0].source_range.duration.value == 20
    assert music[0].available_range().duration.value == 1500


def test_short_music_ends_when_it_ends() -> None:
    [music] = written(plan([Asked(frames=100)], music=True), 1.0).audio_tracks()
    assert music.duration().value == 25


def test_a_title_comes_as_a_marker() -> None:
    made = written(plan([Asked(title="THE END")]))
    assert [marker.name for marker in made.video_tracks()[0][0].markers] == ["THE END"]
