"""The costs page: what did this cut cost, what did we waste, what will the rest cost?"""

import streamlit as st

from core.costs import CostReport, Outcome
from core.project import Project
from core.studio import the_studio
from pages.parts.alerts import show_alerts
from pages.parts.cost_answers import show_answers
from pages.parts.cost_bill import show_bill
from pages.parts.cost_budgets import show_budgets
from pages.parts.cost_filters import View, ask_view, tell_view
from pages.parts.cost_overview import show_overview
from pages.parts.cost_tables import show_tables
from pages.parts.cost_takes import show_takes
from pages.parts.cost_wall import show_wall
from pages.parts.cost_watch import as_now, watch
from pages.parts.cost_yield import show_yield
from pages.parts.current import current_project
from pages.parts.notices import errors_shown
from pages.parts.outcome import show_outcome
from pages.parts.price_list import show_price_list
from pages.parts.words import counted

TABS = ("Where it went", "Yield and waste", "The rest", "Budgets", "The bill", "Takes")
WALL = "wall"
"""With ?wall=1 in the address the page is a wall display."""


def main() -> None:
    """The page, for the project at hand or for all of them."""
    if st.query_params.get(WALL, "") not in ("", "0"):
        hang_on_wall()
        return
    project = current_project()
    with errors_shown():
        view = ask_view(project)
        if view.nothing_to_see:
            return
        watch(as_now())
        report = the_studio().costs(filters=view.filters)
        tell_view(view)
        show_alerts()
        show_answers(view, report, project)
        show_tabs(view, report, project)


def hang_on_wall() -> None:
    """The wall display, with what it shows to be chosen beneath it."""
    wall = st.container()
    with st.expander("What is shown", icon=":material/tune:"):
        view = ask_view(current_project())
    with wall, errors_shown():
        watch(as_now())
        show_wall(view, the_studio().costs(filters=view.filters))


def show_tabs(view: View, report: CostReport, project: Project | None) -> None:
    """What is behind the answers; only the open tab is worked out."""
    tabs = st.tabs(TABS, key="tab", on_change="rerun", bind="query-params")
    went, came, rest, budgets, bill, takes = tabs
    with went:
        if went.open:
            show_spending(view, report)
    with came:
        if came.open:
            show_yield(view, report)
    with rest:
        if rest.open:
            show_prices(project)
    with budgets:
        if budgets.open:
            show_budgets(view.project)
    with bill:
        if bill.open:
            show_bill(report)
    with takes:
        if takes.open:
            show_takes(view, report)


def show_spending(view: View, report: CostReport) -> None:
    """The pictures; when nothing was spent, that in words, and the free takes."""
    if report.spent_usd or report.at_risk_usd or report.reserved_usd:
        show_overview(view, report)
        show_tables(report)
        return
    made = sum(report.outcomes()[each] for each in (Outcome.KEPT, Outcome.SPARE))
    free = f" So far it made {counted(made, 'take')}." if made else " It needs no key, either."
    st.info(
        f"The animatic, the app's own camera moves over a still, is free.{free}",
        title=f"Nothing was spent on {view.project.title if view.project else 'any project'}",
        icon=":material/savings:",
    )


def show_prices(project: Project | None) -> None:
    """What the storyboard would cost on every model; what to do first when there is no storyboard."""
    if project is None:
        return
    if project.shots:
        show_outcome(project.id)
        show_price_list(project)
        return
    st.caption("Bring in some stills, and every model's price for them stands here.")
    st.page_link("project.py", label="Bring in stills", icon=":material/add_photo_alternate:")


main()
