"""What is heard of ffmpeg while it works, and when it ends in a bad way."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import MediaFailed, StorageFailed
from core.exporter.ffmpeg import run_ffmpeg
from core.media import ffmpeg, ffmpeg_failure
from core.providers.base import Signals


def slowly(result: Path) -> list[str]:
    """The command for 40 frames, made as fast as they play: 1.6 s."""
    source = ["-re", "-f", "lavfi", "-i", "testsrc2=s=32x32:r=25"]
    return [ffmpeg(), "-loglevel", "error", "-y", *source, "-frames:v", "40", "-c:v", "mpeg4", str(result)]


def test_how_far_a_long_part_is_can_be_told_while_it_is_made(tmp_path: Path) -> None:
    told: list[float] = []
    signals = Signals(
        cancelled=lambda: False,
        stopping=lambda: False,
        started=lambda: None,
        progress=lambda fraction, _stage: told.append(fraction or 0.0),
    )
    result = tmp_path / "part.mp4"
    run_ffmpeg(slowly(result), result, signals, what="the part", frames=40)
    assert told == sorted(told)
    assert any(0 < fraction < 1 for fraction in told)


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_work_that_the_computer_ended_is_not_blamed_on_the_clip(tmp_path: Path) -> None:
    made = subprocess.Popen(slowly(tmp_path / "part.mp4"), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    os.kill(made.pid, signal.SIGKILL)
    _, said = made.communicate()
    failure = ffmpeg_failure(
        said.decode(), tmp_path / "part.mp4", what="clips/a.mp4 of shot_001", code=made.returncode
    )
    assert isinstance(failure, MediaFailed)
    assert str(failure).startswith("clips/a.mp4 of shot_001 could not be made: the computer ended the work")
    assert "take" not in failure.remedy


@pytest.mark.skipif(sys.platform == "win32", reason="a small disk is played by a limit that Windows has not")
def test_a_disk_that_takes_no_file_as_large_is_named(tmp_path: Path) -> None:
    failure = ffmpeg_failure("", tmp_path / "part.mp4", what="the clip", code=-signal.SIGXFSZ)
    assert isinstance(failure, StorageFailed)
    assert str(failure) == "The disk refused: the clip could not be written."
