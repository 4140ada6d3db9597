"""What came of each take, and for how long a cut shows it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from core.costs.columns import ENTRIES, Columns
from core.ledger import Entry
from core.project import Project
from core.take import TakeId
from core.timeline import places

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Outcome(StrEnum):
    """What came of a take, as far as its money is concerned."""

    KEPT = "kept"
    """Its clip is in a cut."""
    SPARE = "spare"
    """It has a clip that no cut uses."""
    LOST = "lost"
    """It was charged, and there is no clip."""
    AT_RISK = "at_risk"
    """It may have been charged, and there is no clip."""
    OPEN = "open"
    """It waits or is under way: its money is set aside."""
    FREE = "free"
    """It ended without a clip and without a charge."""


OUTCOMES = tuple(Outcome)
"""Their numbers are their places here."""

_BY_ENTRY: Mapping[Entry, Outcome] = {
    Entry.RESERVE: Outcome.OPEN,
    Entry.SETTLE: Outcome.SPARE,
    Entry.RELEASE: Outcome.FREE,
    Entry.AT_RISK: Outcome.AT_RISK,
}


def kept_seconds(project: Project) -> Mapping[TakeId, float]:
    """Chosen take → the seconds of the cut that its shot is seen."""
    rate = project.frame_rate
    return {
        TakeId(video.take_id): float(place.frames / rate)
        for place in places(project)
        if (video := place.shot.render.video) is not None
    }


def seconds_by_row(columns: Columns, kept: Mapping[TakeId, float]) -> "NDArray[np.float64]":
    """Seconds that each take is seen; -1 for takes that no cut has chosen."""
    import numpy as np

    seconds = np.full(len(columns), -1.0)
    for take_id, seen_s in kept.items():
        row = columns.rows.get(take_id)
        if row is not None:
            seconds[row] = seen_s
    return seconds


def outcomes_by_row(columns: Columns, seen_s: "NDArray[np.float64]") -> "NDArray[np.int8]":
    """The number of each take's outcome; `seen_s` as `seconds_by_row` gives it."""
    import numpy as np

    outcome = np.array([OUTCOMES.index(_BY_ENTRY[entry]) for entry in ENTRIES], dtype=np.int8)[columns.entry]
    settled = columns.entry == ENTRIES.index(Entry.SETTLE)
    ended = settled | (columns.entry == ENTRIES.index(Entry.RELEASE))
    outcome[settled & (columns.clip == 0)] = OUTCOMES.index(Outcome.LOST)
    outcome[ended & (columns.clip == 1)] = OUTCOMES.index(Outcome.SPARE)  # also one that the bill lets go
    outcome[ended & (seen_s >= 0)] = OUTCOMES.index(Outcome.KEPT)
    return outcome
