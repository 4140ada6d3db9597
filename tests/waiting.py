"""Waiting for what happens by itself, with a deadline."""

import threading
import time
from collections.abc import Callable

DEADLINE_S = 60.0
LOOK_EVERY_S = 0.02


def wait_until(true: Callable[[], bool], *, what: str, deadline_s: float = DEADLINE_S) -> None:
    """Return once `true` is; fail, naming `what`, when that takes longer than `deadline_s`."""
    end = time.monotonic() + deadline_s
    pause = threading.Event()
    while not true():
        if time.monotonic() > end:
            raise AssertionError(f"waited {deadline_s:g} s in vain for {what}")
        pause.wait(LOOK_EVERY_S)
