"""Beats heard in the music, found once for each track and kept in the project's folder.

librosa listens, in a process of its own: it is an optional extra that brings a compiler along,
and neither that nor the decoded music should stay in the app's memory.
"""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from core.errors import InputRefused, MediaFailed, NotFound, NotNow, disk_errors
from core.project import Project, Track
from core.record import Record
from core.store.files import write_atomically

ROOT = Path(__file__).resolve().parents[1]
NEEDS = "requirements-beats.txt"
LONGEST_HEARD_S = 900.0
"""Longer music takes more than a gigabyte to listen to."""
PATIENCE_S = 300.0
"""Listening takes seconds; the very first time librosa is compiled, half a minute on a slow computer."""
RATE_HZ = 22_050
"""Samples per second at which librosa listens."""


class Beats(Record):
    """The beats of one track: the content of `beats/<hash>.json`."""

    schema_version: Literal[1] = 1
    sha256: str
    """Hash of the track's file, hexadecimal."""
    bpm: float
    """Beats per minute on the average; 0 when there are fewer than two."""
    beats_s: tuple[float, ...]
    """Seconds from the start of the track, in order."""


def find_beats(folder: Path, project: Project) -> Beats:
    """The beats of the project's music, remembered or found now; the first time takes some seconds.

    Raises InputRefused when there is no music, no beat in it, or too much of it; NotNow when the extra is not
    installed; NotFound when the file is gone; MediaFailed when it cannot be listened to.
    """
    track = project.track
    if track is None:
        raise InputRefused(
            f"{project.title} has no music to listen to.", remedy="Lay music under the cut, or name a tempo."
        )
    kept = folder / "beats" / f"{track.sha256[:16]}.json"
    beats = _remembered(kept, track)
    if beats is None:
        beats = _heard(folder, track)
        write_atomically(kept, beats.model_dump_json().encode())
    if not beats.beats_s:
        raise InputRefused(f"No beat was heard in {track.source_name}.", remedy="Name a tempo instead.")
    return beats


def _remembered(path: Path, track: Track) -> Beats | None:
    try:
        with disk_errors(path):
            beats = Beats.model_validate_json(path.read_bytes()) if path.exists() else None
    except ValidationError:  # a cache: it is made again
        return None
    return beats if beats is not None and beats.sha256 == track.sha256 else None


def _heard(folder: Path, track: Track) -> Beats:
    if find_spec("librosa") is None:
        raise NotNow(
            "Finding beats needs librosa, which is not installed.",
            remedy=f"Install it: {sys.executable} -m pip install -r {ROOT / NEEDS}",
        )
    if track.duration > LONGEST_HEARD_S:
        raise InputRefused(
            f"{track.source_name} lasts {track.duration / 60:.0f} minutes;"
            f" beats are found in up to {LONGEST_HEARD_S / 60:.0f}.",
            remedy="Name a tempo instead.",
        )
    music = folder / track.local_path
    if not music.exists():
        raise NotFound(f"The music {music.name} is gone.", remedy="Bring it in again.")
    said = _listen_apart(music, track.source_name)
    return Beats(sha256=track.sha256, bpm=said["bpm"], beats_s=tuple(said["beats_s"]))


def _listen_apart(music: Path, shown: str) -> dict[str, Any]:
    """What `listen` says of `music`, in a process of its own. Raises MediaFailed."""
    remedy = "Bring the music in another format, such as WAV, or name a tempo."
    command = [sys.executable, "-m", "core.beats", str(music.resolve())]
    try:
        ended = subprocess.run(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise MediaFailed(f"Listening to {shown} took too long.", remedy=remedy) from error
    if ended.returncode:
        lines = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        reason = lines[-1][:200] if lines else f"it ended with code {ended.returncode}"
        raise MediaFailed(f"{shown} could not be listened to: {reason}", remedy=remedy)
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


def listen(music: Path) -> dict[str, Any]:
    """The beats in the file `music`, found here and now: `bpm`, and `beats_s` in order."""
    import librosa

    _tempo, times = librosa.beat.beat_track(y=_samples(music), sr=RATE_HZ, units="time")
    beats_s = sorted({round(float(each), 4) for each in times})
    lasts_s = beats_s[-1] - beats_s[0] if len(beats_s) > 1 else 0.0
    return {"bpm": round(60 * (len(beats_s) - 1) / lasts_s, 2) if lasts_s else 0.0, "beats_s": beats_s}


def _samples(music: Path) -> Any:
    """The whole track in mono at RATE_HZ, as float32."""
    import av
    import numpy as np

    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(str(music)) as container:
        parts = [
            part.to_ndarray()[0]
            for frame in (*container.decode(audio=0), None)
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts) if parts else np.zeros(RATE_HZ, np.float32)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(listen(Path(sys.argv[1]))))
