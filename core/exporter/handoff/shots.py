"""What people want to know of each shot in the cut: for the shot list and the contact sheet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.exporter.handoff.cut import Cut, Kind
from core.exporter.handoff.media import Media, take_numbers
from core.exporter.plan import Piece
from core.project import Project, Shot
from core.take import Take, TakeId


@dataclass(frozen=True, kw_only=True)
class ShotFacts:
    """One shot in the cut."""

    shot: Shot
    piece: Piece
    first_frame: int
    """Frame of the cut, counted from 0, on which it begins."""
    words: str
    """What the model got, or would get."""
    shown_by: str
    """Name of the model; what shows the shot when it is no take."""
    take: Take | None
    """The take whose clip is in the cut."""
    take_number: int | None
    """Its number among the shot's takes, counted from 1."""
    file: str
    """Name of its file in the hand-off."""
    missing: bool
    """Whether that file is gone."""

    @property
    def end_frame(self) -> int:
        """Frame of the cut on which the next shot begins."""
        return self.first_frame + self.piece.frames

    @property
    def cost_usd(self) -> Decimal | None:
        """What the take cost; None for what costs nothing to know: no take, or not settled yet."""
        return self.take.settled_usd if self.take else None

    def seconds(self, rate: Fraction) -> tuple[float, float]:
        """(start, end) in the cut."""
        return round(float(self.first_frame / rate), 3), round(float(self.end_frame / rate), 3)


def shots_of(
    cut: Cut, project: Project, takes: Mapping[TakeId, Take], media: Media, models: Mapping[str, str]
) -> Iterator[ShotFacts]:
    """Every shot that is seen, in order; `models` are the names of models by key."""
    numbers = take_numbers(takes)
    shots = {shot.shot_id: shot for shot in project.shots}
    kinds = {event.piece.shot_id: event for event in cut.events if event.piece is not None}
    at = 0
    for piece in cut.export.pieces:
        event = kinds[piece.shot_id]
        file = media[event.media] if event.media else None
        take = takes.get(TakeId(piece.take_id)) if piece.take_id else None
        shot = shots[piece.shot_id]
        if take is not None:
            shown_by = models.get(take.model, take.model)
        else:
            shown_by = "still" if event.kind is Kind.STILL else "camera move"
        yield ShotFacts(
            shot=shot,
            piece=piece,
            first_frame=at,
            words=take.motion_prompt if take else shot.words,
            shown_by=shown_by,
            take=take,
            take_number=numbers.get(take.take_id) if take else None,
            file=file.name if file else "",
            missing=bool(file and file.missing),
        )
        at += piece.frames
