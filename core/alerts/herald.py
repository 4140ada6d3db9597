"""Telling alerts to a webhook, each once: what was told is remembered in the data folder."""

import json
import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from core.alerts.rules import Alert, Severity
from core.errors import StillmotionError
from core.settings import Settings
from core.store.files import try_lock, write_atomically

log = logging.getLogger(__name__)

EVERY_S = 60.0
"""How often the books are looked at."""
WAITS_S = (60.0, 300.0, 900.0, 3600.0)
"""How long nothing is told after the webhook did not take it; the last is repeated."""
FORGET = timedelta(days=1)
"""An alert that was away for so long is told again when it comes back."""
NOTE_EVERY = timedelta(hours=6)
"""How often it is noted that an alert is still there."""
MOST_TOLD = 10
"""Alerts in one message; the rest are counted."""
SIGNS = {Severity.WARNING: ":warning:", Severity.URGENT: ":rotating_light:"}


class Herald:
    """Tells what `find` finds. `round` is called from one thread, as often as it likes."""

    def __init__(self, settings: Settings, find: Callable[[], Sequence[Alert]]) -> None:
        self._settings, self._find = settings, find
        self._path = settings.data / "alerts.json"
        self._failures = 0
        self._next = 0.0

    def round(self, check: Callable[[], None]) -> None:
        """Tell what is new, if it is time. Raises StillmotionError when that fails: it is tried again."""
        url = self._settings.webhook_url
        if url is None or time.monotonic() < self._next:
            return
        pace = self._settings.fal_pace
        self._next = time.monotonic() + EVERY_S * pace
        alerts = self._find()
        lock = try_lock(self._path.with_suffix(".lock"))
        if lock is None:  # another app on this data folder is at it
            return
        try:
            told = self._told()
            fresh = [alert for alert in alerts if alert.key not in told]
            if fresh:
                from core.webhook import post_text  # httpx: not for those who only look

                self._post(lambda: post_text(url, message(fresh), check=check))
            self._remember(told, alerts)
        finally:
            lock.release()

    def _post(self, post: Callable[[], None]) -> None:
        try:
            post()
        except StillmotionError:
            wait_s = WAITS_S[min(self._failures, len(WAITS_S) - 1)]
            self._failures += 1
            self._next = time.monotonic() + wait_s * self._settings.fal_pace
            raise
        self._failures = 0

    def _told(self) -> dict[str, str]:
        """Key of each alert that was told → when it was last there, ISO 8601."""
        if not self._path.is_file():
            return {}
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))["told"]
            return {str(key): datetime.fromisoformat(at).isoformat() for key, at in told.items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            log.warning("alerts.forgotten", extra={"action": "alerts.forgotten"})
            return {}  # telling once more is better than never

    def _remember(self, told: dict[str, str], alerts: Sequence[Alert]) -> None:
        now = datetime.now(UTC)
        ages = {key: now - datetime.fromisoformat(at) for key, at in told.items()}
        current = {alert.key for alert in alerts}
        kept = {key: told[key] for key, age in ages.items() if age < FORGET}
        if kept == told and all(key in ages and ages[key] < NOTE_EVERY for key in current):
            return
        document = {"schema_version": 1, "told": kept | dict.fromkeys(current, now.isoformat())}
        write_atomically(self._path, json.dumps(document, indent=1).encode())


def message(alerts: Sequence[Alert]) -> str:
    """Alerts as one text for a chat, without anything that its markup would take for a command."""
    lines = [
        f"{SIGNS[each.severity]} {_plain(each.what)}\n{_plain(each.remedy)}" for each in alerts[:MOST_TOLD]
    ]
    if len(alerts) > MOST_TOLD:
        lines.append(f"… and {len(alerts) - MOST_TOLD} more, on the Costs page.")
    return "\n\n".join(("*Stillmotion*", *lines))


def _plain(words: str) -> str:
    """Slack's three control characters, escaped: https://api.slack.com/reference/surfaces/formatting."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
