"""Money: what was spent, what may be, and what to know unasked."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

from core.alerts import Alert, find_alerts, unreadable_limits
from core.budgets import Budgets, BudgetState, state_of
from core.costs import CostReport, Filters
from core.desks.desk import Desk
from core.errors import StillmotionError
from core.orders import release_orphans
from core.project import Project
from core.take import Take


class MoneyDesk(Desk):
    """Where the bill is kept in view."""

    def costs(self, project_id: str | None = None, *, filters: Filters | None = None) -> CostReport:
        """What was spent, on what, and what came of it; of one project, of all, or as `filters` say."""
        return self._book.report(
            self.ledger.bill(), self.readable_projects(), filters or Filters(project_id=project_id)
        )

    def readable_projects(self) -> Iterator[Project]:
        """Every project that is not damaged, by name."""
        for project_id in self.store.projects.ids():
            with suppress(StillmotionError):
                yield self.project(project_id)

    def budgets(self) -> Budgets:
        """Every spending limit. Raises Damaged."""
        return self.limits.read()

    def set_budget(
        self, scope: str, usd: Decimal, *, project_id: str | None = None, hard: bool = True
    ) -> Budgets:
        """Set a limit, in place of the one there was. Raises InputRefused, or NotFound for the project."""
        if project_id is not None:
            project_id = self.project(project_id).id
        return self.limits.set(scope, usd, project_id=project_id, hard=hard)

    def remove_budget(self, scope: str, *, project_id: str | None = None, hard: bool = True) -> Budgets:
        """Lift a limit. Raises NotFound when there is none."""
        return self.limits.remove(scope, project_id=project_id, hard=hard)

    def set_order_limits(
        self, *, ask_twice_over_usd: Decimal | None, http_ceiling_usd: Decimal | None
    ) -> Budgets:
        """Set what a single order may cost before it is asked about twice, and over HTTP; None: no limit."""
        return self.limits.set_order_limits(ask_twice_over_usd, http_ceiling_usd)

    def budget_states(self, project_id: str | None = None) -> list[BudgetState]:
        """Where every limit stands, or those that an order for one project has to keep."""
        return state_of(self.budgets(), self.ledger.bill(), datetime.now(UTC), project_id)

    def alerts(self) -> list[Alert]:
        """What a person should know about money without looking for it, the urgent first."""
        try:
            limits, unreadable = self.budget_states(), []
        except StillmotionError as error:
            limits, unreadable = [], [unreadable_limits(error)]
        unbooked = self._unbooked()  # before the bill is read: an order writes its line first
        return [*unreadable, *find_alerts(self.ledger.bill(), self.catalogue, limits, unbooked=unbooked)]

    def _unbooked(self) -> list[Take]:
        """Takes that cost money and have a receipt, but no line in the ledger."""
        listings = [self.store.takes.all(self.folder(each)) for each in self.store.projects.ids()]
        known = self.ledger.bill().takes
        return [
            takes[take_id]
            for takes in listings
            for take_id in takes.keys() - known.keys()
            if takes[take_id].quote.usd_high
        ]

    def release_orphans(self) -> int:
        """Release money that a crash in the middle of an order left reserved. How many takes."""
        return release_orphans(self.store, self.ledger)
