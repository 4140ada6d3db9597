"""The exports ordered in the app, made one after the other by a thread of their own."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from core.errors import StillmotionError
from core.exporter.handoff import HandOff, HandOffs, run_hand_off
from core.exporter.making import run_export
from core.exporter.plan import Export
from core.exporter.receipts import Exports
from core.store import Store
from core.store.files import signature

log = logging.getLogger(__name__)

Ordered = TypeVar("Ordered", Export, HandOff)

IDLE_S = 0.5
"""How often the queue looks for exports that were ordered."""
TROUBLE_PAUSE_S = 5.0
"""How long the queue waits after the disk refused, before it tries again."""


class ExportQueue:
    """One daemon thread that makes the exports ordered in the app, one after the other."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._store = Store(data)
        self._exports = Exports()
        self._handoffs = HandOffs()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._looked: dict[Path, object] = {}

    def start(self) -> None:
        """Begin with whatever the disk says is to be done."""
        self._thread = threading.Thread(target=self._loop, name="stillmotion-export", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 4.0) -> bool:
        """End; what is under way goes on at the next start. Whether it ended in time."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout_s)
        return self._thread is None or not self._thread.is_alive()

    def _loop(self) -> None:
        while not self._stop.is_set():
            try:
                self._work()
            except StillmotionError as error:
                log.warning("export.trouble", extra={"action": "export.trouble", "reason": str(error)})
                self._stop.wait(TROUBLE_PAUSE_S)
            except Exception:
                log.exception("export.crashed", extra={"action": "export.crashed"})
                self._stop.wait(TROUBLE_PAUSE_S)
            self._stop.wait(IDLE_S)

    def _work(self) -> None:
        for project_id in self._store.projects.ids():
            folder = self._store.projects.folder(project_id)
            for export in self._open(folder):
                if not self._stop.is_set():
                    run_export(self._data, project_id, export.export_id, stopping=self._stop.is_set)
            for made in self._open_hand_offs(folder):
                if not self._stop.is_set():
                    run_hand_off(self._data, made, stopping=self._stop.is_set)

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
