"""Takes with their money as a table for a spreadsheet (CSV) or for analysis (Parquet)."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from core.costs.columns import PLACES
from core.costs.report import Row
from core.pricing import tidy

COLUMNS: Mapping[str, Callable[[Row], Any]] = {
    "ordered_at": lambda row: row.money.ordered_at,
    "ended_at": lambda row: row.money.ended_at,
    "project": lambda row: row.money.first.project_id,
    "shot": lambda row: row.money.first.shot_id,
    "take": lambda row: row.money.first.take_id,
    "model": lambda row: row.money.last.model,
    "person": lambda row: row.money.first.person,
    "outcome": lambda row: row.outcome.value,
    "entry": lambda row: row.money.last.entry.value,
    "usd": lambda row: row.money.last.usd,
    "estimate_usd": lambda row: row.money.estimate_usd,
    "billed_usd": lambda row: row.money.billed_usd,
    "source": lambda row: row.money.last.source,
    "price_as_of": lambda row: row.money.last.price_as_of,
    "sound": lambda row: row.money.first.sound,
    "paid_s": lambda row: row.money.first.paid_s,
    "used_s": lambda row: row.money.first.used_s,
    "kept_s": lambda row: row.kept_s,
    "camera_move": lambda row: row.money.first.move,
    "energy": lambda row: row.money.first.energy,
    "request_id": lambda row: row.money.last.request_id,
}
"""Column → what it holds of a take. Amounts are US dollars, times UTC."""
_RISKY = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for a formula at the start of a cell."""


def as_csv(rows: Iterable[Row]) -> bytes:
    """The takes as CSV, UTF-8; amounts in full, times in ISO 8601."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(read(row)) for read in COLUMNS.values()])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return str(tidy(value))
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    text = str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_RISKY) else text


def as_parquet(rows: Iterable[Row]) -> bytes:
    """The takes as Parquet; amounts are decimals, times are UTC."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    listed = list(rows)
    money, time = pa.decimal128(24, PLACES), pa.timestamp("us", tz="UTC")
    kinds = {
        "ordered_at": time,
        "ended_at": time,
        "usd": money,
        "estimate_usd": money,
        "billed_usd": money,
        "sound": pa.bool_(),
        "paid_s": pa.float64(),
        "used_s": pa.float64(),
        "kept_s": pa.float64(),
        "energy": pa.float64(),
    }
    arrays = {
        name: pa.array([_rounded(read(row)) for row in listed], type=kinds.get(name, pa.string()))
        for name, read in COLUMNS.items()
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(arrays), sink)
    found: bytes = sink.getvalue().to_pybytes()
    return found


def _rounded(value: Any) -> Any:
    return value.quantize(Decimal(1).scaleb(-PLACES)) if isinstance(value, Decimal) else value
