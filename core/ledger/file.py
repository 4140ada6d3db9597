"""The file `ledger.jsonl`: appended durably by one writer at a time, read as it grows."""

import errno
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import BinaryIO

from core.errors import disk_errors
from core.ledger.bill import Bill
from core.ledger.folding import Folding
from core.ledger.lines import Line, ready_to_append, sealed
from core.store.files import locked, signature_of, sync_folder

_TAIL_BYTES = 64
"""So much before the place that was read to must be as it was, or the file was changed by hand."""
_CHUNK_BYTES = 4 * 1024 * 1024
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

        Nothing is appended when the body raises. Raises NotNow when another keeps the lock too long, and
        StorageFailed; then none of the lines count.
        """
        busy = "The ledger is being written by somebody else."
        with locked(self._path.with_suffix(".lock"), busy=busy):
            transaction = Transaction(self.bill())
            yield transaction
            if transaction.lines:
                with disk_errors(self._path):
                    self._keep_aside()
                    _append_durably(self._path, _text_of(transaction))

    def bill(self) -> Bill:
        """The totals as of now; reads only what was added since the last call."""
        with self._lock:
            self._catch_up()
            return self._folding.bill

    def _forget(self) -> None:
        """Read the file from its start the next time."""
        self._folding = Folding()
        self._read_to = 0
        self._tail = b""
        self._changed_ns = 0
        self._inode = 0
        self._set_aside = 0

    def _catch_up(self) -> None:
        with disk_errors(self._path):
            try:
                now = self._path.stat()
            except (FileNotFoundError, NotADirectoryError):
                if self._read_to:
                    self._forget()
                return
            changed_ns, size, inode = signature_of(now)
            if (changed_ns, size, inode) == (self._changed_ns, self._read_to, self._inode):
                return
            try:
                with self._path.open("rb") as file:
                    if inode != self._inode or size <= self._read_to or not self._is_as_read(file):
                        self._forget()
                    file.seek(self._read_to)
                    self._folding.add(self._added_lines(file))
            except OSError:
                self._forget()
                raise
        self._changed_ns, self._inode = changed_ns, inode

    def _added_lines(self, file: BinaryIO) -> Iterator[bytes]:
        """Every whole line from where `file` stands; what is torn off after the last is left for later."""
        rest = b""
        while chunk := file.read(_CHUNK_BYTES):
            whole, newline, rest = (rest + chunk).rpartition(b"\n")
            if newline:
                self._read_to += len(whole) + 1
                self._tail = whole[-_TAIL_BYTES:] + b"\n"
                yield from whole.split(b"\n")

    def _is_as_read(self, file: BinaryIO) -> bool:
        """Whether what stands before the place that was read to is what was read."""
        file.seek(self._read_to - len(self._tail))
        return file.read(len(self._tail)) == self._tail

    def _keep_aside(self) -> None:
        """Copy lines that cannot be read to `ledger.aside.jsonl`, each once. The ledger's lock is held."""
        fresh = self._folding.broken[self._set_aside :]
        if not fresh:
            return
        kept = self._aside.read_bytes().splitlines() if self._aside.exists() else []
        known = {row.partition(b', "text": ')[2] for row in kept}
        for each in fresh:
            text = json.dumps(each.text.decode(errors="replace")).encode() + b"}"
            if text not in known:
                known.add(text)
                head = json.dumps({"line": each.number, "why": each.why})[:-1].encode()
                _append_durably(self._aside, head + b', "text": ' + text + b"\n")
        self._set_aside = len(self._folding.broken)


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


def _append_durably(path: Path, data: bytes) -> None:
    """Add `data` on a line of its own; what a full disk cut short is taken back. Raises OSError."""
    with path.open("a+b", buffering=0) as file:
        start = file.seek(0, os.SEEK_END)
        if start:
            file.seek(start - 1)
            data = data if file.read(1) == b"\n" else b"\n" + data
        try:
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, "no space left on device")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(start)
            raise
    if not start:
        sync_folder(path.parent)
