"""Titles and burn-in: readable on any ground, inside the title-safe area, in any script, never a crash."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.exporter.parts import Burn
from core.exporter.picture.burn_in import BurnedIn
from core.exporter.picture.lettering import BOX, Face, cannot_draw, drawable
from core.exporter.picture.titles import title_over, title_problems, wrapped
from core.project import Render, Shot, ShotId

SHAPES = [(1280, 720), (720, 1280), (720, 720), (96, 54), (3840, 2160)]
UNKNOWN = "\U00013000"
"""A hieroglyph: none of the fonts that are looked through has any."""
TITLES = [
    "Home",
    "A much longer title that goes on and on about all that might be seen from the very last of the ridges "
    "before nightfall, in snow, were one to climb it, which nobody in this film intends to do, or ever did",
    "x" * 200,
    "Καλημέρα, Привет, Tiếng Việt, Łódź",
    "漢字 한글 🎬👨‍👩‍👧 שלום مرحبا नमस्ते",
    "\n\t\x00\u202e\ud800",
]


def ground(size: tuple[int, int], level: int) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), level, np.uint8)


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("title", TITLES, ids=range(len(TITLES)))
def test_a_title_stays_inside_the_title_safe_area(size: tuple[int, int], title: str) -> None:
    frame = ground(size, 0)
    title_over(title, size).lay_on(frame)
    rows, columns = np.nonzero(frame[:, :, 0] > 40)
    if not len(rows):
        assert not drawable(title).strip()
        return
    assert rows.min() >= size[1] * 0.05 - 1
    assert rows.max() <= size[1] * 0.95 + 1
    assert columns.min() >= size[0] * 0.05 - 1
    assert columns.max() <= size[0] * 0.95 + 1
    assert abs((columns.min() + columns.max()) / 2 - size[0] / 2) < size[0] * 0.02


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_title_is_readable_on_any_ground(level: int) -> None:
    frame = ground((1280, 720), level)
    title_over("HOME", (1280, 720)).lay_on(frame)
    letters = ground((1280, 720), 0)
    title_over("HOME", (1280, 720)).lay_on(letters)
    inked = letters[:, :, 0] > 250
    assert frame[inked].min() > 245
    beside = np.roll(inked, 4, axis=1) & (letters[:, :, 0] < 10)
    assert frame[beside].mean() < 110  # of 255: the shadow holds white letters off a white picture


def test_the_picture_away_from_the_letters_is_untouched() -> None:
    frame = ground((1280, 720), 200)
    title_over("HOME", (1280, 720)).lay_on(frame)
    assert (frame[:450] == 200).all()


@given(st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_a_title(text: str) -> None:
    frame = ground((160, 90), 100)
    title_over(text, (160, 90)).lay_on(frame)


@pytest.mark.parametrize(
    "text", ["Łódź", "Žižkov", "Καλημέρα", "Привет", "Tiếng Việt", "“—…’ € ½ ©", "e\u0301"]
)
def test_european_scripts_need_no_font_of_the_computer(text: str) -> None:
    assert BOX not in drawable(text)
    assert not cannot_draw(text)


def test_what_no_font_has_becomes_a_box_and_is_named() -> None:
    assert drawable(f"a{UNKNOWN}b") == f"a{BOX}b"
    assert drawable(f"{UNKNOWN}\u200d\ufe0f\u0301b") == f"{BOX}b"  # what joins or marks a box is not drawn
    assert cannot_draw(f"a{UNKNOWN}\u200d{UNKNOWN}\ufe0fb") == UNKNOWN
    assert Face(40).mask(BOX).max() == 255


def test_a_title_that_cannot_be_drawn_is_named_with_its_shot() -> None:
    picture = Render(image_url="stills/a.png", sha256="0" * 64, width=96, height=54)
    whole, odd = (
        Shot(shot_id=ShotId(f"shot_{number:03d}"), start=0, end=1, title=title, render=picture)
        for number, title in ((1, "Łódź, in the morning"), (2, f"A {UNKNOWN} ahead"))
    )
    found = title_problems([whole, odd])
    assert [problem.shot_id for problem in found] == ["shot_002"]
    assert UNKNOWN in found[0].what


def test_lines_are_wrapped_between_words_and_none_is_lost() -> None:
    face = Face(40)
    text = "one two three four five six seven eight nine ten"
    lines = wrapped(text, face, 300)
    assert len(lines) > 1
    assert " ".join(lines) == text
    assert all(face.width(line) <= 300 for line in lines)


@pytest.mark.parametrize("size", SHAPES)
@pytest.mark.parametrize("rate", [Fraction(25), Fraction(30000, 1001)])
def test_a_review_copy_s_letters_are_small_low_and_never_move(size: tuple[int, int], rate: Fraction) -> None:
    name = ShotId("a_shot_with_a_name_that_is_far_too_long_" * 3)
    burned_in = BurnedIn(Burn(shot_id=name, first_frame=107_900), size, rate)
    extents = []
    for index in (0, 1, 11, 88, 100):
        frame = ground(size, 255)
        burned_in.lay_on(frame, index)
        rows, columns = np.nonzero(frame[:, :, 0] < 200)
        extents.append((rows.min(), rows.max(), columns.min(), columns.max()))
    assert len(set(extents)) == 1
    top, bottom, left, right = extents[0]
    assert top >= size[1] * 0.7
    assert bottom <= size[1] * 0.95 + 1
    assert left >= size[0] * 0.05 - 1
    assert right <= size[0] * 0.95 + 1
