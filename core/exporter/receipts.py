"""Receipts of exports on disk, their locks, and people's requests to cancel."""

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock
from pydantic import ValidationError

from core.errors import Damaged, NotFound, NotNow, disk_errors
from core.exporter.certificate import CERTIFICATE_ENDING, Certificate, certificate_path, read_certificate
from core.exporter.plan import Export, ExportId, ExportState
from core.project import ProjectId
from core.store.files import Parsed, locked, try_lock, write_atomically


class Exports:
    """Receipts of exports in a project's folder `exports`."""

    def __init__(self) -> None:
        self._parsed = Parsed(_parse)
        self._certificates = Parsed(read_certificate)

    def read(self, folder: Path, export_id: str) -> Export:
        """The export's receipt. Raises NotFound or Damaged."""
        known = export_id.replace("-", "").isalnum()
        export = self._parsed.get(folder / "exports" / f"{export_id}.json") if known else None
        if export is None:
            raise NotFound(
                f"There is no export called {export_id[:60]!r}.", remedy="Choose one from the list."
            )
        return export

    def all(self, folder: Path) -> list[Export]:
        """Every export of the project, newest first."""
        found = []
        for path in (folder / "exports").glob("*.json"):
            if path.name.endswith(CERTIFICATE_ENDING):
                continue
            with suppress(Damaged):
                export = self._parsed.get(path)
                if export is not None:
                    found.append(export)
        return sorted(found, key=lambda export: export.ordered_at, reverse=True)

    def certificate(self, folder: Path, export: Export) -> Certificate:
        """The certificate of a finished export. Raises NotNow, NotFound or Damaged."""
        if export.local_path is None:
            raise NotNow(f"The export is not done: it is {export.state}.", remedy="Wait until it is done.")
        path = certificate_path(folder / export.local_path)
        certificate = self._certificates.get(path)
        if certificate is None:
            raise NotFound(f"{path.name} is gone from the disk.", remedy="Export again to have it made anew.")
        return certificate

    def write(self, folder: Path, export: Export) -> None:
        """Put the receipt on the disk."""
        write_atomically(
            folder / "exports" / f"{export.export_id}.json", export.model_dump_json(indent=1).encode()
        )

    def was_left(self, folder: Path, export: Export) -> bool:
        """Whether the export was begun by a process that is there no more."""
        lock = self.lock(folder, export.export_id) if export.state is ExportState.RUNNING else None
        if lock is not None:
            lock.release()
        return lock is not None

    def cancel(self, folder: Path, export_id: ExportId) -> Export:
        """End the export at once when nobody is at it, else leave word; its receipt. Raises NotFound."""
        with disk_errors(folder):
            cancel_mark(folder, export_id).touch()
        lock = self.lock(folder, export_id)
        if lock is None:
            return self.read(folder, export_id)
        try:
            export = self.read(folder, export_id)
            if export.under_way:
                ended = {
                    "state": ExportState.CANCELLED,
                    "stage": "cancelled",
                    "finished_at": datetime.now(UTC),
                }
                export = export.model_copy(update=ended)
                self.write(folder, export)
            cancel_mark(folder, export_id).unlink(missing_ok=True)
            return export
        finally:
            lock.release()

    def lock(self, folder: Path, export_id: ExportId) -> FileLock | None:
        """The export's lock, held, or None when somebody is at it."""
        return try_lock(folder / "exports" / f"{export_id}.lock")


def order_export(exports: Exports, folder: Path, plan: Export) -> Export:
    """Put `plan` in the queue of its project. Raises NotNow when the very same cut is under way already.

    When the process of that one died, it is returned, and goes on where it was.
    """
    with locked(folder / "orders.lock", busy="Another order for this project is being taken."):
        for export in exports.all(folder):
            if export.under_way and export.same_cut(plan):
                if exports.was_left(folder, export):
                    return export
                raise NotNow("This very cut is being exported already.", remedy="Wait until it is done.")
        exports.write(folder, plan)
    return plan


def cancel_mark(folder: Path, export_id: ExportId) -> Path:
    """The file whose presence asks the export to end."""
    return folder / "exports" / f"{export_id}.cancel"


def _parse(path: Path) -> Export:
    with disk_errors(path):
        data = path.read_bytes()
    try:
        export = Export.model_validate_json(data)
    except ValidationError as error:
        raise Damaged(
            f"The receipt {path.name} is damaged.",
            remedy="Export again; the file it made is still in exports.",
        ) from error
    name = ProjectId(path.parents[1].name)  # a copied or renamed folder is a project of its own
    return export if export.project_id == name else export.model_copy(update={"project_id": name})
