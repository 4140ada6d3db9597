"""Hand-offs ordered in the app: receipts on disk, made one after the other, taken along as a zip."""

import logging
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NewType

from filelock import FileLock
from pydantic import Field, ValidationError

from core.catalogue import current_catalogue
from core.errors import (
    Cancelled,
    Charge,
    Damaged,
    Interrupted,
    MediaFailed,
    NotFound,
    NotNow,
    StillmotionError,
    disk_errors,
)
from core.exporter.handoff.asked import Format, Sources, Wish
from core.exporter.handoff.making import hand_over
from core.exporter.handoff.paper import Paper
from core.exporter.plan import Delivery, ExportState
from core.exporter.planning import plan_export
from core.project import ProjectId
from core.providers.base import Signals
from core.record import Record
from core.store import Store
from core.store.files import Parsed, locked, try_lock, write_atomically
from core.take import Failure

log = logging.getLogger(__name__)

HandOffId = NewType("HandOffId", str)
FOLDER = "handoffs"


class HandOff(Record):
    """One hand-off: the content of `handoffs/<handoff_id>.json`. It is planned when it is made."""

    schema_version: Literal[1] = 1
    handoff_id: HandOffId
    project_id: ProjectId
    delivery: Delivery
    formats: tuple[Format, ...]
    paper: Paper = Paper.A4
    state: ExportState = ExportState.QUEUED
    fraction: float = Field(default=0.0, ge=0, le=1)
    """How far it is."""
    stage: str = "waiting"
    """What is being done, for people."""
    ordered_at: datetime
    finished_at: datetime | None = None
    local_path: str | None = None
    """The zip, relative to the project's folder."""
    bytes: int | None = None
    files: tuple[str, ...] = ()
    """What is in the zip."""
    missing: tuple[str, ...] = ()
    """Shots whose file is gone."""
    notes: tuple[str, ...] = ()
    """What a person should know about it, one sentence each."""
    failure: Failure | None = None

    @property
    def under_way(self) -> bool:
        """Whether it waits or is being made."""
        return self.state in (ExportState.QUEUED, ExportState.RUNNING)


class HandOffs:
    """Receipts of hand-offs in a project's folder `handoffs`."""

    def __init__(self) -> None:
        self._parsed = Parsed(_parse)

    def read(self, folder: Path, handoff_id: str) -> HandOff:
        """The receipt. Raises NotFound or Damaged."""
        known = handoff_id.replace("-", "").isalnum()
        found = self._parsed.get(_place(folder, handoff_id, "json")) if known else None
        if found is None:
            raise NotFound(
                f"There is no hand-off called {handoff_id[:60]!r}.", remedy="Order one on the Export page."
            )
        return found

    def all(self, folder: Path) -> list[HandOff]:
        """Every hand-off of the project, newest first; a damaged receipt is passed over."""
        found = []
        for path in (folder / FOLDER).glob("*.json"):
            with suppress(Damaged):
                each = self._parsed.get(path)
                if each is not None:
                    found.append(each)
        return sorted(found, key=lambda each: each.ordered_at, reverse=True)

    def order(self, folder: Path, project_id: str, delivery: Delivery, asked: Wish) -> HandOff:
        """Put a hand-off in the queue. Raises NotNow when one of the project is under way already."""
        now = datetime.now(UTC)
        made = HandOff(
            handoff_id=HandOffId(f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"),
            project_id=ProjectId(project_id),
            delivery=delivery,
            formats=asked.formats,
            paper=asked.paper,
            ordered_at=now,
        )
        with locked(folder / "orders.lock", busy="Another order for this project is being taken."):
            if any(each.under_way for each in self.all(folder)):
                raise NotNow("A hand-off is being made already.", remedy="Wait until it is done.")
            self.write(folder, made)
        return made

    def write(self, folder: Path, made: HandOff) -> None:
        """Put the receipt on the disk."""
        write_atomically(_place(folder, made.handoff_id, "json"), made.model_dump_json(indent=1).encode())

    def cancel(self, folder: Path, handoff_id: HandOffId) -> HandOff:
        """End it at once when nobody is at it, else leave word; its receipt."""
        mark = _place(folder, handoff_id, "cancel")
        with disk_errors(mark):
            mark.touch()
        lock = self.lock(folder, handoff_id)
        if lock is not None:
            try:
                made = self.read(folder, handoff_id)
                if made.under_way:
                    self.write(folder, _ended(made, ExportState.CANCELLED, None))
                mark.unlink(missing_ok=True)
            finally:
                lock.release()
        return self.read(folder, handoff_id)

    def lock(self, folder: Path, handoff_id: HandOffId) -> FileLock | None:
        """The hand-off's lock, held, or None when somebody is at it."""
        return try_lock(_place(folder, handoff_id, "lock"))


def sources_of(data: Path, project_id: str, delivery: Delivery) -> Sources:
    """All that a hand-off is made from, as of one moment. Raises as `plan_export` does."""
    store = Store(data)
    project = store.projects.read(project_id)
    folder = store.projects.folder(project_id)
    takes = store.takes.all(folder)
    return Sources(
        export=plan_export(project, takes, delivery),
        project=project,
        takes=takes,
        folder=folder,
        models={model.key: model.name for model in current_catalogue(data)},
    )


def run_hand_off(data: Path, made: HandOff, *, stopping: Callable[[], bool]) -> None:
    """Make the hand-off `made`, unless somebody is at it. What goes wrong with it is in its receipt.

    Earlier zips of the project go when it is done: they can be made again, and hold every clip.
    """
    handoffs = HandOffs()
    folder = Store(data).projects.folder(made.project_id)
    lock = handoffs.lock(folder, made.handoff_id)
    if lock is None:
        return
    try:
        made = handoffs.read(folder, made.handoff_id)
        if made.under_way:
            _run(data, folder, handoffs, made, stopping)
    finally:
        lock.release()


def _run(data: Path, folder: Path, handoffs: HandOffs, made: HandOff, stopping: Callable[[], bool]) -> None:
    mark = _place(folder, made.handoff_id, "cancel")
    told = ""

    def progress(fraction: float | None, stage: str) -> None:
        nonlocal made, told
        if stage and stage != told:
            told = stage
            made = made.model_copy(update={"fraction": fraction or made.fraction, "stage": stage})
            handoffs.write(folder, made)

    signals = Signals(cancelled=mark.exists, stopping=stopping, started=lambda: None, progress=progress)
    made = made.model_copy(update={"state": ExportState.RUNNING})
    try:
        asked = Wish(formats=made.formats, paper=made.paper, zipped=True)
        path = folder / FOLDER / f"{made.project_id}-{made.handoff_id}.zip"
        path.unlink(missing_ok=True)  # made by a process that died before it could say so
        done = hand_over(sources_of(data, made.project_id, made.delivery), path, asked, signals)
        with disk_errors(path):
            size = path.stat().st_size
        facts = {
            "local_path": f"{FOLDER}/{path.name}",
            "bytes": size,
            "files": done.files,
            "missing": done.missing,
            "notes": done.notes,
            "fraction": 1.0,
        }
        handoffs.write(folder, _ended(made, ExportState.DONE, None).model_copy(update=facts))
        _remove_earlier(folder, path)
    except Interrupted:
        return
    except Cancelled:
        handoffs.write(folder, _ended(made, ExportState.CANCELLED, None))
    except StillmotionError as error:
        handoffs.write(folder, _ended(made, ExportState.FAILED, error))
    except Exception as error:
        log.exception("handoff.crashed", extra={"action": "handoff.crashed"})
        failed = MediaFailed(
            f"Something unforeseen happened ({type(error).__name__}).",
            remedy="The details are in the app's log. Try again; if it happens again, report it.",
        )
        handoffs.write(folder, _ended(made, ExportState.FAILED, failed))
    mark.unlink(missing_ok=True)


def _ended(made: HandOff, state: ExportState, error: StillmotionError | None) -> HandOff:
    failure = error and Failure(what=str(error), remedy=error.remedy, charge=Charge.NONE, safe_to_retry=True)
    facts = {"state": state, "stage": state.value, "finished_at": datetime.now(UTC), "failure": failure}
    return made.model_copy(update=facts)


def _remove_earlier(folder: Path, kept: Path) -> None:
    for path in (folder / FOLDER).glob("*.zip"):
        if path != kept:
            with suppress(OSError):  # it is being downloaded, and goes with the next
                path.unlink()
    for path in (folder / FOLDER).glob(".*.part"):
        shutil.rmtree(path, ignore_errors=True)
        with suppress(OSError):
            path.unlink()


def _place(folder: Path, handoff_id: str, ending: str) -> Path:
    return folder / FOLDER / f"{handoff_id}.{ending}"


def _parse(path: Path) -> HandOff:
    with disk_errors(path):
        data = path.read_bytes()
    try:
        made = HandOff.model_validate_json(data)
    except ValidationError as error:
        raise Damaged(f"The receipt {path.name} is damaged.", remedy="Hand the cut off again.") from error
    name = ProjectId(path.parents[1].name)  # a copied or renamed folder is a project of its own
    return made if made.project_id == name else made.model_copy(update={"project_id": name})
