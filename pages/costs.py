"""The costs page: what was spent, reserved and is at risk, and what the storyboard would cost."""

from decimal import Decimal

import streamlit as st

from core.costs import CostReport
from core.ledger import Bill, Entry
from core.pricing import dollars
from core.project import Project
from core.studio import the_studio
from pages.parts.current import current_project
from pages.parts.notices import errors_shown
from pages.parts.outcome import show_outcome
from pages.parts.price_list import show_price_list
from pages.parts.spending import (
    by_model_title,
    by_shot_title,
    chart_days,
    chart_dearest,
    show_models,
    show_tables,
    today,
)
from pages.parts.words import counted

SCOPES = {"project": "This project", "all": "All projects"}
NOTHING = Decimal(0)
BROKEN_TOLD = 5
"""Lines of the ledger that are named when they cannot be read; the rest are counted."""


def main() -> None:
    """The page, for the project at hand or for all of them."""
    project = current_project()
    with errors_shown():
        scope = st.segmented_control(
            "Costs of",
            list(SCOPES),
            format_func=SCOPES.__getitem__,
            default="project",
            required=True,
            key="costs_of",
            bind="query-params",
            label_visibility="collapsed",
        )
        one = project if scope == "project" else None
        if scope == "project" and project is None:
            return
        report = the_studio().costs(one.id if one else None)
        watch(the_studio().ledger.bill())
        show_broken(report)
        show_totals(report)
        show_spending(report, one)
        if project is not None:
            show_prices(project)


def show_prices(project: Project) -> None:
    """What the storyboard would cost on every model; what to do first when there is no storyboard."""
    st.subheader("What this storyboard would cost")
    if project.shots:
        show_outcome(project.id)
        show_price_list(project)
        return
    st.caption("Bring in some stills, and every model's price for them stands here.")
    st.page_link("project.py", label="Bring in stills", icon=":material/add_photo_alternate:")


def watch(bill: Bill) -> None:
    """Bring the page up to date when a line was added to the ledger."""
    st.fragment(_look, run_every=4.0)(bill)


def _look(bill: Bill) -> None:
    if the_studio().ledger.bill() is not bill:
        st.rerun()


def show_broken(report: CostReport) -> None:
    """Lines that cannot be read, because the totals leave them out."""
    if not report.broken:
        return
    lines = [f"- {line}" for line in report.broken[:BROKEN_TOLD]]
    if len(report.broken) > BROKEN_TOLD:
        lines.append(f"- and {len(report.broken) - BROKEN_TOLD} more")
    st.warning(
        "The totals leave them out. Mend them in ledger.jsonl in the data folder, or compare with the bill "
        "of fal.ai:\n" + "\n".join(lines),
        title="Some lines of the ledger cannot be read",
        icon=":material/warning:",
    )


def show_totals(report: CostReport) -> None:
    """The numbers that matter, once there is any of them."""
    if not (report.spent_usd or report.reserved_usd or report.at_risk_usd):
        return
    day = today().isoformat()
    on_day = report.by_day.get(day, NOTHING)
    in_month = sum((usd for date, usd in report.by_day.items() if date.startswith(day[:7])), NOTHING)
    spent, reserved, at_risk = st.columns([2, 1, 1])
    spent.metric(
        "Spent",
        dollars(report.spent_usd),
        f"{dollars(on_day)} today · {dollars(in_month)} this month",
        delta_color="off",
        delta_arrow="off",
        help="Everything that is settled. Days are counted in UTC.",
        border=True,
        height="stretch",
    )
    told = "Set aside for takes that wait or are under way."
    reserved.metric("Reserved", dollars(report.reserved_usd), help=told, border=True, height="stretch")
    told = "Sent, and the answer was lost: it may have been charged."
    at_risk.metric("At risk", dollars(report.at_risk_usd), help=told, border=True, height="stretch")


def show_spending(report: CostReport, project: Project | None) -> None:
    """The pictures and tables; when nothing was spent, that in words, and the free takes."""
    whose = project.title if project else "any project"
    if not report.spent_usd:
        made = sum(line.entry is Entry.SETTLE for line in report.lines)
        free = f" So far it made {counted(made, 'take')}." if made else " It needs no key, either."
        st.info(
            f"The animatic, the app's own camera moves over a still, is free.{free}",
            title=f"Nothing was spent on {whose}",
            icon=":material/savings:",
        )
        if report.lines:
            show_models(report.lines)
        return
    days, models = st.columns([3, 2], gap="medium")
    with days:
        st.subheader("By day")
        chart_days({day: usd for day, usd in report.by_day.items() if usd})
    with models:
        st.subheader("By model")
        chart_dearest(by_model_title(report.by_model), "Model")
    st.subheader("By shot")
    chart_dearest(by_shot_title(report, one_project=project is not None), "Shot")
    show_tables(report, one_project=project is not None)


main()
