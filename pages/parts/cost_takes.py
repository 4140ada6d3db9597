"""Every take with its money, a page at a time; one opens its receipt, all of them can be taken along."""

from typing import Any

import pandas as pd
import streamlit as st

from core.costs import CostReport, Row
from core.costs.tables import as_csv, as_parquet
from core.errors import StillmotionError
from core.pricing import CENT
from core.studio import the_studio
from core.take import TakeId
from pages.parts.cost_filters import NOBODY, OUTCOMES, View, model_title, project_titles, today
from pages.parts.notices import show_error
from pages.parts.receipt import show_receipt
from pages.parts.when import when_text
from pages.parts.words import counted

PAGE_ROWS = 100
_SHOWN = "takes_shown"
"""The takes in the table, in its order, as the person saw them."""
_TABLE, _TICKED, _OPENED = "cost_takes", "take_ticked", "take_opened"
ORDER = {"newest": "Newest first", "dearest": "Most expensive first"}


def show_takes(view: View, report: CostReport) -> None:
    """The table, its pages, the receipt of the chosen take, and the files."""
    count = len(report)
    if not count:
        st.caption("No take was ordered in this view.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{counted(count, 'take')}**", width="stretch")
        order = st.segmented_control(
            "Order",
            list(ORDER),
            format_func=ORDER.__getitem__,
            default="newest",
            required=True,
            key="takes_order",
            bind="query-params",
            label_visibility="collapsed",
        )
        _downloads(view, report)
    _follow_tick()
    pages = -(-count // PAGE_ROWS)
    page = st.pagination(pages, key=f"takes_page_{pages}") if pages > 1 else 1
    rows = report.rows(dearest=order == "dearest", most=PAGE_ROWS, skip=(page - 1) * PAGE_ROWS)
    opened: tuple[TakeId, str] | None = st.session_state.get(_OPENED)
    if opened is None:
        _show_table(view, rows)
        return
    table, receipt = st.columns([5, 3], gap="medium")
    with table:
        _show_table(view, rows)
    with receipt:
        _show_opened(*opened)


def _show_table(view: View, rows: list[Row]) -> None:
    titles = project_titles()
    frame = pd.DataFrame([_row(row, None if view.project else titles) for row in rows])
    whole = all(row.money.last.usd == row.money.last.usd.quantize(CENT) for row in rows)
    money = st.column_config.NumberColumn(format="$%.2f" if whole else "$%.4f")
    st.caption("Tick a take to see its receipt.")
    st.dataframe(
        frame,
        hide_index=True,
        height=min(36 + 35 * len(rows), 560),
        placeholder="",
        key=_TABLE,
        on_select="rerun",
        selection_mode="single-row",
        column_config={"Amount": money, "Estimate": money, "Bill": money},
    )
    st.session_state[_SHOWN] = [(row.money.first.take_id, row.money.first.project_id) for row in rows]


def _row(row: Row, titles: Any) -> dict[str, Any]:
    money = row.money
    whose = {} if titles is None else {"Project": titles.get(money.first.project_id, money.first.project_id)}
    return {
        "Ordered": when_text(money.ordered_at),
        **whose,
        "Shot": money.first.shot_id,
        "Model": model_title(money.last.model),
        "Person": money.first.person or NOBODY,
        "What came of it": OUTCOMES[row.outcome],
        "Amount": money.last.usd,
        "Estimate": money.estimate_usd,
        "Bill": money.billed_usd,
        "Paid": None if money.first.paid_s is None else f"{money.first.paid_s:.3g} s",
        "Seen": f"{row.kept_s:.3g} s" if row.kept_s else "",
        "By": money.last.source,
        "Price of": money.last.price_as_of,
    }


def _follow_tick() -> None:
    """A tick that moved is about the rows as the person saw them, not about those that came in since."""
    ticked = list((st.session_state.get(_TABLE) or {}).get("selection", {}).get("rows", []))
    if ticked == st.session_state.get(_TICKED, []):
        return
    shown: list[tuple[TakeId, str]] = st.session_state.get(_SHOWN, [])
    chosen = [shown[row] for row in ticked if row < len(shown)]
    st.session_state[_TICKED], st.session_state[_OPENED] = ticked, chosen[0] if chosen else None


def _show_opened(take_id: TakeId, project_id: str) -> None:
    with st.container(border=True):
        try:
            take = the_studio().take(take_id, project_id)
        except StillmotionError as error:
            show_error(error)
            st.caption("The ledger keeps its money all the same.")
        else:
            show_receipt(take, width="stretch")


def _downloads(view: View, report: CostReport) -> None:
    """The takes of this view as files, made when they are asked for."""
    whose = view.project.id if view.project else "all"
    name = f"stillmotion-costs-{whose}-{today().isoformat()}"
    st.download_button(
        "CSV",
        lambda: as_csv(report.rows()),
        file_name=f"{name}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="takes_csv",
        help="These takes for a spreadsheet.",
    )
    st.download_button(
        "Parquet",
        lambda: as_parquet(report.rows()),
        file_name=f"{name}.parquet",
        mime="application/vnd.apache.parquet",
        icon=":material/download:",
        on_click="ignore",
        key="takes_parquet",
        help="These takes for analysis, amounts as decimals.",
    )
