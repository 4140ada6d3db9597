"""A camera path fills the frame, stays on the still, starts and stops softly, and heeds the energy."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.providers.animatic.moves import CameraMove, Move, read_moves
from core.providers.animatic.path import camera_path

STILL, FRAME = (3000, 2000), (1280, 720)
MOVES = st.builds(
    CameraMove,
    move=st.sampled_from(Move),
    sign=st.sampled_from([-1, 1]),
    pace=st.sampled_from([0.4, 1.0, 2.0, 4.0]),
    amount=st.sampled_from([0.5, 1.0, 1.6]),
    begin=st.sampled_from([0.0, 0.4]),
    end=st.sampled_from([0.5, 1.0]),
)
SIDES = st.one_of(st.integers(1, 40), st.integers(41, 12_000))


def _path(
    prompt: str,
    *,
    energy: float = 0.5,
    still: tuple[int, int] = STILL,
    frame: tuple[int, int] = FRAME,
    seconds: float = 5.0,
    seed: int = 1,
) -> NDArray[np.float64]:
    frames = max(1, round(seconds * 25))
    return camera_path(
        read_moves(prompt),
        energy=energy,
        still_size=still,
        frame_size=frame,
        frames=frames,
        fps=Fraction(25),
        seed=seed,
    )


def _widths(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(boxes[:, 2] - boxes[:, 0])


def _moved(boxes: NDArray[np.float64], axis: int) -> float:
    """How far the middle of the view goes from first to last frame, in frame sides; + right, down."""
    middles = (boxes[:, axis] + boxes[:, axis + 2]) / 2
    return float((middles[-1] - middles[0]) / (boxes[:, axis + 2] - boxes[:, axis]).mean())


def _zoomed(boxes: NDArray[np.float64]) -> float:
    widths = _widths(boxes)
    return float(widths[0] / widths[-1])


@settings(max_examples=300, deadline=None)
@given(
    moves=st.lists(MOVES, max_size=5),
    energy=st.floats(0, 1),
    still=st.tuples(SIDES, SIDES),
    frame=st.sampled_from([(1280, 720), (720, 1280), (1080, 1080), (1920, 800), (2, 2)]),
    frames=st.sampled_from([1, 2, 3, 13, 125, 1500]),
    fps=st.sampled_from([Fraction(25), Fraction(24000, 1001), Fraction(60)]),
    seed=st.integers(0, 2**32 - 1),
)
def test_every_box_is_on_the_still_and_fills_the_frame(
    moves: list[CameraMove],
    energy: float,
    still: tuple[int, int],
    frame: tuple[int, int],
    frames: int,
    fps: Fraction,
    seed: int,
) -> None:
    boxes = camera_path(
        moves, energy=energy, still_size=still, frame_size=frame, frames=frames, fps=fps, seed=seed
    )
    assert boxes.shape == (frames, 4)
    assert boxes.dtype == np.float64
    assert np.isfinite(boxes).all()
    assert (boxes >= 0).all()
    assert (boxes[:, 2] <= still[0]).all()
    assert (boxes[:, 3] <= still[1]).all()
    widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    np.testing.assert_allclose(widths / heights, frame[0] / frame[1], rtol=1e-6)
    largest = min(still[0], still[1] * frame[0] / frame[1])
    assert (widths > largest / 7).all(), "the view is never so close that only a smear is left"


def test_out_and_in_again_comes_no_closer_than_in_alone() -> None:
    pull = CameraMove(move=Move.ZOOM, sign=-1, pace=1.5, amount=1.6, begin=0.0, end=0.5)
    push = replace(pull, sign=1, begin=0.5, end=1.0)
    boxes = camera_path(
        [pull, pull, push, push, push],
        energy=1.0,
        still_size=STILL,
        frame_size=FRAME,
        frames=1500,
        fps=Fraction(25),
        seed=1,
    )
    assert _widths(boxes).max() / _widths(boxes).min() < 1.8 * 3.33


@pytest.mark.parametrize(
    ("prompt", "axis", "way"),
    [
        ("pan right", 0, 1),
        ("pan left", 0, -1),
        ("truck left", 0, -1),
        ("tilt up", 1, -1),
        ("tilt down", 1, 1),
        ("pedestal up", 1, -1),
        ("crane down", 1, 1),
        ("orbit clockwise", 0, -1),
        ("orbit counterclockwise", 0, 1),
    ],
)
def test_the_view_goes_the_way_the_word_says(prompt: str, axis: int, way: int) -> None:
    assert _moved(_path(prompt), axis) * way > 0.1


@pytest.mark.parametrize(
    ("prompt", "way"), [("push in", 1), ("zoom in", 1), ("pull out", -1), ("zoom out", -1)]
)
def test_the_view_closes_in_or_opens_about_its_middle(prompt: str, way: int) -> None:
    boxes = _path(prompt)
    assert np.log(_zoomed(boxes)) * way > 0.08
    assert _moved(boxes, 0) == pytest.approx(0, abs=1e-9)
    assert _moved(boxes, 1) == pytest.approx(0, abs=1e-9)


def test_a_crane_that_rises_opens_the_view() -> None:
    assert _zoomed(_path("crane up")) < 0.97


def test_an_orbit_is_nearest_half_way() -> None:
    widths = _widths(_path("orbit clockwise"))
    assert widths[len(widths) // 2] < 0.97 * widths[0]
    assert widths[0] == pytest.approx(widths[-1])


@pytest.mark.parametrize(
    "prompt", ["push in", "pull out", "pan left", "tilt up", "crane up", "truck right", "orbit"]
)
@pytest.mark.parametrize("seconds", [0.5, 2.0, 5.0, 60.0])
def test_more_energy_goes_further(prompt: str, seconds: float) -> None:
    reaches = []
    for energy in np.linspace(0, 1, 9):
        boxes = _path(prompt, energy=float(energy), seconds=seconds)
        reaches.append(abs(np.log(_zoomed(boxes))) + abs(_moved(boxes, 0)) + abs(_moved(boxes, 1)))
    assert (np.diff(reaches) > 0).all()


@pytest.mark.parametrize(
    "prompt", ["push in", "pan left", "tilt up", "orbit clockwise", "crane up and pull out"]
)
@pytest.mark.parametrize("seconds", [1.0, 5.0, 30.0])
def test_moves_start_and_end_at_rest_without_a_jerk(prompt: str, seconds: float) -> None:
    speed = np.abs(np.diff(_path(prompt, seconds=seconds), axis=0)).max(axis=1)
    assert speed[0] < 0.05 * speed.max()
    assert speed[-1] < 0.05 * speed.max()
    assert np.abs(np.diff(speed)).max() < 0.4 * speed.max(), "no frame changes the speed at one blow"


def test_a_long_shot_moves_all_the_time_and_visibly() -> None:
    boxes = _path("slow push in", energy=0.0, seconds=60)
    edge_px_per_s = np.diff(boxes[:, 0])[125:-125] / _widths(boxes)[125:-125].mean() * 1280 * 25
    assert edge_px_per_s.min() > 1.0
    assert edge_px_per_s.max() < 40.0


def test_an_ordinary_pan_never_strobes() -> None:
    for seconds in (1, 5, 60):
        boxes = _path("pan right", energy=1.0, still=(12000, 1000), seconds=seconds)
        frame_widths_per_s = np.diff(boxes[:, 0]).max() / _widths(boxes)[0] * 25
        assert frame_widths_per_s < 0.25


def test_a_tilt_travels_over_the_height_a_square_still_can_spare() -> None:
    boxes = _path("tilt up", energy=1.0, still=(2000, 2000), seconds=10)
    assert _widths(boxes) == pytest.approx(2000), "nothing is enlarged as long as there is height to spare"
    assert boxes[0, 3] > 1950
    assert boxes[-1, 1] < 50


def test_a_pan_without_spare_width_enlarges_only_a_little() -> None:
    boxes = _path("pan right", still=(1920, 1080))
    assert 0.7 < _widths(boxes)[0] / 1920 < 0.95


def test_a_tall_portrait_keeps_its_head() -> None:
    boxes = _path("push in", still=(1080, 1920))
    assert boxes[:, 1].max() < 1920 * 0.25
    assert boxes[:, 3].max() < 1920 * 0.6


def test_a_locked_off_camera_shows_all_it_can_and_never_moves() -> None:
    boxes = _path("static", energy=1.0, still=(1600, 900))
    assert (boxes == [0, 0, 1600, 900]).all()


def test_a_hand_sways_slowly_without_ever_resting() -> None:
    boxes = _path("handheld", seconds=20)
    x = (boxes[:, 0] + boxes[:, 2]) / 2 / _widths(boxes).mean()
    assert 0.004 < np.ptp(x) < 0.05
    spectrum = np.abs(np.fft.rfft((x - x.mean()) * np.hanning(len(x)))) ** 2
    above_4_hz = np.fft.rfftfreq(len(x), 1 / 25) > 4
    assert spectrum[above_4_hz].sum() < 1e-4 * spectrum.sum()


def test_a_hand_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    assert _path("handheld", seed=7).tobytes() == _path("handheld", seed=7).tobytes()
    assert _path("handheld", seed=7).tobytes() != _path("handheld", seed=8).tobytes()
    assert _path("pan left", seed=7).tobytes() == _path("pan left", seed=8).tobytes()


def test_a_hand_moves_the_same_at_any_frame_rate() -> None:
    at_25 = camera_path(
        (CameraMove(Move.HANDHELD),),
        energy=0.5, still_size=STILL, frame_size=FRAME, frames=126, fps=Fraction(25), seed=3,
    )  # fmt: skip
    at_50 = camera_path(
        (CameraMove(Move.HANDHELD),),
        energy=0.5, still_size=STILL, frame_size=FRAME, frames=251, fps=Fraction(50), seed=3,
    )  # fmt: skip
    assert np.abs((at_50[::2] - at_50[0]) - (at_25 - at_25[0])).max() < 6.0


def test_a_whip_is_over_in_a_moment() -> None:
    speed = np.abs(np.diff(_path("whip pan left")[:, 0]))
    assert (speed > 1e-9).sum() <= 20
    assert np.argmax(speed) == pytest.approx(62, abs=3)
    assert abs(_moved(_path("whip pan left"), 0)) > 0.35


def test_one_move_follows_the_other() -> None:
    boxes = _path("push in, then pan right", seconds=8)
    early, late = boxes[:80], boxes[125:]
    assert _moved(early, 0) == pytest.approx(0, abs=1e-6)
    assert _zoomed(early) > 1.05
    assert _moved(late, 0) > 0.1
    assert _zoomed(late) == pytest.approx(1, abs=1e-6)


def test_a_single_frame_is_the_still_itself() -> None:
    boxes = _path("push in", energy=1.0, still=(1600, 900), seconds=0.04)
    assert boxes.shape == (1, 4)
    assert _widths(boxes)[0] == pytest.approx(1600, rel=0.02)
