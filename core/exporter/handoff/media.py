"""The files that go with a hand-off: every source once, under a name that says which shot and take it is."""

import os
import re
import shutil
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from urllib.parse import quote

from core.errors import MediaFailed, NotFound, disk_errors
from core.exporter.handoff.cut import Cut, Event, Kind
from core.exporter.parts import Part, Window
from core.exporter.plan import Piece
from core.exporter.segments import make_segment
from core.providers.base import Signals
from core.take import Take, TakeId

FOLDER = "media"
"""The folder in a hand-off that holds the files."""


class MediaChoice(StrEnum):
    """What becomes of the files."""

    COPY = "copy"
    """A copy of each: whatever is done to it, the project's own stays as it is."""
    LINK = "link"
    """A second name for the same file where the disk allows it, at once and without room; else a copy."""
    NONE = "none"
    """They stay in the project's folder, and are pointed at there."""


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """One file that events come from."""

    name: str
    """Its name in the hand-off: ASCII, safe on every disk, unique."""
    path: Path
    """Where it is now, in the project's folder."""
    missing: str = ""
    """Why it does not come along, in one line; empty when it does."""
    width: int = 0
    """Pixels; 0 when that is not known."""
    height: int = 0
    fps: Fraction | None = None
    """Its own frame rate; None for a still, or when that is not known."""
    has_audio: bool = False

    def url(self, choice: MediaChoice) -> str:
        """How the files for editing programs point at it."""
        return self.path.absolute().as_uri() if choice is MediaChoice.NONE else f"{FOLDER}/{quote(self.name)}"


Media = Mapping[tuple[str, bool], MediaFile]
"""The file of each event, by `Event.media`."""


def media_of(
    cut: Cut, folder: Path, takes: Mapping[TakeId, Take], signals: Signals, *, share: float = 1.0
) -> dict[tuple[str, bool], MediaFile]:
    """The files of `cut`, with what has to be rendered made now (kept in `folder`/segments).

    Of a shot that is rendered the source comes along too. A file that is gone, or that cannot be rendered, is
    `missing`. `signals` hear of progress up to `share`. Raises StorageFailed, and Halted through `signals`.
    """
    return _Gathering(cut, folder, takes, signals).files(share)


def take_numbers(takes: Mapping[TakeId, Take]) -> dict[TakeId, int]:
    """The number of each take among those of its shot, counted from 1 in the order they were ordered."""
    counts: dict[str, int] = {}
    numbers = {}
    for take in takes.values():
        numbers[take.take_id] = counts[take.shot_id] = counts.get(take.shot_id, 0) + 1
    return numbers


class _Gathering:
    """Finds and makes the files of one cut, and names them."""

    def __init__(self, cut: Cut, folder: Path, takes: Mapping[TakeId, Take], signals: Signals) -> None:
        self._cut = cut
        self._folder = folder
        self._takes = takes
        self._numbers = take_numbers(takes)
        self._signals = signals
        self._names: set[str] = set()

    def files(self, share: float) -> dict[tuple[str, bool], MediaFile]:
        found: dict[tuple[str, bool], MediaFile] = {}
        events = [event for event in self._cut.events if event.piece is not None]
        for number, event in enumerate(events):
            piece, rendered = event.piece, event.kind is Kind.RENDERED
            assert piece is not None
            if (piece.shot_id, rendered) in found:
                continue
            self._signals.check()
            source = found[piece.shot_id, False] = self._source(piece)
            if rendered:
                self._signals.progress(share * number / len(events), f"making {piece.shot_id} into a file")
                found[piece.shot_id, True] = self._rendered(event, piece)
                if source.missing:
                    del found[piece.shot_id, False]
        return found

    def _rendered(self, event: Event, piece: Piece) -> MediaFile:
        """The shot as the cut shows it, from the segments of exports or made now."""
        export, path, missing = self._cut.export, self._folder / piece.source, ""
        window = Window(piece=piece, first=0, frames=event.available)
        try:
            path = make_segment(export, self._folder, Part(windows=(window,)), self._signals)
        except (MediaFailed, NotFound) as error:
            missing = str(error)
        width, height = export.frame_size
        return MediaFile(
            name=self._name(piece, "as_cut", ".mp4"),
            path=path,
            missing=missing,
            width=width,
            height=height,
            fps=export.frame_rate,
        )

    def _source(self, piece: Piece) -> MediaFile:
        """The still, or the take's clip, as it is."""
        path = self._folder / piece.source
        missing = "" if path.is_file() else f"{piece.source} is gone."
        if piece.take_id is None:
            return MediaFile(name=self._name(piece, "still", path.suffix), path=path, missing=missing)
        take_id = TakeId(piece.take_id)
        name = self._name(piece, f"take{self._numbers.get(take_id, 1):02d}", path.suffix)
        take = self._takes.get(take_id)
        if take is None or take.clip is None:
            return MediaFile(name=name, path=path, missing=missing, has_audio=piece.has_sound)
        clip = take.clip
        return MediaFile(
            name=name,
            path=path,
            missing=missing,
            width=clip.width,
            height=clip.height,
            fps=Fraction(clip.fps).limit_denominator(1001) if clip.fps else None,
            has_audio=piece.has_sound,
        )

    def _name(self, piece: Piece, what: str, suffix: str) -> str:
        return free_name(f"{plain_name(piece.shot_id, 'shot')}_{what}", suffix.lower(), self._names)


def plain_name(text: str, otherwise: str) -> str:
    """`text` in ASCII letters, digits, - and _, at most 48 of them; `otherwise` when nothing is left."""
    plain = (
        unicodedata.normalize("NFKD", text.encode("utf-8", "ignore").decode())
        .encode("ascii", "ignore")
        .decode()
    )
    return re.sub(r"[^A-Za-z0-9_-]+", "-", plain).strip("-_")[:48] or otherwise


def free_name(stem: str, suffix: str, taken: set[str]) -> str:
    """A name that is in `taken` from now on, and was not before; case does not tell names apart."""
    name, number = f"{stem}{suffix}", 2
    while name.lower() in taken:
        name, number = f"{stem}_{number}{suffix}", number + 1
    taken.add(name.lower())
    return name


def bring(file: MediaFile, folder: Path, choice: MediaChoice) -> None:
    """Put `file` into `folder` under its name. Raises StorageFailed."""
    target = folder / file.name
    with disk_errors(target):
        folder.mkdir(parents=True, exist_ok=True)
        if choice is MediaChoice.LINK:
            try:
                os.link(file.path, target)
            except OSError:  # another disk, or one that has no second names
                shutil.copyfile(file.path, target)
        else:
            shutil.copyfile(file.path, target)
