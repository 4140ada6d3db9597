"""The bill: estimate beside bill, a bill from a file, and prices refreshed, each shown before it applies."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.billing import BillImport, PriceDiff
from core.costs import CostReport, Dimension
from core.errors import StillmotionError
from core.pricing import dollars
from core.studio import the_studio
from pages.parts.bill_now import show_bill_now
from pages.parts.cost_answers import cents
from pages.parts.cost_charts import chart_bars
from pages.parts.cost_filters import model_title
from pages.parts.ink import loss, rest
from pages.parts.notices import show_error
from pages.parts.words import counted, plain

ALARMING = 0.05
"""From this share on, a model's price list needs to be looked at."""
_IMPORT, _PRICES, _DONE = "bill_to_apply", "prices_to_apply", "bill_done"
NAMED = 8


def show_bill(report: CostReport) -> None:
    """Estimate against bill, then the ways in which the books are brought up to date."""
    done = st.session_state.pop(_DONE, None)
    if done:
        st.success(done, icon=":material/check:")
    _show_drift(report)
    if report.odd:
        told = "They count once, and where they belong; nobody has to do anything."
        _warn(f"{counted(len(report.odd), 'line')} of the ledger moved or written twice", told, report.odd)
    bill, prices = st.columns(2, gap="large")
    with bill:
        show_bill_now()
        st.subheader("A bill from a file")
        _import()
    with prices:
        st.subheader("Prices of today")
        _refresh()


def _show_drift(report: CostReport) -> None:
    total = report.total
    st.subheader("Estimate and bill")
    if not total.billed:
        st.caption(
            "No bill is known yet. With FAL_ADMIN_KEY it is read by itself; or import one that was exported "
            "by hand. Until then, spending is what we make of the price list and the units that fal counts."
        )
        return
    drift = total.drift or 0.0
    with st.container(horizontal=True, gap="large"):
        st.metric("We estimated", dollars(cents(total.estimate_usd)), width="content")
        st.metric("The bill says", dollars(cents(total.billed_usd)), width="content")
        st.metric("Difference", f"{drift:+.1%}", width="content")
    unbilled = total.clips + total.lost - total.billed
    st.caption(
        f"Of {counted(total.billed, 'take')} whose bill is known. "
        + (f"{counted(unbilled, 'take')} are not on any bill yet, or free." if unbilled > 0 else "")
    )
    parts = {key: part for key, part in report.by(Dimension.MODEL).items() if part.billed}
    rows, colours = [], {}
    for key, part in parts.items():
        share = part.drift or 0.0
        name = model_title(key)
        colours[name] = loss() if abs(share) > ALARMING else rest()
        text = f"{share:+.1%} · {dollars(cents(part.estimate_usd))} → {dollars(cents(part.billed_usd))}"
        rows.append({"name": name, "number": abs(share), "text": text})
    chart_bars(
        rows, what="Model", told="Bars: how far the bill is from our estimate", colours=colours, value="Bill"
    )


def _import() -> None:
    st.caption(
        "CSV or JSON, as fal's dashboard exports it: request_id and cost_total are read. Nothing is applied "
        "before you have seen it."
    )
    file = st.file_uploader("Bill", type=["csv", "json"], key="bill_file", label_visibility="collapsed")
    if file is not None and st.button("Look at it", icon=":material/search:"):
        try:
            st.session_state[_IMPORT] = the_studio().billing.import_bill(file.getvalue())
        except StillmotionError as error:
            st.session_state.pop(_IMPORT, None)
            show_error(error)
    found: BillImport | None = st.session_state.get(_IMPORT)
    if found is not None:
        _show_import(found)


def _show_import(found: BillImport) -> None:
    confirmed = sum(each.confirms for each in found.corrections)
    changed = [each for each in found.corrections if not each.confirms]
    st.markdown(
        f"{counted(len(changed), 'amount')} would change, {confirmed:,} are confirmed, {found.known:,} were "
        f"known. Spending would {'grow' if found.difference_usd >= 0 else 'shrink'} by "
        f"**{plain(dollars(abs(found.difference_usd)))}**."
    )
    if changed:
        st.dataframe(
            pd.DataFrame(
                [
                    {
                        "Take": each.take_id,
                        "Shot": each.before.shot_id,
                        "Before": float(each.before.usd),
                        "Bill": float(each.usd),
                    }
                    for each in changed[:200]
                ]
            ),
            hide_index=True,
            height=min(36 + 35 * len(changed), 250),
            column_config={
                name: st.column_config.NumberColumn(format="$%.4f") for name in ("Before", "Bill")
            },
        )
    if found.unknown:
        told = f"{dollars(found.unknown_usd)} for requests that belong to no take here; they are left out."
        _warn(counted(len(found.unknown), "unknown request"), told, [row.request_id for row in found.unknown])
    if found.rejected:
        named = [f"line {row.line}: {row.why}" for row in found.rejected]
        _warn(f"{counted(len(found.rejected), 'row')} cannot be used", "They are left out.", named)
    if found.corrections:
        st.button("Apply to the ledger", type="primary", on_click=_apply_import, args=(found,))


def _warn(title: str, told: str, named: Sequence[str]) -> None:
    some = [f"- {plain(each)}" for each in named[:NAMED]]
    if len(named) > NAMED:
        some.append(f"- and {len(named) - NAMED:,} more")
    st.warning(plain(told) + "\n" + "\n".join(some), title=title, icon=":material/help:")


def _apply_import(found: BillImport) -> None:
    st.session_state.pop(_IMPORT, None)
    try:
        made = the_studio().billing.apply_import(found)
    except StillmotionError as error:
        st.session_state[_DONE] = f"{error} {error.remedy}"
    else:
        st.session_state[_DONE] = f"{counted(len(made), 'line')} added to the ledger."


def _refresh() -> None:
    st.caption(
        "Asks fal's pricing call for every model, and shows what is different. Orders made stay as quoted."
    )
    if st.button("Ask fal", icon=":material/sync:", key="ask_prices"):
        try:
            with st.spinner("Asking for the price of every model …"):
                st.session_state[_PRICES] = the_studio().billing.refresh_prices()
        except StillmotionError as error:
            st.session_state.pop(_PRICES, None)
            show_error(error)
    diff: PriceDiff | None = st.session_state.get(_PRICES)
    if diff is not None:
        _show_prices(diff)


def _show_prices(diff: PriceDiff) -> None:
    st.markdown(diff.summary)
    if diff.changes:
        rows = [
            {"Model": each.name, "Changes": line, "Remark": each.remark}
            for each in diff.changes
            for line in each.lines
        ]
        st.dataframe(pd.DataFrame(rows), hide_index=True, height=min(36 + 35 * len(rows), 280))
    if diff.left_out:
        named = [f"{each.name}: {each.why}" for each in diff.left_out]
        _warn(f"{counted(len(diff.left_out), 'model')} left as they are", "Nothing is guessed.", named)
    if diff.changes or diff.confirmed:
        st.button("Quote by these prices", type="primary", on_click=_apply_prices, args=(diff,))


def _apply_prices(diff: PriceDiff) -> None:
    st.session_state.pop(_PRICES, None)
    try:
        the_studio().billing.apply_prices(diff)
    except StillmotionError as error:
        st.session_state[_DONE] = f"{error} {error.remedy}"
    else:
        st.session_state[_DONE] = f"Quotes follow the prices of {diff.as_of} from now on."
