"""One line of the ledger, and how it stands in the file: sealed, so that a change by hand is noticed.

A line is a msgspec struct, not a pydantic record: a hundred thousand are read in the time of a blink, and the
garbage collector, which Streamlit runs after each rerun, never searches them.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from zlib import crc32

import msgspec

from core.project import ProjectId, ShotId
from core.take import TakeId


class Entry(StrEnum):
    """What a line of the ledger says about a take's money."""

    RESERVE = "reserve"
    """Set aside when the take was ordered."""
    SETTLE = "settle"
    """Spent, as far as is known; a later line corrects it."""
    RELEASE = "release"
    """Not spent: the take ended without a charge."""
    AT_RISK = "at_risk"
    """Perhaps spent: sent, and the answer was lost."""


BILL_SOURCES = frozenset({"billing events", "bill imported"})
"""Sources that are the provider's own bill: what they say is not corrected by an estimate of ours."""

CURRENCY = "USD"
"""The one currency that is summed."""

MOST_USD = Decimal(1_000_000)
"""No take costs as much: an amount above it is a slip."""


MOST_STEPS = 100_000
"""No take has as many lines: a step above it is a slip."""


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True, tag_field="v", tag=2):
    """One line of the ledger. What is not known, or as usual, is not written."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    """Aware, UTC. For people, and for the day a take belongs to; which line counts is told by `step`."""
    entry: Entry
    take_id: TakeId
    project_id: ProjectId
    shot_id: ShotId
    model: str
    """Key of the model."""
    usd: Decimal
    """US dollars, never negative."""
    source: str
    """Where the amount comes from: "quote", "table price", "billable units", "billing events", …"""
    price_as_of: str
    """Version of the price: the day it was read, YYYY-MM-DD."""
    step: Annotated[int, msgspec.Meta(ge=0, le=MOST_STEPS)] = 0
    """Which line of its take it is, from 1, given when it is appended: clocks jump, and lines are moved."""
    person: str = ""
    """Who ordered the take; "" when unknown."""
    request_id: str = ""
    """The provider's name for the work; "" until it is known."""
    batch_id: str = ""
    """Takes ordered by one click share it."""
    sound: bool | None = None
    """Whether sound was bought."""
    paid_s: float | None = None
    """Seconds of clip that were bought."""
    used_s: float | None = None
    """Seconds of it that the shot lasts."""
    move: str = ""
    """The first camera move that the words asked for; "" when unknown."""
    energy: float | None = None
    """The shot's energy when the take was ordered, 0 to 1."""
    clip: bool | None = None
    """Whether the take gave a clip; None while it runs, or when unknown."""
    currency: str = CURRENCY
    """A line in any other is named and kept aside, never summed."""

    @property
    def line_id(self) -> str:
        """Name of the line, unique in the ledger; "" before it is appended."""
        return f"{self.take_id}/{self.step}" if self.step else ""

    @property
    def from_bill(self) -> bool:
        """Whether the provider's bill says so, and not an estimate of ours."""
        return self.source in BILL_SOURCES

    def changed(self, **changes: Any) -> "Line":
        """The line with `changes`."""
        return msgspec.structs.replace(self, **changes)


class OldLine(Line, frozen=True, tag=1):
    """A line as the first version wrote it: without a step, and not sealed."""


class Unreadable(Exception):
    """A line of the file cannot be used; the text says why."""


_encode = msgspec.json.Encoder().encode
_decode_lines = msgspec.json.Decoder(Line).decode_lines
_decode: Callable[[bytes], Line] = msgspec.json.Decoder(Line | OldLine).decode
_decode_old = msgspec.json.Decoder(OldLine).decode
_SEAL = b',"check":"%08x"}'
_SEAL_BYTES = len(_SEAL % 0)
_FIELD = re.compile(r"`(?:\$\.)?(\w+)")
"""The field that the decoder names."""
_CHANGED = "it was changed by hand: its checksum does not fit"


def sealed(line: Line) -> bytes:
    """`line` as it is written, without the newline: JSON that ends in a checksum over all before it."""
    text = _encode(line)[:-1]
    return text + _SEAL % crc32(text)


def _is_sealed(text: bytes) -> bool:
    """Whether `text` ends in the checksum over all before it."""
    return text[-_SEAL_BYTES:] == _SEAL % crc32(text[:-_SEAL_BYTES])


def intact_lines(chunk: bytes, texts: list[bytes]) -> list[Line] | None:
    """The lines in `chunk`, of which `texts` are the parts, when all are as we write them; else None."""
    for text in texts:  # spelt out: a call for each of 100,000 lines would be felt
        if text[-_SEAL_BYTES:] != _SEAL % crc32(text[:-_SEAL_BYTES]):
            return None
    try:
        lines = _decode_lines(chunk)
    except (ValueError, msgspec.MsgspecError):
        return None
    for line in lines:
        if line.currency != CURRENCY:
            return None
    return lines


def read_line(text: bytes) -> Line:
    """The line that `text` says. Raises Unreadable: it is torn, of another form, or changed since.

    What editors put around lines (a mark before the first, a carriage return at each end) is no change.
    """
    text = text.removeprefix(BOM_UTF8).strip()
    try:
        line = _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        line = _read_unversioned(text)
    if type(line) is OldLine and not line.step:
        _check_amount(line)
    elif not _is_sealed(text):
        raise Unreadable(_CHANGED)
    if line.currency != CURRENCY:
        raise Unreadable(f"it is in {line.currency[:20]}, and only US dollars are summed")
    return line


def _read_unversioned(text: bytes) -> Line:
    """The first version's line, should `text` be one that does not say its version."""
    try:
        return _decode_old(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unreadable(_why_unreadable(text, str(error))) from error


def _why_unreadable(text: bytes, told: str) -> str:
    """In words for people, why `text` is no line; `told` is what the decoder says of it."""
    try:
        raw = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "it is torn, or not JSON"
    if not isinstance(raw, dict):
        return "it is something else than a line of the ledger"
    if raw.get("v") == 2 and not _is_sealed(text):
        return _CHANGED
    if raw.get("v", 1) != 1:
        return "another version of Stillmotion wrote it, and this one does not know its form"
    found = _FIELD.search(told)
    return f"its “{found[1]}” is missing or cannot be used" if found else "it says something unknown"


def _check_amount(line: Line) -> None:
    if not (line.usd.is_finite() and 0 <= line.usd <= MOST_USD):
        raise Unreadable(f"{str(line.usd)[:30]} is not an amount")


def ready_to_append(line: Line, step: int) -> Line:
    """`line` as number `step` of its take, its time in UTC. Raises ValueError for what is never written."""
    try:
        _check_amount(line)
    except Unreadable as error:
        raise ValueError(f"a line of the ledger about {line.take_id}: {error}") from error
    return line.changed(step=step, at=line.at.astimezone(UTC))


def utc_now() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)
