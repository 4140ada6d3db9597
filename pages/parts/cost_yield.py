"""What came of the takes: how many are kept, what a second in the cut costs, and what other lengths cost."""

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pandas as pd
import streamlit as st

from core.costs import CostReport, Dimension, Outcome, Row, Sums, trims
from core.errors import StillmotionError
from core.offers import Wish
from core.pricing import dollars, price_text
from core.project import Project
from core.studio import the_studio
from pages.parts.cost_answers import cents
from pages.parts.cost_charts import chart_bars, chart_shares
from pages.parts.cost_filters import NOBODY, OUTCOMES, View, model_title, project_titles
from pages.parts.cost_overview import name_of
from pages.parts.ink import accent, loss, rest, waste
from pages.parts.price_list import offers
from pages.parts.when import when_text
from pages.parts.words import counted

BY = {
    Dimension.MODEL: "Model",
    Dimension.MOVE: "Camera move",
    Dimension.ENERGY: "Energy",
    Dimension.PERSON: "Person",
}
ENERGY = {"low": "Low, below 0.3", "medium": "Medium", "high": "High, above 0.7"}
MOST = 10
AS_MADE, ALL_TAKES = "As it was made", "With all that was tried"
FAILURES = 12
"""Takes without a clip that are named, the dearest first."""


def show_yield(view: View, report: CostReport) -> None:
    """The yield by what a person chooses, the seconds, other lengths, and what failed."""
    dimension = st.segmented_control(
        "Takes by",
        list(BY),
        format_func=BY.__getitem__,
        default=Dimension.MODEL,
        required=True,
        key="yield_by",
        bind="query-params",
    )
    parts = {_name(report, dimension, name): part for name, part in _first(report, dimension)}
    if not parts:
        st.caption("No take was ordered in this view.")
        return
    kept, price = st.columns(2, gap="large")
    with kept:
        st.subheader("What came of the takes")
        _show_shares(parts, BY[dimension])
    with price:
        st.subheader("Price of a second in the cut")
        _show_prices(parts, BY[dimension])
    _show_table(parts, BY[dimension])
    seconds, lengths = st.columns(2, gap="large")
    with seconds:
        st.subheader("Seconds paid, and seen")
        _show_seconds(report)
    with lengths:
        st.subheader("What another length would cost")
        _show_lengths(view.project)
    if view.project is not None:
        _show_other_models(view.project, report)
    st.subheader("The most expensive takes without a clip")
    _show_failures(view, report)


def _first(report: CostReport, dimension: Dimension) -> list[tuple[str, Sums]]:
    """The dearest; bands of energy from low to high."""
    parts = report.by(dimension)
    if dimension is Dimension.ENERGY:
        return [(band, parts[band]) for band in (*ENERGY, "") if band in parts]
    return list(parts.items())[:MOST]


def _name(report: CostReport, dimension: Dimension, name: str) -> str:
    if dimension is Dimension.MOVE:
        return name.capitalize() or NOBODY
    if dimension is Dimension.ENERGY:
        return ENERGY.get(name, NOBODY)
    return name_of(report, dimension, name)


def _show_shares(parts: dict[str, Sums], what: str) -> None:
    rows = []
    for name, part in parts.items():
        spare, none = part.clips - part.kept, part.ordered - part.clips - part.open
        for group, number in (("In the cut", part.kept), ("Not used", spare), ("No clip", none)):
            rows.append({"name": name, "group": group, "number": number})
    colours = {"In the cut": accent(), "Not used": rest(), "No clip": loss()}
    chart_shares(rows, groups=colours, what=what, told=f"Bars: what came of the takes, by {what.lower()}")


def _show_prices(parts: dict[str, Sums], what: str) -> None:
    """All that was spent, failed and unused takes included, for each second that is seen."""
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "number": float(part.usd_per_kept_s or 0),
            "text": f"{dollars(cents(part.usd_per_kept_s))} · {part.kept_s:.0f} s"
            if part.usd_per_kept_s is not None
            else f"nothing kept of {dollars(cents(part.spent_usd))}",
        }
        for name, part in parts.items()
    ]
    st.caption("All that was spent, unused and failed takes included, for each second that is seen.")
    told = f"Bars: dollars for each second in the cut, by {what.lower()}"
    chart_bars(rows, what=what, told=told, value="A second")


def _show_table(parts: dict[str, Sums], what: str) -> None:
    rows = [
        {
            what: name,
            "Ordered": part.ordered,
            "Clips": part.clips,
            "In the cut": part.kept,
            "Kept": None if part.kept_share is None else 100 * part.kept_share,
            "No clip": part.ordered - part.clips - part.open,
            "Spent": float(part.spent_usd),
            "A second in the cut": None if part.usd_per_kept_s is None else float(part.usd_per_kept_s),
            "Paid, s": round(part.paid_s, 1),
            "Seen, s": round(part.kept_s, 1),
        }
        for name, part in parts.items()
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        column_config={
            "Spent": st.column_config.NumberColumn(format="$%.2f"),
            "A second in the cut": st.column_config.NumberColumn(format="$%.2f"),
            "Kept": st.column_config.NumberColumn(format="%.0f %%", help="Of the takes that gave a clip."),
        },
        placeholder="",
    )


def _show_seconds(report: CostReport) -> None:
    """Seconds bought beside seconds that a cut shows, by model; free models buy none."""
    parts = {key: part for key, part in report.by(Dimension.MODEL).items() if part.spent_usd and part.paid_s}
    if not parts:
        st.caption("No seconds were paid for.")
        return
    rows = []
    for key, part in list(parts.items())[:MOST]:
        unseen_s = max(0.0, part.paid_s - part.kept_s)
        rows.append({"name": model_title(key), "group": "Seen", "number": round(part.kept_s, 1)})
        rows.append({"name": model_title(key), "group": "Paid, not seen", "number": round(unseen_s, 1)})
    paid_s, seen_s = (sum(getattr(part, name) for part in parts.values()) for name in ("paid_s", "kept_s"))
    st.caption(f"{paid_s:,.0f} s were paid, {seen_s:,.0f} s are seen: {min(1.0, seen_s / paid_s):.0%}.")
    colours = {"Seen": accent(), "Paid, not seen": rest()}
    told = "Bars: seconds paid and seen, by model"
    chart_shares(rows, groups=colours, what="Model", told=told, of="Seconds")


def _show_lengths(project: Project | None) -> None:
    """Shots that are just over a length that their model sells."""
    if project is None:
        st.caption("Choose “This project”, and its shots that are just over a length sold stand here.")
        return
    found = trims(the_studio().catalogue, project)
    if not found:
        st.caption("No shot would be cheaper if it were a little shorter.")
        return
    saving = sum((trim.saving_usd for trim in found), Decimal(0))
    st.caption(
        f"{counted(len(found), 'shot')} would pay for the next shorter length. Altogether that saves "
        f"{dollars(cents(saving))} a round of takes."
    )
    rows = [
        {
            "Shot": trim.shot_id,
            "Model": model_title(trim.model),
            "Lasts": f"{trim.needed_s:.2f} s",
            "Pays": f"{trim.paid_s:.3g} s",
            "Cut off": f"{trim.cut_s:.2f} s",
            "To pay": f"{trim.shorter_s:.3g} s",
            "Saves": float(trim.saving_usd),
        }
        for trim in found
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=min(36 + 35 * len(rows), 330),
        column_config={"Saves": st.column_config.NumberColumn(format="$%.2f")},
    )


def _show_other_models(project: Project, report: CostReport) -> None:
    """The shots that have a clip, one take each on every model, beside what their kept takes did cost."""
    found = offers(project, "clips", Wish(sound=project.sound))
    if not found.shots:
        return
    st.subheader("What another model would have cost")
    made = report.total
    st.caption(
        f"One take of each shot of the cut that has a clip ({len(found.shots):,}). "
        "Paler bars: the model cannot do all of them."
    )
    rows: list[dict[str, Any]] = [
        {
            "name": AS_MADE,
            "number": float(made.kept_usd),
            "text": f"{dollars(cents(made.kept_usd))}, kept takes",
        },
        {
            "name": ALL_TAKES,
            "number": float(made.spent_usd),
            "text": f"{dollars(cents(made.spent_usd))}, all {made.ordered:,} takes",
        },
    ]
    colours = {AS_MADE: accent(), ALL_TAKES: waste()}
    for offer in found.offers:
        price = price_text(offer.usd, offer.usd_high)
        text = f"{price} · cannot do {offer.undone:,}" if offer.undone else price
        rows.append({"name": offer.name, "number": float(offer.usd_high), "text": text})
        colours[offer.name] = rest(faint=bool(offer.undone))
    chart_bars(
        rows, what="Model", told="Bars: the price of the cut on each model", colours=colours, value="Price"
    )


def _show_failures(view: View, report: CostReport) -> None:
    rows = report.rows((Outcome.LOST, Outcome.AT_RISK), dearest=True, most=FAILURES)
    if not rows:
        st.caption("None: every take that was charged gave a clip.")
        return
    titles = project_titles()
    shown = [
        (
            {}
            if view.project
            else {"Project": titles.get(row.money.first.project_id, row.money.first.project_id)}
        )
        | {
            "Shot": row.money.first.shot_id,
            "Model": model_title(row.money.last.model),
            "What": OUTCOMES[row.outcome],
            "Amount": float(row.money.last.usd),
            "Why": _why(row),
            "Person": row.money.first.person or NOBODY,
            "Ordered": when_text(row.money.ordered_at),
        }
        for row in rows
    ]
    st.dataframe(
        pd.DataFrame(shown),
        hide_index=True,
        height="content",
        column_config={"Amount": st.column_config.NumberColumn(format="$%.4f")},
    )


def _why(row: Row) -> str:
    """Why it failed: of what is at risk the ledger says it, of what was charged the receipt does."""
    if row.outcome is Outcome.LOST:
        with suppress(StillmotionError):
            take = the_studio().take(row.money.first.take_id, row.money.first.project_id)
            return take.failure.what if take.failure else ""
        return ""
    return row.money.last.source
