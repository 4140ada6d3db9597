"""What is heard under the cut: the music and the clips' own sound, mixed to a measured loudness."""

from pathlib import Path

from core.exporter.ffmpeg import run_ffmpeg
from core.exporter.plan import Export
from core.media import ffmpeg, probe_track
from core.providers.base import Signals

FADE_S = 1.0
"""How long the music takes to fade at the end of the cut."""


def has_sound(export: Export) -> bool:
    """Whether anything is heard in the cut."""
    return export.track is not None


def make_sound(export: Export, folder: Path, result: Path, signals: Signals) -> None:
    """Write the sound of the cut, exactly as long as it is, to the file `result`. Only when `has_sound`.

    Raises MediaFailed, StorageFailed, and Halted through `signals`; then `result` is not there.
    """
    assert export.track is not None
    track = folder / export.track
    length_s = export.duration_s
    fade_s = min(FADE_S, length_s / 4)
    # A mono track goes to both sides as loud as it is; ffmpeg alone would take 3 dB off.
    both = "pan=stereo|c0=c0|c1=c0," if probe_track(track, track.name).channels == 1 else ""
    filters = (
        f"{both}atrim=start={export.track_from_s:.6f},asetpts=PTS-STARTPTS,apad,atrim=0:{length_s:.6f},"
        f"afade=t=out:st={length_s - fade_s:.6f}:d={fade_s:.6f}"
    )
    command = [
        *(ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-i", str(track)),
        *("-map", "0:a:0", "-vn", "-af", filters),
        *("-ar", "48000", "-ac", "2", "-c:a", "aac", "-b:a", "192k"),
        str(result),
    ]
    run_ffmpeg(command, result, signals, what="the music")
