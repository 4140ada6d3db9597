"""Reports that are asked for again and again: worked out once for each state of the ledger and the cuts."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from core.costs.columns import Columns, columns_of
from core.costs.outcomes import kept_seconds
from core.costs.report import CostReport, Filters
from core.ledger import Bill
from core.project import Project, ProjectId
from core.take import TakeId

REMEMBERED = 24
"""Reports that are kept: people look at one ledger through a few filters."""


class CostBook:
    """Makes reports. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bill: Bill | None = None
        self._columns: Columns | None = None
        self._kept: dict[ProjectId, tuple[Project, Mapping[TakeId, float]]] = {}
        self._reports: OrderedDict[Filters, CostReport] = OrderedDict()

    def report(self, bill: Bill, projects: Iterable[Project], filters: Filters) -> CostReport:
        """The totals of `bill`; `projects` are all there are, for their cuts say which takes are kept."""
        with self._lock:
            changed = self._follow_cuts(projects)
            columns = self._follow(bill)
            if changed:
                self._reports.clear()
            report = self._reports.pop(filters, None)
            if report is None:
                kept = {take: seen for _, takes in self._kept.values() for take, seen in takes.items()}
                report = CostReport(columns, kept, filters, broken=bill.broken, odd=bill.odd)
            self._reports[filters] = report
            while len(self._reports) > REMEMBERED:
                self._reports.popitem(last=False)
            return report

    def _follow(self, bill: Bill) -> Columns:
        if self._columns is None or bill is not self._bill:
            self._columns = columns_of(bill, self._columns)
            self._bill = bill
            self._reports.clear()
        return self._columns

    def _follow_cuts(self, projects: Iterable[Project]) -> bool:
        """Bring what the cuts have chosen up to date; whether anything changed."""
        before, changed = self._kept, False
        self._kept = {}
        for project in projects:
            known = before.get(project.id)
            if known is None or known[0] is not project:
                known, changed = (project, kept_seconds(project)), True
            self._kept[project.id] = known
        return changed or before.keys() != self._kept.keys()
