"""What the app logs, on the terminal: a line per event, with everything that is known about it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_PLAIN = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "action", "taskName"}


class _Line(logging.Formatter):
    """`2026-11-23 16:55:16 WARNING take.failed take_id=… charge=none`."""

    def format(self, record: logging.LogRecord) -> str:
        more = " ".join(f"{name}={value}" for name, value in record.__dict__.items() if name not in _PLAIN)
        line, traceback, rest = super().format(record).partition("\n")
        return f"{line} {more}{traceback}{rest}" if more else line + traceback + rest


@contextmanager
def shown_in_terminal() -> Iterator[None]:
    """Warnings and errors of the app go to stderr, once, whatever the server does with its own."""
    logger, handler = logging.getLogger("core"), logging.StreamHandler()
    handler.setFormatter(_Line("%(asctime)s %(levelname)s %(message)s", datefmt="%Y-%m-%d %H:%M:%S"))
    logger.addHandler(handler)
    before, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.propagate = before
        logger.removeHandler(handler)
