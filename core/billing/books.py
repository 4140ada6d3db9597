"""The verbs about prices and the bill, for pages and doors; the studio holds them as `studio.billing`."""

from dataclasses import replace
from pathlib import Path

from core.billing.corrections import Correction
from core.billing.drift import Drift, drift
from core.billing.events import Reading, read_bill
from core.billing.imports import BillImport, apply_import, import_bill
from core.billing.lost import Candidate, candidates, free_unbilled
from core.billing.prices import PriceDiff, apply_prices, refresh_prices
from core.billing.watch import Also, Billing
from core.catalogue import current_catalogue
from core.ledger import Ledger
from core.settings import Settings
from core.store import Store


class Books:
    """Prices and the bill of one data folder. Every method may be called from any thread."""

    def __init__(self, settings: Settings, store: Store, ledger: Ledger) -> None:
        self._settings, self._store, self._ledger = settings, store, ledger

    def refresh_prices(self) -> PriceDiff:
        """What fal's pricing call would change. Nothing is changed. Raises ProviderError."""
        return refresh_prices(self._settings)

    def apply_prices(self, diff: PriceDiff) -> None:
        """Quote by the prices of `diff` from now on. Raises NotNow when prices were changed meanwhile."""
        apply_prices(self._settings.data, diff)

    def read_bill(self) -> Reading:
        """Ask fal now what it billed, and append what it says. Raises InputRefused or ProviderError."""
        reading = read_bill(self._settings, self._store, self._ledger)
        freed = free_unbilled(self._settings, self._store, self._ledger)
        return replace(reading, applied=(*reading.applied, *freed))

    def candidates(self) -> list[Candidate]:
        """What fal billed that a take in doubt may have become; a person adopts it. Raises ProviderError."""
        if self._settings.fal_admin_key is None:
            return []
        return candidates(self._settings, self._store, self._ledger)

    def import_bill(self, source: Path | bytes) -> BillImport:
        """What a bill exported by hand says. Nothing is changed. Raises InputRefused or NotFound."""
        return import_bill(self._store, self._ledger.bill(), current_catalogue(self._settings.data), source)

    def apply_import(self, found: BillImport) -> list[Correction]:
        """Append what the bill says to the ledger; the corrections that were made."""
        return apply_import(self._ledger, self._store, found)

    def drift(self) -> tuple[Drift, ...]:
        """How far our estimates lie from the bill, model by model, the largest difference first."""
        return drift(self._ledger.bill())

    def watch(self, *, also: Also = lambda _check: None) -> Billing:
        """The thread that reads the bill by itself, not started; `also` is done after each of its rounds."""
        return Billing(self._settings, self._store, self._ledger, also=also)
