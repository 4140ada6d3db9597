"""The record of money: lines that are only ever appended, and the totals that are folds of them."""

import errno
import os
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from core.errors import disk_errors
from core.project import ProjectId, ShotId
from core.record import Record
from core.store.files import locked, signature, sync_folder
from core.take import TakeId


class Entry(StrEnum):
    """What a line of the ledger says about a take's money. The last line of a take counts."""

    RESERVE = "reserve"
    """Set aside when the take was ordered."""
    SETTLE = "settle"
    """Spent, as far as is known; a later line corrects it."""
    RELEASE = "release"
    """Not spent: the take ended without a charge."""
    AT_RISK = "at_risk"
    """Perhaps spent: sent, and the answer was lost."""


class Line(Record):
    """One line of the ledger."""

    v: int = 1
    at: datetime
    """Aware, UTC."""
    entry: Entry
    take_id: TakeId
    project_id: ProjectId
    shot_id: ShotId
    model: str
    """Key of the model."""
    usd: Decimal
    """US dollars, never negative."""
    source: str
    """Where the amount comes from: "quote", "table price", "billable units", "billing events", …"""
    price_as_of: str
    """Day of the price, YYYY-MM-DD."""


@dataclass
class Bill:
    """Every total in the product: a fold of the ledger's lines."""

    last: dict[TakeId, Line] = field(default_factory=dict)
    """The line that counts for each take."""
    broken: list[str] = field(default_factory=list)
    """What is wrong with each line that cannot be read, by its number."""

    def sum_of(self, entry: Entry) -> Decimal:
        """US dollars of all takes whose last line is `entry`."""
        return sum((line.usd for line in self.last.values() if line.entry == entry), Decimal(0))

    @property
    def spent_usd(self) -> Decimal:
        """What is settled."""
        return self.sum_of(Entry.SETTLE)

    @property
    def reserved_usd(self) -> Decimal:
        """What is set aside for takes under way."""
        return self.sum_of(Entry.RESERVE)

    @property
    def at_risk_usd(self) -> Decimal:
        """What may have been spent without a clip to show for it."""
        return self.sum_of(Entry.AT_RISK)

    def lines(self, entry: Entry, project_id: str | None = None) -> Iterator[Line]:
        """The lines that count with `entry`, of one project or of all."""
        for line in self.last.values():
            if line.entry == entry and project_id in (None, line.project_id):
                yield line

    def by_project(self) -> Mapping[str, Decimal]:
        """US dollars settled, by project."""
        totals: defaultdict[str, Decimal] = defaultdict(Decimal)
        for line in self.lines(Entry.SETTLE):
            totals[line.project_id] += line.usd
        return dict(totals)


class Ledger:
    """The file `ledger.jsonl`. One writer at a time over all processes; a torn last line is survived."""

    def __init__(self, data: Path) -> None:
        self._path = data / "ledger.jsonl"
        self._bill = Bill()
        self._read_to = 0
        self._lines_read = 0
        self._lock = threading.Lock()

    def append(self, *lines: Line) -> None:
        """Add `lines`; on return they are on the disk. Raises StorageFailed; then none of them count."""
        data = b"".join(line.model_dump_json().encode() + b"\n" for line in lines)
        busy = "The ledger is being written by somebody else."
        with locked(self._path.with_suffix(".lock"), busy=busy), disk_errors(self._path):
            _append_durably(self._path, data)

    def bill(self) -> Bill:
        """The totals as of now; reads only what was added since the last call."""
        with self._lock:
            self._catch_up()
            return self._bill

    def _catch_up(self) -> None:
        now = signature(self._path)
        size = now[1] if now else 0
        if size < self._read_to:
            self._bill, self._read_to, self._lines_read = Bill(), 0, 0
        if size == self._read_to:
            return
        with disk_errors(self._path), self._path.open("rb") as file:
            file.seek(self._read_to)
            data = file.read()
        whole, _, torn = data.rpartition(b"\n")
        self._read_to += len(data) - len(torn)
        bill = Bill(dict(self._bill.last), list(self._bill.broken))
        for line in whole.split(b"\n") if whole else ():
            self._lines_read += 1
            self._fold(bill, line)
        self._bill = bill

    def _fold(self, bill: Bill, text: bytes) -> None:
        if not text.strip():
            return
        try:
            line = Line.model_validate_json(text)
        except ValidationError as error:
            bill.broken.append(f"Line {self._lines_read} of the ledger cannot be read: {_why(error)}.")
            return
        bill.last[line.take_id] = line


def _why(error: ValidationError) -> str:
    """What is wrong with a line, for people."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg'].lower()}" if where else "it is torn, or not JSON"


def _append_durably(path: Path, data: bytes) -> None:
    """Add `data` on a line of its own; what a full disk cut short is taken back. Raises OSError."""
    with path.open("a+b", buffering=0) as file:
        start = file.seek(0, os.SEEK_END)
        if start:
            file.seek(start - 1)
            data = data if file.read(1) == b"\n" else b"\n" + data
        try:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, "no space left on device")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(start)
            raise
    if not start:
        sync_folder(path.parent)


def utc_now() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)
