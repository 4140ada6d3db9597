"""The cut as FCPXML, read back by its own rules, and by OpenTimelineIO's adapter as far as that goes."""

import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
from handoff_case import Asked, ReadEvent, assert_same, exports, files_of, plan
from hypothesis import given

from core.editing import Fit
from core.exporter import Export
from core.exporter.handoff.cut import cut_of
from core.exporter.handoff.fcpxml import fcpxml
from core.exporter.handoff.media import MediaChoice, MediaFile

MUSIC = MediaFile(name="music.wav", path=Path("/nowhere/bed.wav"), has_audio=True)


def written(export: Export, *, music: bool = False) -> str:
    cut = cut_of(export, 60.0 if music else None)
    return fcpxml(cut, files_of(cut), MUSIC if music else None, MediaChoice.LINK)


def seconds(text: str) -> Fraction:
    assert text.endswith("s")
    return Fraction(text[:-1])


def whole(text: str, export: Export) -> int:
    """A time as frames of the cut: Final Cut Pro refuses what does not lie on a frame."""
    frames = seconds(text) * export.frame_rate
    assert frames.denominator == 1, text
    return int(frames)


def read(export: Export, text: str) -> list[ReadEvent]:
    """The picture by the rules of the format: a transition overlaps the two elements it is between."""
    root = ET.fromstring(text)
    assets = {asset.get("id"): asset for asset in root.iter("asset")}
    spine = root.find(".//spine")
    assert spine is not None
    begins: list[tuple[int, int, ET.Element]] = []
    at, dissolve, first = 0, 0, 0
    for item in spine:
        if item.tag == "transition":
            first, dissolve = whole(item.attrib["offset"], export), whole(item.attrib["duration"], export)
            assert first <= at <= first + dissolve, "a transition lies over its cut"
            assert 2 * (at - first) in (dissolve, dissolve - 1), "centred, as Final Cut Pro wants it"
            continue
        assert whole(item.attrib["offset"], export) == at
        begins.append((first if dissolve else at, dissolve, item))
        at, dissolve = at + whole(item.attrib["duration"], export), 0
        assert whole(item.attrib["duration"], export) > 0
    assert at == export.frames
    found = []
    for index, (record_in, dissolve, item) in enumerate(begins):
        ends = begins[index + 1][0] if index + 1 < len(begins) else export.frames
        later = whole(item.attrib["offset"], export) - record_in
        common = {"record_in": record_in, "frames": ends - record_in, "dissolve": dissolve}
        asset = assets.get(item.get("ref"))
        if asset is None:
            assert item.tag == "gap"
            found.append(ReadEvent(name=None, **common))
            continue
        name = asset.attrib["src"].removeprefix("media/")
        local = seconds(item.attrib["start"]) - later / export.frame_rate
        points = [
            (seconds(each.attrib["time"]), seconds(each.attrib["value"])) for each in item.iter("timept")
        ]
        speed = Fraction(1)
        if points:
            (time, value), (end, last) = points
            speed = (last - value) / (end - time)
            local = value + (local - time) * speed
        found.append(
            ReadEvent(
                name=name,
                source_in=float(local * export.frame_rate),
                speed=float(speed),
                available=None
                if name.endswith(".png") or not speed
                else whole(asset.attrib["duration"], export),
                **common,
            )
        )
    return found


@given(exports)
def test_every_frame_shows_what_the_plan_shows(export: Export) -> None:
    assert_same(export, cut_of(export), read(export, written(export)))


def test_the_adapter_reads_the_same_cut() -> None:
    export = plan(
        [Asked(frames=40, clip=100), Asked(frames=25, clip=50), Asked(frames=10, clip=10)], music=True
    )
    [made] = otio.adapters.read_from_string(written(export, music=True), "fcpx_xml")
    sound, picture = made.tracks
    places = [picture.range_of_child(clip) for clip in picture]
    assert [(each.start_time.value, each.duration.value) for each in places] == [(0, 40), (40, 25), (65, 10)]
    assert [clip.source_range.start_time.value for clip in picture] == [0, 0, 0]
    assert [clip.available_range().duration.value for clip in picture] == [100, 50, 10]
    assert [clip.media_reference.target_url for clip in picture] == [
        f"media/shot_00{number}.mp4" for number in (1, 2, 3)
    ]
    assert sound[0].name == "Music"
    assert sound[0].source_range.duration.value == 75


def test_the_order_of_what_is_in_a_clip_is_the_format_s() -> None:
    slow = Asked(frames=50, clip=40, fit=Fit.SLOW, title="ONE")
    root = ET.fromstring(written(plan([slow], music=True), music=True))
    clip = root.find(".//spine/asset-clip")
    assert clip is not None
    assert [each.tag for each in clip] == ["timeMap", "asset-clip", "marker"]


def test_rates_are_exact_fractions() -> None:
    for fps, length in {"23.976": "1001/24000s", "29.97": "1001/30000s", "25": "1/25s"}.items():
        root = ET.fromstring(written(plan([Asked()], fps=fps)))
        sequence = root.find(".//sequence")
        assert sequence is not None
        of_cut = next(each for each in root.iter("format") if each.get("id") == sequence.get("format"))
        assert of_cut.get("frameDuration") == length


def test_strange_names_are_no_markup() -> None:
    export = plan([Asked(title='<b>"Say\x00 no" & 🎬\n')])
    root = ET.fromstring(written(export.model_copy(update={"title": 'A <b> & "c"\x07 🚀' + "x" * 255})))
    marker = root.find(".//marker")
    assert marker is not None
    assert "🎬" in marker.attrib["value"]
