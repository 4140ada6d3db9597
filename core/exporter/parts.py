"""The cut as a row of parts: runs of frames that are made once, kept by content, and joined by copying."""

import hashlib
import json
from collections.abc import Iterator
from enum import StrEnum

from core.editing import TransitionKind
from core.exporter.plan import Export, Piece
from core.project import ShotId
from core.record import Record

RECIPE = 6
"""Grows when segments come to be made in another way, so that old ones are not used again."""


class Effect(StrEnum):
    """What is done with the frames of a part."""

    PLAIN = "plain"
    DISSOLVE = "dissolve"
    """The second window grows through the first."""
    DIP_OUT = "dip_out"
    """To black."""
    DIP_IN = "dip_in"
    """Out of black."""


class Window(Record):
    """A run of conformed frames of one piece."""

    piece: Piece
    first: int
    """Frame counted from 0 at the start of the piece. From `piece.frames` on it is the handle: what the clip
    still has beyond its place, then its last picture."""
    frames: int

    def pixels(self) -> list[object]:
        """All that decides its pixels, beside the export's own settings. Names and neighbours do not."""
        piece = self.piece
        source = [piece.source_sha256, piece.move, piece.source_s, piece.fit]
        return [*source, piece.lead_frames, piece.own_frames, self.first, self.frames]


class Burn(Record):
    """What stands in the picture of a review copy."""

    shot_id: ShotId
    first_frame: int
    """Frame of the whole cut, counted from 0, with which the part begins: its timecode."""


class Part(Record):
    """One segment of the cut."""

    windows: tuple[Window, ...]
    """One; for a dissolve two of the same length: the outgoing shot's handle, the incoming shot's start."""
    effect: Effect = Effect.PLAIN
    titles: tuple[str, ...] = ()
    """Words over the picture of each window; none at all: over no picture."""
    burn: Burn | None = None

    @property
    def frames(self) -> int:
        """Frames it has, exactly."""
        return self.windows[0].frames

    @property
    def shot_id(self) -> ShotId:
        """The shot it shows, or leads into."""
        return self.windows[-1].piece.shot_id

    @property
    def composed(self) -> bool:
        """Whether anything is laid over or mixed."""
        return self.effect is not Effect.PLAIN or bool(self.titles) or self.burn is not None

    def key(self, export: Export) -> str:
        """Name of its segment: the same whenever its pixels would be."""
        settings = [RECIPE, export.size, export.fps, export.framing, export.quality]
        windows = [window.pixels() for window in self.windows]
        burn = self.burn.model_dump() if self.burn else None
        decides = [settings, windows, self.effect, self.titles, burn]
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:32]


def parts_of(export: Export) -> tuple[Part, ...]:
    """The parts of the cut in order; their frames add up to the export's."""
    parts = []
    at = export.from_frame
    for index, piece in enumerate(export.pieces):
        after = export.pieces[index + 1] if index + 1 < len(export.pieces) else None
        before = export.pieces[index - 1] if index else None
        for part in _parts_of_piece(piece, before, after):
            burn = Burn(shot_id=piece.shot_id, first_frame=at) if export.burn_in else None
            words = tuple(window.piece.title for window in part.windows)
            titles = words if any(words) else ()
            parts.append(part.model_copy(update={"titles": titles, "burn": burn}))
            at += part.frames
    return tuple(parts)


def way_in_span(piece: Piece) -> tuple[int, int]:
    """First frame of the way into `piece` and the one after its last, counted from the piece's start."""
    out = piece.way_in_frames // 2 if piece.way_in is TransitionKind.DIP else 0
    return -out, piece.way_in_frames - out


def _parts_of_piece(piece: Piece, before: Piece | None, after: Piece | None) -> Iterator[Part]:
    head, tail = 0, 0
    if piece.way_in is TransitionKind.DISSOLVE and before is not None:
        head = way_in_span(piece)[1]
        outgoing = Window(piece=before, first=before.frames, frames=head)
        yield Part(windows=(outgoing, Window(piece=piece, first=0, frames=head)), effect=Effect.DISSOLVE)
    elif piece.way_in is TransitionKind.DIP:
        head = way_in_span(piece)[1]
        yield Part(windows=(Window(piece=piece, first=0, frames=head),), effect=Effect.DIP_IN)
    if after is not None and after.way_in is TransitionKind.DIP:
        tail = -way_in_span(after)[0]
    if piece.frames > head + tail:
        yield Part(windows=(Window(piece=piece, first=head, frames=piece.frames - head - tail),))
    if tail:
        last = Window(piece=piece, first=piece.frames - tail, frames=tail)
        yield Part(windows=(last,), effect=Effect.DIP_OUT)
