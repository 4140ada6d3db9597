"""The one tree of errors. Each carries a line that says what, and a line that says what to do.

StillmotionError
├── InputRefused       what was given cannot be used; nothing was changed
├── NotFound           there is no such project, shot, take, model or export
├── NotNow             right request, wrong moment: the state of things forbids it
├── Damaged            a file of ours cannot be read; it was kept aside, untouched
├── StorageFailed      the disk refused: full, read-only, gone
├── MediaFailed        a picture, clip or track could not be made or read
├── BudgetRefused      a spending limit said no
└── ProviderError      whoever animates the still refused or failed; says whether money may be gone
    ├── AnswerLost     it was sent, and what became of it cannot be told; it is never sent again
    ├── SendAgain      refused for nothing, for a reason that is mended: may be sent once more
    └── ProviderPaused nothing of this provider can run now: key, balance, or it is down; the queue waits

Halted (not an error: the work ended because somebody asked)
├── Cancelled          a person ended it for good
└── Interrupted        the process is going down; the next start goes on from the disk
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from enum import StrEnum
from pathlib import Path


class Charge(StrEnum):
    """Whether money may be gone for a take that gave no clip."""

    NONE = "none"
    """Certainly nothing was charged."""
    POSSIBLE = "possible"
    """The provider may charge for it; the bill will tell."""
    CERTAIN = "certain"
    """The provider charges for it."""


class StillmotionError(Exception):
    """Anything that goes wrong in a way we foresaw. `str()` of it is one line that says what."""

    remedy: str
    """One line that says what to do."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), str(self), dict(self.__dict__))


def _rebuild(kind: type[StillmotionError], what: str, state: dict[str, object]) -> StillmotionError:
    error = kind.__new__(kind)
    Exception.__init__(error, what)
    error.__dict__.update(state)
    return error


class InputRefused(StillmotionError):
    """What was given cannot be used; nothing was changed."""


class NotFound(StillmotionError):
    """There is no such project, shot, take, model or export."""


class NotNow(StillmotionError):
    """Right request, wrong moment: the state of things forbids it."""


class Damaged(StillmotionError):
    """A file of ours cannot be read; it was kept aside, untouched."""


class StorageFailed(StillmotionError):
    """The disk refused: full, read-only, or gone. What was there before is still there."""


class MediaFailed(StillmotionError):
    """A picture, clip or track could not be made or read."""


class BudgetRefused(StillmotionError):
    """A spending limit said no; nothing was sent."""

    left_usd: Decimal
    """What the limit still allows, US dollars."""
    asked_usd: Decimal
    """What the order may cost, US dollars."""

    def __init__(self, what: str, *, remedy: str, left_usd: Decimal, asked_usd: Decimal) -> None:
        super().__init__(what, remedy=remedy)
        self.left_usd = left_usd
        self.asked_usd = asked_usd


class ProviderError(StillmotionError):
    """Whoever animates the still refused or failed."""

    charge: Charge
    """Whether money may be gone."""
    safe_to_retry: bool
    """Whether ordering the same again can neither charge twice nor surely fail again."""
    billable_units: Decimal | None = None
    """Units that the provider says it bills all the same; None when it does not say."""

    def __init__(self, what: str, *, remedy: str, charge: Charge, safe_to_retry: bool) -> None:
        super().__init__(what, remedy=remedy)
        self.charge = charge
        self.safe_to_retry = safe_to_retry


class AnswerLost(ProviderError):
    """The request was sent, or was known, and it cannot be told what became of it. It is never sent again."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy=remedy, charge=Charge.POSSIBLE, safe_to_retry=False)


class SendAgain(ProviderError):
    """Refused without a charge, for a reason that is mended by now: it may be sent once more."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what, remedy=remedy, charge=Charge.NONE, safe_to_retry=True)


class ProviderPaused(ProviderError):
    """Nothing of this provider can run now; the take stays where it is and the queue waits."""

    retry_after_s: float | None
    """Seconds after which to try by itself; None: a person has to act first, and say so."""

    def __init__(self, what: str, *, remedy: str, retry_after_s: float | None) -> None:
        super().__init__(what, remedy=remedy, charge=Charge.NONE, safe_to_retry=True)
        self.retry_after_s = retry_after_s


class Halted(Exception):
    """The work ended because somebody asked."""


class Cancelled(Halted):
    """A person ended it for good."""


class Interrupted(Halted):
    """The process is going down; the next start goes on from the disk."""


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn the operating system's complaints about `path` into StorageFailed, cause kept."""
    try:
        yield
    except OSError as error:
        raise _explain_disk_error(error, path) from error


def _explain_disk_error(error: OSError, path: Path) -> StorageFailed:
    name = f"a file in {path.parent.name}" if path.name.startswith(".") else path.name
    if error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return StorageFailed(
            f"The disk is full: {name} could not be written.",
            remedy=f"Free some space on the disk of {path.parent}, then try again; nothing was lost.",
        )
    if error.errno == errno.EFBIG:
        return StorageFailed(
            f"The disk takes no file this large: {name} could not be written.",
            remedy=f"Free some space on the disk of {path.parent}, or use another one, then try again.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageFailed(
            f"{path.parent} cannot be written to.",
            remedy="Give your account write permission there, or set STILLMOTION_DATA to another folder.",
        )
    if error.errno == errno.ENAMETOOLONG:
        return StorageFailed(
            f"The name {path.name[:40]}… is too long for this disk.", remedy="Use a shorter name."
        )
    reason = error.strerror or type(error).__name__
    return StorageFailed(
        f"The disk refused: {name} could not be read or written ({reason}).",
        remedy=f"Check the disk that holds {path.parent}, then try again.",
    )
