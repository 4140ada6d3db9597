"""Turns raw frames into a real H.264 file, through one ffmpeg that never outlives its work."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import IO

from core.errors import MediaFailed, StorageFailed
from core.media.files import ffmpeg, ffmpeg_failure, h264

CHECK_INTERVAL_S = 0.1
"""How long a wish to stop may wait while ffmpeg writes its last bytes."""


TAGGED = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"
INTO = {
    "yuv420p": TAGGED,
    "rgb24": f"scale=out_color_matrix=bt709:out_range=tv:flags=bicubic,format=yuv420p,{TAGGED}",
}
"""Pixel format of the raw frames → the filters that bring them to Rec. 709 limited range."""


@contextlib.contextmanager
def encoder(
    path: Path,
    frame_size: tuple[int, int],
    fps: Fraction,
    *,
    pixel_format: str = "yuv420p",
    threads: int = 0,
    draft: bool = False,
    within: tuple[int, int] | None = None,
) -> Iterator["Encoder"]:
    """An ffmpeg that turns raw frames into the file `path`; it never outlives the `with` block.

    `pixel_format` is one of INTO, in Rec. 709; `threads` 0 stands for all cores; `draft` chooses the
    draft's recipe. `within` is the size, in pixels, of a larger frame: bars fill it around the frames.
    """
    command = [
        *_source(frame_size, fps, pixel_format),
        *("-vf", ",".join([*_bars(frame_size, within), INTO[pixel_format]])),
        *(*h264(fps, draft=draft), "-threads", f"{threads}"),
        *("-fps_mode", "passthrough", "-an", "-movflags", "+faststart", "-f", "mp4", os.fspath(path)),
    ]
    # ffmpeg's complaints go to a file, so that a talkative one never blocks on us; its session is its own,
    # so that Ctrl+C in the terminal is ours to handle.
    with tempfile.TemporaryFile() as said, _started(command, said) as process:
        try:
            yield Encoder(process, said, path)
        finally:
            process.kill()
            if process.stdin:
                with contextlib.suppress(OSError):
                    process.stdin.close()


def _started(command: list[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
    except OSError as error:
        raise MediaFailed(
            f"ffmpeg could not be started: {error}", remedy="Install the requirements again."
        ) from error


class Encoder:
    """The running ffmpeg, as its feeder sees it."""

    def __init__(self, process: subprocess.Popen[bytes], said: IO[bytes], path: Path) -> None:
        assert process.stdin is not None
        self._process, self._frames, self._said, self._path = process, process.stdin, said, path

    def write(self, plane: bytes | memoryview, check: Callable[[], None]) -> None:
        """Hand over a plane, or a whole frame. Raises MediaFailed or StorageFailed when ffmpeg has ended."""
        try:
            self._frames.write(plane)
        except OSError as error:
            self._process.wait()
            check()
            raise self._failure() from error

    def finish(self, check: Callable[[], None]) -> None:
        """Return when the file is complete; `check` is heard meanwhile. Raises as `write` does."""
        with contextlib.suppress(OSError):
            self._frames.close()
        while True:
            check()
            with contextlib.suppress(subprocess.TimeoutExpired):
                if self._process.wait(CHECK_INTERVAL_S):
                    raise self._failure()
                return

    def _failure(self) -> MediaFailed | StorageFailed:
        self._said.seek(0)
        said = self._said.read(4000).decode(errors="replace")
        return ffmpeg_failure(said, self._path, what="the clip", code=self._process.returncode or 0)


def _source(frame_size: tuple[int, int], fps: Fraction, pixel_format: str) -> list[str]:
    width, height = frame_size
    return [
        *(ffmpeg(), "-hide_banner", "-nostdin", "-loglevel", "error", "-y"),
        *("-f", "rawvideo", "-pix_fmt", pixel_format),
        *("-video_size", f"{width}x{height}", "-framerate", f"{fps}", "-i", "pipe:0"),
    ]


def _bars(frame_size: tuple[int, int], within: tuple[int, int] | None) -> list[str]:
    if within in (None, frame_size):
        return []
    assert within is not None
    return [TAGGED, f"pad={within[0]}:{within[1]}:-1:-1"]
