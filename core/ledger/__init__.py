"""The record of money: lines that are only ever appended, and the totals that are folds of them."""

from core.ledger.bill import Bill, TakeMoney
from core.ledger.file import Ledger, Transaction, ledger_of
from core.ledger.lines import BILL_SOURCES, Entry, Line, utc_now

__all__ = [
    "BILL_SOURCES",
    "Bill",
    "Entry",
    "Ledger",
    "Line",
    "TakeMoney",
    "Transaction",
    "ledger_of",
    "utc_now",
]
