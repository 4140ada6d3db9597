"""Lines of the ledger for tests."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from core.ledger import Bill, Entry, Line, utc_now
from core.project import ProjectId, ShotId
from core.take import TakeId

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def line(
    take: str,
    entry: Entry,
    usd: str | Decimal = "0.70",
    project: str = "p",
    shot: str = "shot_001",
    *,
    source: str = "quote",
    minutes: float | None = None,
) -> Line:
    """A line about the take `take`: now, or so many `minutes` after NOON."""
    return Line(
        at=utc_now() if minutes is None else NOON + timedelta(minutes=minutes),
        entry=entry,
        take_id=TakeId(take),
        project_id=ProjectId(project),
        shot_id=ShotId(shot),
        model="kling_i2v",
        usd=Decimal(usd),
        source=source,
        price_as_of="2026-11-23",
    )


def file_lines(data: Path) -> list[bytes]:
    """The lines of the ledger's file."""
    return (data / "ledger.jsonl").read_bytes().splitlines()


def write_file(data: Path, lines: list[bytes]) -> None:
    """Put these lines in place of the ledger's, as an editor would."""
    draft = data / "edited"
    draft.write_bytes(b"".join(text + b"\n" for text in lines))
    draft.replace(data / "ledger.jsonl")


def told(bill: Bill) -> object:
    """All that a bill says about money."""
    return (
        {
            take_id: (money.first, money.last, money.ended, money.billed)
            for take_id, money in bill.takes.items()
        },
        {key: usd for key, usd in bill.totals.items() if usd},
        {key: usd for key, usd in bill.committed.items() if usd},
    )
