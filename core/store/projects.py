"""Projects on disk: read, created and edited under a lock; damage is kept aside, never overwritten."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import from_json

from core.errors import Damaged, NotFound, disk_errors
from core.project import Project, ProjectId, is_project_id, slug
from core.store.files import Parsed, draft_beside, locked, rename_over, time_name, write_atomically

SCHEMA_VERSION = 1
MIGRATIONS: dict[int, Callable[[dict[str, object]], dict[str, object]]] = {}
"""From each older schema version, the step to the next: pure, dict to dict."""


class ProjectStore:
    """The folder `projects`. Every method may be called from any thread and any process."""

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._parsed = Parsed(_parse)

    def folder(self, project_id: str) -> Path:
        """Where the project keeps its files. Raises NotFound for a name that cannot be a project's."""
        if not is_project_id(project_id):
            raise _no_such(project_id)
        return self._root / project_id

    def ids(self) -> list[ProjectId]:
        """Every project there is, by name."""
        if not self._root.is_dir():
            return []
        with disk_errors(self._root):
            names = [entry.name for entry in os.scandir(self._root) if is_project_id(entry.name)]
        return sorted(ProjectId(name) for name in names if self._file(name).exists())

    def read(self, project_id: str) -> Project:
        """The project as it is now. Raises NotFound, or Damaged with the way back."""
        project = self._parsed.get(self._file(project_id))
        if project is None:
            raise _no_such(project_id)
        return project

    def create(self, draft: Project) -> Project:
        """Put `draft` on the disk under a free name made from its title; returns it with that name."""
        base = slug(draft.title)
        for number in range(1, 10_000):
            project_id = ProjectId(base if number == 1 else f"{base}-{number}")
            folder = self._root / project_id
            with disk_errors(folder):
                self._root.mkdir(parents=True, exist_ok=True)
                try:
                    folder.mkdir()
                except FileExistsError:
                    continue
            project = draft.model_copy(update={"id": project_id})
            write_atomically(folder / "project.json", _dump(project))
            return project
        raise AssertionError(f"ten thousand projects called {base}")

    def edit(self, project_id: str, change: Callable[[Project], Project]) -> Project:
        """Apply `change` to the newest revision, under the project's lock, and return what is on disk.

        `change` gets whatever other processes wrote last, so that nobody's edit is lost; when it returns the
        same object, nothing is written. The revision before is kept as `project.bak.json`.
        """
        path = self._file(project_id)
        if not path.parent.is_dir():
            raise _no_such(project_id)
        with locked(path.parent / "project.lock", busy=f"{project_id} is being saved by somebody else."):
            before = self.read(project_id)
            after = change(before)
            if after is before:
                return before
            after = after.model_copy(update={"revision": before.revision + 1, "updated_at": now_text()})
            _keep_as(path, path.with_name("project.bak.json"))
            write_atomically(path, _dump(after))
        return after

    def restore(self, project_id: str) -> Project:
        """Put the revision before the last one in place of a damaged `project.json`, which is kept aside."""
        path = self._file(project_id)
        backup = path.with_name("project.bak.json")
        with locked(path.parent / "project.lock", busy=f"{project_id} is being saved by somebody else."):
            if not backup.exists():
                raise NotFound(
                    f"There is no earlier revision of {project_id}.",
                    remedy=f"Mend {path} by hand: it is JSON; or create the project anew from its stills.",
                )
            _parse(backup)
            if path.exists():
                _keep_as(path, path.with_name(f"project.damaged-{time_name()}.json"))
            with disk_errors(backup):
                whole = backup.read_bytes()
            write_atomically(path, whole)
        return self.read(project_id)

    def _file(self, project_id: str) -> Path:
        return self.folder(project_id) / "project.json"


def now_text() -> str:
    """Now, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _dump(project: Project) -> bytes:
    return project.model_dump_json(indent=1).encode()


def _keep_as(path: Path, kept: Path) -> None:
    """Let `kept` be what `path` is now; `path` stays where it is."""
    with disk_errors(kept):
        fresh = draft_beside(kept)
        try:
            try:
                fresh.hardlink_to(path)
            except OSError:  # a disk without hard links
                shutil.copyfile(path, fresh)
            rename_over(fresh, kept)
        finally:
            fresh.unlink(missing_ok=True)  # still there when `kept` was the same file already


def _parse(path: Path) -> Project:
    with disk_errors(path):
        data = path.read_bytes()
    try:
        project = Project.model_validate_json(data)
    except ValidationError as error:
        project = _parse_older(path, data, error)
    name = ProjectId(path.parent.name)  # a copied or renamed folder is a project of its own
    return project if project.id == name else project.model_copy(update={"id": name})


def _parse_older(path: Path, data: bytes, error: ValidationError) -> Project:
    """A file of an earlier version, brought up to date step by step. Raises Damaged."""
    try:
        content = from_json(data)
        version = content["schema_version"]
        if version > SCHEMA_VERSION:
            raise Damaged(
                f"{path.parent.name} was saved by a newer Stillmotion (format {version}).",
                remedy="Update Stillmotion to open it; the file was left as it is.",
            )
        for step in range(version, SCHEMA_VERSION):
            content = MIGRATIONS[step](content)
        return Project.model_validate(content)
    except (ValueError, KeyError, TypeError):
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        where = f" at {place}" if place else ""
        raise Damaged(
            f"The storyboard of {path.parent.name} is damaged{where} and cannot be read.",
            remedy=f"Restore the version before on the Project page or with `restore`, or mend {path}.",
        ) from error


def _no_such(project_id: str) -> NotFound:
    return NotFound(
        f"There is no project called {project_id[:60]!r}.", remedy="Choose one from the list, or create it."
    )
