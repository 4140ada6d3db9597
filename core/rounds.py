"""Work in the background: a daemon thread that goes its round again and again until it is stopped."""

import logging
import threading
from abc import ABC, abstractmethod

from core.errors import Halted, StillmotionError

log = logging.getLogger(__name__)

STOP_S = 4.0
"""How long an owner waits for the thread to end, unless it says otherwise."""


class Rounds(ABC):
    """A daemon thread that calls `round` at a distance. `start` and `stop` belong to one owner.

    Trouble that we foresaw is logged as a warning, anything else as an error; the next round is gone all the
    same, after a longer wait.
    """

    def __init__(self, name: str, *, every_s: float, after_trouble_s: float | None = None) -> None:
        self._name = name
        self._every_s = every_s
        self._after_trouble_s = every_s if after_trouble_s is None else after_trouble_s
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._loop, name=f"stillmotion-{name}", daemon=True)

    @abstractmethod
    def round(self) -> None:
        """What is to be done; called from the thread. It may raise Halted once `stopping`."""

    def start(self) -> None:
        """Begin with whatever the disk says is to be done."""
        self._thread.start()

    def stop(self, timeout_s: float = STOP_S) -> bool:
        """End; what is under way goes on at the next start. Whether it ended in time."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether the thread was asked to end."""
        return self._stop.is_set()

    def _loop(self) -> None:
        wait_s = self._every_s
        while not self._stop.wait(wait_s):
            wait_s = self._every_s
            try:
                self.round()
            except Halted:
                continue
            except StillmotionError as error:
                event = f"{self._name}.trouble"
                log.warning(event, extra={"action": event, "reason": str(error)})
                wait_s = self._after_trouble_s
            except Exception:
                log.exception("%s.crashed", self._name, extra={"action": f"{self._name}.crashed"})
                wait_s = self._after_trouble_s
