"""The thread that reads the bill while the app runs: each take at growing distances, until it has told."""

import logging
import time
from collections.abc import Callable

from core.billing.events import Due, open_questions, read_bill
from core.billing.lost import free_unbilled
from core.errors import Interrupted, StillmotionError
from core.ledger import Bill, Ledger
from core.rounds import Rounds
from core.settings import Settings
from core.store import Store
from core.take import TakeId

Also = Callable[[Callable[[], None]], None]

log = logging.getLogger(__name__)

WAITS_S = (30.0, 60.0, 120.0, 300.0, 900.0, 1800.0, 3600.0, 4 * 3600.0, 24 * 3600.0)
"""Seconds between looks for one take; the last is repeated. The bill lags behind by an unpublished time."""
ROUND_S = 5.0
"""How often the thread sees whether a take is due."""
TROUBLE_S = (60.0, 300.0, 900.0, 3600.0)
"""How long nothing is asked after fal could not be read; the last is repeated."""


FREE_EVERY_S = 3600.0
"""How often it is seen whether money of given-up takes is free again."""


class Billing(Rounds):
    """Asks the provider for the bill of takes that no bill has told of.

    `also` is called after each round, for what else is to be done from time to time, such as telling alerts.
    It is given a check to call a few times a second: what that raises is to end it.
    """

    def __init__(
        self, settings: Settings, store: Store, ledger: Ledger, *, also: Also = lambda _check: None
    ) -> None:
        self._settings, self._store, self._ledger, self._also = settings, store, ledger, also
        self._looked_at: Bill | None = None
        self._open: list[Due] = []
        self._looks: dict[TakeId, tuple[int, float]] = {}
        """Take → looks so far, and when (monotonic seconds) the next is due."""
        self._troubles = 0
        self._quiet_until = 0.0
        self._free_at = 0.0
        super().__init__("billing", every_s=ROUND_S * settings.fal_pace)

    def round(self) -> None:
        """Ask for the takes that are due, then see to what else there is."""
        self._ask()
        self._free_unbilled()
        self._also(self._check)

    def _ask(self) -> None:
        """Ask for the takes that are due, a batch at a time."""
        if self._settings.fal_admin_key is None or time.monotonic() < self._quiet_until:
            return
        bill = self._ledger.bill()
        if bill is not self._looked_at:
            self._open, self._looked_at = open_questions(self._store, bill), bill
        from core.providers.fal.platform import EVENTS_AT_ONCE  # httpx: not for those who only look

        due = [each for each in self._open if self._is_due(each)][:EVENTS_AT_ONCE]
        if not due:
            return
        try:
            reading = read_bill(self._settings, self._store, self._ledger, due=due, check=self._check)
        except StillmotionError:
            wait_s = TROUBLE_S[min(self._troubles, len(TROUBLE_S) - 1)]
            self._troubles += 1
            self._quiet_until = time.monotonic() + wait_s * self._settings.fal_pace
            raise
        self._troubles = 0
        for each in due:
            self._looked(each)
        for words in reading.odd:
            log.warning("billing.odd", extra={"action": "billing.odd", "reason": words})

    def _free_unbilled(self) -> None:
        """See once in a while whether money of given-up takes is free again."""
        if self._settings.fal_admin_key is None or time.monotonic() < max(self._quiet_until, self._free_at):
            return
        self._free_at = time.monotonic() + FREE_EVERY_S * self._settings.fal_pace
        free_unbilled(self._settings, self._store, self._ledger, check=self._check)

    def _check(self) -> None:
        if self.stopping:
            raise Interrupted

    def _is_due(self, each: Due) -> bool:
        return time.monotonic() >= self._looks.get(each.take_id, (0, 0.0))[1]

    def _looked(self, each: Due) -> None:
        looks, _ = self._looks.get(each.take_id, (0, 0.0))
        steps = WAITS_S if each.money.billed is None else WAITS_S[-1:]  # told already: seldom is enough
        wait_s = steps[min(looks, len(steps) - 1)] * self._settings.fal_pace
        self._looks[each.take_id] = (looks + 1, time.monotonic() + wait_s)
