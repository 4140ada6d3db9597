"""A bill from a file, beside the ledger: shown first, applied as corrections when a person says so."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from core.billing.bill_file import LARGEST_BYTES, BillRow, Rejected, read_rows
from core.billing.corrections import (
    IMPORTED,
    Correction,
    apply_corrections,
    by_request,
    correction_of,
)
from core.catalogue import Catalogue
from core.errors import InputRefused, NotFound, disk_errors
from core.ledger import Bill, Entry, Ledger
from core.store import Store


@dataclass(frozen=True, kw_only=True)
class BillImport:
    """What applying a bill from a file would do. Nothing is changed yet."""

    corrections: tuple[Correction, ...]
    """Takes of which the bill says something that no bill has said before; some of it confirms."""
    known: int
    """Rows that a bill has said before, with the same amount."""
    unknown: tuple[BillRow, ...]
    """Requests that belong to no take here: made elsewhere, or by other software."""
    rejected: tuple[Rejected, ...]
    """Rows that cannot be used, and why."""

    @property
    def unknown_usd(self) -> Decimal:
        """What the unknown requests cost."""
        return sum((row.usd for row in self.unknown), Decimal(0))

    @property
    def difference_usd(self) -> Decimal:
        """By how much spending would grow; negative when it would shrink."""
        return sum((each.difference_usd for each in self.corrections), Decimal(0))


def import_bill(store: Store, bill: Bill, catalogue: Catalogue, source: Path | bytes) -> BillImport:
    """What the file at `source`, or its content, says of the takes. Raises InputRefused or NotFound."""
    used, rejected = read_rows(source if isinstance(source, bytes) else _content(source))
    requests = by_request(store, bill)
    corrections: list[Correction] = []
    unknown: list[BillRow] = []
    known = 0
    for row in _once(used, rejected):
        take_id = requests.get(row.request_id)
        if take_id is None:
            unknown.append(row)
            continue
        money = bill.takes[take_id]
        if why := _misfit(row, money.last.model, catalogue):
            rejected.append(Rejected(line=row.line, why=why))
        elif money.last.entry is Entry.RESERVE:
            why = "its take is still under way: import the bill again when it has ended"
            rejected.append(Rejected(line=row.line, why=why))
        elif money.billed is not None and money.billed.usd == row.usd:
            known += 1
        else:
            corrections.append(correction_of(take_id, money, row.request_id, row.usd))
    return BillImport(
        corrections=tuple(corrections),
        known=known,
        unknown=tuple(unknown),
        rejected=tuple(sorted(rejected, key=lambda each: each.line)),
    )


def apply_import(ledger: Ledger, store: Store, found: BillImport) -> list[Correction]:
    """Append the corrections of `found` to the ledger; those that were not said meanwhile."""
    return apply_corrections(ledger, store, found.corrections, IMPORTED)


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise NotFound(f"There is no file {path.name[:80]!r}.", remedy="Name the file that fal exported.")
    with disk_errors(path):
        if path.stat().st_size > LARGEST_BYTES:
            raise InputRefused("The file is too long for a bill.", remedy="Export it in parts.")
        return path.read_bytes()


def _once(rows: list[BillRow], rejected: list[Rejected]) -> list[BillRow]:
    """Each request once. The same row again is named; where amounts differ, none of them is believed."""
    groups: defaultdict[str, list[BillRow]] = defaultdict(list)
    for row in rows:
        groups[row.request_id].append(row)
    kept = []
    for first, *others in groups.values():
        if all(each.usd == first.usd for each in others):
            kept.append(first)
            why = f"request {first.request_id} stands on line {first.line} already"
            rejected += [Rejected(line=each.line, why=why) for each in others]
        else:
            why = f"request {first.request_id} has several rows with different amounts"
            rejected += [Rejected(line=each.line, why=why) for each in (first, *others)]
    return kept


def _misfit(row: BillRow, model: str, catalogue: Catalogue) -> str | None:
    """Why the row cannot be about a take of `model`; None when it can."""
    if not row.endpoint or model not in catalogue or row.endpoint in (catalogue[model].endpoint, model):
        return None
    return f"it is for {row.endpoint[:80]}, and its request was made with {catalogue[model].endpoint}"
