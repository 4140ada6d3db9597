"""Beats in the music: found, remembered, and refused in words."""

import json
import sys
import wave
from array import array
from importlib.util import find_spec
from math import exp, pi, sin
from pathlib import Path

import pytest

from core.beats import find_beats
from core.errors import InputRefused, MediaFailed, NotFound, NotNow
from core.project import Project
from core.studio import Studio

needs_ears = pytest.mark.skipif(find_spec("librosa") is None, reason="requirements-beats.txt is an extra")


def clicks(path: Path, *, bpm: float, seconds: float, first_s: float) -> Path:
    """A metronome: a short, high tone at each beat."""
    rate = 22_050
    samples = array("h", bytes(2 * int(rate * seconds)))
    at = first_s
    while at < seconds - 0.1:
        for step in range(int(0.04 * rate)):
            tone = sin(2 * pi * 1500 * step / rate) * exp(-step / (0.008 * rate))
            samples[int(at * rate) + step] = int(24_000 * tone)
        at += 60 / bpm
    with wave.open(str(path), "wb") as sound:
        sound.setparams((1, 2, rate, 0, "NONE", ""))
        sound.writeframes(samples.tobytes())
    return path


@pytest.fixture
def with_music(studio: Studio, tmp_path: Path) -> Project:
    """A project with eight seconds of a metronome at 120 that begins at 0.25 s."""
    made = studio.create_project("Ascent")
    music = clicks(tmp_path / "clicks.wav", bpm=120, seconds=8, first_s=0.25)
    return studio.set_track(made.id, music, music.name)


@needs_ears
def test_beats_are_heard_where_they_fall_and_remembered(studio: Studio, with_music: Project) -> None:
    folder = studio.folder(with_music.id)
    beats = find_beats(folder, with_music)
    assert beats.bpm == pytest.approx(120, abs=1)
    assert len(beats.beats_s) >= 12
    for at in beats.beats_s:
        off = (at - 0.25) % 0.5
        assert min(off, 0.5 - off) < 0.05

    (kept,) = (folder / "beats").iterdir()
    told = json.loads(kept.read_text())
    kept.write_text(json.dumps({**told, "beats_s": [1.0]}))
    assert find_beats(folder, with_music).beats_s == (1.0,)
    kept.write_text("{")
    assert find_beats(folder, with_music) == beats


@needs_ears
def test_silence_has_no_beat(studio: Studio, with_music: Project, tmp_path: Path) -> None:
    silence = clicks(tmp_path / "silence.wav", bpm=1, seconds=2, first_s=9)
    project = studio.set_track(with_music.id, silence, silence.name)
    with pytest.raises(InputRefused, match=r"No beat was heard in silence\.wav"):
        find_beats(studio.folder(project.id), project)


@needs_ears
def test_music_that_was_spoiled_on_the_disk_is_named(studio: Studio, with_music: Project) -> None:
    folder = studio.folder(with_music.id)
    assert with_music.track
    (folder / with_music.track.local_path).write_bytes(b"no music any more")
    with pytest.raises(MediaFailed, match=r"clicks\.wav could not be listened to"):
        find_beats(folder, with_music)
    (folder / with_music.track.local_path).unlink()
    with pytest.raises(NotFound, match="is gone"):
        find_beats(folder, with_music)


@needs_ears
def test_music_of_an_hour_is_not_listened_to(studio: Studio, with_music: Project) -> None:
    assert with_music.track
    long = with_music.model_copy(update={"track": with_music.track.model_copy(update={"duration": 3600.0})})
    with pytest.raises(InputRefused, match=r"clicks\.wav lasts 60 minutes; beats are found in up to 15\."):
        find_beats(studio.folder(long.id), long)


def test_without_the_extra_it_is_said_what_to_install(
    studio: Studio, with_music: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "librosa", None)  # as if it were not there
    with pytest.raises(NotNow, match="needs librosa, which is not installed") as missing:
        find_beats(studio.folder(with_music.id), with_music)
    assert "pip install -r" in missing.value.remedy
    assert "requirements-beats.txt" in missing.value.remedy


def test_without_music_there_is_nothing_to_listen_to(studio: Studio) -> None:
    made = studio.create_project("Ascent")
    with pytest.raises(InputRefused, match="Ascent has no music"):
        find_beats(studio.folder(made.id), made)
