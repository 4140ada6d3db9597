"""Pictures, clips and tracks: taken in, probed, made small."""

from core.media.clips import Colours, PictureFacts, broken_off, count_frames, picture_facts
from core.media.files import (
    ClipFacts,
    TrackFacts,
    ffmpeg,
    ffmpeg_failure,
    h264,
    poster,
    probe_clip,
    probe_track,
    sha256_of,
)
from core.media.stills import Still, safe_stem, shown_name, take_in_still, thumbnail, upright_size

__all__ = [
    "ClipFacts",
    "Colours",
    "PictureFacts",
    "Still",
    "TrackFacts",
    "broken_off",
    "count_frames",
    "ffmpeg",
    "ffmpeg_failure",
    "h264",
    "picture_facts",
    "poster",
    "probe_clip",
    "probe_track",
    "safe_stem",
    "sha256_of",
    "shown_name",
    "take_in_still",
    "thumbnail",
    "upright_size",
]
