"""What every desk of the studio works with: the data folder, the catalogue, and what the disk says."""

from collections.abc import Mapping
from pathlib import Path

from core.billing import Books
from core.budgets import BudgetStore
from core.catalogue import Catalogue, current_catalogue
from core.costs import CostBook
from core.exporter import Exports
from core.exporter.handoff import HandOffs
from core.ledger import ledger_of
from core.project import Project
from core.settings import Settings
from core.store import Store
from core.take import Take, TakeId


class Desk:
    """A desk of the studio, on one data folder. Every method may be called from any thread."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.data)
        self.ledger = ledger_of(settings.data)
        self.billing = Books(settings, self.store, self.ledger)
        self.limits = BudgetStore(settings.data)
        current_catalogue(settings.data)  # what is wrong with it is told now
        self._exports = Exports()
        self._handoffs = HandOffs()
        self._book = CostBook()

    @property
    def catalogue(self) -> Catalogue:
        """The models on offer, with the prices in force now."""
        return current_catalogue(self.settings.data)

    def folder(self, project_id: str) -> Path:
        """The project's folder. Raises NotFound for a name that cannot be a project's."""
        return self.store.projects.folder(project_id)

    def project(self, project_id: str) -> Project:
        """The project as it is now. Raises NotFound, or Damaged with the way back."""
        return self.store.projects.read(project_id)

    def takes(self, project_id: str) -> Mapping[TakeId, Take]:
        """Every take of the project, oldest order first."""
        return self.store.takes.all(self.folder(project_id))
