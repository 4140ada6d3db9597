"""Folding the lines of the ledger's file into a bill, those that were added to it later too."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from core.ledger.bill import Bill, TakeMoney, added, opened, sums_with
from core.ledger.lines import Line, OldLine, Unreadable, intact_lines, read_line
from core.take import TakeId


@dataclass(frozen=True)
class Broken:
    """A line that is left out."""

    number: int
    """Its number in the file, from 1."""
    why: str
    text: bytes


class Folding:
    """The lines of one file, folded as far as they were read."""

    def __init__(self) -> None:
        self.bill = Bill()
        self.broken: list[Broken] = []
        self._named: list[str] = []
        self.kept_aside = 0
        """How many of `broken` were copied to a file of their own."""
        self._odd: list[str] = []
        self._lines_read = 0

    def add(self, chunks: Iterable[bytes]) -> None:
        """Fold further lines of the file, some in each chunk; `bill` is another object afterwards."""
        takes, number = dict(self.bill.takes), self._lines_read
        touched: list[TakeId] = []
        with _collector_resting():
            for chunk in chunks:
                texts = chunk.split(b"\n")
                lines = intact_lines(chunk, texts) or self._read_each(number, texts, takes)
                for number, line in enumerate(lines, start=number + 1):  # noqa: B020 - it goes on counting
                    if line is None:
                        continue
                    take_id = line.take_id
                    money = takes.get(take_id)
                    if money is None:
                        takes[take_id] = opened(line)
                    elif money.steps >> line.step and self._is_odd(number, money, line):
                        continue
                    else:
                        takes[take_id] = added(money, line)
                    touched.append(take_id)
            if number > self._lines_read:
                self._lines_read = number
                self._sum_up(takes, touched)

    def _read_each(
        self, number: int, texts: Iterable[bytes], takes: dict[TakeId, TakeMoney]
    ) -> Iterator[Line | None]:
        """The lines that stand after line `number`, where not all are as we write them."""
        for text in texts:
            number += 1
            yield self._read_with_care(number, text, takes)

    def _read_with_care(self, number: int, text: bytes, takes: dict[TakeId, TakeMoney]) -> Line | None:
        """A line that is old, or strange; None when it is left out."""
        try:
            line = read_line(text)
        except Unreadable as error:
            if text.strip():
                self.broken.append(Broken(number, str(error), text))
                self._named.append(f"Line {number} of the ledger cannot be read: {error}.")
            return None
        if type(line) is OldLine:
            known = takes.get(line.take_id)
            return line.changed(step=known.newest_step + 1 if known else 1)
        return line

    def _is_odd(self, number: int, money: TakeMoney, line: Line) -> bool:
        """Name a line that comes after a later one, or again; whether it does not count."""
        again = bool(money.steps >> line.step & 1)
        self._odd.append(f"Line {number} of the ledger {_strangeness(money, line, again=again)}.")
        return again

    def _sum_up(self, takes: dict[TakeId, TakeMoney], touched: Iterable[TakeId]) -> None:
        known = self.bill.takes
        ids = dict.fromkeys(touched) if known else takes
        self.bill = Bill(
            takes=takes,
            broken=tuple(self._named),
            odd=tuple(self._odd),
            sums=sums_with(self.bill, ((known.get(take_id), takes[take_id]) for take_id in ids)),
        )


def _strangeness(money: TakeMoney, line: Line, *, again: bool) -> str:
    if not again:
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
