"""What the Animate page is about, read from the disk once for each run of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.orders import quote_shots
from core.pricing import Quote
from core.progress import Overview, ShotStatus
from core.project import Project, ShotId
from core.studio import the_studio
from core.take import OPEN, State, Take

_SPOKEN_FOR = OPEN | {State.UNRESOLVED}
"""A shot whose newest take is in one of these gets no other before that one is settled."""


@dataclass(frozen=True, kw_only=True)
class Board(Overview):
    """A project's shots, where they stand, and what a take of each would cost now."""

    quotes: Mapping[ShotId, Quote]

    @property
    def ready(self) -> list[ShotStatus]:
        """Shots that a take can be ordered of."""
        return [each for each in self.statuses if can_be_ordered(each)]

    def status(self, shot_id: ShotId) -> ShotStatus:
        """Where that shot stands."""
        return next(each for each in self.statuses if each.shot.shot_id == shot_id)

    def takes_of(self, shot_id: ShotId) -> list[Take]:
        """Every take of that shot, oldest order first."""
        return [take for take in self.takes.values() if take.shot_id == shot_id]


_quoted: dict[str, tuple[Project, Mapping[ShotId, Quote]]] = {}
"""The quotes of each project as it was when they were last asked for."""


def read_board(project_id: str) -> Board:
    """The board as the disk has it now."""
    now = the_studio().overview(project_id)
    return Board(
        project=now.project,
        takes=now.takes,
        statuses=now.statuses,
        outlook=now.outlook,
        quotes=_quotes(now.project),
    )


def _quotes(project: Project) -> Mapping[ShotId, Quote]:
    """What a take of each shot costs; while the project is the same, so are the quotes."""
    known = _quoted.get(project.id)
    if known is None or known[0] is not project:
        batch = quote_shots(the_studio().catalogue, project, project.shots)
        quotes = {each.shot_id: each.quote for each in batch.shots}
        known = _quoted[project.id] = project, quotes
    return known[1]


def can_be_ordered(status: ShotStatus) -> bool:
    """Whether a take of that shot can be ordered now."""
    return status.take is None or status.take.state not in _SPOKEN_FOR


def without_clip(statuses: Sequence[ShotStatus]) -> list[ShotStatus]:
    """Those that have no clip."""
    return [each for each in statuses if each.shot.render.video is None]


def failed(statuses: Sequence[ShotStatus]) -> list[ShotStatus]:
    """Those whose newest take failed."""
    return [each for each in statuses if each.take is not None and each.take.state is State.FAILED]
