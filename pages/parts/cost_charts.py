"""The pictures of the costs page: days, lying bars, shares. Quiet axes, one accent, a number at each bar."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import altair as alt
import streamlit as st

from pages.parts.cost_filters import day_text
from pages.parts.ink import ink, palette

ROW_PX = 30
"""Height of a lying bar with its air."""
ROOM = 1.35
"""How much wider than its longest bar a picture is, so that a number fits beside it."""
WEEKS_FROM_DAYS = 100
"""From so many days on, a bar stands for a week."""
OTHERS = "Others"
Chart = alt.Chart | alt.LayerChart | alt.FacetChart


def data_of(rows: Sequence[Mapping[str, Any]]) -> alt.Data:
    """Rows as a chart takes them, without a detour."""
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def money_axis(ticks: int = 4) -> alt.Axis:
    """A quiet axis of dollars."""
    return alt.Axis(title=None, format="$~s", tickCount=ticks, domain=False, ticks=False)


def chart_days(
    spent: Mapping[tuple[str, str], Decimal], *, first: date | None, last: date, height: int = 260
) -> None:
    """Dollars by day as columns, a colour for each of the dearest models; `spent` is by (day, model)."""
    totals: dict[str, Decimal] = {}
    for (_, name), usd in spent.items():
        totals[name] = totals.get(name, Decimal(0)) + usd
    named = sorted(totals, key=lambda name: -totals[name])[: len(palette()) - 1]
    groups = [*named, *([OTHERS] if len(totals) > len(named) else [])]
    days = _stretch(min(day for day, _ in spent), first, last)
    weeks = len(days) > WEEKS_FROM_DAYS
    bars: dict[tuple[date, str], Decimal] = {}
    for (day_name, name), usd in spent.items():
        day = date.fromisoformat(day_name)
        begin = day - timedelta(days=day.weekday()) if weeks else day
        where = begin, name if name in named else OTHERS
        bars[where] = bars.get(where, Decimal(0)) + usd
    begins = sorted({day - timedelta(days=day.weekday()) if weeks else day for day in days})
    rows = [
        {"day": day_text(day), "model": name, "usd": float(bars.get((day, name), 0)), "order": order}
        for day in begins
        for order, name in enumerate(groups)
    ]
    chart = (
        alt.Chart(data_of(rows))
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=alt.X(
                "day:O",
                sort=None,
                axis=alt.Axis(title=None, labelAngle=0, labelOverlap=True, ticks=False),
                scale=alt.Scale(paddingInner=0.25, paddingOuter=0.1),
            ),
            y=alt.Y("usd:Q", axis=money_axis()),
            color=alt.Color(
                "model:N",
                sort=None,
                scale=alt.Scale(domain=groups, range=palette()[: len(groups)]),
                legend=alt.Legend(title=None, orient="top", symbolType="square", padding=0, offset=8),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("day:O", title="Week of" if weeks else "Day"),
                alt.Tooltip("model:N", title="Model"),
                alt.Tooltip("usd:Q", title="Spent", format="$,.2f"),
            ],
        )
        .properties(height=height)
    )
    st.altair_chart(chart, alt=f"Columns: dollars spent in each {'week' if weeks else 'day'}, by model")


def _stretch(first_spent: str, first: date | None, last: date) -> list[date]:
    """Every day of the picture, at least a week of them."""
    begin = min(first or date.fromisoformat(first_spent), last - timedelta(days=6))
    return [begin + timedelta(days=step) for step in range((last - begin).days + 1)]


def chart_bars(
    rows: Sequence[Mapping[str, Any]],
    *,
    what: str,
    told: str,
    colours: Mapping[str, str] | None = None,
    value: str = "Spent",
) -> None:
    """Lying bars in the order of `rows`: name, number, and text to stand at its end.

    A row is {"name", "number", "text"}; `colours` gives some names a colour of their own.
    """
    base_colour = palette()[0]
    listed = [{**row, "colour": (colours or {}).get(row["name"], base_colour)} for row in rows]
    longest = max((row["number"] for row in rows), default=0) or 1.0
    y = alt.Y(
        "name:N",
        sort=None,
        axis=alt.Axis(title=None, labelLimit=170, ticks=False, domain=False, labelPadding=8),
    )
    x = alt.X("number:Q", axis=None, scale=alt.Scale(domain=[0, ROOM * longest], nice=False), stack=None)
    tips = [alt.Tooltip("name:N", title=what), alt.Tooltip("text:N", title=value)]
    base = alt.Chart(data_of(listed)).encode(y=y, tooltip=tips)
    bars = base.mark_bar(cornerRadiusEnd=3, height={"band": 0.62}).encode(
        x=x, color=alt.Color("colour:N", scale=None)
    )
    text = base.mark_text(align="left", dx=6, color=ink(), fontSize=12).encode(x=x, text="text:N")
    st.altair_chart(alt.layer(bars, text).properties(height=ROW_PX * max(1, len(rows)) + 6), alt=told)


def chart_shares(
    rows: Sequence[Mapping[str, Any]], *, groups: Mapping[str, str], what: str, told: str
) -> None:
    """Lying bars that are all as long: how each name's whole is shared out.

    A row is {"name", "group", "number"}; `groups` gives each group its colour, in the order they stand.
    """
    order = {group: place for place, group in enumerate(groups)}
    listed = [{**row, "order": order[row["group"]]} for row in rows]
    chart = (
        alt.Chart(data_of(listed))
        .mark_bar(height={"band": 0.62})
        .encode(
            y=alt.Y(
                "name:N",
                sort=None,
                axis=alt.Axis(title=None, labelLimit=170, ticks=False, domain=False, labelPadding=8),
            ),
            x=alt.X(
                "number:Q",
                stack="normalize",
                axis=alt.Axis(title=None, format="%", tickCount=4, domain=False, ticks=False),
            ),
            color=alt.Color(
                "group:N",
                sort=None,
                scale=alt.Scale(domain=list(groups), range=list(groups.values())),
                legend=alt.Legend(title=None, orient="top", symbolType="square", padding=0, offset=8),
            ),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("name:N", title=what),
                alt.Tooltip("group:N", title="Takes"),
                alt.Tooltip("number:Q", title="Count"),
            ],
        )
        .properties(height=ROW_PX * max(1, len({row["name"] for row in rows})) + 60)
    )
    st.altair_chart(chart, alt=told)
