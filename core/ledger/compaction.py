"""Making the ledger short: lines that still say something go into a fresh file, the old one is kept."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from core.errors import Damaged
from core.ledger.bill import Bill, TakeMoney
from core.ledger.folding import Folding
from core.ledger.lines import Line, sealed
from core.store.files import draft_beside, put_in_place, sync_file, sync_folder, time_name


def compact_file(path: Path, known: Folding) -> Path:
    """Replace the ledger at `path`, which folds to `known`; the name under which the old file is kept.

    The ledger's lock is held. Killed at any moment, the ledger is the old file or the new one, whole. Raises
    Damaged when the new file would not come to the same, and OSError; then nothing was changed.
    """
    fresh = draft_beside(path)
    try:
        with fresh.open("xb") as file:
            file.writelines(text + b"\n" for text in _texts(known))
            file.flush()
            os.fsync(file.fileno())
        _require_same(fresh, known.bill)
        kept = _keep(path)
        put_in_place(fresh, path)
    finally:
        fresh.unlink(missing_ok=True)
    return kept


def _texts(known: Folding) -> Iterator[bytes]:
    """Every line of the new file; those that cannot be read stay as they are."""
    for money in known.bill.takes.values():
        yield from map(sealed, _telling_lines(money))
    for each in known.broken:
        yield each.text


def _telling_lines(money: TakeMoney) -> list[Line]:
    """The lines of a take that its money is told by, oldest first."""
    lines = {each.step: each for each in (money.first, money.ended, money.billed, money.last) if each}
    return [lines[step] for step in sorted(lines)]


def _require_same(fresh: Path, bill: Bill) -> None:
    folding = Folding()
    folding.add([fresh.read_bytes().removesuffix(b"\n")])
    again = folding.bill
    if not (_facts(again) == _facts(bill) and len(again.broken) == len(bill.broken)):
        raise Damaged(
            "The ledger was not compacted: the short one would not come to the same.",
            remedy="Nothing was changed, and nothing needs to be done; please report it.",
        )


def _facts(bill: Bill) -> object:
    """All that a bill says, but for lines that nothing is told by."""
    takes = {key: (money.first, money.last, money.ended, money.billed) for key, money in bill.takes.items()}
    return takes, {key: usd for key, usd in bill.sums.items() if usd}


def _keep(path: Path) -> Path:
    """Give the file a second name, under which it stays when the first is taken over."""
    for left in path.parent.glob(f"{path.stem}-*{path.suffix}"):
        if left.samefile(path):  # a compaction was killed between two steps: it is the ledger itself
            left.unlink()
    kept = path.with_name(f"{path.stem}-{time_name()}{path.suffix}")
    try:
        os.link(path, kept)
    except OSError:  # a disk that knows no second names
        shutil.copyfile(path, kept)
        sync_file(kept)
    sync_folder(path.parent)
    return kept
