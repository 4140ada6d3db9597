"""A shot's title: centred low in the picture, inside the title-safe area, readable on any ground."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from PIL import Image, ImageFilter

from core.exporter.picture.lettering import Face, Lettering, Mask, cannot_draw
from core.project import Shot
from core.timeline import Problem

SAFE = 0.05
"""Share of each side that is left free: the title-safe area is the middle 90 % (SMPTE ST 2046-1)."""
SIZE = 0.075
"""Height of the type, as a share of the frame's shorter side, so that an upright frame holds as much."""
SMALLEST = 0.5
"""A long title shrinks to this share of its size; after that it is cut short."""
HIGHEST = 0.45
"""Share of the frame's height that a title may take."""
FOOT = 0.06
"""Share of the frame's shorter side below a title, where a review copy has its timecode."""
SHADOW = 0.78
"""How dark the shadow is in its middle."""


def title_over(title: str, frame_size: tuple[int, int]) -> Lettering:
    """`title` for a frame of `frame_size` (width, height): wrapped, as large as its length allows."""
    width, height = frame_size
    short = min(frame_size)
    left, right = ceil(width * SAFE), width - ceil(width * SAFE)
    bottom = height - ceil(height * SAFE) - ceil(short * FOOT)
    face, lines = _set(title, right - left, min(round(height * HIGHEST), bottom - ceil(height * SAFE)), short)
    pad = min(ceil(face.size_px * 0.5), left)
    masks = [face.mask(line) for line in lines]
    block = np.zeros((face.height * len(lines) + 2 * pad, right - left + 2 * pad), np.uint8)
    for number, mask in enumerate(masks):
        drawn = mask[:, : right - left]
        x = (block.shape[1] - drawn.shape[1]) // 2
        y = pad + number * face.height
        block[y : y + drawn.shape[0], x : x + drawn.shape[1]] |= drawn
    block = block[: height - (bottom + pad - block.shape[0])] if bottom + pad > height else block
    return Lettering.of(
        block, _shadow(block, face.size_px), left=left - pad, top=max(0, bottom + pad - block.shape[0])
    )


def title_problems(shots: Sequence[Shot]) -> list[Problem]:
    """Titles with characters that no font here has, in the order of `shots`."""
    found = []
    for shot in shots:
        missing = cannot_draw(shot.title)
        if missing:
            found.append(
                Problem(
                    shot_id=shot.shot_id,
                    what=f"No font on this computer can draw {missing} in the title of {shot.shot_id}.",
                    remedy="A box stands for each; change the title, or install a font that has them.",
                )
            )
    return found


def _shadow(letters: Mask, size_px: int) -> Mask:
    """A soft dark ground around `letters`: close and dense to draw their edge, wide to calm the picture."""
    picture = Image.fromarray(letters)
    grown = picture.filter(ImageFilter.MaxFilter(2 * max(1, size_px // 24) + 1))
    close = np.asarray(grown.filter(ImageFilter.GaussianBlur(size_px / 24)), np.float32)
    wide = np.asarray(grown.filter(ImageFilter.GaussianBlur(size_px / 5)), np.float32)
    return np.clip(close * 0.7 + wide * 0.9, 0, 255 * SHADOW).astype(np.uint8)


def _set(title: str, width: int, height: int, short: int) -> tuple[Face, list[str]]:
    """The largest face in which `title` fits into `width` × `height` pixels, and its lines."""
    for share in (1.0, 0.9, 0.8, 0.7, 0.6, SMALLEST):
        face = Face(max(8, round(short * SIZE * share)))
        lines = wrapped(title, face, width)
        if len(lines) * face.height <= height:
            return face, _balanced(title, face, width, lines)
    most = max(1, height // face.height)
    last = lines[most - 1]
    while last and face.width(last + "…") > width:
        last = last[:-1]
    return face, [*lines[: most - 1], last.rstrip() + "…"]


def _balanced(title: str, face: Face, width: int, lines: list[str]) -> list[str]:
    """As many lines as `lines`, as even as can be: no word left alone on the last."""
    narrow, wide = width // len(lines), width
    while wide - narrow > face.size_px // 4:
        middle = (narrow + wide) // 2
        if len(wrapped(title, face, middle)) > len(lines):
            narrow = middle
        else:
            wide = middle
    return wrapped(title, face, wide)


def wrapped(text: str, face: Face, width: int) -> list[str]:
    """`text` in lines of at most `width` pixels; words that are too long are broken."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}" if line else word
            if face.width(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            line = word
            while face.width(line) > width and len(line) > 1:
                fits = _fitting(line, face, width)
                lines.append(line[:fits])
                line = line[fits:]
        if line:
            lines.append(line)
    return lines or [""]


def _fitting(word: str, face: Face, width: int) -> int:
    """How many characters of `word` fit into `width` pixels, at least one."""
    fits = 1
    while fits < len(word) and face.width(word[: fits + 1]) <= width:
        fits += 1
    return fits
