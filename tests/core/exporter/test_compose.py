"""Dissolves, dips, titles and burn-in: exact to the frame, right in colour, gone when halted."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from core.catalogue import Aspect
from core.errors import Cancelled, Interrupted, MediaFailed
from core.exporter import ExportId, Mode, Piece
from core.exporter.parts import Burn, Effect, Part, Window
from core.exporter.picture.compose import compose
from core.exporter.plan import Export
from core.media.encode import encoder
from core.project import FRAME_RATES, ProjectId, ShotId
from core.providers.base import Signals

SIZE = (192, 108)
UNHEARD = Signals(
    cancelled=lambda: False, stopping=lambda: False, started=lambda: None, progress=lambda *_: None
)


def piece(name: str = "shot_001") -> Piece:
    return Piece(
        shot_id=ShotId(name),
        source="clips/a.mp4",
        source_sha256="0" * 64,
        move=None,
        source_s=1.0,
        lead_frames=0,
        own_frames=100,
        frames=100,
    )


def export(size: tuple[int, int] = SIZE, fps: str = "25") -> Export:
    return Export(
        export_id=ExportId("20260101-000000-0000"),
        project_id=ProjectId("p"),
        title="P",
        mode=Mode.ANIMATED,
        size=f"{size[0]}x{size[1]}",
        fps=fps,
        aspect=Aspect.HORIZONTAL,
        pieces=(piece(),),
        track=None,
        ordered_at=datetime.now(UTC),
        frames=100,
        duration_s=4.0,
    )


def part(frames: int, effect: Effect = Effect.PLAIN, *titles: str, burn: Burn | None = None) -> Part:
    names = ("shot_001", "shot_002") if effect is Effect.DISSOLVE else ("shot_002",)
    windows = tuple(Window(piece=piece(name), first=0, frames=frames) for name in names)
    return Part(windows=windows, effect=effect, titles=titles, burn=burn)


def window(
    path: Path, frames: list[NDArray[np.uint8]], *, fps: str = "25", size: tuple[int, int] = SIZE
) -> Path:
    """A conformed window that shows `frames`, RGB."""
    with encoder(path, size, FRAME_RATES[fps], pixel_format="rgb24") as encoding:
        for frame in frames:
            encoding.write(frame.tobytes(), lambda: None)
        encoding.finish(lambda: None)
    return path


def flat(*color: int, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), color, np.uint8)


def planes(path: Path) -> list[NDArray[np.int16]]:
    """Every frame as it is in the file: Y, then Cb and Cr below."""
    with av.open(str(path)) as container:
        frames = list(container.decode(video=0))
    assert {frame.format.name for frame in frames} == {"yuv420p"}
    return [frame.to_ndarray().astype(np.int16) for frame in frames]


def luma(path: Path) -> list[float]:
    return [float(frame[: len(frame) * 2 // 3].mean()) for frame in planes(path)]


@pytest.fixture(autouse=True)
def no_reader_is_left() -> Iterator[None]:
    """MoviePy's readers are processes; one that is not closed warns when it is collected."""
    yield
    gc.collect()


@pytest.mark.parametrize("fps", ["25", "23.976", "29.97", "60"])
@pytest.mark.parametrize("frames", [1, 2, 9])
def test_a_dissolve_grows_frame_by_frame_in_even_steps(tmp_path: Path, fps: str, frames: int) -> None:
    # Each frame has a brightness of its own, so that one from a wrong place would show.
    before = window(tmp_path / "a.mp4", [flat(60 + 4 * n, 40, 200) for n in range(frames)], fps=fps)
    after = window(tmp_path / "b.mp4", [flat(200, 250 - 4 * n, 20) for n in range(frames)], fps=fps)
    result = tmp_path / "mixed.mp4"
    compose(export(fps=fps), part(frames, Effect.DISSOLVE), [before, after], result, UNHEARD)
    mixed = planes(result)
    assert len(mixed) == frames
    for index, (out, into, got) in enumerate(zip(planes(before), planes(after), mixed, strict=True)):
        share = (index + 1) / (frames + 1)
        assert np.abs(out * (1 - share) + into * share - got).max() < 2.5
        assert np.abs(out * (1 - share) + into * share - got).mean() < 1


def test_a_dissolve_is_a_dissolve_of_the_pictures_and_not_only_of_their_mean(tmp_path: Path) -> None:
    ramp = np.broadcast_to(np.linspace(20, 230, SIZE[0], dtype=np.uint8)[None, :, None], (*SIZE[::-1], 3))
    before = window(tmp_path / "a.mp4", [np.ascontiguousarray(ramp)] * 3)
    after = window(tmp_path / "b.mp4", [np.ascontiguousarray(ramp[:, ::-1])] * 3)
    result = tmp_path / "mixed.mp4"
    compose(export(), part(3, Effect.DISSOLVE), [before, after], result, UNHEARD)
    middle = planes(result)[1][: SIZE[1]]
    assert middle.max() - middle.min() <= 4  # two opposite ramps, half and half, are one grey


def test_a_dip_is_black_on_the_first_frame_after_the_cut_and_only_there(tmp_path: Path) -> None:
    source = window(tmp_path / "a.mp4", [flat(180, 180, 180)] * 8)
    out, into = tmp_path / "out.mp4", tmp_path / "in.mp4"
    compose(export(), part(8, Effect.DIP_OUT), [source], out, UNHEARD)
    compose(export(), part(8, Effect.DIP_IN), [source], into, UNHEARD)
    full = luma(source)[0]
    black = 16.0
    falls = [black + (full - black) * (8 - index) / 9 for index in range(8)]
    rises = [black + (full - black) * index / 8 for index in range(8)]
    assert luma(out) == pytest.approx(falls, abs=1)
    assert luma(into) == pytest.approx(rises, abs=1)
    assert luma(into)[0] == pytest.approx(black, abs=0.05)


def test_colours_pass_through_within_a_level(tmp_path: Path) -> None:
    stops = np.array([30, 90, 150, 210], np.uint8)
    patches = np.array([[r, g, b] for r in stops for g in stops for b in stops], np.uint8)
    picture = np.kron(patches.reshape(8, 8, 3), np.ones((16, 24, 1), np.uint8))
    size = (192, 128)
    source = window(tmp_path / "a.mp4", [picture] * 3, size=size)
    result = tmp_path / "same.mp4"
    compose(export(size), part(3), [source], result, UNHEARD)
    for was, now in zip(planes(source), planes(result), strict=True):
        for plane in (np.s_[:128], np.s_[128:160], np.s_[160:]):
            assert abs((now[plane] - was[plane]).mean()) < 0.5
            assert np.abs(now[plane] - was[plane]).mean() < 1.5  # all in the patches' edges
        inside = (now - was)[:128].reshape(8, 16, 8, 24)[:, 4:12, :, 4:20]
        assert np.abs(inside).max() <= 3
    with av.open(str(result)) as container:
        codec = container.streams.video[0].codec_context
        assert (codec.color_range, codec.colorspace, codec.color_primaries, codec.color_trc) == (1, 1, 1, 1)


def test_a_title_dissolves_with_its_own_picture(tmp_path: Path) -> None:
    before = window(tmp_path / "a.mp4", [flat(90, 90, 90)] * 9)
    after = window(tmp_path / "b.mp4", [flat(90, 90, 90)] * 9)
    result = tmp_path / "mixed.mp4"
    compose(export(), part(9, Effect.DISSOLVE, "FIRST", ""), [before, after], result, UNHEARD)
    brightest = [int(frame[: SIZE[1]].max()) for frame in planes(result)]
    assert brightest == sorted(brightest, reverse=True)
    assert brightest[0] > 200
    assert brightest[-1] < 120


def test_the_timecode_runs_and_the_name_stands(tmp_path: Path) -> None:
    size = (640, 360)
    source = window(tmp_path / "a.mp4", [flat(90, 90, 90, size=size)] * 4, size=size)
    result = tmp_path / "burnt.mp4"
    burn = Burn(shot_id=ShotId("shot_002"), first_frame=1498)
    compose(export(size), part(4, burn=burn), [source], result, UNHEARD)
    frames = [frame[:360] for frame in planes(result)]
    left, right = np.s_[300:, :320], np.s_[300:, 320:]
    for one, other in pairwise(frames):
        assert np.abs(one[right] - other[right]).max() > 60  # a digit changed
        assert np.abs(one[left] - other[left]).mean() < 0.5
        assert np.abs(one[:300] - 90).mean() == pytest.approx(np.abs(other[:300] - 90).mean(), abs=0.2)
    assert frames[0][left].max() > 200
    assert frames[0][:300].max() - frames[0][:300].min() < 6


def test_halting_ends_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    before = window(tmp_path / "a.mp4", [flat(60, 40, 200)] * 60)
    after = window(tmp_path / "b.mp4", [flat(200, 250, 20)] * 60)
    result = tmp_path / "mixed.mp4"
    seen: list[float] = []
    halting = replace(
        UNHEARD,
        cancelled=lambda: len(seen) > 1,
        progress=lambda fraction, _: seen.append(fraction or 0.0),
    )
    with pytest.raises(Cancelled):
        compose(export(), part(60, Effect.DISSOLVE), [before, after], result, halting)
    assert 0 < seen[-1] < 0.5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp4", "b.mp4"]
    children = Path("/proc/self/task").glob("*/children")
    assert not any(path.read_text().split() for path in children)


@pytest.mark.parametrize("harm", ["short", "text", "small", "gone"])
def test_a_damaged_window_fails_in_one_line(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "a.mp4"
    if harm == "text":
        path.write_text("not a clip")
    elif harm == "short":
        window(path, [flat(1, 2, 3)] * 3)
    elif harm == "small":
        window(path, [flat(1, 2, 3, size=(96, 54))] * 5, size=(96, 54))
    with pytest.raises(MediaFailed, match="prepared frames of shot_002 are damaged"):
        compose(export(), part(5, Effect.DIP_OUT), [path], tmp_path / "r.mp4", UNHEARD)
    assert not (tmp_path / "r.mp4").exists()


def test_frames_that_are_lost_on_the_way_are_not_made_up(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, *SIZE[::-1], 3), dtype=np.uint8)
    path = window(tmp_path / "a.mp4", list(noise))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])  # its head, which is in front, still promises forty
    with pytest.raises(MediaFailed, match="damaged"), pytest.warns(UserWarning, match="bytes wanted"):
        compose(export(), part(40, Effect.DIP_IN), [path], tmp_path / "r.mp4", UNHEARD)
    assert not (tmp_path / "r.mp4").exists()


def test_readers_that_ctrl_c_ended_first_are_an_interruption_and_no_damage(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (40, *SIZE[::-1], 3), dtype=np.uint8)
    path = window(tmp_path / "a.mp4", list(noise))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    asked = 0

    def stopping() -> bool:
        nonlocal asked
        asked += 1
        return asked > 36  # only after the frames have run out

    with pytest.raises(Interrupted), pytest.warns(UserWarning, match="bytes wanted"):
        compose(
            export(),
            part(40, Effect.DIP_IN),
            [path],
            tmp_path / "r.mp4",
            replace(UNHEARD, stopping=stopping),
        )
    assert not (tmp_path / "r.mp4").exists()


def test_moviepy_is_not_loaded_by_those_who_only_look() -> None:
    look = "import sys, core.studio; sys.exit('moviepy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="names that Windows refuses")
@pytest.mark.parametrize(
    "name", ['it\'s "quoted"', "two\nDuration: lines", "100 % [x] 漢字 🎬", "-vf; rm", "a" * 200]
)
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    source = window(folder / "a.mp4", [flat(200, 10, 10)] * 3)
    compose(export(), part(3, Effect.DIP_OUT), [source], folder / "r.mp4", UNHEARD)
    assert len(luma(folder / "r.mp4")) == 3


def test_one_frame_at_an_odd_rate_is_one_frame(tmp_path: Path) -> None:
    source = window(tmp_path / "a.mp4", [flat(200, 10, 10)], fps="23.976")
    result = tmp_path / "r.mp4"
    compose(export(fps="23.976"), part(1, Effect.DIP_IN), [source], result, UNHEARD)
    assert luma(result) == pytest.approx([16], abs=0.05)
    with av.open(str(result)) as container:
        assert container.streams.video[0].average_rate == Fraction(24000, 1001)
