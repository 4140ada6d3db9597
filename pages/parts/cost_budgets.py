"""Limits on spending: where each stands, the day it runs out at this pace, and setting them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import streamlit as st

from core.budgets import Budget, BudgetState, Scope, parse_usd
from core.costs import Pace, pace_of
from core.errors import StillmotionError
from core.pricing import CENT, dollars
from core.project import Project
from core.studio import the_studio
from pages.parts.cost_charts import ROW_PX, bar, names_axis, show_chart, text, tip
from pages.parts.cost_filters import day_text, project_titles, today
from pages.parts.ink import accent, loss, rest, waste
from pages.parts.notices import show_error

SCOPE_WORDS: Mapping[Scope, str] = {
    Scope.DAY: "a day",
    Scope.MONTH: "a month",
    Scope.PROJECT: "for a project, from its start",
    Scope.TEAM: "for the team, from the start",
}
EVERYTHING = "all projects"
CLOSE = 0.8
"""From this share on a limit is close."""


def short_title(budget: Budget) -> str:
    """A limit in two or three words: "month", "day, soft", "project"."""
    whose = (
        ""
        if budget.scope is Scope.PROJECT or budget.project_id is None
        else f" for {project_titles().get(budget.project_id, budget.project_id)}"
    )
    return f"{budget.scope.value}{whose}{'' if budget.hard else ', soft'}"


def run_out_text(state: BudgetState, now: date) -> str:
    """When the limit will be gone at the pace of the last days, for people."""
    pace = pace_under(state)
    if state.left_usd <= 0:
        return "Nothing is left"
    if state.budget.scope is Scope.DAY:
        return "begins anew at midnight UTC"
    if not pace.usd_per_day:
        return f"Nothing was spent in {pace.days} days" if pace.days else "Nothing was spent yet"
    per_day = f"at {dollars(pace.usd_per_day.quantize(CENT))} a day"
    gone = pace.runs_out_on(state.left_usd, now)
    if state.budget.scope is Scope.MONTH and (gone is None or gone > _month_end(now)):
        return f"{per_day} it lasts the month"
    return f"{per_day} gone on {day_text(gone)}" if gone else f"{per_day} it lasts for years"


def pace_under(state: BudgetState) -> Pace:
    """The pace of the money that the limit is about."""
    by_day: dict[str, Decimal] = {}
    for (project_id, day), usd in the_studio().ledger.bill().committed.items():
        if state.budget.project_id in (None, project_id):
            by_day[day.isoformat()] = by_day.get(day.isoformat(), Decimal(0)) + usd
    return pace_of(by_day, today())


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def show_budgets(project: Project | None) -> None:
    """Every limit as a bar, and the forms that set and lift them."""
    states = the_studio().budget_states()
    if states:
        _chart([_bar(state) for state in states])
    else:
        st.info(
            "A soft limit warns when it is passed, a hard one refuses the order. They hold for the app, the "
            "command line and scripts alike.",
            title="No limit is set",
            icon=":material/savings:",
        )
    limits, orders = st.columns(2, gap="large")
    with limits:
        _set_limit(project)
    with orders:
        _set_orders()
        _lift_limit(states)


def show_limits(states: Sequence[BudgetState], asked_usd: Decimal) -> None:
    """What is left of each limit, and what an order of `asked_usd` would leave of it."""
    _chart([_bar(state, asked_usd) for state in states])


def _chart(rows: Sequence[Mapping[str, Any]]) -> None:
    """How much of each limit is gone: all limits as long, so that shares compare."""
    scale = {"domain": [0, 2.2], "nice": False, "clamp": True}

    def across(field: str) -> dict[str, Any]:
        return {"field": field, "type": "quantitative", "axis": None, "scale": scale, "stack": None}

    def part(field: str, colour: dict[str, Any]) -> dict[str, Any]:
        mark = bar(height={"band": 0.5}, cornerRadius=3)
        return {"mark": mark, "encoding": {"x": across(field), "color": colour}}

    spec = {
        "encoding": {
            "y": names_axis(260),
            "tooltip": [tip("name", "Limit"), tip("text", "Stands"), tip("burn", "Pace")],
        },
        "layer": [
            part("whole", {"value": rest(faint=True)}),
            part("asked", {"field": "asking", "type": "nominal", "scale": None}),
            part("share", {"field": "colour", "type": "nominal", "scale": None}),
            {
                "mark": {**text(13), "dx": 10},
                "encoding": {"x": across("whole"), "text": {"field": "line", "type": "nominal"}},
            },
        ],
    }
    told = "Bars: how much of each spending limit is gone"
    show_chart(rows, spec, height=int(ROW_PX * 1.3) * len(rows) + 10, told=told)


def _name(budget: Budget) -> str:
    """A limit, told from every other: "Project · Night Ferry · hard"."""
    whose = project_titles().get(budget.project_id, budget.project_id) if budget.project_id else EVERYTHING
    return f"{budget.scope.value.capitalize()} · {whose} · {'hard' if budget.hard else 'soft'}"


def _bar(state: BudgetState, asked_usd: Decimal = Decimal(0)) -> dict[str, Any]:
    """One limit; with an order, that order's part of it, and what it leaves."""
    budget = state.budget
    after = BudgetState(budget=budget, committed_usd=state.committed_usd + asked_usd)
    stands = f"{dollars(state.committed_usd.quantize(CENT))} of {dollars(budget.usd)}"
    burn = run_out_text(state, today())
    left = "passed" if state.over else f"{dollars(state.left_usd.quantize(CENT))} left"
    colour = loss() if state.share >= 1 else waste() if state.share >= CLOSE else accent()
    if asked_usd:
        colour, left = (
            rest(),
            f"{left}, then {'too little' if after.over else dollars(after.left_usd.quantize(CENT))}",
        )
    return {
        "name": _name(budget),
        "share": min(1.0, state.share),
        "whole": 1.0,
        "asked": min(1.0, after.share),
        "asking": loss() if after.over else accent(),
        "text": stands,
        "burn": burn,
        "line": left if asked_usd else f"{left} of {dollars(budget.usd)} · {burn}",
        "colour": colour,
    }


def _set_limit(project: Project | None) -> None:
    titles = project_titles()
    projects = [summary.project_id for summary in the_studio().projects()]
    with st.form("set_limit", border=True):
        st.markdown("**Set a limit**")
        scope = st.selectbox("How long", list(SCOPE_WORDS), format_func=SCOPE_WORDS.__getitem__)
        whose = st.selectbox(
            "For",
            ["", *projects],
            index=1 + projects.index(project.id) if project and project.id in projects else 0,
            format_func=lambda name: titles[name] if name else EVERYTHING,
        )
        usd = st.text_input("US dollars", placeholder="25 or 12.50")
        hard = st.toggle(
            "Refuse what would pass it", value=True, help="Off: the order is made, with a warning."
        )
        if st.form_submit_button("Set it", icon=":material/check:"):
            _try_to_set(scope, usd, whose, hard)


def _try_to_set(scope: Scope, usd: str, whose: str, hard: bool) -> None:
    try:
        named = None if scope is Scope.TEAM else whose or None
        the_studio().set_budget(scope, parse_usd(usd), project_id=named, hard=hard)
    except StillmotionError as error:
        show_error(error)
    else:
        st.rerun()


def _set_orders() -> None:
    limits = the_studio().budgets()
    with st.form("set_orders", border=True):
        st.markdown("**A single order**")
        twice = st.text_input("is asked about twice above, US dollars", _amount(limits.ask_twice_over_usd))
        ceiling = st.text_input("over HTTP is refused above, US dollars", _amount(limits.http_ceiling_usd))
        st.caption("Empty: no such limit.")
        if st.form_submit_button("Save", icon=":material/check:"):
            try:
                the_studio().set_order_limits(
                    ask_twice_over_usd=parse_usd(twice) if twice.strip() else None,
                    http_ceiling_usd=parse_usd(ceiling) if ceiling.strip() else None,
                )
            except StillmotionError as error:
                show_error(error)
            else:
                st.rerun()


def _amount(usd: Decimal | None) -> str:
    return "" if usd is None else str(usd)


def _lift_limit(states: list[BudgetState]) -> None:
    if not states:
        return
    with st.form("lift_limit", border=True):
        titles = {_name(state.budget): state.budget for state in states}
        title = st.selectbox("Lift a limit", list(titles))
        if st.form_submit_button("Lift it", icon=":material/delete:") and title:
            budget = titles[title]
            try:
                the_studio().remove_budget(budget.scope, project_id=budget.project_id, hard=budget.hard)
            except StillmotionError as error:
                show_error(error)
            else:
                st.rerun()
