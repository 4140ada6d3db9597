"""The exports ordered in the app, made one after the other by a thread of their own."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from core.exporter.handoff import HandOff, HandOffs, run_hand_off
from core.exporter.making import run_export
from core.exporter.plan import Export
from core.exporter.receipts import Exports
from core.rounds import Rounds
from core.store import Store
from core.store.files import signature

Ordered = TypeVar("Ordered", Export, HandOff)

IDLE_S = 0.5
"""How often the queue looks for exports that were ordered."""
TROUBLE_PAUSE_S = 5.0
"""How long the queue waits after the disk refused, before it tries again."""


class ExportQueue(Rounds):
    """Makes the exports and hand-offs ordered in the app, one after the other."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._store = Store(data)
        self._exports = Exports()
        self._handoffs = HandOffs()
        self._looked: dict[Path, object] = {}
        super().__init__("export", every_s=IDLE_S, after_trouble_s=TROUBLE_PAUSE_S)

    def round(self) -> None:
        """Make what waits, of every project."""
        for project_id in self._store.projects.ids():
            folder = self._store.projects.folder(project_id)
            for export in self._open(folder):
                if not self.stopping:
                    run_export(self._data, project_id, export.export_id, stopping=lambda: self.stopping)
            for made in self._open_hand_offs(folder):
                if not self.stopping:
                    run_hand_off(self._data, made, stopping=lambda: self.stopping)

    def _open(self, folder: Path) -> list[Export]:
        """Exports with work left, oldest first."""
        return self._under_way(folder / "exports", lambda: self._exports.all(folder))

    def _open_hand_offs(self, folder: Path) -> list[HandOff]:
        """Hand-offs with work left, oldest first."""
        return self._under_way(folder / "handoffs", lambda: self._handoffs.all(folder))

    def _under_way(self, folder: Path, find: Callable[[], list[Ordered]]) -> list[Ordered]:
        """What `find` says is under way, oldest first; looks only into folders that changed."""
        changed = signature(folder)
        if changed is None or self._looked.get(folder) == changed:
            return []
        found = [each for each in find() if each.under_way]
        if not found and datetime.now(UTC).timestamp() - changed[0] / 1e9 > 3:
            self._looked[folder] = changed
        return found[::-1]
