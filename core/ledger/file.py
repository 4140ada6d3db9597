"""The file `ledger.jsonl`: appended durably by one writer at a time, read as it grows."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

from core.errors import disk_errors
from core.ledger.aside import keep_aside
from core.ledger.bill import Bill
from core.ledger.compaction import compact_file
from core.ledger.folding import Folding
from core.ledger.lines import Line, ready_to_append, sealed
from core.ledger.writing import append_durably
from core.store.files import locked, signature_of

_TAIL_BYTES = 64
"""So much before the place that was read to must be as it was, or the file was changed by hand."""
_BUSY = "The ledger is being written by somebody else."
_CHUNK_BYTES = 256 * 1024
"""So much of the file is in memory at once."""


class Transaction:
    """A look at the bill with the ledger's lock held, and the lines that are appended at its end."""

    def __init__(self, bill: Bill) -> None:
        self.bill = bill
        """The totals as of now: nobody adds to them meanwhile."""
        self.lines: list[Line] = []

    def append(self, *lines: Line) -> None:
        """Add `lines` when the transaction ends well."""
        self.lines += lines


class Ledger:
    """The file `ledger.jsonl`. One writer at a time over all processes; a torn last line is survived.

    Every method may be called from any thread. Make it by `ledger_of`, so that a process reads the file once.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / "ledger.jsonl"
        self._aside = data / "ledger.aside.jsonl"
        self._lock = threading.Lock()
        self._forget()

    def append(self, *lines: Line) -> None:
        """Add `lines`; on return they are on the disk. Raises StorageFailed; then none of them count."""
        with self.transaction() as transaction:
            transaction.append(*lines)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Hold the ledger's lock over all processes; what is appended meanwhile is on the disk at the end.

        Nothing is appended when the body raises, and the body appends by the transaction alone. Raises
        NotNow when another keeps the lock too long, and StorageFailed; then none of the lines count.
        """
        self._as_of_now()  # the long first look, while others may write
        with locked(self._path.with_suffix(".lock"), busy=_BUSY):
            folding = self._as_of_now()
            transaction = Transaction(folding.bill)
            yield transaction
            if transaction.lines:
                with disk_errors(self._path):
                    keep_aside(self._aside, folding)
                    append_durably(self._path, _text_of(transaction))

    def compact(self) -> Path | None:
        """Make the file short, to the same totals; where the old one is kept. None when there is no ledger.

        Raises NotNow, StorageFailed or Damaged; then nothing was changed.
        """
        with locked(self._path.with_suffix(".lock"), busy=_BUSY), disk_errors(self._path):
            folding = self._as_of_now()
            if not self._path.exists():
                return None
            keep_aside(self._aside, folding)
            return compact_file(self._path, folding)

    def bill(self) -> Bill:
        """The totals as of now; reads only what was added since the last call."""
        return self._as_of_now().bill

    def _as_of_now(self) -> Folding:
        with self._lock:
            self._catch_up()
            return self._folding

    def _forget(self) -> None:
        """Read the file from its start the next time."""
        self._folding = Folding()
        self._read_to = 0
        self._tail = b""
        self._changed_ns = 0
        self._inode = 0

    def _catch_up(self) -> None:
        with disk_errors(self._path):
            try:
                if signature_of(self._path.stat()) == (self._changed_ns, self._read_to, self._inode):
                    return
                with self._path.open("rb") as file:
                    self._read_on(file)
            except (FileNotFoundError, NotADirectoryError):
                if self._read_to:
                    self._forget()
            except OSError:
                self._forget()
                raise

    def _read_on(self, file: BinaryIO) -> None:
        _, size, inode = signature_of(os.fstat(file.fileno()))
        if inode != self._inode or size <= self._read_to or not self._is_as_read(file):
            self._forget()
        file.seek(self._read_to)
        self._folding.add(self._added_lines(file))
        changed_ns, size, _ = signature_of(os.fstat(file.fileno()))
        self._inode = inode
        self._changed_ns = changed_ns if size == self._read_to else 0  # 0: it grows already

    def _added_lines(self, file: BinaryIO) -> Iterator[bytes]:
        """Every whole line from where `file` stands, some at a time; what is torn off at the end waits."""
        begun: list[bytes] = []
        while chunk := file.read(_CHUNK_BYTES):
            ended, newline, rest = chunk.rpartition(b"\n")
            if newline:
                whole = b"".join((*begun, ended))
                begun = []
                self._read_to += len(whole) + 1
                self._tail = whole[-_TAIL_BYTES:] + b"\n"
                yield whole
            begun.append(rest)

    def _is_as_read(self, file: BinaryIO) -> bool:
        """Whether what stands before the place that was read to is what was read."""
        file.seek(self._read_to - len(self._tail))
        return file.read(len(self._tail)) == self._tail


@cache
def ledger_of(data: Path) -> Ledger:
    """The one ledger of this process on the data folder `data`."""
    return Ledger(data)


def _text_of(transaction: Transaction) -> bytes:
    """The transaction's lines as they are written, each with its step."""
    takes = transaction.bill.takes
    steps = {
        line.take_id: takes[line.take_id].newest_step for line in transaction.lines if line.take_id in takes
    }
    texts = []
    for line in transaction.lines:
        steps[line.take_id] = steps.get(line.take_id, 0) + 1
        texts.append(sealed(ready_to_append(line, steps[line.take_id])) + b"\n")
    return b"".join(texts)
