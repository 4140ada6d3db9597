"""Every take's money as columns of numbers, so that any cut through a large ledger takes milliseconds.

Amounts are whole billionths of a dollar in 64 bits; should one be finer, or all together too large for that,
the column holds `Decimal`s instead. Sums are exact either way.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.ledger import Bill, Entry, TakeMoney
from core.motion_prompt import DYNAMIC_ABOVE, SUBTLE_BELOW

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PLACES = 9
"""Amounts are counted in 10 ** -PLACES dollars."""
UNKNOWN = ""
"""Name of what a line does not say: an old one has no person and no camera move."""


class Dimension(StrEnum):
    """What money can be told apart by."""

    PROJECT = "project"
    SHOT = "shot"
    """Its names are "project/shot": the same shot id in two projects is two shots."""
    MODEL = "model"
    PERSON = "person"
    DAY = "day"
    """Day of the order, UTC, YYYY-MM-DD."""
    MOVE = "move"
    """The first camera move that the words asked for."""
    ENERGY = "energy"
    """A band of the shot's energy."""


def band_of(energy: float | None) -> str:
    """The band of an energy from 0 to 1, as the motion prompt tells them apart."""
    if energy is None:
        return UNKNOWN
    return "high" if energy > DYNAMIC_ABOVE else "low" if energy < SUBTLE_BELOW else "medium"


NAMED: Mapping[Dimension, Callable[[TakeMoney], str]] = {
    Dimension.PROJECT: lambda money: money.first.project_id,
    Dimension.SHOT: lambda money: f"{money.first.project_id}/{money.first.shot_id}",
    Dimension.MODEL: lambda money: money.last.model,
    Dimension.PERSON: lambda money: money.first.person,
    Dimension.DAY: lambda money: money.ordered_at.date().isoformat(),
    Dimension.MOVE: lambda money: money.first.move,
    Dimension.ENERGY: lambda money: band_of(money.first.energy),
}
ENTRIES = tuple(Entry)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The takes of a bill, in its order: row n is take n."""

    monies: Sequence[TakeMoney]
    rows: Mapping[str, int]
    """Take id → row."""
    names: Mapping[Dimension, Sequence[str]]
    """The names in each dimension, by their number."""
    numbers: Mapping[Dimension, "NDArray[np.int32]"]
    """Number of each take's name."""
    entry: "NDArray[np.int8]"
    """Place in ENTRIES of the line that counts."""
    clip: "NDArray[np.int8]"
    """1: there is a clip; 0: there is none; -1: nobody says."""
    usd: "NDArray[Any]"
    """What counts."""
    estimate: "NDArray[Any]"
    """What we made of it before any bill; 0 where there is no bill."""
    billed: "NDArray[Any]"
    """What the bill says; 0 where there is none."""
    has_bill: "NDArray[np.bool_]"
    """Whether both our estimate and the bill are known."""
    paid_s: "NDArray[np.float64]"
    """Seconds bought; 0 where nobody says."""
    used_s: "NDArray[np.float64]"
    """Seconds of them that the shot lasted when it was ordered; 0 where nobody says."""

    def __len__(self) -> int:
        return len(self.monies)


def columns_of(bill: Bill, before: Columns | None = None) -> Columns:
    """The columns of `bill`; rows that are as they were in `before` are not worked out again."""
    monies = list(bill.takes.values())
    known = before.monies if before is not None else ()
    if before is not None and len(known) <= len(monies):
        fresh = [row for row, money in enumerate(monies) if row >= len(known) or money is not known[row]]
        if len(fresh) * 2 < len(monies):
            return _grown(before, monies, fresh)
    return _grown(None, monies, range(len(monies)))


def _grown(before: Columns | None, monies: Sequence[TakeMoney], fresh: Sequence[int]) -> Columns:
    import numpy as np

    def column(name: str, values: "NDArray[Any]") -> "NDArray[Any]":
        """The column `name` of before with `values` in the fresh rows."""
        whole: NDArray[Any] = np.zeros(len(monies), dtype=values.dtype)
        if before is not None:
            known = getattr(before, name)
            if known.dtype == object or values.dtype == object:
                whole, known, values = whole.astype(object), _exact(known), _exact(values)
            whole[: len(known)] = known
        whole[index] = values
        overflows = whole.dtype == np.int64 and len(whole) and int(whole.max()) * len(whole) > 2**62
        return _exact(whole) if overflows else whole

    index = np.fromiter(fresh, dtype=np.int64, count=len(fresh))
    these = [monies[row] for row in fresh]
    names, numbers = _numbered(before, monies, these, index)
    rows = dict(before.rows) if before is not None else {}
    rows.update({monies[row].first.take_id: row for row in fresh})
    told = [money.billed is not None and money.ended is not None for money in these]
    return Columns(
        monies=monies,
        rows=rows,
        names=names,
        numbers=numbers,
        entry=column("entry", np.array([ENTRIES.index(money.last.entry) for money in these], dtype=np.int8)),
        clip=column("clip", np.array([_clip(money) for money in these], dtype=np.int8)),
        usd=column("usd", _amounts(money.last.usd for money in these)),
        estimate=column(
            "estimate",
            _amounts(
                (money.estimate_usd or Decimal(0)) if both else Decimal(0)
                for money, both in zip(these, told, strict=True)
            ),
        ),
        billed=column(
            "billed",
            _amounts(
                (money.billed_usd or Decimal(0)) if both else Decimal(0)
                for money, both in zip(these, told, strict=True)
            ),
        ),
        has_bill=column("has_bill", np.array(told, dtype=np.bool_)),
        paid_s=column("paid_s", np.array([money.first.paid_s or 0.0 for money in these], dtype=np.float64)),
        used_s=column("used_s", np.array([money.first.used_s or 0.0 for money in these], dtype=np.float64)),
    )


def _clip(money: TakeMoney) -> int:
    """What the lines say; a take that only the bill ended, because we lost sight of it, gave none."""
    said = [line.clip for line in (money.ended, money.last) if line is not None and line.clip is not None]
    if said:
        return int(said[0])
    return 0 if money.last.from_bill and money.ended is None else -1


def _numbered(
    before: Columns | None,
    monies: Sequence[TakeMoney],
    these: Sequence[TakeMoney],
    index: "NDArray[np.int64]",
) -> tuple[dict[Dimension, list[str]], dict[Dimension, "NDArray[np.int32]"]]:
    """Each dimension's names, and the number of every take's name."""
    import numpy as np

    names: dict[Dimension, list[str]] = {}
    numbers: dict[Dimension, NDArray[np.int32]] = {}
    for dimension, name_of in NAMED.items():
        known = {name: number for number, name in enumerate(before.names[dimension] if before else ())}
        found = [known.setdefault(name_of(money), len(known)) for money in these]
        whole = np.zeros(len(monies), dtype=np.int32)
        if before is not None:
            whole[: len(before)] = before.numbers[dimension]
        whole[index] = np.array(found, dtype=np.int32)
        names[dimension], numbers[dimension] = list(known), whole
    return names, numbers


def _amounts(amounts: Iterable[Decimal]) -> "NDArray[Any]":
    import numpy as np

    listed, whole = list(amounts), dict[Decimal, int]()
    for usd in listed:
        if usd not in whole:
            scaled = usd.scaleb(PLACES)
            whole[usd] = int(scaled)
            if whole[usd] != scaled:
                return np.array(listed, dtype=object)
    return np.array([whole[usd] for usd in listed], dtype=np.int64)


def _exact(column: "NDArray[Any]") -> "NDArray[Any]":
    """The column as `Decimal`s."""
    import numpy as np

    return column if column.dtype == object else np.array([dollars_of(usd) for usd in column], dtype=object)


def dollars_of(amount: Any) -> Decimal:
    """US dollars of a number from a column of amounts, or of a sum of such."""
    return amount if isinstance(amount, Decimal) else Decimal(int(amount)).scaleb(-PLACES)
