"""What was spent, what it bought, what was wasted and how long the money lasts: folds of the ledger."""

from core.costs.book import CostBook
from core.costs.columns import Dimension
from core.costs.outcomes import Outcome
from core.costs.pace import Pace, pace_of
from core.costs.report import CostReport, Filters, Row
from core.costs.sums import Sums
from core.costs.trims import Trim, trims

__all__ = [
    "CostBook",
    "CostReport",
    "Dimension",
    "Filters",
    "Outcome",
    "Pace",
    "Row",
    "Sums",
    "Trim",
    "pace_of",
    "trims",
]
