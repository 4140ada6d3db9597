"""Reads a timeline of OpenTimelineIO as events, for tests."""

import opentimelineio as otio
from handoff_case import ReadEvent

from core.exporter import Export


def frames(time: otio.opentime.RationalTime, export: Export) -> int:
    """`time` as a whole number of frames at the cut's rate."""
    assert abs(time.rate - float(export.frame_rate)) < 1e-9
    assert time.value == int(time.value)
    return int(time.value)


def read(export: Export, made: otio.schema.Timeline) -> list[ReadEvent]:
    """The picture as OpenTimelineIO itself places it."""
    found = []
    dissolve = 0
    track = made.video_tracks()[0]
    for item in track:
        if isinstance(item, otio.schema.Transition):
            assert frames(item.in_offset, export) == 0
            dissolve = frames(item.out_offset, export)
            continue
        place = track.range_of_child(item)
        common = {
            "record_in": frames(place.start_time, export),
            "frames": frames(place.duration, export),
            "dissolve": dissolve,
        }
        dissolve = 0
        if isinstance(item, otio.schema.Gap):
            found.append(ReadEvent(name=None, **common))
            continue
        speed = 1.0
        for effect in item.effects:
            speed = effect.time_scalar
        name = item.media_reference.target_url.removeprefix("media/")
        found.append(
            ReadEvent(
                name=name,
                source_in=frames(item.source_range.start_time, export),
                speed=speed,
                available=None
                if name.endswith(".png") or speed == 0
                else frames(item.available_range().duration, export),
                **common,
            )
        )
    return found
