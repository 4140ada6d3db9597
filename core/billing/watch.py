"""The thread that reads the bill while the app runs: each take at growing distances, until it has told."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from core.billing.events import Due, open_questions, read_bill
from core.errors import Interrupted, StillmotionError
from core.ledger import Bill, Ledger
from core.providers.fal.platform import EVENTS_AT_ONCE
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


class Billing:
    """A daemon thread. `start` and `stop` belong to one owner.

    `also` is called after each round, for what else is to be done from time to time, such as telling alerts.
    It is given a check to call a few times a second: what that raises is to end it.
    """

    def __init__(
        self, settings: Settings, store: Store, ledger: Ledger, *, also: Also = lambda _check: None
    ) -> None:
        self._settings, self._store, self._ledger, self._also = settings, store, ledger, also
        self._stop = threading.Event()
        self._looked_at: Bill | None = None
        self._open: list[Due] = []
        self._looks: dict[TakeId, tuple[int, float]] = {}
        """Take → looks so far, and when (monotonic seconds) the next is due."""
        self._troubles = 0
        self._quiet_until = 0.0
        self._thread = threading.Thread(target=self._loop, name="stillmotion-billing", daemon=True)

    def start(self) -> None:
        """Begin with whatever the ledger holds that no bill has told of."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """End. Whether it ended in time; a question under way is broken off."""
        self._stop.set()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _loop(self) -> None:
        while not self._stop.wait(ROUND_S * self._settings.fal_pace):
            for chore in (self._round, partial(self._also, self._check)):
                try:
                    chore()
                except Interrupted:
                    return
                except StillmotionError as error:
                    log.warning("billing.trouble", extra={"action": "billing.trouble", "reason": str(error)})
                except Exception:
                    log.exception("billing.crashed", extra={"action": "billing.crashed"})

    def _round(self) -> None:
        """Ask for the takes that are due, a batch at a time."""
        if self._settings.fal_admin_key is None or time.monotonic() < self._quiet_until:
            return
        bill = self._ledger.bill()
        if bill is not self._looked_at:
            self._open, self._looked_at = open_questions(self._store, bill), bill
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

    def _check(self) -> None:
        if self._stop.is_set():
            raise Interrupted

    def _is_due(self, each: Due) -> bool:
        return time.monotonic() >= self._looks.get(each.take_id, (0, 0.0))[1]

    def _looked(self, each: Due) -> None:
        looks, _ = self._looks.get(each.take_id, (0, 0.0))
        wait_s = WAITS_S[min(looks, len(WAITS_S) - 1)] * self._settings.fal_pace
        self._looks[each.take_id] = (looks + 1, time.monotonic() + wait_s)
