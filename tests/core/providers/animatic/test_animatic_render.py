"""A rendered clip is a real, exact, well-tagged H.264 file whose picture moves by fractions of a pixel."""

import itertools
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from core.errors import Cancelled, InputRefused, MediaFailed, StorageFailed
from core.providers.animatic.moves import CameraMove, Move
from core.providers.animatic.path import camera_path
from core.providers.animatic.render import render_clip

Floats = NDArray[np.float64]
FRAME = (480, 270)
STILL = (600, 380)


class Texture:
    """A band-limited pattern that is known at every point, so that any view of it can be computed exactly."""

    def __init__(self) -> None:
        random = np.random.default_rng(11)
        rate = random.uniform(0.015, 0.12, 40)  # cycles per pixel of the still
        angle, self._phase = random.uniform(0, 2 * np.pi, (2, 40))
        self._across, self._down = rate * np.cos(angle), rate * np.sin(angle)

    def at(self, x: Floats, y: Floats) -> Floats:
        """Grey levels, 0 to 255, where columns `x` and rows `y` of the still cross."""
        columns = np.exp(2j * np.pi * np.outer(self._across, x))
        rows = np.exp(2j * np.pi * np.outer(self._down, y) + 1j * self._phase[:, None])
        return np.asarray(128 + 9.0 * (rows.T @ columns).real)

    def still(self, path: Path) -> Path:
        grey = self.at(0.5 + np.arange(float(STILL[0])), 0.5 + np.arange(float(STILL[1])))
        Image.fromarray(np.clip(grey + 0.5, 0, 255).astype(np.uint8)).convert("RGB").save(path)
        return path

    def view(self, box: Floats) -> Floats:
        """What a perfect camera would see through `box`, in limited-range luma levels."""
        (width, height), (x0, y0, x1, y1) = FRAME, box
        columns = x0 + (np.arange(width) + 0.5) * (x1 - x0) / width
        rows = y0 + (np.arange(height) + 0.5) * (y1 - y0) / height
        return 16 + self.at(columns, rows) * 219 / 255


def _nothing() -> None:
    pass


def _render(
    still: Path,
    clip: Path,
    boxes: Floats,
    *,
    frame_size: tuple[int, int] = FRAME,
    fps: Fraction = Fraction(25),
    on_progress: Callable[[float], None] = lambda _: None,
    check: Callable[[], None] = _nothing,
) -> Path:
    render_clip(still, clip, boxes, frame_size=frame_size, fps=fps, on_progress=on_progress, check=check)
    return clip


def _path(
    move: Move,
    *,
    frames: int,
    still: tuple[int, int] = STILL,
    frame: tuple[int, int] = FRAME,
    fps: Fraction = Fraction(25),
    pace: float = 1.0,
) -> Floats:
    moves = (CameraMove(move, pace=pace),)
    return camera_path(moves, energy=0.3, still_size=still, frame_size=frame, frames=frames, fps=fps, seed=1)


def _lumas(clip: Path) -> Iterator[Floats]:
    with av.open(str(clip)) as container:
        for frame in container.decode(video=0):
            yield frame.to_ndarray(format="yuv420p")[: frame.height].astype(np.float64)


def _rgb_frames(clip: Path) -> list[Floats]:
    with av.open(str(clip)) as container:
        return [frame.to_ndarray(format="rgb24").astype(np.float64) for frame in container.decode(video=0)]


def _flat(path: Path, colour: tuple[int, int, int], size: tuple[int, int] = (64, 48)) -> Path:
    Image.new("RGB", size, colour).save(path)
    return path


def _misplaced_px(clip: Path, texture: Texture, ideal: Floats) -> Floats:
    """How far each decoded frame lies from where `ideal` wants it, in clip pixels: x, y, edge drift of scale.

    Least squares on the gradients of the ideal view; exact for the fractions of a pixel that are asked about.
    """
    x = np.arange(FRAME[0]) + 0.5 - FRAME[0] / 2
    y = (np.arange(FRAME[1]) + 0.5 - FRAME[1] / 2)[:, None]
    found = []
    for seen, box in zip(_lumas(clip), ideal, strict=True):
        wanted = texture.view(box)
        down, across = np.gradient(wanted)
        slopes = np.stack([across.ravel(), down.ravel(), (across * x + down * y).ravel()], axis=1)
        found.append(np.linalg.solve(slopes.T @ slopes, slopes.T @ (seen - wanted).ravel()))
    return np.array(found) * [1, 1, FRAME[0] / 2]


def _rms(values: Floats) -> float:
    return float(np.sqrt((values**2).mean()))


@pytest.mark.parametrize(
    ("move", "coordinate"), [(Move.PAN, 0), (Move.TILT, 1), (Move.PUSH, 2)], ids=["pan", "tilt", "push in"]
)
def test_a_slow_move_is_smooth_below_a_tenth_of_a_pixel(tmp_path: Path, move: Move, coordinate: int) -> None:
    texture = Texture()
    still = texture.still(tmp_path / "still.png")
    ideal = _path(move, frames=60, pace=0.4)
    misplaced = _misplaced_px(_render(still, tmp_path / "clip.mp4", ideal), texture, ideal)
    assert _rms(misplaced) < 0.05, "every frame is where the path wants it"
    assert _rms(np.diff(misplaced, axis=0)) < 0.05, (
        "every step between frames is as long as the path wants it"
    )

    stepped = _path(move, frames=60, pace=0.4).round()
    steps = _misplaced_px(_render(still, tmp_path / "stepped.mp4", stepped), texture, ideal)
    assert _rms(steps[:, coordinate]) > 0.1, "a path of whole pixels fails this measure"


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(60)])
@pytest.mark.parametrize("frames", [1, 2, 61])
def test_frames_rate_and_length_are_exact(tmp_path: Path, fps: Fraction, frames: int) -> None:
    still = _flat(tmp_path / "still.png", (90, 120, 60))
    boxes = _path(Move.PUSH, frames=frames, still=(64, 48), frame=(64, 36), fps=fps)
    clip = _render(still, tmp_path / "clip.mp4", boxes, frame_size=(64, 36), fps=fps)
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        times = [(frame.pts or 0) * (frame.time_base or 0) for frame in container.decode(video=0)]
        assert stream.time_base is not None
        assert stream.duration is not None
        assert stream.duration * stream.time_base == frames / fps
        assert stream.average_rate == fps
        assert stream.frames == frames
    assert times == [number / fps for number in range(frames)]


def test_the_clip_is_h264_for_every_player_and_says_its_colours(tmp_path: Path) -> None:
    still = _flat(tmp_path / "still.png", (90, 120, 60))
    boxes = _path(Move.STATIC, frames=60, still=(64, 48), frame=(64, 36))
    clip = _render(still, tmp_path / "clip.mp4", boxes, frame_size=(64, 36))
    with av.open(str(clip)) as container:
        assert [stream.type for stream in container.streams] == ["video"]
        context = container.streams.video[0].codec_context
        frame = next(container.decode(video=0))
        assert (context.name, context.pix_fmt) == ("h264", "yuv420p")
        bt709, limited = 1, 1
        assert (frame.colorspace, context.color_primaries, context.color_trc) == (bt709, bt709, bt709)
        assert (frame.color_range, context.color_range) == (limited, limited)
    with av.open(str(clip)) as container:
        keys = [packet.is_keyframe for packet in container.demux(video=0) if packet.size]
    assert keys[0]
    assert keys[50], "a group of pictures lasts two seconds at most"
    data = clip.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "players can start before the last byte has come"


@pytest.mark.parametrize(
    "colour",
    [
        (255, 255, 255),
        (0, 0, 0),
        (128, 128, 128),
        (200, 30, 30),
        (30, 180, 60),
        (40, 60, 220),
        (232, 190, 160),
    ],
)
def test_colours_come_back_as_they_were(tmp_path: Path, colour: tuple[int, int, int]) -> None:
    still = _flat(tmp_path / "still.png", colour)
    boxes = _path(Move.PUSH, frames=5, still=(64, 48), frame=(64, 36))
    clip = _render(still, tmp_path / "clip.mp4", boxes, frame_size=(64, 36))
    with av.open(str(clip)) as container:
        frames = np.stack([_bt709_to_rgb(frame) for frame in container.decode(video=0)])
    assert np.abs(frames.mean(axis=(0, 1)) - colour).max() < 1.5


def _bt709_to_rgb(frame: av.VideoFrame) -> Floats:
    """The frame's mean colour of each row, by the book: Rec. 709, limited range."""
    planes = frame.to_ndarray(format="yuv420p").astype(np.float64)
    size = frame.height * frame.width
    flat = planes.ravel()
    luma = (flat[:size].reshape(frame.height, frame.width).mean(axis=1) - 16) / 219
    cb, cr = ((flat[size + i * size // 4 :][: size // 4].mean() - 128) / 224 for i in (0, 1))
    red, blue = luma + 1.5748 * cr, luma + 1.8556 * cb
    green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152
    return np.stack([red, green, blue], axis=1) * 255


def test_colour_edges_sit_on_brightness_edges(tmp_path: Path) -> None:
    """A red disc on grey of the same brightness keeps its middle: chroma is not shifted against luma."""
    rows, columns = np.mgrid[0:360, 0:640] + 0.5
    disc = np.clip(100 - np.hypot(columns - 320, rows - 180), 0, 1)[..., None]
    picture = (disc * (230, 40, 40) + (1 - disc) * (20, 60, 90)).round().astype(np.uint8)
    Image.fromarray(picture).save(tmp_path / "still.png")
    whole = np.array([[0.0, 0, 640, 360]])
    clip = _render(tmp_path / "still.png", tmp_path / "clip.mp4", whole, frame_size=(640, 360))
    with av.open(str(clip)) as container:
        flat = next(container.decode(video=0)).to_ndarray(format="yuv420p").astype(np.float64).ravel()
    cr = flat[640 * 360 * 5 // 4 :].reshape(180, 320)
    weight = (cr - cr[0, 0]).clip(0)
    # H.264's default siting: sample i lies on luma column 2i, whose middle is 2i + 0.5, and between two rows.
    middle_x = (weight.sum(axis=0) @ (2 * np.arange(320) + 0.5)) / weight.sum()
    middle_y = (weight.sum(axis=1) @ (2 * np.arange(180) + 1.0)) / weight.sum()
    assert middle_x == pytest.approx(320, abs=0.1)
    assert middle_y == pytest.approx(180, abs=0.1)


@pytest.mark.parametrize("still", [(300, 300), (640, 200), (90, 700), (1, 1), (3, 2000), (1920, 1080)])
@pytest.mark.parametrize("frame", [(128, 72), (72, 128), (96, 96)])
@pytest.mark.parametrize("move", [Move.PUSH, Move.PAN])
def test_the_still_fills_the_frame_without_bars(
    tmp_path: Path, still: tuple[int, int], frame: tuple[int, int], move: Move
) -> None:
    path = _flat(tmp_path / "still.png", (200, 180, 160), still)
    boxes = _path(move, frames=4, still=still, frame=frame)
    clip = _render(path, tmp_path / "clip.mp4", boxes, frame_size=frame)
    frames = np.stack(_rgb_frames(clip))
    assert frames.shape[1:3] == frame[::-1]
    assert frames.min() > 150, "no edge or corner is black"


def test_a_picture_is_turned_and_laid_over_black_as_it_says(tmp_path: Path) -> None:
    sideways = Image.new("RGB", (120, 200), (220, 40, 40))
    sideways.paste((40, 40, 220), (0, 0, 120, 100))
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise: the top goes to the right
    sideways.save(tmp_path / "turned.jpg", exif=exif, quality=95)
    boxes = np.array([[0.0, 0, 200, 120]])
    frame = _rgb_frames(
        _render(tmp_path / "turned.jpg", tmp_path / "turned.mp4", boxes, frame_size=(200, 120))
    )[0]
    assert frame[60, 20, 0] > 150 > frame[60, 20, 2]
    assert frame[60, 180, 2] > 150 > frame[60, 180, 0]

    Image.new("RGBA", (64, 36), (255, 255, 255, 0)).save(tmp_path / "clear.png")
    boxes = np.array([[0.0, 0, 64, 36]])
    clear = _rgb_frames(_render(tmp_path / "clear.png", tmp_path / "clear.mp4", boxes, frame_size=(64, 36)))[
        0
    ]
    assert clear.max() < 12


@pytest.mark.parametrize("name", ["still.jpg", "still.png"])
def test_a_large_still_is_placed_as_exactly_as_a_small_one(tmp_path: Path, name: str) -> None:
    """Large stills are decoded and reduced in coarse steps; a gradient shows any shift these would cause."""
    ramp = np.broadcast_to(np.linspace(0, 255, 5000), (2812, 5000)).round().astype(np.uint8)
    Image.fromarray(ramp).convert("RGB").save(tmp_path / name, quality=95)
    boxes = np.array([[400.0, 225.0, 400.0 + 4000, 225.0 + 2250]])
    clip = _render(tmp_path / name, tmp_path / "clip.mp4", boxes, frame_size=(160, 90))
    seen = next(_lumas(clip)).mean(axis=0)
    wanted = 16 + (400 + (np.arange(160) + 0.5) * 25) / 5000 * 219
    assert np.abs(seen - wanted).mean() < 0.5


def test_progress_rises_to_one_without_chatter(tmp_path: Path) -> None:
    shares: list[float] = []
    still = _flat(tmp_path / "still.png", (9, 9, 9))
    _render(still, tmp_path / "clip.mp4", _path(Move.PUSH, frames=100), on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) < 20


def _children() -> set[str]:
    """Process ids of the ffmpegs that this process has started, as ps tells them."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,comm="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in listing.stdout.splitlines())
    me = str(os.getpid())
    return {pid for pid, parent, name, *_ in rows if parent == me and "ffmpeg" in name}


@pytest.mark.parametrize("at", [1, 2, 30])
def test_ending_it_midway_leaves_no_file_and_no_process(tmp_path: Path, at: int) -> None:
    still = _flat(tmp_path / "still.png", (90, 120, 60))
    calls = itertools.count(1)
    running: list[set[str]] = []

    def check() -> None:
        if next(calls) == at:
            running.append(_children())
            raise Cancelled

    with pytest.raises(Cancelled):
        _render(still, tmp_path / "clip.mp4", _path(Move.PUSH, frames=100), check=check)
    assert [path.name for path in tmp_path.iterdir()] == ["still.png"]
    assert _children() == set()
    assert bool(running[0]) is (at > 1), "ffmpeg was there to be ended"


def test_a_clip_that_is_there_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    still, clip = _flat(tmp_path / "still.png", (90, 120, 60)), tmp_path / "clip.mp4"
    clip.write_bytes(b"the one before")
    calls = itertools.count()

    def check() -> None:
        if next(calls) == 20:
            raise Cancelled

    with pytest.raises(Cancelled):
        _render(still, clip, _path(Move.PUSH, frames=40), check=check)
    assert clip.read_bytes() == b"the one before"
    _render(still, clip, _path(Move.PUSH, frames=40))
    assert len(_rgb_frames(clip)) == 40


def test_an_ffmpeg_that_dies_is_reported_and_leaves_nothing(tmp_path: Path) -> None:
    still = _flat(tmp_path / "still.png", (90, 120, 60))
    calls = itertools.count()

    def check() -> None:
        if next(calls) == 20:
            for pid in _children():
                subprocess.run(["kill", "-9", pid], check=True)

    with pytest.raises(MediaFailed) as failure:
        _render(still, tmp_path / "clip.mp4", _path(Move.PUSH, frames=200), check=check)
    assert failure.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["still.png"]


def test_odd_sizes_and_empty_paths_are_refused(tmp_path: Path) -> None:
    still = _flat(tmp_path / "still.png", (90, 120, 60))
    for frame_size in [(1281, 720), (1280, 721), (0, 0)]:
        with pytest.raises(InputRefused, match="even"):
            _render(still, tmp_path / "clip.mp4", _path(Move.PUSH, frames=3), frame_size=frame_size)
    for boxes in [np.empty((0, 4)), np.array([[5.0, 5, 5, 5]]), np.array([[0.0, 0, np.nan, 5]])]:
        with pytest.raises(InputRefused):
            _render(still, tmp_path / "clip.mp4", boxes)
    assert [path.name for path in tmp_path.iterdir()] == ["still.png"]


def test_what_cannot_be_read_or_written_says_so(tmp_path: Path) -> None:
    boxes = _path(Move.PUSH, frames=3)
    not_a_picture = tmp_path / "words.png"
    not_a_picture.write_text("These are words.")
    with pytest.raises(MediaFailed, match=r"words\.png"):
        _render(not_a_picture, tmp_path / "clip.mp4", boxes)
    cut_off = Texture().still(tmp_path / "cut.png")
    cut_off.write_bytes(cut_off.read_bytes()[:20_000])
    with pytest.raises(MediaFailed, match=r"cut\.png"):
        _render(cut_off, tmp_path / "clip.mp4", boxes)
    with pytest.raises(StorageFailed):
        _render(tmp_path / "missing.png", tmp_path / "clip.mp4", boxes)
    still = _flat(tmp_path / "still.png", (9, 9, 9), STILL)
    with pytest.raises(StorageFailed):
        _render(still, tmp_path / "no such folder" / "clip.mp4", boxes)


def test_two_clips_at_once_are_the_same_as_one_after_the_other(tmp_path: Path) -> None:
    still = Texture().still(tmp_path / "still.png")
    paths = [_path(Move.PUSH, frames=25), _path(Move.PAN, frames=25)]
    alone = [_render(still, tmp_path / f"alone{i}.mp4", boxes) for i, boxes in enumerate(paths)]
    together = [tmp_path / f"together{i}.mp4" for i in range(2)]
    threads = [
        threading.Thread(target=_render, args=(still, clip, boxes), name=f"render {clip.name}")
        for clip, boxes in zip(together, paths, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [clip.read_bytes() for clip in alone] == [clip.read_bytes() for clip in together]
