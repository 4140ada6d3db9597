"""The words of a motion prompt become the moves a camera operator would make of them."""

import pytest

from core.motion_prompt import DEFAULT_PROMPT, write_motion_prompt
from core.providers.animatic.moves import GENTLE_PUSH, CameraMove, Move, read_moves


def _named(prompt: str) -> set[str]:
    """The moves as "pan-", "push+"; a locked-off camera and a hand have no sign."""
    unsigned = (Move.STATIC, Move.HANDHELD)
    return {m.move + ("" if m.move in unsigned else "+" if m.sign > 0 else "-") for m in read_moves(prompt)}


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("slow push in", "push+"),
        ("slow dolly push-in", "push+"),
        ("The camera slowly pushes in on the rocket", "push+"),
        ("move closer", "push+"),
        ("fly through the clouds", "push+"),
        ("pull out", "push-"),
        ("slow pull-back to reveal the city", "push-"),
        ("dolly back", "push-"),
        ("reverse dolly", "push-"),
        ("zoom out", "zoom-"),
        ("crash zoom", "zoom+"),
        ("dolly zoom", "zoom+"),
        ("smooth pan left, dynamic motion, urban environment", "pan-"),
        ("PAN RIGHT", "pan+"),
        ("pan", "pan+"),
        ("pan from left to right", "pan+"),
        ("right-to-left pan", "pan-"),
        ("pan across the skyline to the left", "pan-"),
        ("whip left", "pan-"),
        ("tilt down from the tower", "tilt-"),
        ("camera tilts up to the crane", "tilt+"),
        ("pan up", "tilt+"),
        ("truck left", "truck-"),
        ("dolly left", "truck-"),
        ("tracking shot right", "truck+"),
        ("tracking shot, camera moving left", "truck-"),
        ("gentle drift to the right", "truck+"),
        ("pedestal up", "pedestal+"),
        ("jib down", "crane-"),
        ("drone shot rising over the canyon", "crane+"),
        ("orbit clockwise", "orbit+"),
        ("counter-clockwise orbit", "orbit-"),
        ("arc left around the astronaut", "orbit+"),
        ("camera moves around the statue", "orbit+"),
        ("circle the statue", "orbit+"),
        ("handheld", "handheld"),
        ("hand-held camera shake", "handheld"),
        ("locked-off", "static"),
        ("Steady tripod shot", "static"),
        ("static camera, no pan", "static"),
        ("camera does not move", "static"),
        ("no camera movement", "static"),
    ],
)
def test_one_move_is_read_as_its_operator_would(prompt: str, moves: str) -> None:
    assert _named(prompt) == {moves}


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("crane up and pull out", {"crane+", "push-"}),
        ("The camera slowly pans left and up", {"pan-", "tilt+"}),
        ("diagonal pan up and left", {"pan-", "tilt+"}),
        ("slow push in with handheld energy", {"push+", "handheld"}),
        ("steadicam tracking left", {"push+", "truck-", "handheld"}),
        ("Ken Burns", {"push+", "truck+"}),
        ("static shot with slight handheld sway", {"handheld"}),
    ],
)
def test_moves_said_together_are_combined(prompt: str, moves: set[str]) -> None:
    assert _named(prompt) == moves


@pytest.mark.parametrize(
    "prompt",
    [
        DEFAULT_PROMPT,
        "",
        "!?",
        "dynamic motion, launch pad, steam, flag",
        "subtle motion, kitchen, pan, stove",
        "kitchen, frying pan on a stove",
        "a pan sizzles on the stove",
        "smoke drifts left, embers drift up",
        "steam rises, moon rising",
        "the rocket lifts off",
        "astronaut in low earth orbit",
        "static electricity, TV static",
        "truck on a highway, crane over the harbour",
        "zoom lens on a table",
        "handheld lantern in a cave",
        "slow motion water",
        "tilt-shift miniature",
    ],
)
def test_things_that_sound_like_moves_leave_the_gentle_push(prompt: str) -> None:
    assert read_moves(prompt) == (GENTLE_PUSH,)


def test_a_camera_word_is_heard_through_what_the_storyboard_adds() -> None:
    prompt = write_motion_prompt(
        camera_language="slow push in",
        energy=0.2,
        environment="launch pad",
        symbolic_elements=["pan", "crane"],
    )
    assert read_moves(prompt) == (CameraMove(Move.PUSH, pace=0.6),)


def test_energy_words_of_the_prompt_writer_do_not_count_twice() -> None:
    assert (
        read_moves("pan left, dynamic motion")
        == read_moves("pan left, subtle motion")
        == read_moves("pan left")
    )


@pytest.mark.parametrize(
    ("prompt", "moves"),
    [
        ("don't zoom, pan right", {"pan+"}),
        ("push in, without panning", {"push+"}),
        ("no sudden movements, push in", {"push+"}),
        ("no pan or zoom", {"static"}),
        ("no pan", {"push+"}),
        ("no zoom", {"truck+"}),
    ],
)
def test_what_is_refused_does_not_happen(prompt: str, moves: set[str]) -> None:
    assert _named(prompt) == moves


def test_pace_words_order_as_they_are_meant() -> None:
    prompts = [
        "very slow pan left",
        "slow pan left",
        "pan left",
        "quick pan left",
        "fast pan left",
        "whip pan left",
    ]
    paces = [read_moves(prompt)[0].pace for prompt in prompts]
    assert paces == sorted(set(paces))
    assert read_moves("pan left, slowly") == read_moves("slow pan left")
    assert read_moves("subtle zoom in")[0].amount < 1 < read_moves("dramatic zoom in")[0].amount


def test_each_move_keeps_its_own_pace() -> None:
    quick, slow = read_moves("quick zoom in on the cat and slow pan right")
    assert (quick.move, slow.move) == (Move.ZOOM, Move.PAN)
    assert quick.pace > 1 > slow.pace


@pytest.mark.parametrize("prompt", ["slow push in, then pan right", "pan left then right", "zoom in and out"])
def test_what_comes_after_starts_later(prompt: str) -> None:
    first, second = read_moves(prompt)
    assert first.begin == 0.0
    assert second.end == 1.0
    assert first.begin < second.begin < first.end < second.end


def test_a_held_start_delays_the_move() -> None:
    held, push = read_moves("static, then slow push in")
    assert (held.move, push.move) == (Move.STATIC, Move.PUSH)
    assert push.begin > 0.4
