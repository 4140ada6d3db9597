"""A bill that was exported by hand: CSV or JSON, read strictly; what cannot be used is named by its line."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from core.errors import InputRefused
from core.project import strip_control

LARGEST_BYTES = 100_000_000
PLACES = Decimal("1e-9")
MOST_USD = Decimal(1_000_000)
"""No request costs as much: an amount above it is a slip."""

REQUEST = ("request_id", "requestid", "request")
AMOUNT = ("cost_total", "total_cost", "total", "cost", "amount", "charge")
"""Names of the column with what was charged, discount in; the first that is there counts."""
ENDPOINT = ("endpoint_id", "endpointid", "endpoint", "model_id", "model", "app")
CURRENCY = ("currency",)
NANO = "cost_estimate_nano_usd"
DELIMITERS = ",;\t"
MOST_ABOVE = 20
"""Lines of a CSV file in which the names of its columns are looked for."""
LISTS = ("billing_events", "events", "items", "data", "rows", "results")
"""Names under which a JSON file may keep its rows."""
SIGNS: Mapping[str, str] = {"$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY"}
_NUMBER = re.compile(r"-?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][-+]?\d+)?")
_MONEY = re.compile(
    r"(?P<before>[A-Za-z]{3}|US\$|[$€£¥])?\s*(?P<number>[-+]?[\d.,][-\d.,eE+]*)\s*(?P<after>[A-Za-z]{3}|[$€£¥])?"
)


@dataclass(frozen=True, kw_only=True)
class BillRow:
    """One row that can be used."""

    line: int
    """Where it stands, from 1; of a JSON file, which entry it is."""
    request_id: str
    endpoint: str
    """"" when the file does not say."""
    usd: Decimal


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """One row that cannot be used."""

    line: int
    why: str


def read_rows(content: bytes) -> tuple[list[BillRow], list[Rejected]]:
    """The rows of a file, and those that cannot be used. Raises InputRefused when it is no bill at all."""
    if len(content) > LARGEST_BYTES:
        raise InputRefused("The file is too long for a bill.", remedy="Export a shorter time, or in parts.")
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if marked else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused("The file is not text.", remedy="Export the bill as CSV or JSON.") from error
    rows = _json_rows(text) if text.lstrip()[:1] in ("{", "[") else _csv_rows(text)
    used: list[BillRow] = []
    rejected: list[Rejected] = []
    for line, raw in rows:
        try:
            used.append(_row(line, raw))
        except _Unusable as unusable:
            rejected.append(Rejected(line=line, why=str(unusable)))
    return used, rejected


class _Unusable(Exception):
    """Why a row cannot be used."""


Raw = Mapping[str, Any]
"""Column, in small letters with underscores → what stands there."""


def _row(line: int, raw: Raw) -> BillRow:
    request_id = _text(_first(raw, REQUEST))
    if not request_id:
        raise _Unusable("it names no request")
    return BillRow(line=line, request_id=request_id, endpoint=_text(_first(raw, ENDPOINT)), usd=_usd(raw))


def _usd(raw: Raw) -> Decimal:
    """What the row charges, in US dollars."""
    stated = _text(_first(raw, CURRENCY)).upper()
    name = next(iter(_amount_names(raw)), NANO)
    if not _text(raw.get(name)):
        raise _Unusable("its amount is missing")
    if name == NANO:
        return _checked(_number(_text(raw[NANO])) / 10**9)
    currency, usd = _money(_text(raw[name]))
    named = name.rsplit("_", 1)[-1].upper() if name.rsplit("_", 1)[-1] in ("usd", "eur", "gbp", "jpy") else ""
    said = {each for each in (stated, currency, named) if each}
    if len(said) > 1:
        raise _Unusable(f"it names two currencies, {' and '.join(sorted(said))}")
    if said - {"USD"}:
        raise _Unusable(f"it is in {said.pop()[:20]}, and only US dollars are summed")
    return _checked(usd)


def _amount_names(raw: Raw) -> list[str]:
    """The columns that may hold the amount, the surest first."""
    suffixes = ("", "_usd", "_eur", "_gbp", "_jpy")
    return [name + suffix for name in AMOUNT for suffix in suffixes if name + suffix in raw]


def _money(text: str) -> tuple[str, Decimal]:
    """(currency or "", amount) that `text` says: "0.70", "$0.70", "0.70 USD"."""
    found = _MONEY.fullmatch(text)
    if found is None:
        raise _Unusable(f"{text[:30]!r} is no amount")
    signs = {SIGNS.get(sign, sign.upper()) for sign in (found["before"], found["after"]) if sign}
    if len(signs) > 1:
        raise _Unusable(f"it names two currencies, {' and '.join(sorted(signs))}")
    return next(iter(signs), ""), _number(found["number"])


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        comma = "," in text and "." not in text
        why = "is no amount: write it with a point, as in 0.70" if comma else "is no amount"
        raise _Unusable(f"{text[:30]!r} {why}")
    if "," in text and "." not in text:
        raise _Unusable(f"{text[:30]!r} may be two amounts: write it without a comma")
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise _Unusable(f"{text[:30]!r} is no amount") from error


def _checked(usd: Decimal) -> Decimal:
    if usd < 0:
        raise _Unusable("its amount is negative")
    if usd > MOST_USD:
        raise _Unusable("its amount is too large for one request")
    return usd.quantize(PLACES)


def _first(raw: Raw, names: Sequence[str]) -> object:
    return next((raw[name] for name in names if name in raw), None)


def _text(value: object) -> str:
    """What stands in a field, for a look at it; a flag or a list is nothing that a bill says."""
    if value is None or isinstance(value, bool | list | dict):
        return ""
    return strip_control(str(value)).strip()


def _csv_rows(text: str) -> Iterator[tuple[int, Raw]]:
    """(line, row) of a CSV file, whichever of comma, semicolon and tab it uses."""
    lines = io.StringIO(text, newline="")
    above = _lines_above_the_names(text)
    for _ in range(above):
        lines.readline()
    head = next((line for line in text.splitlines()[above:] if line.strip()), "")
    delimiter = max(DELIMITERS, key=head.count)
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        names = [_column(name) for name in next((row for row in reader if any(row)), [])]
        _check_columns(names)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                raw = dict(zip(names, cells, strict=False))
                yield above + reader.line_num, raw if len(cells) <= len(names) else {}
    except csv.Error as error:
        raise InputRefused(f"The file is no CSV: {error}.", remedy="Export the bill again.") from error


def _lines_above_the_names(text: str) -> int:
    """How many lines stand above the names of the columns: a title, an account, what a spreadsheet adds."""
    for number, line in enumerate(text.splitlines()[:MOST_ABOVE]):
        for delimiter in DELIMITERS:
            if not _missing([_column(name.strip('"')) for name in line.split(delimiter)]):
                return number
    return 0


def _json_rows(text: str) -> Iterator[tuple[int, Raw]]:
    """(number, row) of a JSON file: a list, or an object that holds one."""
    try:
        # Decimal, not float: what the file says is what counts.
        document = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise InputRefused(
            "The file is no JSON: it is cut short or damaged.", remedy="Export it again."
        ) from error
    rows: object = document
    if isinstance(document, dict):
        rows = next((document[name] for name in LISTS if isinstance(document.get(name), list)), None)
    if not isinstance(rows, list):
        raise InputRefused(
            "The file holds no list of billing events.", remedy='It needs a list called "billing_events".'
        )
    if rows:
        first = rows[0] if isinstance(rows[0], dict) else {}
        _check_columns([_column(str(name)) for name in first])
    for number, row in enumerate(rows, start=1):
        yield (
            number,
            {_column(str(name)): value for name, value in row.items()} if isinstance(row, dict) else {},
        )


def _column(name: str) -> str:
    """A column's name in small letters with underscores: "Cost (USD)" is cost_usd."""
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def _check_columns(names: Sequence[str]) -> None:
    if any(name and names.count(name) > 1 for name in names):
        raise InputRefused("Two columns of the file have one name.", remedy="Export the bill again.")
    if missing := _missing(names):
        raise InputRefused(
            f"The file has no column for the {' and the '.join(missing)}.",
            remedy="Export the billing events, one row for each request, at fal.ai/dashboard/billing.",
        )


def _missing(names: Sequence[str]) -> list[str]:
    """What a bill needs and none of the columns called `names` holds."""
    raw = dict.fromkeys(names)
    return [
        what
        for what, there in (
            ("request (request_id)", any(name in raw for name in REQUEST)),
            ("amount (cost_total)", bool(_amount_names(raw)) or NANO in raw),
        )
        if not there
    ]
