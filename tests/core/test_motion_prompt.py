"""The words a model gets, exactly as in the seed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.motion_prompt import DEFAULT_PROMPT, cut_to_limit, write_motion_prompt


@pytest.mark.parametrize(
    ("camera", "energy", "environment", "elements", "words"),
    [
        (
            "smooth pan left",
            0.8,
            "urban environment",
            (),
            "smooth pan left, dynamic motion, urban environment",
        ),
        (
            "slow push in",
            0.2,
            "launch pad",
            ("steam", "flag"),
            "slow push in, subtle motion, launch pad, steam, flag",
        ),
        ("tilt up", 0.5, "", ("a", "b", "c"), "tilt up, a, b"),
        ("", 0.7, "", (), DEFAULT_PROMPT),
        ("", 0.3, "", (), DEFAULT_PROMPT),
        ("", 0.71, "", (), "dynamic motion"),
        ("", 0.29, "", (), "subtle motion"),
        ("  ", 0.5, " alley ", ("", "rain"), "alley, rain"),
    ],
)
def test_the_motion_prompt_is_written_as_in_the_seed(
    camera: str, energy: float, environment: str, elements: tuple[str, ...], words: str
) -> None:
    written = write_motion_prompt(
        camera_language=camera, energy=energy, environment=environment, symbolic_elements=elements
    )
    assert written == words


@given(st.text(), st.integers(min_value=1, max_value=60))
def test_a_cut_prompt_fits_and_is_a_beginning_of_the_whole(words: str, limit: int) -> None:
    cut = cut_to_limit(words, limit)
    assert len(cut) <= limit
    assert words.startswith(cut)


def test_a_prompt_is_cut_between_words() -> None:
    assert cut_to_limit("slow push in, dynamic motion", 15) == "slow push in"
    assert cut_to_limit("slow push in", 12) == "slow push in"
    assert cut_to_limit("slow push in", None) == "slow push in"
