"""Where every shot stands, how far the takes under way are, and how long they may still last."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.catalogue import Catalogue
from core.project import Project, Shot
from core.store import SLOTS, Progress
from core.take import OPEN, UNDER_WAY, State, Take, TakeId


@dataclass(frozen=True, kw_only=True)
class ShotStatus:
    """A shot, its newest take, and how far that is."""

    shot: Shot
    model: str
    """Key of the model: the take's, or the one that would be ordered."""
    take: Take | None
    takes: int
    """How many takes there are."""
    chosen: int
    """Which of them is in the cut, counted from 1 in the order they were ordered; 0 while none is."""
    fraction: float | None
    """From 0 to 1; None when it is not under way or not known."""
    stage: str
    """What is being done, for people; empty when nothing is."""


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """The takes that wait and run."""

    queued: int
    running: int
    ended: int
    """Takes of the same orders that have ended."""
    fraction: float
    """How much of those orders is behind us, from 0 to 1; 1 when nothing is under way."""
    remaining_s: float | None
    """Seconds until the last is done, as far as is known; None when nothing is under way."""

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self.queued or self.running)

    @property
    def total(self) -> int:
        """Takes of the orders that are under way."""
        return self.ended + self.running + self.queued


@dataclass(frozen=True, kw_only=True)
class Overview:
    """A project and all that is under way in it, as of one moment."""

    project: Project
    takes: Mapping[TakeId, Take]
    """Every take, oldest order first."""
    statuses: Sequence[ShotStatus]
    """Where every shot stands, in the order of the storyboard."""
    outlook: Outlook


def shot_statuses(
    project: Project, takes: Mapping[TakeId, Take], progress: Mapping[TakeId, Progress]
) -> list[ShotStatus]:
    """Where every shot stands, in the order of the storyboard."""
    in_the_cut = {shot.render.video.take_id for shot in project.shots if shot.render.video}
    newest: dict[str, Take] = {}
    counts: dict[str, int] = {}
    chosen: dict[str, int] = {}
    for take in takes.values():
        shot_id = take.shot_id
        newest[shot_id] = take
        counts[shot_id] = counts.get(shot_id, 0) + 1
        if take.take_id in in_the_cut:
            chosen[shot_id] = counts[shot_id]
    return [
        _status(
            project,
            shot,
            newest.get(shot.shot_id),
            counts.get(shot.shot_id, 0),
            chosen.get(shot.shot_id, 0),
            progress,
        )
        for shot in project.shots
    ]


def _status(
    project: Project,
    shot: Shot,
    take: Take | None,
    takes: int,
    chosen: int,
    progress: Mapping[TakeId, Progress],
) -> ShotStatus:
    under_way = take is not None and take.state in UNDER_WAY
    known = progress.get(take.take_id) if take is not None and under_way else None
    return ShotStatus(
        shot=shot,
        model=take.model if take is not None else project.model_of(shot),
        take=take,
        takes=takes,
        chosen=chosen,
        fraction=known.fraction if known else None,
        stage=known.stage if known else "",
    )


def outlook(takes: Iterable[Take], progress: Mapping[TakeId, Progress], catalogue: Catalogue) -> Outlook:
    """How much is to be done, from a project's takes and what their slots say."""
    takes = list(takes)
    waiting = [take for take in takes if take.state is State.QUEUED]
    running = [take for take in takes if take.state in UNDER_WAY]
    orders = {take.batch_id for take in (*waiting, *running)}
    ended = sum(take.batch_id in orders and take.state not in OPEN for take in takes) if orders else 0
    left = sum(_usual_s(take, catalogue) for take in waiting)
    left += sum(_left_s(take, progress.get(take.take_id), catalogue) for take in running)
    under_way = len(waiting) + len(running)
    behind = ended + sum(_fraction(progress.get(take.take_id)) for take in running)
    return Outlook(
        queued=len(waiting),
        running=len(running),
        ended=ended,
        fraction=behind / (ended + under_way) if under_way else 1.0,
        remaining_s=left / min(SLOTS, under_way) if under_way else None,
    )


def _fraction(progress: Progress | None) -> float:
    return progress.fraction or 0.0 if progress is not None else 0.0


def _left_s(take: Take, progress: Progress | None, catalogue: Catalogue) -> float:
    """Seconds a running take may still last: by its own pace once that is known, else by the usual."""
    elapsed_s = (datetime.now(UTC) - take.changed_at).total_seconds()
    if progress is not None and progress.fraction and take.state is State.RUNNING:
        return elapsed_s * (1 - progress.fraction) / progress.fraction
    return max(1.0, _usual_s(take, catalogue) - elapsed_s)


def _usual_s(take: Take, catalogue: Catalogue) -> float:
    """Seconds a take of this model usually lasts; the app's own grow with the length of the shot."""
    if take.model not in catalogue:
        return 60.0
    model = catalogue[take.model]
    if not model.paid:
        return max(1.0, take.needed_s * 0.5)
    return sum(model.generation_s) / 2
