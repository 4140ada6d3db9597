"""The cut as an OpenTimelineIO timeline, and as a package with its media (.otioz)."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

import opentimelineio as otio

from core.errors import MediaFailed, disk_errors
from core.exporter.handoff.cut import Cut, Event, Kind
from core.exporter.handoff.media import FOLDER, Media, MediaChoice, MediaFile
from core.project import strip_control

BUNDLE_VERSION = "1.0.0"
"""Of the package's own layout, in its version.txt."""


def timeline(cut: Cut, media: Media, music: MediaFile | None, choice: MediaChoice) -> otio.schema.Timeline:
    """The cut as tracks: picture; the clips' own sound when the cut has it; the music.

    `source_range` is what the cut uses, `available_range` all that the file has. Times are whole frames at
    the cut's rate. A dissolve of N frames begins at the cut: in_offset 0, out_offset N. Black is a gap.
    """
    writer = _Writer(cut, media, choice)
    export = cut.export
    made = otio.schema.Timeline(name=strip_control(export.title), global_start_time=writer.time(0))
    made.metadata["stillmotion"] = {
        "project_id": export.project_id,
        "mode": export.mode.value,
        "size": export.size,
        "fps": export.fps,
        "frames": export.frames,
        "notes": list(cut.notes),
    }
    made.tracks.append(writer.picture())
    if cut.clips_heard and any(writer.heard(event) for event in cut.events):
        made.tracks.append(writer.clip_sound())
    if music is not None and cut.music is not None:
        made.tracks.append(writer.music(music))
    return made


def write_otio(made: otio.schema.Timeline, path: Path) -> None:
    """Write the timeline to the new file `path`. Raises StorageFailed or MediaFailed."""
    with disk_errors(path):
        path.write_text(_as_json(made), encoding="utf-8")


def write_otioz(made: otio.schema.Timeline, files: Iterable[MediaFile], path: Path) -> None:
    """Write the timeline, whose files are in the folder `media`, as a package with them to `path`."""
    with disk_errors(path), zipfile.ZipFile(path, "w") as package:
        package.writestr("version.txt", BUNDLE_VERSION, zipfile.ZIP_DEFLATED)
        package.writestr("content.otio", _as_json(made), zipfile.ZIP_DEFLATED)
        for file in files:
            if not file.missing:
                package.write(file.path, f"{FOLDER}/{file.name}", zipfile.ZIP_STORED)


def _as_json(made: otio.schema.Timeline) -> str:
    try:
        return str(otio.adapters.write_to_string(made, "otio_json"))
    except otio.exceptions.OTIOError as error:
        raise MediaFailed(
            f"The timeline cannot be written as OpenTimelineIO: {str(error).splitlines()[0][:200]}.",
            remedy="Report it; the other formats are not touched by it.",
        ) from error


class _Writer:
    """Builds the tracks of one cut."""

    def __init__(self, cut: Cut, media: Media, choice: MediaChoice) -> None:
        self._cut = cut
        self._media = media
        self._choice = choice
        self._rate = float(cut.rate)

    def time(self, frames: int) -> otio.opentime.RationalTime:
        return otio.opentime.RationalTime(frames, self._rate)

    def range(self, first: int, frames: int) -> otio.opentime.TimeRange:
        return otio.opentime.TimeRange(self.time(first), self.time(frames))

    def heard(self, event: Event) -> bool:
        """Whether the event brings sound of its own."""
        return event.kind is Kind.CLIP and event.piece is not None and event.piece.has_sound

    def picture(self) -> otio.schema.Track:
        track = otio.schema.Track(name="Picture", kind=otio.schema.TrackKind.Video)
        for event in self._cut.events:
            if event.dissolve:
                track.append(
                    otio.schema.Transition(
                        name="Dissolve",
                        transition_type=otio.schema.TransitionTypes.SMPTE_Dissolve,
                        in_offset=self.time(0),
                        out_offset=self.time(event.dissolve),
                    )
                )
            if event.kind is Kind.BLACK:
                track.append(otio.schema.Gap(source_range=self.range(0, event.frames)))
            else:
                track.append(self._clip(event))
        return track

    def clip_sound(self) -> otio.schema.Track:
        track = otio.schema.Track(name="Clips' own sound", kind=otio.schema.TrackKind.Audio)
        for event in self._cut.events:
            if self.heard(event):
                track.append(self._clip(event))
            else:
                track.append(otio.schema.Gap(source_range=self.range(0, event.frames)))
        return track

    def music(self, file: MediaFile) -> otio.schema.Track:
        music = self._cut.music
        assert music is not None
        track = otio.schema.Track(name="Music", kind=otio.schema.TrackKind.Audio)
        track.append(
            otio.schema.Clip(
                name="Music",
                media_reference=self._reference(file, self.range(0, music.available)),
                source_range=self.range(music.source_in, music.frames),
            )
        )
        return track

    def _clip(self, event: Event) -> otio.schema.Clip:
        piece = event.piece
        assert piece is not None
        assert event.media is not None
        # A still has no end; readers want one, so it gets all that the cut shows of it, and a minute.
        available = event.available or event.frames + round(60 * self._rate)
        made = otio.schema.Clip(
            name=strip_control(piece.shot_id),
            media_reference=self._reference(self._media[event.media], self.range(0, available)),
            source_range=self.range(event.source_in, event.frames),
        )
        source = self._media.get((piece.shot_id, False))
        if event.kind is Kind.RENDERED and source is not None:
            # What it was made from is a click away in programs that know of several files for a clip.
            made.set_media_references(
                {
                    otio.schema.Clip.DEFAULT_MEDIA_KEY: made.media_reference,
                    "source": otio.schema.ExternalReference(target_url=source.url(self._choice)),
                },
                otio.schema.Clip.DEFAULT_MEDIA_KEY,
            )
        if event.kind is Kind.FREEZE:
            made.effects.append(otio.schema.FreezeFrame())
        elif event.stretch != 1:
            made.effects.append(otio.schema.LinearTimeWarp(time_scalar=float(1 / event.stretch)))
        made.metadata["stillmotion"] = {
            "shot_id": piece.shot_id,
            "take_id": piece.take_id,
            "shows": event.kind.value,
            "fit": piece.fit.value,
            "stands_in": piece.fallback,
        }
        if piece.title and event.opens:
            made.markers.append(
                otio.schema.Marker(
                    name=strip_control(piece.title), marked_range=self.range(event.source_in, event.frames)
                )
            )
        return made

    def _reference(self, file: MediaFile, available: otio.opentime.TimeRange) -> otio.core.MediaReference:
        if file.missing:
            return otio.schema.MissingReference(name=file.name, available_range=available)
        return otio.schema.ExternalReference(target_url=file.url(self._choice), available_range=available)
