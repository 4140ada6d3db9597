"""Where the money went: by day, by what came of it, by model, person, project and shot."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import zip_longest
from typing import Any

import streamlit as st

from core.costs import CostReport, Dimension
from core.pricing import dollars
from pages.parts.cost_answers import cents
from pages.parts.cost_charts import chart_bars, chart_days
from pages.parts.cost_filters import NOBODY, View, model_title, project_titles, today
from pages.parts.ink import accent, loss, palette, rest, waste

MOST = 8
"""Bars in a picture; the tables have them all."""


def show_overview(view: View, report: CostReport) -> None:
    """Pictures first, the numbers behind them are in the tables of the other tabs."""
    days, came_of_it = st.columns([3, 2], gap="large")
    with days:
        st.subheader(f"Spent by day, {view.period}")
        show_days(view, report)
    with came_of_it:
        st.subheader("What it bought")
        show_uses(report)
    names = [("By model", _named(report, Dimension.MODEL)), ("By person", _named(report, Dimension.PERSON))]
    if view.project is None:
        names.append(("By project", _named(report, Dimension.PROJECT)))
    else:
        names.append(("The most expensive shots", _named(report, Dimension.SHOT)))
    for column, (title, amounts) in zip(st.columns(3, gap="large"), names, strict=True):
        with column:
            st.subheader(title)
            _show_bars(title, amounts, colours=palette() if title == "By model" else ())
    if view.project is None:
        st.subheader("The most expensive shots")
        _show_bars("By shot", _named(report, Dimension.SHOT))


def show_days(view: View, report: CostReport, *, large: bool = False) -> None:
    """Spending by day and model."""
    titles = {key: model_title(key) for key in report.names(Dimension.MODEL)}
    spent = {
        (day, titles[key]): usd
        for (day, key), usd in report.spent_by_two(Dimension.DAY, Dimension.MODEL).items()
    }
    if not spent:
        st.caption("Nothing was spent in these days.")
        return
    chart_days(spent, first=view.filters.first_day, last=view.filters.last_day or today(), large=large)


def show_uses(report: CostReport, *, large: bool = False) -> None:
    """What every dollar became: seen, trimmed, not used, lost, in doubt, or set aside."""
    total = report.total
    uses = {
        "Seen in the cut": (total.shown_usd, accent()),
        "Trimmed seconds": (total.trimmed_usd, waste()),
        "Clips not used": (total.spare_usd, rest()),
        "Charged, no clip": (total.lost_usd, loss()),
        "At risk": (total.at_risk_usd, loss()),
        "Reserved": (total.reserved_usd, rest(faint=True)),
    }
    whole = sum((usd for usd, _ in uses.values()), Decimal(0))
    if not whole:
        return
    rows = [
        {"name": name, "number": float(usd), "text": f"{dollars(cents(usd))} · {usd / whole:.0%}"}
        for name, (usd, _) in uses.items()
    ]
    colours = {name: colour for name, (_, colour) in uses.items()}
    told = "Bars: what the money bought"
    chart_bars(rows, what="Use", told=told, colours=colours, value="Amount", large=large)


def _named(report: CostReport, dimension: Dimension) -> dict[str, Decimal]:
    """Dollars by names for people, the dearest first."""
    dearest = list(report.spent_by(dimension).items())[:MOST]
    return {name_of(report, dimension, name): usd for name, usd in dearest if usd}


def name_of(report: CostReport, dimension: Dimension, name: str) -> str:
    """What people call it."""
    if dimension is Dimension.MODEL:
        return model_title(name)
    if dimension is Dimension.PROJECT:
        return project_titles().get(name, name)
    if dimension is Dimension.SHOT:
        project_id, _, shot_id = name.partition("/")
        return (
            shot_id
            if report.filters.project_id
            else f"{project_titles().get(project_id, project_id)} · {shot_id}"
        )
    return name or NOBODY


def _show_bars(title: str, amounts: Mapping[str, Decimal], colours: Sequence[str] = ()) -> None:
    """Lying bars; `colours` are those of the first few, the last of them that of all the others."""
    if not amounts:
        st.caption("Nothing was spent.")
        return
    rows: list[dict[str, Any]] = [
        {"name": name, "number": float(usd), "text": dollars(cents(usd))} for name, usd in amounts.items()
    ]
    what = title.removeprefix("By ").capitalize()
    named = dict(zip_longest(amounts, colours[: len(amounts)], fillvalue=(colours or (rest(),))[-1]))
    chart_bars(rows, what=what, told=f"Bars: dollars spent, {title.lower()}", colours=named)
