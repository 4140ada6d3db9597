"""Every number behind the pictures: one table for each way of telling money apart."""

from typing import Any

import pandas as pd
import streamlit as st

from core.costs import CostReport, Dimension, Sums
from core.pricing import CENT
from pages.parts.cost_overview import name_of

BY = {
    Dimension.DAY: "Day (UTC)",
    Dimension.MODEL: "Model",
    Dimension.PERSON: "Person",
    Dimension.SHOT: "Shot",
    Dimension.PROJECT: "Project",
}
MOST = 500
"""Rows of a table; all takes can be taken along from the tab Takes."""


def show_tables(report: CostReport) -> None:
    """The table that a person chooses, folded away until they open it."""
    folded = st.expander(
        "The numbers", icon=":material/table:", key="numbers", on_change="rerun", bind="query-params"
    )
    if not folded.open:
        return
    with folded:
        dimension = st.segmented_control(
            "By",
            list(BY),
            format_func=BY.__getitem__,
            default=Dimension.DAY,
            required=True,
            key="numbers_by",
            bind="query-params",
            label_visibility="collapsed",
        )
        _show(report, dimension)


def _show(report: CostReport, dimension: Dimension) -> None:
    parts = list(report.by(dimension).items())
    if dimension is Dimension.DAY:
        parts.reverse()
    named = {name: name_of(report, dimension, name) for name, _ in parts[:MOST]}
    rows = [{BY[dimension]: named[name], **_row(part)} for name, part in parts[:MOST]]
    whole = all(part.spent_usd == part.spent_usd.quantize(CENT) for _, part in parts[:MOST])
    money = st.column_config.NumberColumn(format="$%.2f" if whole else "$%.4f")
    amounts = ("Spent", "Seen", "Trimmed", "Not used", "No clip", "At risk", "Reserved")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=min(36 + 35 * len(rows), 560),
        column_config=dict.fromkeys(amounts, money),
    )
    if len(parts) > MOST:
        st.caption(f"The first {MOST} of {len(parts):,}; the tab Takes has them all as files.")


def _row(part: Sums) -> dict[str, Any]:
    return {
        "Takes": part.ordered,
        "Spent": float(part.spent_usd),
        "Seen": float(part.shown_usd),
        "Trimmed": float(part.trimmed_usd),
        "Not used": float(part.spare_usd),
        "No clip": float(part.lost_usd),
        "At risk": float(part.at_risk_usd),
        "Reserved": float(part.reserved_usd),
    }
