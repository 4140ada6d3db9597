"""Ctrl-C and SIGTERM: the first asks the work to end cleanly, the second ends the process at once."""

import os
import signal
import threading
from types import FrameType

from core.cli.answer import Code


class Stopped(Exception):
    """The work ended because somebody pressed Ctrl-C; `str()` of it says what became of it."""

    def __init__(self, what: str, *, code: int = Code.STOPPED) -> None:
        super().__init__(what)
        self.code = code


class Stop:
    """Hears Ctrl-C and SIGTERM while its `with` block runs. Only the main thread may open it."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._before: dict[int, object] = {}
        self.code: int = Code.STOPPED
        """The exit code for whatever was heard."""

    def __enter__(self) -> "Stop":
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_args: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    @property
    def asked(self) -> bool:
        """Whether the work should end."""
        return self._asked.is_set()

    def wait(self, seconds: float) -> bool:
        """Rest for `seconds`, or until the work should end; whether it should."""
        return self._asked.wait(seconds)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self.code = 128 + number
        if self._asked.is_set():
            os._exit(self.code)  # asked twice: nothing may hold it up
        self._asked.set()
