"""What a person asks of a hand-off, and what it is made from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from core.errors import InputRefused
from core.exporter.handoff.media import MediaChoice
from core.exporter.handoff.paper import Paper
from core.exporter.plan import Export
from core.project import Project
from core.take import Take, TakeId

Word = TypeVar("Word", bound=StrEnum)


class Format(StrEnum):
    """What a hand-off may hold."""

    OTIO = "otio"
    """OpenTimelineIO: a timeline that points at the files in `media`."""
    OTIOZ = "otioz"
    """The same as one package with the files in it."""
    EDL = "edl"
    """CMX3600: the oldest list that everything reads."""
    FCPXML = "fcpxml"
    """For Final Cut Pro and DaVinci Resolve."""
    CSV = "csv"
    """The shot list."""
    SHEET = "sheet"
    """The contact sheet: PNG pages and a PDF."""


USUAL = (Format.OTIO, Format.EDL, Format.FCPXML, Format.CSV, Format.SHEET)
"""What is handed over when nothing is named. (A package would hold every file a second time.)"""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a hand-off is made from."""

    export: Export
    """The plan of the cut."""
    project: Project
    takes: Mapping[TakeId, Take]
    folder: Path
    """The project's folder."""
    models: Mapping[str, str]
    """Key of a model → its name for people."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person asks of a hand-off."""

    formats: tuple[Format, ...] = USUAL
    media: MediaChoice = MediaChoice.COPY
    zipped: bool = False
    """One zip instead of a folder."""
    paper: Paper = Paper.A4
    """What the contact sheet is laid out for."""


def wish(
    *,
    formats: Sequence[str] | None = None,
    media: str | None = None,
    zipped: bool = False,
    paper: str | None = None,
) -> Wish:
    """What a person asks, of words; None stands for what is usual. Raises InputRefused for a slip."""
    chosen = USUAL if formats is None else tuple(_one_of(Format, each, "format") for each in formats)
    if not chosen:
        raise InputRefused("No format is named.", remedy=f"Choose from: {', '.join(Format)}.")
    # A copy is the editor's own: what writes into its media never touches a paid clip. A zip copies anyway.
    usual = MediaChoice.LINK if zipped else MediaChoice.COPY
    choice = usual if media is None else _one_of(MediaChoice, media, "way with media")
    on = Paper.A4 if paper is None else _one_of(Paper, paper, "paper")
    return Wish(formats=tuple(dict.fromkeys(chosen)), media=choice, zipped=zipped, paper=on)


def _one_of(kind: type[Word], each: str, what: str) -> Word:
    try:
        return kind(each.strip().lower())
    except ValueError as error:
        raise InputRefused(
            f"There is no {what} {each[:40]!r}.", remedy=f"Choose from: {', '.join(kind)}."
        ) from error
