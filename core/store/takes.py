"""Receipts of takes on disk, their locks, and people's requests to cancel."""

import gc
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from filelock import FileLock
from pydantic import ValidationError

from core.errors import Damaged, NotFound, disk_errors
from core.project import ProjectId
from core.store.files import Signature, locked, signature, signature_of, try_lock, write_atomically
from core.take import OPEN, State, Take, TakeId

_CLOCK_GRAIN_NS = 3_000_000_000
"""A folder that changed less than this ago may have changed again without its time showing it."""


_MANY_RECORDS = 500
"""So many receipts at once are a project being opened, which happens once."""


@dataclass(frozen=True)
class _Listing:
    """What a folder of receipts held when it was last looked at."""

    changed: Signature | None
    settled: bool
    """Whether the folder had been still long enough for `changed` to tell."""
    parsed: Mapping[str, tuple[Signature, Take | Damaged]]
    """File name → its signature and what it says."""
    takes: Mapping[TakeId, Take]
    open: tuple[Take, ...]
    unresolved: tuple[Take, ...]


_NOTHING = _Listing(
    changed=None, settled=False, parsed={}, takes=MappingProxyType({}), open=(), unresolved=()
)


class TakeStore:
    """The folder `takes` of each project. A receipt is written only by whoever holds its lock."""

    def __init__(self) -> None:
        self._listings: dict[Path, _Listing] = {}

    def read(self, folder: Path, take_id: str) -> Take:
        """The take's receipt, from the project's folder. Raises NotFound or Damaged."""
        path = folder / "takes" / f"{take_id}.json"
        if not _is_take_id(take_id) or not path.exists():
            raise NotFound(f"There is no take called {take_id[:60]!r}.", remedy="Choose one from the list.")
        with disk_errors(path):
            return _parse(str(path), ProjectId(folder.name))

    def all(self, folder: Path) -> Mapping[TakeId, Take]:
        """Every take of the project in `folder`, oldest order first. Damaged receipts are left out."""
        return self._listing(folder).takes

    def open(self, folder: Path) -> Sequence[Take]:
        """The takes that a slot still has work with, oldest order first."""
        return self._listing(folder).open

    def unresolved(self, folder: Path) -> Sequence[Take]:
        """The takes of which nobody knows what became, oldest order first."""
        return self._listing(folder).unresolved

    def damaged(self, folder: Path) -> list[Damaged]:
        """What is wrong with each receipt that cannot be read."""
        return [found for _, found in self._listing(folder).parsed.values() if isinstance(found, Damaged)]

    def write(self, folder: Path, take: Take) -> None:
        """Put the receipt on the disk. Call it only while holding the take's lock, or for a new take."""
        path = folder / "takes" / f"{take.take_id}.json"
        write_atomically(path, take.model_dump_json(indent=1, exclude_none=True).encode())

    def try_lock(self, folder: Path, take_id: TakeId) -> FileLock | None:
        """The take's lock, held, or None when a slot is at work on it."""
        return try_lock(folder / "takes" / f"{take_id}.lock")

    def locked(self, folder: Path, take_id: TakeId) -> AbstractContextManager[None]:
        """Hold the take's lock; raises NotNow when a slot keeps it too long."""
        return locked(folder / "takes" / f"{take_id}.lock", busy=f"{take_id} is being worked on.")

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

    def _listing(self, folder: Path) -> _Listing:
        """What the folder holds now: one look when it has not changed, and only changed files are read."""
        began = time.time_ns()
        receipts = folder / "takes"
        changed = signature(receipts)
        known = self._listings.get(folder, _NOTHING)
        if known.changed == changed and known.settled:
            return known
        settled = changed is not None and began - changed[0] > _CLOCK_GRAIN_NS
        parsed = _read_changed(receipts, _scan(receipts), known.parsed)
        if parsed == known.parsed:
            fresh = replace(known, changed=changed, settled=settled)
        else:
            found = (take for _, take in parsed.values() if isinstance(take, Take))
            takes = {take.take_id: take for take in sorted(found, key=lambda take: take.place)}
            fresh = _Listing(
                changed=changed,
                settled=settled,
                parsed=parsed,
                takes=MappingProxyType(takes),
                open=tuple(take for take in takes.values() if take.state in OPEN),
                unresolved=tuple(take for take in takes.values() if take.state is State.UNRESOLVED),
            )
        self._listings[folder] = fresh
        return fresh


def _read_changed(
    folder: Path, seen: Mapping[str, Signature], known: Mapping[str, tuple[Signature, Take | Damaged]]
) -> dict[str, tuple[Signature, Take | Damaged]]:
    """Every receipt in `folder`; those that `known` has with the same signature are not read again."""
    fresh: dict[str, tuple[Signature, Take | Damaged]] = {}
    project_id = ProjectId(folder.parent.name)
    with _collector_resting(len(seen) - len(known)):
        for name, now in seen.items():
            before = known.get(name)
            if before is not None and before[0] == now:
                fresh[name] = before
                continue
            try:
                fresh[name] = (now, _parse(f"{folder}{os.sep}{name}", project_id))
            except Damaged as error:
                fresh[name] = (now, error)
            except OSError:  # gone meanwhile, or not ours to read: not a receipt of ours now
                continue
    return fresh


@contextmanager
def _collector_resting(records: int) -> Iterator[None]:
    """Spare the garbage collector a search through thousands of new `records` that hold no garbage.

    After many, they are also frozen: Streamlit collects after every rerun, and would search them each time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if records > _MANY_RECORDS:
            gc.freeze()
        if was_on:
            gc.enable()


def _scan(folder: Path) -> dict[str, Signature]:
    """Name of each receipt in `folder` → its signature."""
    if not folder.is_dir():
        return {}
    found = {}
    with disk_errors(folder), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".json") and entry.name[0] != ".":
                found[entry.name] = signature_of(entry.stat())
    return found


def _parse(path: str, project_id: ProjectId) -> Take:
    """The receipt at `path`. Raises Damaged, or OSError."""
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - three times as fast, thousands of times
        data = file.read()
    try:
        take = Take.model_validate_json(data)
    except ValidationError as error:
        raise Damaged(
            f"The receipt {os.path.basename(path)} is damaged.",  # noqa: PTH119 - it is text here
            remedy=f"Mend {path} by hand: it is JSON; nothing was changed.",
        ) from error
    if take.project_id == project_id:
        return take
    return take.model_copy(update={"project_id": project_id})  # its project's folder was copied or renamed


def _is_take_id(text: str) -> bool:
    return bool(text) and all(char.isalnum() or char in "-_" for char in text)
