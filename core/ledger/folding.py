"""Folding the lines of the ledger's file into a bill, those that were added to it later too."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.ledger.bill import Bill, TakeMoney, added, committed_with, opened, totals_with
from core.ledger.lines import Line, OldLine, Unreadable, read_line
from core.take import TakeId


@dataclass(frozen=True)
class Broken:
    """A line that is left out."""

    number: int
    """Its number in the file, from 1."""
    why: str
    text: bytes

    def __str__(self) -> str:
        return f"Line {self.number} of the ledger cannot be read: {self.why}."


class Folding:
    """The lines of one file, folded as far as they were read."""

    def __init__(self) -> None:
        self.bill = Bill()
        self.broken: list[Broken] = []
        self._lines_read = 0

    def add(self, texts: Iterable[bytes]) -> None:
        """Fold further lines of the file; with any, `bill` is another object afterwards."""
        takes = dict(self.bill.takes)
        before: dict[TakeId, TakeMoney | None] = {}
        odd: list[str] = []
        number = self._lines_read
        with _collector_resting():
            for number, text in enumerate(texts, start=self._lines_read + 1):
                try:
                    line = read_line(text)
                except Unreadable as error:
                    if text.strip():
                        self.broken.append(Broken(number, str(error), text))
                    continue
                take_id = line.take_id
                money = takes.get(take_id)
                if type(line) is OldLine:
                    line = line.changed(step=money.newest_step + 1 if money else 1)
                if money is None:
                    before[take_id] = None
                    takes[take_id] = opened(line)
                    continue
                if line.step <= money.newest_step:
                    odd.append(f"Line {number} of the ledger {_strangeness(money, line)}.")
                    if money.steps >> line.step & 1:
                        continue
                before.setdefault(take_id, money)
                takes[take_id] = added(money, line)
            if number == self._lines_read:
                return
            self._lines_read = number
            changes = [(known, takes[take_id]) for take_id, known in before.items()]
            self.bill = Bill(
                takes=takes,
                broken=tuple(map(str, self.broken)),
                odd=(*self.bill.odd, *odd),
                totals=totals_with(self.bill, changes),
                committed=committed_with(self.bill, changes),
            )


def _strangeness(money: TakeMoney, line: Line) -> str:
    if not money.steps >> line.step & 1:
        return f"stands after a later one of take {line.take_id}; it counts where it belongs"
    known = {each.step: each for each in (money.first, money.last, money.ended, money.billed) if each}
    if known.get(line.step, line) == line:
        return f"is there twice; it counts once (take {line.take_id})"
    return f"contradicts one that is there before it; the first counts (take {line.take_id})"


@contextmanager
def _collector_resting() -> Iterator[None]:
    """Spare the garbage collector a search through thousands of new objects that hold no garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
