"""What is heard: every sound in its place to the sample, as loud as asked; a bad track is named."""

import subprocess
import tracemalloc
import wave
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from drawing import Draw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from waiting import wait_until

from core.catalogue import Aspect
from core.editing import ClipSound, Fit, TrackEnd, TransitionKind
from core.edits import Edit
from core.errors import Cancelled, MediaFailed, NotFound
from core.executor import Executor
from core.exporter import Export, ExportId, Mode, Piece
from core.exporter.sound.loudness import measure
from core.exporter.sound.mixing import mix, music_of, sample_at, voices_of
from core.exporter.sound.pcm import SoundFile
from core.exporter.sound.sound import Sound, has_sound, make_sound
from core.media import ffmpeg, sha256_of
from core.project import FRAME_RATES, ProjectId, ShotId
from core.providers.base import Signals
from core.studio import Studio
from core.take import ENDED

Samples = NDArray[np.float32]

RATE = 48_000
CLICK_S = 0.1
"""Where in a clip its click is."""


def signals(*, cancelled: Callable[[], bool] = lambda: False) -> Signals:
    return Signals(
        cancelled=cancelled, stopping=lambda: False, started=lambda: None, progress=lambda *_: None
    )


def run(*command: object) -> None:
    subprocess.run([ffmpeg(), "-y", "-loglevel", "error", *map(str, command)], check=True)


def write_wav(path: Path, sound: Samples, rate: int = RATE) -> Path:
    """`sound` (samples × channels, -1 to 1) as a 16-bit file."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(sound.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((sound * 32767).astype("<i2").tobytes())
    return path


def clicks(seconds: float, *at_s: float, level: float = 0.9) -> Samples:
    """Silence with a click of 0.5 ms at each of these times."""
    sound = np.zeros((round(seconds * RATE), 2), np.float32)
    for each in at_s:
        sound[round(each * RATE) : round(each * RATE) + 24] = level
    return sound


def tone(seconds: float, hertz: float = 440, level: float = 0.25) -> Samples:
    sound = level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)
    return np.stack([sound, sound], axis=1).astype(np.float32)


def clip(path: Path, sound: Samples, *, seconds: float | None = None, sound_from_s: float = 0) -> Path:
    """A clip of a few pixels at 25 fps with `sound`, uncompressed."""
    length = seconds or len(sound) / RATE
    heard = write_wav(path.with_suffix(".wav"), sound)
    picture = ["-f", "lavfi", "-i", f"color=s=16x16:r=25:d={length}"]
    run(*picture, "-itsoffset", sound_from_s, "-i", heard, "-c:v", "mpeg4", "-c:a", "pcm_s16le", path)
    return path


def piece(folder: Path, source: Path, number: int, own: int, **more: Any) -> Piece:
    about = {"own_frames": own, "frames": own, "lead_frames": 0, "has_sound": True, **more}
    return Piece.model_validate(
        {
            "shot_id": f"shot_{number:03d}",
            "source": str(source.relative_to(folder)),
            "source_sha256": sha256_of(source),
            "move": None,
            "source_s": 1.0,
            **about,
        }
    )


def export_of(*pieces: Piece, fps: str = "25", track: str | None = None, **more: Any) -> Export:
    frames = sum(each.frames for each in pieces)
    return Export.model_validate(
        {
            "export_id": ExportId("x"),
            "project_id": ProjectId("p"),
            "title": "P",
            "mode": Mode.ANIMATED,
            "size": "1280x720",
            "fps": fps,
            "aspect": Aspect("horizontal"),
            "pieces": pieces,
            "track": track,
            "clip_sound": ClipSound.KEEP,
            "ordered_at": datetime.now(UTC),
            "frames": frames,
            "duration_s": float(frames / FRAME_RATES[fps]),
            **more,
        }
    )


def silent(frames: int) -> Piece:
    """A still, which has no sound."""
    return Piece(
        shot_id=ShotId("still"),
        source="still.png",
        source_sha256="0",
        move={},
        source_s=0,
        lead_frames=0,
        own_frames=frames,
        frames=frames,
    )


def mixed(export: Export, folder: Path) -> Samples:
    """The mix, before it is brought to a loudness and encoded."""
    length = sample_at(export.frames, export.frame_rate)
    music = None
    if export.track:
        music = music_of(export, SoundFile(path=folder / export.track, name=export.track, remedy=""))
    blocks = list(mix(length, music, voices_of(export, folder), export.clip_sound))
    sound = np.concatenate(blocks)
    assert len(sound) == length
    return sound


def decoded(path: Path, **options: str) -> Samples:
    with av.open(str(path), options=options) as file:
        frames = [frame.to_ndarray().T for frame in file.decode(audio=0)]
    return np.concatenate(frames)


def onsets(sound: Samples, above: float = 0.2) -> list[int]:
    """Samples at which a click begins."""
    loud = np.flatnonzero(np.abs(sound[:, 0]) > above)
    return [int(at) for at in loud[np.diff(loud, prepend=-RATE) > 480]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture(scope="module")
def clicking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 1 s with a click at CLICK_S."""
    return clip(tmp_path_factory.mktemp("clips") / "click.mov", clicks(1, CLICK_S))


places = st.lists(st.tuples(st.integers(1, 60), st.booleans(), st.integers(0, 5)), min_size=1, max_size=8)


@given(places, st.sampled_from(sorted(FRAME_RATES)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_shot_s_sound_is_at_its_place_in_frames_to_the_sample(
    clicking: Path, cut: list[tuple[int, bool, int]], fps: str
) -> None:
    folder, rate = clicking.parent, FRAME_RATES[fps]
    pieces, expected, at = [], [], 0
    for number, (frames, heard, lead) in enumerate(cut):
        fit = {"lead_frames": lead, "frames": frames + lead, "fit": Fit.TRIM}
        pieces.append(piece(folder, clicking, number, frames, **fit) if heard else silent(frames + lead))
        click_s = (at + lead) / rate + Fraction(str(CLICK_S))
        if heard and click_s + Fraction(1, 100) < (at + lead + frames) / rate:
            expected.append(float(click_s * RATE))
        at += frames + lead
    if not any(heard for _, heard, _ in cut):
        assert not has_sound(export_of(*pieces, fps=fps))
        return
    found = onsets(mixed(export_of(*pieces, fps=fps), folder))
    whole = [at for at in found if any(abs(at - each) < 480 for each in expected)]
    assert len(whole) == len(expected)
    assert all(abs(at - each) <= 1 for at, each in zip(whole, expected, strict=True))


def test_the_encoded_sound_is_in_time_whether_or_not_a_player_follows_edit_lists(
    folder: Path, clicking: Path
) -> None:
    source = clip(folder / "click.mov", clicks(1, CLICK_S, 0.7))
    export = export_of(piece(folder, source, 1, 25), piece(folder, source, 2, 20), loudness_lufs=None)
    sound = make_sound(export, folder, signals())
    for options in ({}, {"ignore_editlist": "1"}):
        found = decoded(sound.path, **options)
        assert abs(len(found) - 45 * RATE / 25) < 1024
        for at, each in zip(onsets(found), (0.1, 0.7, 1.1, 1.7), strict=True):
            assert abs(at - each * RATE) < RATE / 1000


def test_sound_that_begins_after_its_picture_stays_after_it(folder: Path) -> None:
    source = clip(folder / "late.mov", clicks(0.5, CLICK_S), seconds=1, sound_from_s=0.2)
    [at] = onsets(mixed(export_of(piece(folder, source, 1, 25)), folder))
    assert abs(at - 0.3 * RATE) <= 1


def test_a_slowed_clip_keeps_its_pitch_and_its_attacks_in_time(folder: Path) -> None:
    source = clip(folder / "slow.mov", tone(1, level=0.05) + clicks(1, 0.2, 0.6, level=0.6))
    export = export_of(piece(folder, source, 1, 40, fit=Fit.SLOW))
    sound = mixed(export, folder)
    loud = np.abs(sound[:, 0])
    for at_s in (0.32, 0.96):
        near = loud[round((at_s - 0.05) * RATE) : round((at_s + 0.05) * RATE)]
        assert abs(int(near.argmax()) / RATE - 0.05) < 0.012
    spectrum = np.abs(np.fft.rfft(sound[round(0.5 * RATE) : round(0.9 * RATE), 0]))
    assert spectrum.argmax() / 0.4 == pytest.approx(440, abs=5)


def test_a_looped_clip_sounds_as_often_as_it_is_seen_and_a_held_one_falls_silent(folder: Path) -> None:
    source = clip(folder / "click.mov", clicks(1, CLICK_S))
    looped = mixed(export_of(piece(folder, source, 1, 63, fit=Fit.LOOP)), folder)
    assert [round(at / RATE, 3) for at in onsets(looped)] == [0.1, 1.1, 2.1]
    held = mixed(export_of(piece(folder, source, 1, 63, fit=Fit.HOLD)), folder)
    assert [round(at / RATE, 3) for at in onsets(held)] == [0.1]
    assert not held[RATE:].any()


def test_no_cut_clicks(folder: Path) -> None:
    source = clip(folder / "tone.mov", tone(1, hertz=97, level=0.9))
    pieces = [piece(folder, source, number, 7, fit=Fit.TRIM) for number in range(4)]
    steps = np.abs(np.diff(mixed(export_of(*pieces), folder)[:, 0]))
    assert steps.max() < 0.03


def test_a_dissolve_crosses_the_sounds_and_a_dip_takes_them_to_silence(folder: Path) -> None:
    low = clip(folder / "low.mov", tone(2, hertz=200))
    high = clip(folder / "high.mov", tone(2, hertz=3000))
    for way, at_the_cut in ((TransitionKind.DISSOLVE, 0.25), (TransitionKind.DIP, 0.0)):
        second = piece(folder, high, 2, 25, way_in=way, way_in_frames=10, fit=Fit.TRIM)
        sound = mixed(export_of(piece(folder, low, 1, 25, fit=Fit.TRIM), second), folder)
        power = np.sqrt(2 * np.mean(sound[RATE - 240 : RATE + 240] ** 2))
        assert power == pytest.approx(at_the_cut, abs=0.02)
        middle = round(1.2 * RATE)
        if way is TransitionKind.DISSOLVE:  # half-way, both are heard, together as loud as one
            power = np.sqrt(2 * np.mean(sound[middle - 2400 : middle + 2400] ** 2))
            assert power == pytest.approx(0.25, rel=0.05)
            spectrum = np.abs(np.fft.rfft(sound[middle - 2400 : middle + 2400, 0]))
            assert spectrum[20] == pytest.approx(spectrum[300], rel=0.2)


def test_music_steps_back_where_a_clip_is_loud_and_comes_forward_again(folder: Path) -> None:
    write_wav(folder / "bed.wav", tone(4, hertz=200))
    loud = np.concatenate([tone(1, hertz=3000, level=0.0), tone(1, hertz=3000), tone(2, 3000, 0.0)])
    source = clip(folder / "loud.mov", loud)

    def music_level(how: ClipSound, from_s: float) -> float:
        sound = mixed(export_of(piece(folder, source, 1, 100), track="bed.wav", clip_sound=how), folder)
        window = sound[round(from_s * RATE) : round((from_s + 0.2) * RATE), 0]
        return float(np.abs(np.fft.rfft(window))[40] / (len(window) / 2))

    assert music_level(ClipSound.KEEP, 1.6) == pytest.approx(0.25, rel=0.01)
    assert music_level(ClipSound.DUCK, 0.5) == pytest.approx(0.25, rel=0.01)
    assert music_level(ClipSound.DUCK, 1.6) < 0.25 * 10 ** (-6 / 20)
    assert music_level(ClipSound.DUCK, 2.75) > 0.25 * 10 ** (-2 / 20)
    assert not has_sound(export_of(piece(folder, source, 1, 50), clip_sound=ClipSound.DROP))


def noise(seconds: float, *, bursts: bool = False) -> Samples:
    sound = np.random.default_rng(1).standard_normal((round(seconds * RATE), 2)) * 0.02
    if bursts:
        sound[:: RATE // 2] = 0.9
    return np.clip(sound, -1, 1).astype(np.float32)


@pytest.mark.parametrize("level", [1.0, 0.05])
@pytest.mark.parametrize("wanted", [-14.0, -23.0])
def test_the_sound_comes_out_as_loud_as_asked(folder: Path, level: float, wanted: float) -> None:
    write_wav(folder / "bed.wav", tone(3, level=0.5 * level) + noise(3) * level)
    sound = make_sound(export_of(silent(75), track="bed.wav", loudness_lufs=wanted), folder, signals())
    found = measure(sound.path)
    assert found.lufs == pytest.approx(wanted, abs=0.5)
    assert found.true_peak_dbtp is not None
    assert found.true_peak_dbtp <= -1
    assert not sound.loudness.note
    assert sound.loudness.lufs == found.lufs


def test_peaks_are_held_back_for_loudness_and_where_that_squashes_it_is_said(folder: Path) -> None:
    write_wav(folder / "bursts.wav", noise(4, bursts=True))
    reached = make_sound(export_of(silent(100), track="bursts.wav", loudness_lufs=-20.0), folder, signals())
    assert reached.loudness.lufs == pytest.approx(-20, abs=0.5)
    too_far = make_sound(export_of(silent(100), track="bursts.wav", loudness_lufs=-8.0), folder, signals())
    assert too_far.loudness.lufs is not None
    assert too_far.loudness.lufs < -10
    assert "instead of -8" in too_far.loudness.note
    for sound in (reached, too_far):
        assert sound.loudness.true_peak_dbtp is not None
        assert sound.loudness.true_peak_dbtp <= -1


def test_without_a_loudness_sound_comes_as_it_is_unless_two_together_would_be_too_loud(folder: Path) -> None:
    write_wav(folder / "bed.wav", tone(2, level=0.99))
    alone = make_sound(export_of(silent(50), track="bed.wav", loudness_lufs=None), folder, signals())
    assert np.abs(decoded(alone.path)[RATE // 2 : RATE]).max() == pytest.approx(0.99, abs=0.05)
    source = clip(folder / "loud.mov", tone(2, hertz=450, level=0.9))
    both = export_of(piece(folder, source, 1, 50), track="bed.wav", loudness_lufs=None)
    together = make_sound(both, folder, signals()).loudness
    assert together.true_peak_dbtp is not None
    assert together.true_peak_dbtp <= -1
    assert not together.note


def test_clips_are_heard_alone_where_there_is_no_music(folder: Path) -> None:
    source = clip(folder / "a.mov", tone(2, level=0.05))
    for how in (ClipSound.KEEP, ClipSound.DUCK):
        export = export_of(piece(folder, source, 1, 50), clip_sound=how, loudness_lufs=-14.0)
        assert np.abs(mixed(export, folder)[RATE // 2 : RATE]).max() == pytest.approx(0.05, rel=0.01)
        assert make_sound(export, folder, signals()).loudness.lufs == pytest.approx(-14, abs=0.5)


def test_silence_stays_silent_and_says_so(folder: Path) -> None:
    write_wav(folder / "nothing.wav", tone(2, level=0))
    sound = make_sound(export_of(silent(50), track="nothing.wav", loudness_lufs=-14.0), folder, signals())
    assert not decoded(sound.path).any()
    assert (sound.loudness.lufs, sound.loudness.true_peak_dbtp) == (None, None)
    assert "silent" in sound.loudness.note


def test_a_cut_of_one_frame_has_sound(folder: Path) -> None:
    write_wav(folder / "bed.wav", tone(2))
    sound = make_sound(export_of(silent(1), track="bed.wav", loudness_lufs=-14.0), folder, signals())
    assert sound.loudness.lufs is None
    assert "too short" in sound.loudness.note


FORMATS = {
    "mono.wav": ["-ac", "1"],
    "mono.m4a": ["-ac", "1", "-c:a", "aac"],
    "eight-bit.wav": ["-c:a", "pcm_u8"],
    "float.wav": ["-c:a", "pcm_f32le"],
    "slow.mp3": ["-ar", "22050", "-c:a", "libmp3lame", "-b:a", "96k"],
    "vbr.mp3": ["-c:a", "libmp3lame", "-q:a", "2"],
    "surround.flac": ["-ac", "6"],
    "surround.m4a": ["-af", "pan=5.1|FL=c0|FR=c1|FC=0*c0|LFE=0*c0|BL=0*c0|BR=0*c0", "-c:a", "aac"],
    "song.ogg": ["-c:a", "libvorbis"],
    "song.m4a": ["-c:a", "aac"],
}


@pytest.mark.parametrize("name", FORMATS)
def test_any_music_is_heard_in_time(folder: Path, name: str) -> None:
    source = write_wav(folder / "source.wav", clicks(3, 0.5, 1.5, 2.5))
    run("-i", source, *FORMATS[name], folder / name)
    export = export_of(silent(50), track=name, track_from_s=1.0)
    found = onsets(mixed(export, folder), above=0.3)
    assert [at / RATE for at in found] == pytest.approx([0.5, 1.5], abs=0.001)
    sides = mixed(export, folder)
    assert np.abs(sides[:, 0]).max() == pytest.approx(np.abs(sides[:, 1]).max(), rel=0.05)


def test_music_that_is_too_short_is_followed_by_silence_and_too_long_is_faded_or_trimmed(
    folder: Path,
) -> None:
    write_wav(folder / "bed.wav", tone(3))
    longer = mixed(export_of(silent(100), track="bed.wav"), folder)
    assert np.abs(longer[: 3 * RATE]).max() > 0.2
    assert not longer[3 * RATE + 10 :].any()
    for end, fades in ((TrackEnd.FADE, True), (TrackEnd.TRIM, False)):
        sound = mixed(export_of(silent(50), track="bed.wav", track_end=end), folder)
        late = np.abs(sound[round(1.8 * RATE) : round(1.9 * RATE)]).max()
        assert bool(late < 0.1) is fades
        assert np.abs(sound[-1]).max() < 0.01
    beyond = mixed(export_of(silent(50), track="bed.wav", track_from_s=9.0), folder)
    assert not beyond.any()


def test_music_that_breaks_off_is_named_with_the_place(folder: Path) -> None:
    write_wav(folder / "whole.wav", tone(8))
    run("-i", folder / "whole.wav", folder / "whole.flac")
    data = (folder / "whole.flac").read_bytes()
    (folder / "half.flac").write_bytes(data[: len(data) // 2])
    with pytest.raises(MediaFailed, match=r"half\.flac breaks off at 0:0[345]") as broken:
        make_sound(export_of(silent(200), track="half.flac"), folder, signals())
    assert broken.value.remedy
    torn = bytearray(data)
    torn[len(data) // 3 : len(data) * 2 // 3] = bytes(len(data) * 2 // 3 - len(data) // 3)
    (folder / "torn.flac").write_bytes(torn)
    with pytest.raises(MediaFailed, match=r"torn\.flac breaks off"):
        make_sound(export_of(silent(200), track="torn.flac"), folder, signals())
    assert not list((folder / "segments").iterdir())


def test_music_that_is_gone_changed_or_no_music_is_named(folder: Path) -> None:
    with pytest.raises(NotFound, match=r"bed\.wav is gone"):
        make_sound(export_of(silent(25), track="bed.wav", track_sha256="0"), folder, signals())
    (folder / "bed.wav").write_text("la la la")
    with pytest.raises(MediaFailed, match=r"bed\.wav cannot be read"):
        make_sound(export_of(silent(25), track="bed.wav"), folder, signals())
    music = write_wav(folder / "bed.wav", tone(1))
    brought = {"track": "bed.wav", "track_name": "My song.wav", "track_sha256": sha256_of(music)}
    ready = make_sound(export_of(silent(25), **brought), folder, signals())
    write_wav(music, tone(1, hertz=450))
    assert make_sound(export_of(silent(25), **brought), folder, signals()) == ready
    with pytest.raises(MediaFailed, match=r"The music My song\.wav was changed"):
        make_sound(export_of(silent(26), **brought), folder, signals())


def test_a_clip_that_was_changed_is_named(folder: Path) -> None:
    source = clip(folder / "a.mov", tone(1))
    export = export_of(piece(folder, source, 1, 25))
    clip(source, tone(1, hertz=500))
    with pytest.raises(MediaFailed, match="shot_001 was changed"):
        make_sound(export, folder, signals())


def test_the_sound_is_kept_when_only_pictures_change_and_made_again_when_it_would_sound_otherwise(
    folder: Path,
) -> None:
    write_wav(folder / "bed.wav", tone(3))
    source = clip(folder / "a.mov", tone(1))

    def made(**more: Any) -> Path:
        first = piece(folder, source, 1, 25)
        return make_sound(export_of(first, silent(25), track="bed.wav", **more), folder, signals()).path

    first = made()
    written = first.stat().st_mtime_ns
    other = silent(25).model_copy(update={"source": "other.png", "source_sha256": "1"})
    again = make_sound(
        export_of(piece(folder, source, 1, 25), other, track="bed.wav", size="1920x1080"), folder, signals()
    )
    assert (again.path, again.path.stat().st_mtime_ns) == (first, written)
    different = {made(loudness_lufs=-20.0), made(clip_sound=ClipSound.DUCK), made(track_from_s=0.5)}
    assert len(different | {first}) == 4
    first.with_suffix(".json").unlink()
    assert isinstance(make_sound(export_of(silent(25), track="bed.wav"), folder, signals()), Sound)
    assert made() == first


def test_a_long_cut_holds_no_more_sound_than_a_short_one(folder: Path, clicking: Path) -> None:
    write_wav(folder / "bed.wav", tone(70))

    def most_bytes(frames: int) -> int:
        pieces = [piece(clicking.parent, clicking, number, 25) for number in range(frames // 25)]
        music = SoundFile(path=folder / "bed.wav", name="bed.wav", remedy="")
        export = export_of(*pieces, track="bed.wav")
        clips = voices_of(export, clicking.parent)
        tracemalloc.start()
        try:
            heard = sum(map(len, mix(frames * 1920, music_of(export, music), clips, ClipSound.DUCK)))
            assert heard == frames * 1920
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert most_bytes(25 * 60) < 1.2 * most_bytes(25 * 6)


def test_a_cancelled_sound_leaves_nothing(folder: Path) -> None:
    write_wav(folder / "bed.wav", tone(3))
    asked = iter([False, False, True])
    with pytest.raises(Cancelled):
        make_sound(
            export_of(silent(75), track="bed.wav"), folder, signals(cancelled=lambda: next(asked, True))
        )
    assert not list((folder / "segments").iterdir())


def test_junk_around_the_music_is_passed_over(folder: Path) -> None:
    write_wav(folder / "a.wav", tone(2))
    run("-i", folder / "a.wav", "-c:a", "libmp3lame", folder / "a.mp3")
    (folder / "junk.mp3").write_bytes(b"TAG" * 100 + (folder / "a.mp3").read_bytes() + b"APETAGEX" * 50)
    blocks: Iterator[Samples] = SoundFile(path=folder / "junk.mp3", name="junk", remedy="").read()
    assert sum(len(block) for block in blocks) == pytest.approx(2 * RATE, abs=2400)


def test_the_clips_of_an_animated_cut_are_heard_in_the_delivered_file(
    studio: Studio, draw: Draw, slots: Executor, tmp_path: Path
) -> None:
    studio.create_project("Loud", fps="29.97")
    studio.add_stills("loud", draw.stills(3), seconds=0.7)
    studio.order_takes("loud", ["shot_002", "shot_003"])
    wait_until(lambda: all(take.state in ENDED for take in studio.takes("loud").values()), what="the takes")
    folder = studio.folder("loud")
    heard = clip(tmp_path / "heard.mov", clicks(1, CLICK_S, level=0.5))
    for take in studio.takes("loud").values():
        assert take.clip is not None
        silent_clip = folder / take.clip.local_path
        run(
            "-i",
            silent_clip,
            "-i",
            heard,
            *("-map", "0:v", "-map", "1:a", "-c:v", "copy"),
            tmp_path / "x.mp4",
        )
        (tmp_path / "x.mp4").replace(silent_clip)
        facts = {"sha256": sha256_of(silent_clip), "has_audio": True}
        studio.store.takes.write(folder, take.model_copy(update={"clip": take.clip.model_copy(update=facts)}))
        studio.choose_take(take.take_id, "loud")
    studio.edit("loud", [Edit(field="loudness_lufs", now="off", force=True)])
    export = studio.run_export(studio.order_export("loud"))
    assert export.failure is None
    found = onsets(decoded(studio.export_file("loud", export.export_id)), above=0.15)
    cuts = [cut.measured_s for cut in studio.certificate("loud", export.export_id).cuts]
    assert [at / RATE for at in found] == pytest.approx([cut + CLICK_S for cut in cuts[1:]], abs=0.001)
    studio.edit("loud", [Edit(field="clip_sound", now="drop", force=True)])
    silent_cut = studio.run_export(studio.order_export("loud"))
    assert studio.certificate("loud", silent_cut.export_id).sound is None
