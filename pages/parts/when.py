"""Times as the person who reads them would say them, in their own time zone."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st


def when_text(at: datetime, *, to_the_second: bool = False) -> str:
    """A time for people: "today 16:40", "yesterday 9:05", "3 Nov 2026, 16:40"; or "today 16:40:07"."""
    zone = _zone()
    local, today = at.astimezone(zone), datetime.now(zone).date()
    clock = f"{local.hour}:{local:%M:%S}" if to_the_second else f"{local.hour}:{local:%M}"
    if local.date() == today:
        return f"today {clock}"
    if local.date() == today - timedelta(days=1):
        return f"yesterday {clock}"
    return f"{local.day} {local:%b %Y}, {clock}"


def _zone() -> tzinfo:
    """The reader's time zone, as the browser names it; UTC when it does not."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
