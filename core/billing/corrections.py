"""The provider's bill laid over the ledger: one more line for each take it speaks of, none ever changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from core.errors import Damaged, NotFound, StillmotionError
from core.ledger import Bill, Entry, Ledger, Line, TakeMoney, utc_now
from core.pricing import tidy
from core.store import Store
from core.take import ENDED, Take, TakeId

EVENTS, IMPORTED = "billing events", "bill imported"
"""Sources of a line that the bill gives; see `core.ledger.BILL_SOURCES`."""


@dataclass(frozen=True, kw_only=True)
class Correction:
    """What the bill says of one take, beside what the ledger says until then."""

    take_id: TakeId
    request_id: str
    before: Line
    """The line that counted."""
    usd: Decimal
    """US dollars on the bill."""

    @property
    def confirms(self) -> bool:
        """Whether it is what was known: settled, with the same amount."""
        return self.before.entry is not Entry.AT_RISK and self.before.usd == self.usd

    @property
    def difference_usd(self) -> Decimal:
        """By how much spending grows; negative when it shrinks. At risk, nothing was spent yet."""
        return self.usd - (self.before.usd if self.before.entry is Entry.SETTLE else 0)


def correction_of(take_id: TakeId, money: TakeMoney, request_id: str, usd: Decimal) -> Correction:
    """What it means for the take that the bill says `usd`."""
    return Correction(take_id=take_id, request_id=request_id, before=money.last, usd=tidy(usd))


def by_request(store: Store, bill: Bill) -> dict[str, TakeId]:
    """Request id → the take that it belongs to. Old lines do not say it; their takes' receipts do."""
    found: dict[str, TakeId] = {}
    unsaid: dict[str, list[TakeId]] = {}
    for take_id, money in bill.takes.items():
        if request_id := request_of(money):
            found[request_id] = take_id
        elif money.first.usd:
            unsaid.setdefault(money.first.project_id, []).append(take_id)
    for project_id, take_ids in unsaid.items():
        found |= _from_receipts(store, project_id, take_ids)
    return found


def request_of(money: TakeMoney) -> str:
    """The provider's name for the take's work, as far as its lines say it."""
    lines = (money.last, money.ended, money.first)
    return next((line.request_id for line in lines if line is not None and line.request_id), "")


def _from_receipts(store: Store, project_id: str, take_ids: Iterable[TakeId]) -> Mapping[str, TakeId]:
    try:
        takes = store.takes.all(store.projects.folder(project_id))
    except StillmotionError:  # a project that is gone: its lines count, and nothing more is known of them
        return {}
    known = ((take_id, takes.get(take_id)) for take_id in take_ids)
    return {take.request.request_id: take_id for take_id, take in known if take and take.request}


def apply_corrections(
    ledger: Ledger, store: Store, corrections: Iterable[Correction], source: str
) -> list[Correction]:
    """Append a line for each of `corrections` that the bill has not said before; those it was appended for.

    A take that went on meanwhile keeps what its own end will say: the bill is read again then.
    """
    applied = []
    with ledger.transaction() as transaction:
        for each in corrections:
            money = transaction.bill.takes.get(each.take_id)
            if money is None or money.last.entry is Entry.RESERVE:
                continue
            if money.billed is not None and money.billed.usd == each.usd:
                continue
            transaction.append(_line(money.last, each, source))
            applied.append(each)
    for each in applied:
        _tell_receipt(store, each)
    return applied


def _line(last: Line, correction: Correction, source: str) -> Line:
    spent = bool(correction.usd) or last.entry is Entry.SETTLE
    return last.changed(
        at=utc_now(),
        entry=Entry.SETTLE if spent else Entry.RELEASE,
        usd=correction.usd,
        source=source,
        request_id=correction.request_id or last.request_id,
    )


def _tell_receipt(store: Store, correction: Correction) -> None:
    """Let the take's receipt say what it cost. The ledger counts; the receipt is for people."""
    line = correction.before
    try:
        folder = store.projects.folder(line.project_id)
        if not _untold(store.takes.read(folder, correction.take_id), correction):
            return
        lock = store.takes.try_lock(folder, correction.take_id)
        if lock is None:
            return
        try:
            take = store.takes.read(folder, correction.take_id)
            if _untold(take, correction):
                store.takes.write(folder, take.model_copy(update={"settled_usd": correction.usd}))
        finally:
            lock.release()
    except (
        NotFound,
        Damaged,
    ):  # a project that was removed, a receipt that cannot be read: the ledger has it
        return


def _untold(take: Take, correction: Correction) -> bool:
    return take.state in ENDED and take.settled_usd != correction.usd
