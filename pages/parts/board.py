"""What the Animate page is about, read from the disk once for each run of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.pricing import Quote
from core.progress import Overview, ShotStatus
from core.project import ShotId
from core.take import OPEN, State, Take
from pages.parts.current import studio

_SPOKEN_FOR = OPEN | {State.UNRESOLVED}
"""A shot whose newest take is in one of these gets no other before that one is settled."""


@dataclass(frozen=True, kw_only=True)
class Board(Overview):
    """A project's shots, where they stand, and what a take of each would cost now."""

    quotes: Mapping[ShotId, Quote]

    @property
    def ready(self) -> list[ShotStatus]:
        """Shots that a take can be ordered of."""
        return [each for each in self.statuses if each.take is None or each.take.state not in _SPOKEN_FOR]

    def status(self, shot_id: ShotId) -> ShotStatus:
        """Where that shot stands."""
        return next(each for each in self.statuses if each.shot.shot_id == shot_id)

    def takes_of(self, shot_id: ShotId) -> list[Take]:
        """Every take of that shot, oldest order first."""
        return [take for take in self.takes.values() if take.shot_id == shot_id]


def read_board(project_id: str) -> Board:
    """The board as the disk has it now."""
    now = studio().overview(project_id)
    return Board(
        project=now.project,
        takes=now.takes,
        statuses=now.statuses,
        outlook=now.outlook,
        quotes={each.shot_id: each.quote for each in studio().quote(project_id).shots},
    )


def without_clip(statuses: Sequence[ShotStatus]) -> list[ShotStatus]:
    """Those that have no clip."""
    return [each for each in statuses if each.shot.render.video is None]


def failed(statuses: Sequence[ShotStatus]) -> list[ShotStatus]:
    """Those whose newest take failed."""
    return [each for each in statuses if each.take is not None and each.take.state is State.FAILED]
