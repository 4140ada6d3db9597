"""The costs as a wall display: a few numbers that are read from across a room, and nothing to press."""

from html import escape

import streamlit as st

from core.costs import CostReport
from core.pricing import dollars
from pages.parts.alerts import show_alerts
from pages.parts.cost_answers import LIMITS_UNREADABLE, cents, in_month, on_day, states_of
from pages.parts.cost_budgets import run_out_text, short_title
from pages.parts.cost_filters import View, today
from pages.parts.cost_overview import show_days, show_uses
from pages.parts.ink import accent, faint_ink, ink, loss, waste
from pages.parts.words import counted, seconds_text


def show_wall(view: View, report: CostReport) -> None:
    """Today, this month, what is left, a second in the cut, waste and risk; then the days."""
    total = report.total
    per_second = total.usd_per_kept_s
    wasted = f"{total.wasted_usd / total.spent_usd:.0%}" if total.spent_usd else "–"
    tiles = [
        ("Today", dollars(on_day(report)), f"{counted(total.open, 'take')} under way", accent()),
        ("This month", dollars(in_month(report)), f"{dollars(cents(total.spent_usd))} {view.period}", ink()),
        _left(view),
        (
            "A second in the cut",
            dollars(cents(per_second)) if per_second is not None else "–",
            f"{seconds_text(total.kept_s)} in {'the cut' if view.project else 'all cuts'}",
            ink(),
        ),
        (
            "Not seen in a cut",
            wasted,
            f"{dollars(cents(total.wasted_usd))} of what was spent",
            waste() if total.wasted_usd else ink(),
        ),
        (
            "At risk",
            dollars(cents(total.at_risk_usd)),
            f"{counted(total.at_risk, 'take')} whose answer was lost",
            loss() if total.at_risk_usd else ink(),
        ),
    ]
    st.html(f'<div style="font-size:1.5rem;color:{faint_ink()}">{escape(view.whose)}</div>')
    for row in (tiles[:3], tiles[3:]):
        for column, tile in zip(st.columns(3, gap="large"), row, strict=True):
            with column:
                _tile(*tile)
    days, uses = st.columns([3, 2], gap="large")
    with days:
        show_days(view, report, large=True)
    with uses:
        show_uses(report, large=True)
    show_alerts()


def _left(view: View) -> tuple[str, str, str, str]:
    states = states_of(view)
    if states is None:
        return "Left to spend", "–", LIMITS_UNREADABLE, loss()
    if not states:
        return "Left to spend", "–", "no limit is set", ink()
    state = min(
        (each for each in states if each.budget.hard), key=lambda each: each.left_usd, default=states[0]
    )
    colour = loss() if state.share >= 1 else waste() if state.share >= 0.8 else ink()
    told = f"of {dollars(state.budget.usd)} ({short_title(state.budget)}), {run_out_text(state, today())}"
    return "Left to spend", dollars(cents(state.left_usd)), told, colour


def _tile(label: str, value: str, told: str, colour: str) -> None:
    """Words and a number of our own; sized by the window, so that a wall far away reads them."""
    lines = (
        (label, f"font-size:clamp(1rem,1.4vw,2rem);color:{faint_ink()}"),
        (value, f"font-size:clamp(2.5rem,5.2vw,8rem);line-height:1.1;font-weight:600;color:{colour}"),
        (told, f"font-size:clamp(.9rem,1.1vw,1.6rem);color:{faint_ink()}"),
    )
    inside = "".join(f'<div style="{style}">{escape(text)}</div>' for text, style in lines)
    st.html(f'<div style="padding:.4rem 0 1rem;font-variant-numeric:tabular-nums">{inside}</div>')
