"""Takes with money in the ledger, for tests of what the bill makes of them."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from waiting import wait_until

from core.ledger import Entry, Line, ledger_of, utc_now
from core.project import ProjectId, ShotId
from core.studio import Studio
from core.take import OPEN, Take, TakeId


def ended(studio: Studio, takes: list[Take]) -> list[Take]:
    """The takes, once none is under way."""
    ids = [take.take_id for take in takes]
    wait_until(lambda: all(studio.take(each).state not in OPEN for each in ids), what="the takes to end")
    return [studio.take(each) for each in ids]


def written(
    data: Path,
    take: str,
    *entries: tuple[Entry, str, str],
    model: str = "kling_i2v",
    request_id: str = "",
    ago: timedelta = timedelta(0),
    project: str = "ascent",
) -> None:
    """Lines in the ledger about a take that has no receipt: (entry, US dollars, source) each."""
    ledger_of(data).append(
        *(
            Line(
                at=utc_now() - ago,
                entry=entry,
                take_id=TakeId(take),
                project_id=ProjectId(project),
                shot_id=ShotId("shot_001"),
                model=model,
                usd=Decimal(usd),
                source=source,
                price_as_of="2026-11-23",
                request_id=request_id if entry is not Entry.RESERVE else "",
            )
            for entry, usd, source in entries
        )
    )
