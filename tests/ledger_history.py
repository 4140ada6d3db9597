"""A process that lives through a random history of money, and says in the end what it knows of it.

Run with the data folder, a name, a seed and a number of steps; it prints its own books as JSON.
"""

import json
import sys
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from ledger_lines import NOON, line

from core.budgets import BudgetStore, refuse_over
from core.errors import BudgetRefused
from core.ledger import Entry, Ledger, Line

PROJECTS = ("p", "q")
JUMP_S = 36 * 3600
"""So far the clock is off, either way, whenever it is looked at."""


@dataclass
class Known:
    """What the process knows of a take that it ordered."""

    order: Line
    entry: str
    usd: Decimal
    billed: bool = False


@dataclass
class History:
    """One process's part in the ledger."""

    data: Path
    name: str
    random: Random
    takes: dict[str, Known] = field(default_factory=dict)
    refused: int = 0

    def __post_init__(self) -> None:
        self._ledger, self._limits = Ledger(self.data), BudgetStore(self.data)

    def step(self) -> None:
        """Do something that the product does."""
        happened = self.random.random()
        if happened < 0.5 or not self.takes:
            self._order()
        elif happened < 0.93:
            self._go_on(self.random.choice(list(self.takes.values())))
        elif happened < 0.97:
            self._ledger.compact()
        else:
            self._ledger = Ledger(self.data)  # as if it had been started again

    def _order(self) -> None:
        project, at = self.random.choice(PROJECTS), self._now()
        lines = [
            line(
                f"{self.name}-{len(self.takes) + number}",
                Entry.RESERVE,
                Decimal(self.random.randint(1, 300)) / 100,
                project,
            ).changed(at=at)
            for number in range(self.random.randint(1, 3))
        ]
        try:
            with self._ledger.transaction() as transaction:
                refuse_over(self._limits.read(), transaction.bill, lines)
                transaction.append(*lines)
        except BudgetRefused:
            self.refused += 1
            return
        for each in lines:
            self.takes[each.take_id] = Known(each, "reserve", each.usd)

    def _go_on(self, known: Known) -> None:
        """What may become of a take: never dearer than was known before, as a bill can be in earnest."""
        part = Decimal(self.random.randint(0, 100)) / 100
        spent = (known.order.usd * part).quantize(Decimal("0.0001"))
        entry, usd = {
            "reserve": self.random.choice(
                [(Entry.SETTLE, spent), (Entry.RELEASE, Decimal(0)), (Entry.AT_RISK, known.order.usd)]
            ),
            "at_risk": self.random.choice([(Entry.RESERVE, known.order.usd), (Entry.RELEASE, Decimal(0))]),
        }.get(known.entry, (Entry.SETTLE, spent))
        bill = known.entry in ("settle", "release") or (known.entry == "at_risk" and part > Decimal("0.7"))
        if bill:
            entry, usd, known.billed = Entry.SETTLE, min(spent, known.usd), True
        source = "billing events" if bill else "table price"
        self._ledger.append(known.order.changed(entry=entry, usd=usd, source=source, at=self._now()))
        if bill or not known.billed:
            known.entry, known.usd = entry.value, usd

    def _now(self) -> datetime:
        return NOON + timedelta(seconds=self.random.randint(-JUMP_S, JUMP_S))


def main() -> None:
    data, name, seed, steps = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    history = History(data, name, Random(seed))
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    for _ in range(steps):
        history.step()
    books = {
        take_id: [str(known.order.usd), known.entry, str(known.usd)]
        for take_id, known in history.takes.items()
    }
    sys.stdout.write(json.dumps({"takes": books, "refused": history.refused}) + "\n")


if __name__ == "__main__":
    main()
