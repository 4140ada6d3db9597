"""How fast the animatic is: against its limits, and against MoviePy making the same push in.

Run with `python -m bench.animatic`; exits with 1 when a limit is missed. Figures are medians of three runs.
"""

import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
from moviepy import CompositeVideoClip, ImageClip, vfx
from PIL import Image

from core.providers.animatic.moves import read_moves
from core.providers.animatic.path import camera_path
from core.providers.animatic.render import render_clip

FRAME, FPS, SECONDS = (1280, 720), 25, 5
STILL = (1920, 1280)
RUNS = 3
ALONE_LIMIT_S = 2.5
TOGETHER_LIMIT_S = 4.0
"""On two cores."""


def main() -> int:
    """Print a line per measurement; 0 when every limit is kept."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        still = _draw_still(folder / "still.png")
        alone_s = _median_s(lambda: _animate(still, folder / "a.mp4", "push in"))
        together_s = _median_s(lambda: _animate_two(still, folder))
        moviepy_s = _median_s(lambda: _animate_with_moviepy(still, folder / "m.mp4"))
    title = f"animatic {SECONDS} s {FRAME[0]}x{FRAME[1]}"
    kept = [
        _report(f"{title} alone", alone_s, ALONE_LIMIT_S),
        _report(f"{title} two at once", together_s, TOGETHER_LIMIT_S),
    ]
    faster = f"{moviepy_s:.2f} s / {alone_s:.2f} s = {moviepy_s / alone_s:.1f} times faster"
    print(f"{title} against MoviePy's own vfx.Resize: {faster}")
    return 0 if all(kept) else 1


def _report(what: str, took_s: float, limit_s: float) -> bool:
    print(f"{what}: {took_s:.2f} s of {limit_s} s allowed = {took_s / limit_s:.2f}")
    return took_s <= limit_s


def _median_s(work: Callable[[], None]) -> float:
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def _draw_still(path: Path) -> Path:
    """A still with the structure of a photograph: large shapes, fine texture, and grain."""
    random = np.random.default_rng(4)
    picture = np.zeros((STILL[1], STILL[0], 3))
    for cells in (4, 12, 40, 160, 480):
        noise = Image.fromarray(random.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        picture += np.asarray(noise.resize(STILL, Image.Resampling.BICUBIC)) / cells**0.6
    picture += random.normal(0, 1.5, picture.shape)
    picture = 255 * (picture - picture.min()) / np.ptp(picture)
    Image.fromarray(picture.astype(np.uint8)).save(path)
    return path


def _animate(still: Path, clip: Path, motion_prompt: str) -> None:
    boxes = camera_path(
        read_moves(motion_prompt),
        energy=0.5,
        still_size=STILL,
        frame_size=FRAME,
        frames=SECONDS * FPS,
        fps=Fraction(FPS),
        seed=1,
    )
    render_clip(
        still,
        clip,
        boxes,
        frame_size=FRAME,
        fps=Fraction(FPS),
        on_progress=lambda _: None,
        check=lambda: None,
    )


def _animate_two(still: Path, folder: Path) -> None:
    threads = [
        threading.Thread(target=_animate, args=(still, folder / f"{n}.mp4", prompt), name=f"slot {n}")
        for n, prompt in enumerate(("push in", "pan left"))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _animate_with_moviepy(still: Path, clip: Path) -> None:
    """The push in as MoviePy's users write it: the still is resized anew for every frame, then cropped."""
    fitted = ImageClip(str(still), duration=SECONDS).with_effects([vfx.Resize(width=FRAME[0])])
    grown = fitted.with_effects([vfx.Resize(lambda t: 1 + 0.17 * t / SECONDS)])
    shot = CompositeVideoClip([grown.with_position("center")], size=FRAME)
    shot.write_videofile(str(clip), fps=FPS, codec="libx264", preset="superfast", audio=False, logger=None)


if __name__ == "__main__":
    raise SystemExit(main())
