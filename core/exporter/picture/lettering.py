"""Letters for pictures: white on a shadow or a band, in a face that has them, and never a crash.

The face is Source Sans, which comes with Streamlit: Latin, Greek, Cyrillic, Vietnamese. What it lacks is
looked for in the fonts of the computer. What those lack too loses its accents, or becomes a box.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import groupby
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

SEMIBOLD = 600
"""Weight of the face: thin strokes drown in a picture."""
BOX = "□"
"""Stands for a character that no font here can draw."""
NOBODYS = "\U0010fffe"
"""A character that no font has: what is drawn like it is missing."""
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Categories of characters that are no letters: controls, overrides of direction, halves of a pair."""
JOINERS = "\u200c\u200d"
"""They show nothing themselves, and shape the letters beside them."""
FONTS_OF_THE_COMPUTER = (
    *("NotoSans-Regular.ttf", "DejaVuSans.ttf", "segoeui.ttf", "Arial Unicode.ttf", "arial.ttf"),
    *("NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "msyh.ttc", "YuGothM.ttc"),
    *("malgun.ttf", "Hiragino Sans GB.ttc", "AppleSDGothicNeo.ttc", "NotoSansArabic-Regular.ttf"),
    *("NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf", "NotoSansThai-Regular.ttf"),
    *("Nirmala.ttf", "Nirmala.ttc", "LeelawUI.ttf", "NotoSansSymbols2-Regular.ttf", "seguisym.ttf"),
    *("Apple Symbols.ttf", "NotoEmoji-Regular.ttf"),
)
"""Names under which Pillow finds fonts of Linux, Windows and macOS, in order of preference."""

Mask = NDArray[np.uint8]
"""Height × width; 255 where a letter covers the picture, 0 where it does not."""


@dataclass(frozen=True, kw_only=True)
class Lettering:
    """White letters on a darkened ground, at a place in a frame."""

    left: int
    """Pixels from the frame's left edge."""
    top: int
    """Pixels from the frame's upper edge."""
    light: NDArray[np.uint16]
    """Height × width × 1: white that is added, 0 to 255² in units of 1/255."""
    keep: NDArray[np.uint16]
    """Height × width × 1: how much of the picture is kept, 0 to 255."""

    @classmethod
    def of(cls, letters: Mask, ground: Mask, *, left: int, top: int) -> "Lettering":
        """`letters` in white over `ground` in black, each as opaque as its mask says."""
        through = (255 - letters.astype(np.uint32)) * (255 - ground) // 255
        return cls(
            left=left,
            top=top,
            light=(letters.astype(np.uint16) * 255)[:, :, None],
            keep=through.astype(np.uint16)[:, :, None],
        )

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        height, width, _ = self.light.shape
        return width, height

    def lay_on(self, frame: NDArray[np.uint8]) -> None:
        """Change `frame`, height × width × 3, where the letters are; they must lie inside it."""
        width, height = self.size
        under = frame[self.top : self.top + height, self.left : self.left + width]
        total = under * self.keep
        total += self.light
        total += np.uint16(127)
        total //= np.uint16(255)
        under[:] = total


@dataclass(frozen=True)
class Face:
    """Letters of one size."""

    size_px: int
    """Height of the type: from the top of an accent to the bottom of a g, roughly."""

    def width(self, line: str) -> int:
        """Pixels that `line` needs, rounded up."""
        return ceil(sum(font.getlength(run) for font, run in self._runs(line)))

    @property
    def height(self) -> int:
        """Pixels from the highest to the lowest that a line may reach."""
        ascent, descent = _own_face(self.size_px).getmetrics()
        return ascent + descent

    def mask(self, line: str, *, border: int = 0) -> Mask:
        """`line` drawn with `border` pixels around it."""
        ascent, _ = _own_face(self.size_px).getmetrics()
        picture = Image.new("L", (max(1, self.width(line)) + 2 * border, self.height + 2 * border))
        pen = ImageDraw.Draw(picture)
        at = float(border)
        for font, run in self._runs(line):
            pen.text((at, border + ascent), run, fill=255, font=font, anchor="ls")
            at += font.getlength(run)
        return np.asarray(picture)

    def _runs(self, line: str) -> Iterator[tuple[ImageFont.FreeTypeFont, str]]:
        """`line` in pieces, each with a font that has all of it. One font for all where there is one."""
        line = drawable(line)
        for name in _chain(line):
            if all(_has(name, character) for character in line):
                yield _font(name, self.size_px), line
                return
        before = OWN

        def named(character: str) -> str:
            nonlocal before
            if not unicodedata.combining(character) and character != " ":
                before = _font_with(character) or OWN
            return before

        for name, run in groupby(line, key=named):
            yield _font(name, self.size_px), "".join(run)


def drawable(text: str) -> str:
    """`text` with what no font has replaced: by its letter without the accent, or by a box."""
    shown: list[str] = []
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        marks = character in JOINERS or category.startswith("M")
        if character.isspace():
            shown.append(" ")
        elif (category in UNSEEN and not marks) or (marks and shown[-1:] == [BOX]):
            continue
        elif _font_with(character):
            shown.append(character)
        elif not marks:
            plain = unicodedata.normalize("NFKD", character)[0]
            shown.append(plain if _font_with(plain) else BOX)
    return "".join(shown)


def cannot_draw(text: str) -> str:
    """The characters of `text` that come out as a box, each once."""
    boxed = (character for character in text if character != BOX and drawable(character) == BOX)
    return "".join(dict.fromkeys(boxed))


OWN = "Source Sans"
SPARE = "Pillow's own"


def _chain(characters: str) -> Iterator[str]:
    """Names of fonts to try for `characters`; those of the computer only when they are needed."""
    yield from (OWN, SPARE)
    if any(not _has(OWN, character) for character in characters):
        yield from (name for name in FONTS_OF_THE_COMPUTER if _path(name))


@lru_cache(maxsize=4096)
def _font_with(character: str) -> str | None:
    return next((name for name in _chain(character) if _has(name, character)), None)


@lru_cache(maxsize=8192)
def _has(name: str, character: str) -> bool:
    """Whether the font draws `character`, and not the sign of what it lacks."""
    if character == " ":
        return True
    font = _font(name, 24)
    try:
        drawn, missing = font.getmask(character), font.getmask(NOBODYS)
    except (OSError, UnicodeError, ValueError):
        return False
    same = (drawn.size, bytes(drawn)) == (missing.size, bytes(missing))
    return not same and (drawn.getbbox() is not None or character in JOINERS)


@lru_cache(maxsize=64)
def _font(name: str, size_px: int) -> ImageFont.FreeTypeFont:
    if name == OWN:
        return _own_face(size_px)
    if name == SPARE:
        return _spare(size_px)
    return ImageFont.truetype(_path(name) or name, size_px)


@lru_cache(maxsize=64)
def _own_face(size_px: int) -> ImageFont.FreeTypeFont:
    """Source Sans from Streamlit's folder; where it is not or cannot be read, Pillow's own letters."""
    package = find_spec("streamlit")
    for folder in (package.submodule_search_locations or []) if package else []:
        for path in sorted(Path(folder).glob("static/static/media/SourceSansVF-Upright*.woff2")):
            try:
                font = ImageFont.truetype(str(path), size_px)
                font.set_variation_by_axes([SEMIBOLD])
            except OSError:
                continue
            return font
    return _spare(size_px)


def _spare(size_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)  # every wheel of Pillow has FreeType
    return font


@lru_cache(maxsize=64)
def _path(name: str) -> str | None:
    """Where the computer keeps the font called `name`; None when it has none."""
    try:
        return str(ImageFont.truetype(name, 12).path)
    except OSError:
        return None
