"""Files that survive: written whole or not at all, under locks that a dying process lets go of."""

import errno
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from filelock import FileLock, Timeout

from core.errors import NotNow, StorageFailed, disk_errors

T = TypeVar("T")

LOCK_WAIT_S = 10.0
"""How long an edit waits for another process to finish its own."""

RENAME_WAIT_S = 1.0 if os.name == "nt" else 0.0
"""How long a rename waits for those who read what it replaces: Windows forbids it while a file is open."""

Signature = tuple[int, int, int]
"""Change time in nanoseconds, size in bytes, inode: another whenever the file was replaced."""


def write_atomically(path: Path, data: bytes) -> None:
    """Replace `path` by `data`; on return it is on the disk. Raises StorageFailed, the old file intact."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = draft_beside(path)
        try:
            with fresh.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            put_in_place(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)


def draft_beside(path: Path) -> Path:
    """A free, hidden name in the folder of `path`, for a file that is to be renamed to it."""
    return path.with_name(f".{secrets.token_hex(6)}{path.suffix}.tmp")


def put_in_place(finished: Path, path: Path) -> None:
    """Rename the fsynced file `finished` to `path`, and see that it is on the disk. Raises OSError."""
    rename_over(finished, path)
    sync_folder(path.parent)


def rename_over(finished: Path, path: Path, *, wait_s: float = RENAME_WAIT_S) -> None:
    """Rename `finished` to `path`, in place of what is there; for up to `wait_s` while others read that.

    Raises OSError; then both files are as they were.
    """
    deadline = time.monotonic() + wait_s
    while True:
        try:
            finished.replace(path)
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)
        else:
            return


def sync_folder(folder: Path) -> None:
    """See that the names in `folder` are on the disk. Windows and some network disks do so by themselves."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # what a disk says that cannot be asked this
            raise
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """See that the content of `path` is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@contextmanager
def locked(path: Path, *, busy: str) -> Iterator[None]:
    """Hold the lock file `path`. Raises NotNow, saying `busy`, when another keeps it too long."""
    lock = new_lock(path)
    with disk_errors(path):
        try:
            lock.acquire(timeout=LOCK_WAIT_S)
        except Timeout as error:
            raise NotNow(busy, remedy="Wait a moment and try again.") from error
    try:
        yield
    finally:
        lock.release()


def try_lock(path: Path) -> FileLock | None:
    """The lock `path`, held, or None when somebody else holds it. Release it when done."""
    lock = new_lock(path)
    with disk_errors(path):
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return None
    return lock


def new_lock(path: Path) -> FileLock:
    """A lock on the file `path`, not yet held; it may be released by another thread."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    return FileLock(path, thread_local=False)


def signature(path: Path) -> Signature | None:
    """What tells one content of `path` from the next; None when there is none. Raises StorageFailed."""
    try:
        with disk_errors(path):
            return signature_of(path.stat())
    except StorageFailed as error:
        if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
            return None
        raise


def signature_of(facts: os.stat_result) -> Signature:
    """The signature in what the operating system says of a file."""
    return facts.st_mtime_ns, facts.st_size, 0 if os.name == "nt" else facts.st_ino


def time_name() -> str:
    """Now, UTC, as part of a file name."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")


class Parsed(Generic[T]):
    """Remembers what a file parsed to until the file changes. Safe between threads; values must be frozen."""

    def __init__(self, parse: Callable[[Path], T]) -> None:
        self._parse = parse
        self._known: dict[Path, tuple[Signature, T]] = {}
        self._lock = threading.Lock()

    def get(self, path: Path) -> T | None:
        """The content of `path`, or None when there is no such file."""
        now = signature(path)
        if now is None:
            return None
        known = self._known.get(path)
        if known is not None and known[0] == now:
            return known[1]
        value = self._parse(path)
        with self._lock:
            self._known[path] = (now, value)
        return value
