"""Providers that nothing can be ordered from at present: why, and until when. On disk, for every process."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from core.errors import ProviderPaused, disk_errors
from core.record import Record
from core.store.files import write_atomically


class Pause(Record):
    """Why a provider's takes wait."""

    provider: str
    what: str
    """One line that says what."""
    remedy: str
    """One line that says what to do."""
    since: datetime
    """Aware, UTC."""
    until: datetime | None
    """When it is tried again by itself, aware, UTC; None: a person has to say so."""


class Pauses:
    """The folder `pauses`: a file for each provider that is paused."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pause(self, provider: str, error: ProviderPaused) -> Pause:
        """Let the provider's takes wait, for the reason in `error`."""
        now = datetime.now(UTC)
        wait_s = error.retry_after_s
        pause = Pause(
            provider=provider,
            what=str(error),
            remedy=error.remedy,
            since=now,
            until=None if wait_s is None else now + timedelta(seconds=wait_s),
        )
        write_atomically(self._file(provider), pause.model_dump_json(indent=1).encode())
        return pause

    def lift(self, provider: str) -> None:
        """Let the provider's takes run again."""
        with disk_errors(self._folder):
            self._file(provider).unlink(missing_ok=True)

    def lift_all(self) -> None:
        """Let every provider's takes run again: at a start, when a person may have mended the cause."""
        for pause in self.all():
            self.lift(pause.provider)

    def of(self, provider: str) -> Pause | None:
        """Why the provider's takes wait; None when they do not, or need not any longer."""
        try:
            pause = Pause.model_validate_json(self._file(provider).read_bytes())
        except (OSError, ValidationError):
            return None
        return pause if pause.until is None or pause.until > datetime.now(UTC) else None

    def all(self) -> list[Pause]:
        """Every provider that is paused."""
        found = (self.of(path.stem) for path in sorted(self._folder.glob("*.json")))
        return [pause for pause in found if pause is not None]

    def _file(self, provider: str) -> Path:
        return self._folder / f"{provider}.json"
