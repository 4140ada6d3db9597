"""The cut as FCPXML 1.8, which Final Cut Pro, DaVinci Resolve and others read.

We write it ourselves: OpenTimelineIO's adapter leaves transitions, speeds and holds out, and cuts the rates
23.976 and 29.97 off to whole numbers. What Final Cut Pro wants is in Apple's FCPXML reference: a transition
lies centred on its cut, a still is a `video` of a format without rate, speed is a `timeMap`.
"""

import xml.etree.ElementTree as ET
from fractions import Fraction
from pathlib import Path

from core.errors import disk_errors
from core.exporter.handoff.cut import Cut, Event, Kind
from core.exporter.handoff.media import Media, MediaChoice, MediaFile
from core.project import strip_control
from core.timeline import drops_frames

CROSS_DISSOLVE = "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265"
"""Final Cut Pro's own dissolve."""
NAMED_RATES = {
    Fraction(24000, 1001): "23.98",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30000, 1001): "29.97",
    Fraction(30): "30",
    Fraction(60000, 1001): "59.94",
    Fraction(60): "60",
}
"""Rates of clips that the format has a name for."""


def fcpxml(cut: Cut, media: Media, music: MediaFile | None, choice: MediaChoice) -> str:
    """The document. Times are whole frames of the cut; files are pointed at relative to it."""
    return _Writer(cut, media, choice).document(music)


def write_fcpxml(text: str, path: Path) -> None:
    """Write the document to the new file `path`. Raises StorageFailed."""
    with disk_errors(path):
        path.write_text(text, encoding="utf-8")


class _Writer:
    """Writes one cut."""

    def __init__(self, cut: Cut, media: Media, choice: MediaChoice) -> None:
        self._cut = cut
        self._media = media
        self._choice = choice
        self._root = ET.Element("fcpxml", version="1.8")
        self._resources = ET.SubElement(self._root, "resources")
        self._formats: dict[tuple[int, int, Fraction | None], str] = {}
        self._assets: dict[tuple[str, bool], str] = {}
        self._format = self._format_of(*cut.export.frame_size, cut.rate)

    def document(self, music: MediaFile | None) -> str:
        export = self._cut.export
        name = strip_control(export.title)
        dissolve = ""
        if any(event.dissolve for event in self._cut.events):
            dissolve = self._resource("effect", name="Cross Dissolve", uid=CROSS_DISSOLVE)
        library = ET.SubElement(self._root, "library")
        event = ET.SubElement(library, "event", name=name)
        project = ET.SubElement(event, "project", name=name)
        sequence = ET.SubElement(
            project,
            "sequence",
            duration=self._time(export.frames),
            format=self._format,
            tcStart="0s",
            tcFormat="DF" if drops_frames(self._cut.rate) else "NDF",
            audioLayout="stereo",
            audioRate="48k",
        )
        spine = ET.SubElement(sequence, "spine")
        events = self._cut.events
        for index, each in enumerate(events):
            begins = self._centred(each)
            ends = self._centred(events[index + 1]) if index + 1 < len(events) else export.frames
            if each.dissolve:
                self._transition(spine, each, dissolve)
            self._story(spine, each, begins, ends)
        if music is not None and self._cut.music is not None:
            self._lay_under(spine, music)
        ET.indent(self._root, "  ")
        body = ET.tostring(self._root, encoding="unicode")
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n\n{body}\n'

    @staticmethod
    def _centred(event: Event) -> int:
        """The frame on which it begins when its dissolve lies centred on the cut: the same pictures."""
        return event.record_in + event.dissolve // 2

    def _story(self, spine: ET.Element, event: Event, begins: int, ends: int) -> None:
        """The event as an element from frame `begins` to `ends` of the cut."""
        later = begins - event.record_in
        place = {"offset": self._time(begins), "duration": self._time(ends - begins)}
        piece = event.piece
        if piece is None or event.media is None:
            ET.SubElement(spine, "gap", {"name": "Black", "start": "0s", **place})
            return
        file = self._media[event.media]
        asset = self._asset(event, file)
        name = strip_control(piece.shot_id)
        if event.kind is Kind.STILL:
            made = ET.SubElement(spine, "video", {"ref": asset, "name": name, "start": "0s", **place})
        else:
            start = 0 if event.kind is Kind.FREEZE else event.source_in + later
            facts = {"ref": asset, "name": name, "start": self._time(start), **place, "tcFormat": "NDF"}
            made = ET.SubElement(spine, "asset-clip", facts)
            if file.has_audio and not (self._cut.clips_heard and event.kind is Kind.CLIP):
                made.set("srcEnable", "video")
            self._own_rate(made, file)
            self._speed(made, event, ends - event.record_in)
        if event.opens and piece.title:
            ET.SubElement(
                made,
                "marker",
                start=made.get("start", "0s"),
                duration=self._time(1),
                value=strip_control(piece.title),
            )

    def _own_rate(self, made: ET.Element, file: MediaFile) -> None:
        """Say that a clip of another rate keeps its own pace."""
        if file.fps is None or file.fps == self._cut.rate:
            return
        conform = ET.SubElement(made, "conform-rate", scaleEnabled="0")
        if file.fps in NAMED_RATES:
            conform.set("srcFrameRate", NAMED_RATES[file.fps])

    def _speed(self, made: ET.Element, event: Event, frames: int) -> None:
        """Say how the clip is slowed, or which picture stands for `frames` and beyond."""
        if event.kind is Kind.FREEZE:
            points = [(0, event.source_in), (frames + round(60 * self._cut.rate), event.source_in)]
            ends = [(self._time(at), self._time(shown)) for at, shown in points]
        elif event.stretch != 1:
            length = event.available / self._cut.rate
            ends = [("0s", "0s"), (_seconds(length * event.stretch), _seconds(length))]
        else:
            return
        times = ET.SubElement(made, "timeMap", frameSampling="floor")
        for at, shown in ends:
            ET.SubElement(times, "timept", time=at, value=shown, interp="linear")

    def _transition(self, spine: ET.Element, event: Event, dissolve: str) -> None:
        made = ET.SubElement(
            spine,
            "transition",
            name="Cross Dissolve",
            offset=self._time(event.record_in),
            duration=self._time(event.dissolve),
        )
        ET.SubElement(made, "filter-video", ref=dissolve, name="Cross Dissolve")

    def _lay_under(self, spine: ET.Element, file: MediaFile) -> None:
        """Connect the music to the first element of the spine, beneath it."""
        music = self._cut.music
        assert music is not None
        asset = self._resource(
            "asset",
            name=file.name,
            src=file.url(self._choice),
            start="0s",
            duration=self._time(music.available),
            hasAudio="1",
            audioSources="1",
            audioChannels="2",
            audioRate="48000",
        )
        first = spine[0]
        made = ET.Element(
            "asset-clip",
            ref=asset,
            name="Music",
            lane="-1",
            offset=first.get("start", "0s"),
            start=self._time(music.source_in),
            duration=self._time(music.frames),
            audioRole="music",
        )
        # The format wants what is connected behind the speed and before the markers.
        first.insert(sum(each.tag != "marker" for each in first), made)

    def _asset(self, event: Event, file: MediaFile) -> str:
        """The id of the file's resource, made at its first use."""
        key = event.media
        assert key is not None
        if key not in self._assets:
            facts = {"name": file.name, "src": file.url(self._choice), "start": "0s", "hasVideo": "1"}
            if event.kind is Kind.STILL:
                facts |= {"duration": "0s", "format": self._format_of(file.width, file.height, None)}
            else:
                size = (file.width, file.height) if file.width else self._cut.export.frame_size
                facts |= {
                    "duration": self._time(event.available),
                    "format": self._format_of(*size, file.fps or self._cut.rate),
                }
            if file.has_audio:
                facts |= {"hasAudio": "1", "audioSources": "1", "audioChannels": "2", "audioRate": "48000"}
            self._assets[key] = self._resource("asset", **facts)
        return self._assets[key]

    def _format_of(self, width: int, height: int, rate: Fraction | None) -> str:
        """The id of a format; without a rate it is a still's."""
        key = (width, height, rate)
        if key not in self._formats:
            facts = {"width": str(width), "height": str(height)} if width and height else {}
            if rate is None:
                facts["name"] = "FFVideoFormatRateUndefined"
            else:
                facts |= {"frameDuration": _seconds(1 / rate), "colorSpace": "1-1-1 (Rec. 709)"}
            self._formats[key] = self._resource("format", **facts)
        return self._formats[key]

    def _resource(self, tag: str, **facts: str) -> str:
        name = f"r{len(self._resources) + 1}"
        ET.SubElement(self._resources, tag, {"id": name, **facts})
        return name

    def _time(self, frames: int) -> str:
        """`frames` of the cut in seconds, as the fraction that the format wants."""
        rate = self._cut.rate
        return f"{frames * rate.denominator}/{rate.numerator}s" if frames else "0s"


def _seconds(exactly: Fraction) -> str:
    return f"{exactly.numerator}/{exactly.denominator}s"
