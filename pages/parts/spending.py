"""What was spent, as pictures and tables: by day, by model, by shot, and every take on the ledger."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.costs import CostReport
from core.ledger import Entry, Line
from core.pricing import CENT
from core.project import ProjectId
from core.studio import the_studio
from pages.parts.when import when_text

DEAREST = 10
"""Bars in a chart by shot or by model; the table has them all."""
ENTRIES = {
    Entry.SETTLE: "Spent",
    Entry.RESERVE: "Reserved",
    Entry.AT_RISK: "At risk",
    Entry.RELEASE: "Not charged",
}
"""What a line of the ledger says, for people."""


def chart_days(by_day: Mapping[str, Decimal]) -> None:
    """Dollars by day, from the first day with spending to today."""
    days = pd.date_range(min(by_day), max(today().isoformat(), *by_day), freq="D")
    days = days if len(days) > 6 else pd.date_range(end=days[-1], periods=7, freq="D")
    rows = [
        {"day": f"{day.day} {day:%b}", "usd": float(by_day.get(f"{day:%Y-%m-%d}", Decimal(0)))}
        for day in days
    ]
    chart = (
        alt.Chart(_data(rows))
        .mark_bar(cornerRadiusTopLeft=3, cornerRadiusTopRight=3)
        .encode(
            x=alt.X("day:O", sort=None, axis=alt.Axis(title=None, labelAngle=0, labelOverlap=True)),
            y=alt.Y("usd:Q", axis=_money_axis(), scale=_money_scale(rows), stack=None),
            tooltip=[alt.Tooltip("day:O", title="Day"), _money_tip()],
        )
        .properties(height=260)
    )
    st.altair_chart(chart, alt="Bars: dollars spent on each day")


def chart_dearest(amounts: Mapping[str, Decimal], what: str) -> None:
    """Dollars as lying bars, the dearest first."""
    dearest = sorted(amounts.items(), key=lambda pair: pair[1], reverse=True)[:DEAREST]
    rows = [{"name": name, "usd": float(usd)} for name, usd in dearest]
    chart = (
        alt.Chart(_data(rows))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X("usd:Q", axis=_money_axis(), scale=_money_scale(rows), stack=None),
            y=alt.Y("name:N", sort=None, axis=alt.Axis(title=None, labelLimit=180)),
            tooltip=[alt.Tooltip("name:N", title=what), _money_tip()],
        )
        .properties(height=max(120, 30 * len(rows) + 30))
    )
    st.altair_chart(chart, alt=f"Bars: dollars spent by {what.lower()}")


def _data(rows: Sequence[Mapping[str, Any]]) -> alt.Data:
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]


def _money_axis() -> alt.Axis:
    return alt.Axis(title=None, format="$.2f", tickCount=5)


def _money_scale(rows: Sequence[Mapping[str, Any]]) -> alt.Scale:
    return alt.Scale(domain=[0, max(row["usd"] for row in rows)], nice=True)


def _money_tip() -> alt.Tooltip:
    return alt.Tooltip("usd:Q", title="Spent", format="$,.4~f")


def show_tables(report: CostReport, *, one_project: bool) -> None:
    """Every number behind the pictures; each table can be saved as CSV from its own menu."""
    takes, shots, models, days = st.tabs(["Takes", "By shot", "By model", "By day"])
    titles = {summary.project_id: summary.title for summary in the_studio().projects()}

    def whose(project_id: str) -> dict[str, str]:
        return {} if one_project else {"Project": titles.get(ProjectId(project_id), project_id)}

    with takes:
        _show_amounts([whose(line.project_id) | _take_row(line) for line in report.lines])
    with shots:
        _show_amounts(
            [
                whose(project_id) | {"Shot": shot_id, "Spent": usd}
                for (project_id, shot_id), usd in _dearest_first(report.by_shot)
            ]
        )
    with models:
        show_models(report.lines)
    with days:
        _show_amounts(
            [{"Day (UTC)": day, "Spent": usd} for day, usd in sorted(report.by_day.items(), reverse=True)]
        )


def _take_row(line: Line) -> dict[str, Any]:
    """The line that counts for a take."""
    return {
        "Shot": line.shot_id,
        "Model": model_title(line.model),
        "Money": ENTRIES[line.entry],
        "Amount": line.usd,
        "When": when_text(line.at),
        "By": line.source,
        "Price of": line.price_as_of,
    }


def show_models(lines: Iterable[Line]) -> None:
    """Takes and dollars of each model, the free ones too."""
    rows: dict[str, dict[str, Any]] = {}
    for line in lines:
        row = rows.setdefault(
            line.model,
            {"Model": model_title(line.model), "Made": 0, "Under way": 0, "Not charged": 0, "At risk": 0}
            | {"Spent": Decimal(0)},
        )
        column = {Entry.SETTLE: "Made", Entry.RESERVE: "Under way"}.get(line.entry, ENTRIES[line.entry])
        row[column] += 1
        row["Spent"] += line.usd if line.entry is Entry.SETTLE else 0
    _show_amounts(sorted(rows.values(), key=lambda row: row["Spent"], reverse=True))


def _show_amounts(rows: Sequence[Mapping[str, Any]]) -> None:
    frame = pd.DataFrame(list(rows))
    amounts = [usd for row in rows for usd in row.values() if isinstance(usd, Decimal)]
    whole = all(usd == usd.quantize(CENT) for usd in amounts)
    money = st.column_config.NumberColumn(format="$%.2f" if whole else "$%.4f")
    st.dataframe(frame, hide_index=True, column_config={"Spent": money, "Amount": money})


def _dearest_first(amounts: Mapping[tuple[str, str], Decimal]) -> list[tuple[tuple[str, str], Decimal]]:
    return sorted(amounts.items(), key=lambda pair: pair[1], reverse=True)


def model_title(key: str) -> str:
    """A model's name; its key when the catalogue no longer has it."""
    catalogue = the_studio().catalogue
    return catalogue[key].name if key in catalogue else key


def by_model_title(amounts: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Dollars by the models' names, without those that cost nothing."""
    return {model_title(key): usd for key, usd in amounts.items() if usd}


def by_shot_title(report: CostReport, *, one_project: bool) -> dict[str, Decimal]:
    """Dollars by the shots' names, with their project where there are several."""
    return {
        shot if one_project else f"{project} · {shot}": usd
        for (project, shot), usd in report.by_shot.items()
        if usd
    }


def today() -> date:
    """Today as the ledger counts days: UTC."""
    return datetime.now(UTC).date()
