"""What takes really cost: refreshed prices, the settling of finished takes, and the bill when it comes."""

from core.billing.books import Books
from core.billing.corrections import Correction
from core.billing.drift import Drift, drift
from core.billing.events import Reading
from core.billing.imports import BillImport
from core.billing.lost import Candidate
from core.billing.prices import LeftOut, PriceChange, PriceDiff
from core.billing.watch import Billing

__all__ = [
    "BillImport",
    "Billing",
    "Books",
    "Candidate",
    "Correction",
    "Drift",
    "LeftOut",
    "PriceChange",
    "PriceDiff",
    "Reading",
    "drift",
]
