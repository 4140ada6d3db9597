"""The joined file: any player opens it, at any rate, from any folder; a full disk costs nothing."""

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import pytest
from drawing import Draw

from core.exporter import ExportState
from core.exporter.join import join
from core.exporter.sound.sound import encode
from core.media import ffmpeg, h264
from core.project import FRAME_RATES
from core.providers.base import Signals
from core.settings import Settings
from core.studio import Studio

GO_ON = Signals(
    cancelled=lambda: False, stopping=lambda: False, started=lambda: None, progress=lambda *_: None
)
BT709 = "setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709"


def segment(path: Path, frames: int, rate: Fraction) -> Path:
    source = f"testsrc2=s=32x32:r={rate},format=yuv420p,{BT709}"
    command = ["-f", "lavfi", "-i", source, "-frames:v", str(frames), *h264(rate), str(path)]
    subprocess.run([ffmpeg(), "-y", "-loglevel", "error", *command], check=True)
    return path


def sound(path: Path, seconds: Fraction) -> Path:
    import numpy as np

    length = round(seconds * 48_000)
    encode(iter([np.zeros((length, 2), np.float32)]), length, path)
    return path


class Cut:
    """What `join` needs to know of an export."""

    def __init__(self, rate: Fraction) -> None:
        self.frame_rate = rate
        self.title = 'It\'s "the"\ncut 🎬'


@pytest.mark.parametrize("fps", sorted(FRAME_RATES))
def test_every_picture_has_its_exact_time_however_many_segments_there_are(tmp_path: Path, fps: str) -> None:
    rate = FRAME_RATES[fps]
    short, long = segment(tmp_path / "short.mp4", 1, rate), segment(tmp_path / "long.mp4", 7, rate)
    segments = [short, long, short] * 60
    frames = 9 * 60
    result = tmp_path / "cut.mp4"
    join(Cut(rate), segments, sound(tmp_path / "s.m4a", frames / rate), result, GO_ON)  # type: ignore[arg-type]
    for options in ({}, {"ignore_editlist": "1"}):
        with av.open(str(result), options=options) as file:
            pictures = [packet for packet in file.demux(video=0) if packet.size]
        with av.open(str(result), options=options) as file:
            sounds = [packet for packet in file.demux(audio=0) if packet.size]
        assert [packet.pts * packet.time_base for packet in pictures if packet.pts is not None] == [
            number / rate for number in range(frames)
        ]
        assert all(packet.dts == packet.pts for packet in pictures)
        assert sounds[0].pts == 0
        times = [packet.dts for packet in sounds if packet.dts is not None]
        assert times == sorted(set(times))
        last = sounds[-1]
        assert last.pts is not None
        assert abs((last.pts + (last.duration or 0)) * last.time_base - frames / rate) < Fraction(22, 1000)
    keys = [number for number, packet in enumerate(pictures) if packet.is_keyframe]
    assert keys == [at for round_ in range(60) for at in (9 * round_, 9 * round_ + 1, 9 * round_ + 8)]


def test_the_index_comes_first_and_colours_title_and_closed_groups_are_kept(tmp_path: Path) -> None:
    rate = Fraction(25)
    result = tmp_path / "cut.mp4"
    long = segment(tmp_path / "long.mp4", 120, rate)
    join(Cut(rate), [long, long], None, result, GO_ON)  # type: ignore[arg-type]
    data = result.read_bytes()
    assert 0 < data.find(b"moov") < data.find(b"mdat")
    with av.open(str(result)) as file:
        context = file.streams.video[0].codec_context
        colours = (context.color_range, context.color_primaries, context.color_trc, context.colorspace)
        assert colours == (1, 1, 1, 1)
        assert file.metadata["title"] == 'It\'s "the"\ncut 🎬'
        assert "creation_time" not in file.metadata
        assert not file.streams.audio
    for first in (50, 120, 170):  # decoding can begin at every key picture, and gives the same picture
        with av.open(str(result)) as file:
            whole = [frame.to_ndarray() for frame in file.decode(video=0)]
        with av.open(str(result)) as file:
            stream = file.streams.video[0]
            assert stream.time_base is not None
            file.seek(round(first / rate / stream.time_base), stream=stream)
            frame = next(file.decode(stream))
        assert frame.pts is not None
        assert frame.pts * stream.time_base == first / rate
        assert (frame.to_ndarray() == whole[first]).all()


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows does not have")
def test_a_cut_is_joined_in_a_folder_of_any_name(tmp_path: Path) -> None:
    data = tmp_path / 'it\'s "a"\nfile: 100% 🎬' / ("n" * 255)
    studio = Studio(Settings(data=data))
    studio.create_project('It\'s "one" 🎬 ' + "é" * 100)
    [summary] = studio.projects()
    studio.add_stills(summary.project_id, Draw(tmp_path / "drawn").stills(2), seconds=0.2)
    export = studio.run_export(studio.order_export(summary.project_id, mode="stills"))
    assert export.state is ExportState.DONE, export.failure
    assert studio.certificate(summary.project_id, export.export_id).measured_frames == 10


SMALL_DISK = """
import resource, signal, sys
from pathlib import Path
from core.settings import Settings
from core.studio import Studio
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
studio = Studio(Settings(data=Path(sys.argv[1])))
order = studio.order_export("ascent", mode="stills")
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
export = studio.run_export(order)
print(export.state, export.failure.what, export.failure.remedy, sep="\\n")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a small disk is played by a limit that Windows has not")
def test_a_disk_that_fills_up_during_the_sound_is_named_and_leaves_nothing(
    studio: Studio, draw: Draw, data: Path, tmp_path: Path
) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(2), seconds=3)
    studio.run_export(studio.order_export("ascent", mode="stills"))
    bed = tmp_path / "bed.wav"
    noise = ["-f", "lavfi", "-i", "anoisesrc=d=6", str(bed)]
    subprocess.run([ffmpeg(), "-loglevel", "error", *noise], check=True)
    studio.set_track("ascent", bed, "bed.wav")
    said = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, str(data), "60000"], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said[0] == "failed"
    assert len(said) == 3
    assert "disk" in said[1]
    assert not [path for path in (studio.folder("ascent") / "segments").iterdir() if path.suffix != ".mp4"]


@pytest.mark.skipif(sys.platform == "win32", reason="a small disk is played by a limit that Windows has not")
@pytest.mark.parametrize("share", [0.5, 0.999])
def test_a_disk_that_fills_up_during_the_join_leaves_the_earlier_export(
    studio: Studio, draw: Draw, data: Path, share: float
) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(6), seconds=0.4)
    first = studio.run_export(studio.order_export("ascent", mode="stills"))
    path = studio.export_file("ascent", first.export_id)
    before = path.read_bytes()
    largest = max(each.stat().st_size for each in (studio.folder("ascent") / "segments").iterdir())
    limit = int(len(before) * share)
    assert largest < limit
    said = subprocess.run(
        [sys.executable, "-c", SMALL_DISK, str(data), str(limit)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said[0] == "failed"
    assert len(said) == 3
    assert "File too large" in said[1] or "disk" in said[1]
    assert "try again" in said[2]
    assert path.read_bytes() == before
    names = {each.name for each in path.parent.iterdir() if not each.name.endswith((".lock", ".json"))}
    assert names == {path.name}
    assert studio.certificate("ascent", first.export_id).bytes == len(before)
