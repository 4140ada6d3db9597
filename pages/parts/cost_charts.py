"""The pictures of the costs page: days, lying bars, shares. Quiet axes, one accent, a number at each bar.

They are written in Vega-Lite's own words: Altair checks every one of them, which takes longer than all else
that the page does.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from pages.parts.cost_filters import day_text
from pages.parts.ink import ink, palette

ROW_PX = 30
"""Height of a lying bar with its air."""
CHAR_PX, LARGE_CHAR_PX = 7, 11
"""About how wide a letter at the end of a bar is; on a wall."""
WEEKS_FROM_DAYS = 100
"""From so many days on, a bar stands for a week."""
LEGEND_AND_AXIS_PX = 84
LARGE_PX = 18
"""Height of words in a picture on a wall."""
OTHERS = "Others"
Spec = dict[str, Any]
QUIET: Spec = {"title": None, "domain": False, "ticks": False}
"""An axis that does not speak louder than its numbers."""

IN_DOLLARS: Spec = {
    "labelExpr": "abs(datum.value) >= 1000 ? format(datum.value, '$.3~s')"
    " : format(datum.value, datum.value % 1 ? '$,.2f' : '$,.0f')"
}
"""Marks of an axis: $0.40, $25, $1.5k. The short form would write 40 cents as $400m."""


def show_chart(
    rows: Sequence[Mapping[str, Any]], spec: Spec, *, height: int, told: str, large: bool = False
) -> None:
    """A picture of `rows`; `told` says in words what is to be seen. `large` is for a wall."""
    words = {"axis": {"labelFontSize": LARGE_PX}, "legend": {"labelFontSize": LARGE_PX}} if large else {}
    st.vega_lite_chart(pd.DataFrame(list(rows)), {"height": height, "config": words, **spec}, alt=told)


def names_axis(width: int = 170) -> Spec:
    """Names down the side, in the order of the rows."""
    axis = {**QUIET, "labelLimit": width, "labelPadding": 8}
    return {"field": "name", "type": "nominal", "sort": None, "axis": axis}


def tip(field: str, title: str, text_format: str = "") -> Spec:
    """A line of what is told about a bar under the pointer."""
    kind = "quantitative" if text_format else "nominal"
    return {"field": field, "title": title, "type": kind} | ({"format": text_format} if text_format else {})


def legend(groups: Mapping[str, str] | Sequence[tuple[str, str]]) -> Spec:
    """A colour for each group, and the line above the picture that says so."""
    pairs = list(groups.items()) if isinstance(groups, Mapping) else list(groups)
    scale = {"domain": [name for name, _ in pairs], "range": [colour for _, colour in pairs]}
    columns = {"expr": "width < 480 ? 3 : 0"}  # 0: all in one line
    line = {
        "title": None,
        "orient": "top",
        "symbolType": "square",
        "padding": 0,
        "offset": 8,
        "columns": columns,
    }
    return {"type": "nominal", "sort": None, "scale": scale, "legend": line}


def bar(**more: Any) -> Spec:
    """A lying bar with a round end."""
    return {"type": "bar", "cornerRadiusEnd": 3, "height": {"band": 0.62}, **more}


def text(size: int = 12) -> Spec:
    """Words at the end of a bar."""
    return {"type": "text", "align": "left", "dx": 6, "color": ink(), "fontSize": size}


def chart_days(
    spent: Mapping[tuple[str, str], Decimal], *, first: date | None, last: date, large: bool = False
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
        begin = _begin(date.fromisoformat(day_name), weeks=weeks)
        where = begin, name if name in named else OTHERS
        bars[where] = bars.get(where, Decimal(0)) + usd
    rows = [
        {"day": day_text(day), "model": name, "usd": float(bars.get((day, name), 0)), "order": order}
        for day in sorted({_begin(day, weeks=weeks) for day in days})
        for order, name in enumerate(groups)
    ]
    spec = {
        "mark": {"type": "bar", "cornerRadiusTopLeft": 2, "cornerRadiusTopRight": 2},
        "encoding": {
            "x": {
                "field": "day",
                "type": "ordinal",
                "sort": None,
                "axis": {**QUIET, "domain": True, "labelAngle": 0, "labelOverlap": True},
                "scale": {"paddingInner": 0.25, "paddingOuter": 0.1},
            },
            "y": {"field": "usd", "type": "quantitative", "axis": {**QUIET, **IN_DOLLARS, "tickCount": 4}},
            "color": {"field": "model", **legend(list(zip(groups, palette(), strict=False)))},
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [
                tip("day", "Week of" if weeks else "Day"),
                tip("model", "Model"),
                tip("usd", "Spent", "$,.2f"),
            ],
        },
    }
    told = f"Columns: dollars spent in each {'week' if weeks else 'day'}, by model"
    show_chart(rows, spec, height=360 if large else 260, told=told, large=large)


def _begin(day: date, *, weeks: bool) -> date:
    """The day itself, or the Monday of its week."""
    return day - timedelta(days=day.weekday()) if weeks else day


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
    large: bool = False,
) -> None:
    """Lying bars in the order of `rows`: name, number, and text to stand at its end.

    A row is {"name", "number", "text"}; `colours` gives some names a colour of their own.
    """
    if not rows:
        return
    listed = [{**row, "colour": (colours or {}).get(row["name"], palette()[0])} for row in rows]
    longest = max(row["number"] for row in rows) or 1.0
    words_px = max(len(row["text"]) for row in rows) * (LARGE_CHAR_PX if large else CHAR_PX) + 12
    span = [
        0,
        {"expr": f"max(12, width - {words_px})"},
    ]  # in a narrow window the bars give way, not the words
    scale = {"domain": [0, longest], "range": span, "nice": False}
    number = {"field": "number", "type": "quantitative", "axis": None, "scale": scale, "stack": None}
    spec = {
        "encoding": {"y": names_axis(), "x": number, "tooltip": [tip("name", what), tip("text", value)]},
        "layer": [
            {"mark": bar(), "encoding": {"color": {"field": "colour", "type": "nominal", "scale": None}}},
            {
                "mark": text(LARGE_PX if large else 12),
                "encoding": {"text": {"field": "text", "type": "nominal"}},
            },
        ],
    }
    height = int(ROW_PX * (1.6 if large else 1)) * len(rows) + 6
    show_chart(listed, spec, height=height, told=told, large=large)


def chart_shares(
    rows: Sequence[Mapping[str, Any]], *, groups: Mapping[str, str], what: str, told: str, of: str = "Takes"
) -> None:
    """Lying bars that are all as long: how each name's whole is shared out.

    A row is {"name", "group", "number"}; `groups` gives each group its colour, in the order they stand.
    """
    order = {group: place for place, group in enumerate(groups)}
    spec = {
        "mark": {"type": "bar", "height": {"band": 0.62}},
        "encoding": {
            "y": names_axis(),
            "x": {
                "field": "number",
                "type": "quantitative",
                "stack": "normalize",
                "axis": {**QUIET, "format": "%", "tickCount": 4},
            },
            "color": {"field": "group", **legend(groups)},
            "order": {"field": "order", "type": "quantitative"},
            "tooltip": [tip("name", what), tip("group", "Which"), tip("number", of, ",~r")],
        },
    }
    height = ROW_PX * len({row["name"] for row in rows}) + LEGEND_AND_AXIS_PX
    show_chart([{**row, "order": order[row["group"]]} for row in rows], spec, height=height, told=told)
