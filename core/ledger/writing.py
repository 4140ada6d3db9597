"""Appending to a file so that it is on the disk, whole or not at all."""

import errno
import os
from pathlib import Path

from core.store.files import sync_folder


def append_durably(path: Path, data: bytes) -> None:
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
