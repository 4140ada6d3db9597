"""Receipts of takes on disk, their locks, and people's requests to cancel."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from filelock import FileLock
from pydantic import ValidationError

from core.errors import Damaged, NotFound, StorageFailed, disk_errors
from core.store.files import Parsed, Signature, signature, signature_of, try_lock, write_atomically
from core.take import OPEN, Take, TakeId

_CLOCK_GRAIN_NS = 3_000_000_000
"""A folder that changed less than this ago may have changed again without its time showing it."""


@dataclass(frozen=True)
class _Listing:
    """What a folder of receipts held when it was last looked at."""

    changed: Signature | None
    settled: bool
    """Whether the folder had been still long enough for `changed` to tell."""
    seen: dict[str, Signature]
    takes: Mapping[TakeId, Take]


class TakeStore:
    """The folder `takes` of each project. A receipt is written only by whoever holds its lock."""

    def __init__(self) -> None:
        self._parsed = Parsed(_parse)
        self._listed: dict[Path, _Listing] = {}
        self._open: dict[Path, tuple[Mapping[TakeId, Take], list[Take]]] = {}
        self._lock = threading.Lock()

    def read(self, folder: Path, take_id: str) -> Take:
        """The take's receipt, from the project's folder. Raises NotFound or Damaged."""
        take = self._parsed.get(folder / "takes" / f"{take_id}.json") if _is_take_id(take_id) else None
        if take is None:
            raise NotFound(f"There is no take called {take_id[:60]!r}.", remedy="Choose one from the list.")
        return take

    def all(self, folder: Path) -> Mapping[TakeId, Take]:
        """Every take of the project in `folder`, oldest order first. Damaged receipts are left out."""
        began = time.time_ns()
        changed = signature(folder / "takes")
        with self._lock:
            known = self._listed.get(folder)
        if known is not None and known.changed == changed and known.settled:
            return known.takes
        seen = _scan(folder / "takes")
        settled = changed is not None and began - changed[0] > _CLOCK_GRAIN_NS
        same = known is not None and known.seen == seen
        takes = known.takes if known is not None and same else self._sorted(folder, seen)
        with self._lock:
            self._listed[folder] = _Listing(changed=changed, settled=settled, seen=seen, takes=takes)
        return takes

    def _sorted(self, folder: Path, seen: dict[str, Signature]) -> Mapping[TakeId, Take]:
        takes = [take for name, now in seen.items() if (take := self._get(folder / "takes" / name, now))]
        return MappingProxyType({take.take_id: take for take in sorted(takes, key=lambda take: take.place)})

    def open(self, folder: Path) -> list[Take]:
        """The takes that a slot still has work with, oldest order first."""
        takes = self.all(folder)
        with self._lock:
            known = self._open.get(folder)
            if known is None or known[0] is not takes:
                known = self._open[folder] = (takes, [take for take in takes.values() if take.state in OPEN])
        return known[1]

    def damaged(self, folder: Path) -> list[Damaged]:
        """What is wrong with each receipt that cannot be read."""
        found = []
        for name in _scan(folder / "takes"):
            try:
                self._parsed.get(folder / "takes" / name)
            except Damaged as error:
                found.append(error)
        return found

    def write(self, folder: Path, take: Take) -> None:
        """Put the receipt on the disk. Call it only while holding the take's lock, or for a new take."""
        path = folder / "takes" / f"{take.take_id}.json"
        write_atomically(path, take.model_dump_json(indent=1, exclude_none=True).encode())

    def try_lock(self, folder: Path, take_id: TakeId) -> FileLock | None:
        """The take's lock, held, or None when a slot is at work on it."""
        return try_lock(folder / "takes" / f"{take_id}.lock")

    def ask_cancel(self, folder: Path, take_id: TakeId) -> None:
        """Leave word that the take should end; whoever works on it reads that soon."""
        with disk_errors(folder):
            (folder / "takes" / f"{take_id}.cancel").touch()

    def cancel_asked(self, folder: Path, take_id: TakeId) -> bool:
        """Whether somebody left word that the take should end."""
        return (folder / "takes" / f"{take_id}.cancel").exists()

    def tidy(self, folder: Path, take_id: TakeId) -> None:
        """Forget the word to cancel, when the take has ended."""
        (folder / "takes" / f"{take_id}.cancel").unlink(missing_ok=True)

    def _get(self, path: Path, now: Signature) -> Take | None:
        try:
            return self._parsed.get_as(path, now)
        except (Damaged, StorageFailed):
            return None


def _scan(folder: Path) -> dict[str, Signature]:
    """Name of each receipt in `folder` → its signature."""
    try:
        with os.scandir(folder) as entries:
            found = {}
            for entry in entries:
                if entry.name.endswith(".json") and entry.name[0] != ".":
                    found[entry.name] = signature_of(entry.stat())
            return found
    except FileNotFoundError:
        return {}


def _parse(path: Path) -> Take:
    with disk_errors(path):
        data = path.read_bytes()
    try:
        return Take.model_validate_json(data)
    except ValidationError as error:
        raise Damaged(
            f"The receipt {path.name} is damaged.",
            remedy=f"Mend {path} by hand: it is JSON; nothing was changed.",
        ) from error


def _is_take_id(text: str) -> bool:
    return bool(text) and all(char.isalnum() or char in "-_" for char in text)
