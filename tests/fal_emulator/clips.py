"""The clips: real H.264 files made of the still, with a slow move over it and a mark that says rehearsal.

A preview has the right length, rate and sound at thumbnail size, so that a test pays milliseconds for it;
one that was made before is made once.
"""

import asyncio
import hashlib
import io
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal

import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont, ImageOps

from fal_emulator.billing import Clip

Look = Literal["preview", "full"]
"""`full` is the size that was asked for; `preview` is that, shrunk."""

PREVIEW_LONG_PX = 64
ZOOM = 0.10
"""How far the camera goes in over a clip, as a fraction of the picture."""
AT_ONCE = 2


class Clips:
    """Renders clips into `folder`, each once. Its methods belong to one event loop."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="fal-emulator-clips")
        self._tasks: dict[str, asyncio.Task[Path]] = {}

    def begin(self, still: bytes, clip: Clip, look: Look) -> asyncio.Task[Path]:
        """The rendering of `clip` over `still`; its result is the file. Begins it when nobody has yet."""
        key = hashlib.sha256(still + repr((clip, look)).encode()).hexdigest()[:24]
        task = self._tasks.get(key)
        if task is None or (task.done() and task.exception()):
            task = asyncio.get_running_loop().create_task(self._make(key, still, clip, look))
            self._tasks[key] = task
        return task

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _make(self, key: str, still: bytes, clip: Clip, look: Look) -> Path:
        path = self._folder / f"{key}.mp4"
        if not path.is_file():
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._threads, render, still, clip, look, path)
        return path


def render(still: bytes, clip: Clip, look: Look, path: Path) -> None:
    """Write `clip` over `still` to `path`, whole or not at all. Blocks; called from a thread."""
    size = _even(clip.width, clip.height)
    if look == "preview":
        shrink = PREVIEW_LONG_PX / max(size)
        size = _even(round(size[0] * shrink), round(size[1] * shrink))
    small = replace(clip, width=size[0], height=size[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part.mp4", delete=False) as part:
        target = Path(part.name)
    _encode(small, _frames(still, small), target)
    target.replace(path)


def _encode(clip: Clip, frames: Iterator[bytes], path: Path) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24"]
    command += ["-s", f"{clip.width}x{clip.height}", "-r", f"{clip.fps:g}", "-i", "-"]
    if clip.sound:
        tone = f"sine=frequency=220:sample_rate=44100:duration={clip.seconds:.6f},volume=0.2"
        command += ["-f", "lavfi", "-i", tone, "-c:a", "aac", "-b:a", "96k"]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1"]
    command += ["-movflags", "+faststart", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as ffmpeg:
        assert ffmpeg.stdin is not None
        assert ffmpeg.stderr is not None
        try:
            for frame in frames:
                ffmpeg.stdin.write(frame)
            ffmpeg.stdin.close()
        except BrokenPipeError:
            pass
        said = ffmpeg.stderr.read().decode(errors="replace")
    if ffmpeg.returncode:
        raise RuntimeError(f"ffmpeg could not write a clip: {said}")


def _frames(still: bytes, clip: Clip) -> Iterator[bytes]:
    """Raw RGB frames: the still, filling the frame, with the camera going in slowly."""
    size = (clip.width, clip.height)
    with Image.open(io.BytesIO(still)) as picture:
        picture.draft("RGB", size)
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    room = tuple(round(side * (1 + ZOOM)) for side in size)
    wide = ImageOps.fit(upright, (room[0], room[1]), Image.Resampling.BILINEAR)
    mark = _mark(*size)
    for number in range(clip.frames):
        seen = 1 - ZOOM * number / max(clip.frames - 1, 1)
        margin_x, margin_y = (1 - seen) * wide.width / 2, (1 - seen) * wide.height / 2
        box = (margin_x, margin_y, wide.width - margin_x, wide.height - margin_y)
        frame = wide.resize(size, Image.Resampling.BILINEAR, box=box)
        frame.paste(mark, (clip.width // 40, clip.height // 40), mark)
        yield frame.tobytes()


@cache
def _mark(width: int, height: int) -> Image.Image:
    """What tells a rehearsal's clip from a real one: a word, or a corner where a word has no room."""
    if min(width, height) < 200:
        return Image.new("RGBA", (max(width // 8, 2), max(height // 8, 2)), (255, 140, 0, 255))
    font = ImageFont.load_default(size=max(height // 28, 10))
    left, top, right, bottom = font.getbbox("rehearsal")
    pad = max(height // 90, 4)
    size = (int(right - left) + 2 * pad, int(bottom - top) + 2 * pad)
    mark = Image.new("RGBA", size, (0, 0, 0, 110))
    ImageDraw.Draw(mark).text((pad - left, pad - top), "rehearsal", font=font, fill=(255, 200, 120, 235))
    return mark


def _even(width: int, height: int) -> tuple[int, int]:
    return max(width // 2 * 2, 2), max(height // 2 * 2, 2)
