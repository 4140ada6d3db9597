"""What is on the disk: projects, receipts of takes, and the slots that they run in."""

from pathlib import Path

from core.store.pauses import Pause, Pauses
from core.store.projects import ProjectStore, now_text
from core.store.slots import SLOTS, Progress, Slots, progress_now
from core.store.takes import TakeStore

__all__ = [
    "SLOTS",
    "Pause",
    "Progress",
    "ProjectStore",
    "Slots",
    "Store",
    "TakeStore",
    "now_text",
    "progress_now",
]


class Store:
    """The data folder: all of the product's state but the money."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.projects = ProjectStore(data / "projects")
        self.takes = TakeStore()
        self.slots = Slots(data / "slots")
        self.pauses = Pauses(data / "pauses")
