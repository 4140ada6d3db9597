"""Sizes of paper for the contact sheet."""

from enum import StrEnum

DPI = 200
"""Pixels in an inch of paper."""


class Paper(StrEnum):
    """Sizes of paper, lying on their long side."""

    A4 = "a4"
    LETTER = "letter"

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return (2339, 1654) if self is Paper.A4 else (2200, 1700)
