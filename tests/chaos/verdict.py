"""The books compared: what the emulator took and billed, and what the product says of it on its disk."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.ledger import Entry, Ledger, Line
from core.media import sha256_of
from core.store import Store
from core.take import ENDED, OPEN, State, Take

PROJECT = "ascent"
AT_RISK = frozenset({Entry.AT_RISK, Entry.SETTLE})
"""Lines of the ledger that show a person that money may be gone."""
NO_STILL = "file_download_error"
"""How a request ends when fal no longer has the still: for nothing, and it may be sent once more."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Books:
    """Both sides, as of one moment."""

    data: Path
    record: Json
    """The emulator's record of the account."""

    @property
    def folder(self) -> Path:
        return self.data / "projects" / PROJECT

    def takes(self) -> list[Take]:
        """Every take there is, read anew."""
        return list(Store(self.data).takes.all(self.folder).values())

    def jobs_of(self, take: Take) -> list[Json]:
        """The requests that were accepted for `take`: each shot has a still of its own, and one take."""
        return [job for job in self.record["submits"] if f"_{take.shot_id}_" in job["file"]]

    def sent_again(self, take: Take) -> int:
        """How often `take` was sent beyond the once that is meant, not counting what fal had no still for."""
        sent = [job for job in self.jobs_of(take) if job["error_type"] != NO_STILL]
        return max(0, len(sent) - 1)

    def billed_usd(self, take: Take) -> Decimal:
        """What fal bills for `take`."""
        return sum((Decimal(job["usd"]) for job in self.jobs_of(take) if job["billed"]), Decimal(0))

    def line_of(self, take: Take) -> Line | None:
        """What the ledger says last of `take`."""
        return Ledger(self.data).bill().last.get(take.take_id)

    def hides_bill(self, take: Take) -> bool:
        """Whether fal bills for `take`, without a clip here and without money shown as spent or at risk."""
        if not self.billed_usd(take):
            return False
        if take.state is State.DONE:
            return take.clip is None or not (self.folder / take.clip.local_path).is_file()
        line = self.line_of(take)
        return line is None or line.entry not in AT_RISK


def problems(books: Books, *, ordered: int, gives_clip: bool) -> list[str]:
    """Everything that is wrong, a sentence each. `gives_clip`: whether what was made can be brought home."""
    takes = books.takes()
    found = [f"a receipt is damaged: {damage}" for damage in Store(books.data).takes.damaged(books.folder)]
    if len(takes) > ordered:
        found.append(f"{len(takes)} takes, and {ordered} were ordered")
    strangers = len(books.record["submits"]) - sum(len(books.jobs_of(take)) for take in takes)
    if strangers:
        found.append(f"{strangers} accepted requests belong to no take")
    for take in takes:
        found += [f"{take.shot_id} ({take.state}): {what}" for what in _of_take(books, take, gives_clip)]
    found += _of_ledger(books, takes)
    return found


def _of_take(books: Books, take: Take, gives_clip: bool) -> Iterator[str]:
    jobs, line, billed = books.jobs_of(take), books.line_of(take), books.billed_usd(take)
    if again := books.sent_again(take):
        yield f"it was sent {again + 1} times"
    if take.state in OPEN:
        yield "it is stuck"
        return
    if line is None:
        yield "the ledger does not know it"
        return
    made = [job for job in jobs if job["status_code"] == 200]
    if made and gives_clip and take.state is not State.DONE:
        yield f"fal made its clip, which is not here: {take.failure and take.failure.what}"
    if take.state is State.DONE:
        yield from _of_clip(books, take)
        if not made:
            yield "it is done, and fal made no clip"
        if line.entry is not Entry.SETTLE or line.usd != billed or take.settled_usd != billed:
            yield f"billed {billed}, and the books say {line.entry} {line.usd}"
        return
    if books.hides_bill(take):
        yield f"billed {billed}, and the ledger says {line.entry}"
    if line.entry is Entry.SETTLE and not billed:
        yield f"nothing was billed, and {line.usd} are settled"
    if line.entry is Entry.RESERVE:
        yield "it has ended, and its money is still reserved"
    if take.state is State.UNRESOLVED and line.entry is not Entry.AT_RISK:
        yield f"nobody knows what became of it, and the ledger says {line.entry}"
    if take.state in ENDED and take.failure is None:
        yield "it says nothing of why it ended"


def _of_clip(books: Books, take: Take) -> Iterator[str]:
    path = books.folder / take.clip.local_path if take.clip else None
    if take.clip is None or path is None or not path.is_file():
        yield "its clip is not on the disk"
    elif sha256_of(path) != take.clip.sha256:
        yield "its clip is not the one in its receipt"


def _of_ledger(books: Books, takes: list[Take]) -> Iterator[str]:
    bill = Ledger(books.data).bill()
    yield from bill.broken
    known = {take.take_id for take in takes}
    for line in bill.lines(Entry.RESERVE):
        if line.take_id not in known:
            yield f"money is reserved for {line.take_id}, of which there is no receipt"


def leftovers(data: Path) -> list[str]:
    """Files that nothing will ever need again."""
    store = Store(data)
    folder = data / "projects" / PROJECT
    ended = {take.take_id for take in store.takes.all(folder).values() if take.state in ENDED}
    asked = [path for path in folder.glob("takes/*.cancel") if path.stem in ended]
    parts = folder.glob("clips/*.part")
    return sorted(path.relative_to(data).as_posix() for path in (*asked, *parts))
