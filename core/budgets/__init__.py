"""What may be spent: limits per project, day, month and for the team, and what they say of an order."""

from core.budgets.check import BudgetState, refuse_over, refuse_unagreed, soft_warnings, state_of
from core.budgets.records import NO_BUDGETS, Budget, Budgets, Scope, parse_usd
from core.budgets.store import BudgetStore

__all__ = [
    "NO_BUDGETS",
    "Budget",
    "BudgetState",
    "BudgetStore",
    "Budgets",
    "Scope",
    "parse_usd",
    "refuse_over",
    "refuse_unagreed",
    "soft_warnings",
    "state_of",
]
