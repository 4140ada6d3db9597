"""What a verb answers, and the exit codes that scripts rely on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Code(IntEnum):
    """What the process says to the shell when it ends."""

    DONE = 0
    FAILED = 1
    """Refused or failed: one line says why, one line what to do."""
    BAD_USAGE = 2
    PARTLY = 3
    """Some of a batch failed."""
    BUDGET = 4
    """A budget said no."""
    STOPPED = 130
    """Ctrl-C ended it, as shells number that; SIGTERM gives 143."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a verb has to say. Exactly one of `facts` and `lines` reaches stdout."""

    facts: Mapping[str, Any] | Sequence[Any]
    """What `--json` prints."""
    lines: Sequence[str]
    """What people read."""
    asides: Sequence[str] = ()
    """What goes to stderr either way: what was refused, and what a person should know."""
    code: int = Code.DONE


def verdict(good: int, bad: int) -> Code:
    """The exit code of a batch in which `good` went well and `bad` did not."""
    if not bad:
        return Code.DONE
    return Code.PARTLY if good else Code.FAILED
