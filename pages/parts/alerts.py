"""What a person should know about money, on top of the page: the urgent first."""

import streamlit as st

from core.alerts import Alert, Severity
from core.studio import the_studio
from pages.parts.words import plain

SHOWN = 2
"""Alerts that are shown in full; the rest fold away."""


def show_alerts() -> None:
    """Every alert of all projects; nothing when there is none."""
    alerts = the_studio().alerts()
    for alert in alerts[:SHOWN]:
        _show(alert)
    if len(alerts) > SHOWN:
        with st.expander(f"{len(alerts) - SHOWN} more to know about money"):
            for alert in alerts[SHOWN:]:
                _show(alert)


def _show(alert: Alert) -> None:
    """What, in bold, and what to do, in one line where there is room: the answers stand beneath."""
    told = f"**{plain(alert.what)}** {plain(alert.remedy)}"
    if alert.severity is Severity.URGENT:
        st.error(told, icon=":material/error:")
    else:
        st.warning(told, icon=":material/warning:")
