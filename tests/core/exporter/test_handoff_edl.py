"""The cut as EDL, read back by OpenTimelineIO's adapter: every frame shows what the plan shows."""

from collections.abc import Iterator
from pathlib import Path

import opentimelineio as otio
import pytest
from handoff_case import Asked, ReadEvent, assert_same, exports, files_of, plan
from hypothesis import given, settings

from core.editing import Fit
from core.errors import InputRefused
from core.exporter import Export
from core.exporter.handoff.cut import cut_of
from core.exporter.handoff.edl import edls
from core.exporter.handoff.media import MediaFile

MUSIC = MediaFile(name="music.wav", path=Path("/nowhere/bed.wav"))


def written(export: Export, *, music: bool = False) -> list[str]:
    cut = cut_of(export, 60.0 if music else None)
    return edls(cut, files_of(cut), MUSIC if music else None)


def track(text: str, export: Export, name: str = "V") -> otio.schema.Track:
    made = otio.adapters.read_from_string(text, "cmx_3600", rate=float(export.frame_rate))
    return next(each for each in made.tracks if each.name == name)


def freezes(text: str) -> Iterator[bool]:
    """For every event of the picture whether it is said to stand."""
    events: dict[str, list[str]] = {}
    number = ""
    for line in text.splitlines()[3:]:
        number = line[:3] if line[:3].isdigit() else number
        events.setdefault(number, []).append(line)
    for lines in events.values():
        yield any(line.startswith("M2") and " 000.00 " in line for line in lines)


def read(export: Export, texts: list[str]) -> list[ReadEvent]:
    """The picture as the adapter places it."""
    found = []
    for text in texts:
        picture = track(text, export)
        at = -round(picture.source_range.start_time.value) if picture.source_range else 0
        dissolve = 0
        frozen = freezes(text)
        for item in picture:
            if isinstance(item, otio.schema.Transition):
                assert item.in_offset.value == 0
                dissolve = round(item.out_offset.value)
                continue
            black = isinstance(item.media_reference, otio.schema.GeneratorReference)
            found.append(
                ReadEvent(
                    name=None if black else item.name,
                    record_in=at,
                    frames=round(item.source_range.duration.value),
                    source_in=item.source_range.start_time.value,
                    # The adapter sees no freeze where it lasts one frame, as long as what it stands for.
                    speed=0 if next(frozen) else item.effects[0].time_scalar if item.effects else 1,
                    dissolve=dissolve,
                )
            )
            at += found[-1].frames
            dissolve = 0
    return found


@given(exports)
def test_every_frame_shows_what_the_plan_shows(export: Export) -> None:
    assert_same(export, cut_of(export), read(export, written(export)), within=1.01)


def test_a_slow_clip_says_its_speed_and_uses_that_many_frames_of_its_source() -> None:
    [text] = written(plan([Asked(frames=50, clip=40, fit=Fit.AUTO)]))
    assert "00:00:00:00 00:00:01:15 00:00:00:00 00:00:02:00" in text
    assert "M2   S001" in text
    assert " 020.00 " in text


def test_a_hold_is_a_freeze_of_one_frame() -> None:
    [text] = written(plan([Asked(frames=60, clip=40, fit=Fit.HOLD)]))
    assert "00:00:01:14 00:00:01:15 00:00:01:15 00:00:02:10" in text
    assert "* * FREEZE FRAME" in text


def test_a_dissolve_has_two_lines_of_one_number() -> None:
    [text] = written(plan([Asked(frames=40, clip=80), Asked(way="dissolve 10", clip=80)]))
    lines = [line for line in text.splitlines() if line.startswith("002")]
    assert lines[0].endswith("C        00:00:01:15 00:00:01:15 00:00:01:15 00:00:01:15")
    assert lines[1].endswith("D    010 00:00:00:00 00:00:01:15 00:00:01:15 00:00:03:05")


def test_the_music_is_on_both_sound_channels() -> None:
    export = plan([Asked(frames=40)], music=True)
    [text] = written(export, music=True)
    for name in ("A1", "A2"):
        [clip] = track(text, export, name)
        assert (clip.name, clip.source_range.duration.value) == ("music.wav", 40)


@settings(deadline=None)
@given(exports)
def test_names_of_reels_are_short_and_each_is_one_file(export: Export) -> None:
    reels: dict[str, str] = {}
    for text in written(export):
        for clip in track(text, export).find_clips():
            if not isinstance(clip.media_reference, otio.schema.GeneratorReference):
                reel = clip.metadata["cmx_3600"]["reel"]
                assert len(reel) <= 8
                assert reels.setdefault(reel, clip.name) == clip.name


def test_a_long_cut_comes_in_parts_that_follow_each_other() -> None:
    shots = [Asked(frames=2, clip=2, way="dissolve 1" if number % 3 else "cut") for number in range(1100)]
    export = plan(shots, mode="stills", music=True)
    export = export.model_copy(update={"pieces": export.pieces})
    texts = written(export, music=True)
    assert len(texts) > 1
    for text in texts:
        assert sum(line[:3].isdigit() and " C " in line for line in text.splitlines()) <= 999
    assert_same(export, cut_of(export), read(export, texts), within=1.01)
    assert ["MUSIC" in text for text in texts] == [True, *[False] * (len(texts) - 1)]


def test_a_cut_longer_than_a_day_is_refused_and_ten_hours_are_not() -> None:
    ten_hours = plan([Asked(frames=10 * 3600 * 25 - 1, clip=0), Asked(frames=1, clip=0)])
    assert read(ten_hours, written(ten_hours))[1].record_in == 10 * 3600 * 25 - 1
    with pytest.raises(InputRefused, match="24 hours"):
        written(plan([Asked(frames=24 * 3600 * 25 + 1, clip=0)]))


@pytest.mark.parametrize("fps", ["23.976", "29.97", "60"])
def test_timecode_is_exact_after_minutes_and_hours(fps: str) -> None:
    export = plan([Asked(frames=frames, clip=0) for frames in (1799, 1, 1, 16181, 1, 107_892, 7)], fps=fps)
    texts = written(export)
    assert_same(export, cut_of(export), read(export, texts))
    assert ("FCM: DROP FRAME" in texts[0]) is (fps == "29.97")


def test_strange_names_stay_out_of_the_list() -> None:
    export = plan([Asked(title='Say "no"\n001  AX V C 🎬')])
    [text] = written(export.model_copy(update={"title": 'A\n"B" 🚀' + "é" * 300}))
    assert text.isascii()
    assert text.splitlines()[0].startswith("TITLE: A-B")
    assert len(text.splitlines()[0]) < 70
    assert sum(line.startswith("001") for line in text.splitlines()) == 1
