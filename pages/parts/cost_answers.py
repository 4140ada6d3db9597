"""The three questions that the costs page answers, and what is left: a row to be read from afar."""

from collections.abc import Iterator
from decimal import Decimal

import streamlit as st

from core.budgets import BudgetState
from core.costs import CostReport, Dimension, Sums
from core.errors import Damaged
from core.offers import Mix, Wish, remaining
from core.orders import BatchQuote, quote_shots
from core.pricing import CENT, dollars, price_text
from core.project import Project
from core.studio import the_studio
from pages.parts.cost_budgets import run_out_text, short_title
from pages.parts.cost_filters import View, today
from pages.parts.price_list import offers
from pages.parts.words import counted, plain, seconds_text

LIMITS_UNREADABLE = "The limits cannot be read: nothing paid is ordered"


def show_answers(view: View, report: CostReport, project: Project | None) -> None:
    """What the cut cost, what was wasted, what the rest will cost, and what is left."""
    columns = st.columns(4, gap="small")
    with columns[0]:
        _show_cost(view, report)
    with columns[1]:
        _show_waste(report.total)
    with columns[2]:
        _show_rest(view, report, project)
    with columns[3]:
        _show_left(view, report)


def _card(label: str, value: str, lines: Iterator[str], *, told: str) -> None:
    with st.container(border=True, height="stretch", gap="xsmall"):
        st.markdown(f":small[{label}]", help=told)  # a metric would cut its label in a narrow window
        st.metric(label, value, label_visibility="collapsed")
        for line in lines:
            st.caption(plain(line))


def _show_cost(view: View, report: CostReport) -> None:
    total = report.total

    def lines() -> Iterator[str]:
        per_second = total.usd_per_kept_s
        if per_second:
            cut = "the cut" if view.project else "the cuts"
            yield f"{dollars(cents(per_second))} for each of {seconds_text(total.kept_s)} in {cut}"
        yield f"{dollars(on_day(report))} today · {dollars(in_month(report))} this month"
        if total.billed:
            yield f"{total.billed:,} of {total.clips + total.lost:,} takes are on a bill"

    told = "Everything that is settled in this view, by the bill where it is known. Days are counted in UTC."
    label = "What did this cut cost?" if view.project else "What did the cuts cost?"
    _card(label, dollars(cents(total.spent_usd)), lines(), told=told)


def _show_waste(total: Sums) -> None:
    def lines() -> Iterator[str]:
        if total.spent_usd:
            spare, trimmed, lost = (
                dollars(cents(usd)) for usd in (total.spare_usd, total.trimmed_usd, total.lost_usd)
            )
            share = total.wasted_usd / total.spent_usd
            yield f"{share:.0%} of it: {spare} clips not used, {trimmed} trimmed, {lost} without a clip"
        if total.at_risk_usd:
            yield f"and {dollars(cents(total.at_risk_usd))} at risk in {counted(total.at_risk, 'take')}"

    told = (
        "Paid for, and not seen in a cut: clips that no cut uses, seconds that are cut off, and takes that "
        "were charged without a clip. Trying things out is part of the work: this says what it costs."
    )
    _card("What did we waste?", dollars(cents(total.wasted_usd)), lines(), told=told)


def _show_rest(view: View, report: CostReport, project: Project | None) -> None:
    here = the_studio()
    if view.project is not None and project is not None:
        projects = [project]
    else:
        projects = [each for each in here.readable_projects() if each.shots]
    quotes = [_quote_of_rest(each) for each in projects]
    usd = sum((quote.usd for quote in quotes), Decimal(0))
    usd_high = sum((quote.usd_high for quote in quotes), Decimal(0))
    missing = sum(len(quote.shots) for quote in quotes)
    price = price_text(usd, usd_high) if missing else dollars(Decimal(0))
    mix = None if view.project is None or not missing else _mix_of_rest(view.project)
    told = "One take of every shot that has no clip yet, on the models as they are set."
    _card("What will the rest cost?", price, _rest_lines(missing, mix, report), told=told)


_quoted: dict[str, tuple[Project, BatchQuote]] = {}
"""What the rest of each project costs, as the project was when that was last asked."""


def _quote_of_rest(project: Project) -> BatchQuote:
    known = _quoted.get(project.id)
    if known is None or known[0] is not project:
        shots = [shot for shot in remaining(project) if project.model_of(shot) in the_studio().catalogue]
        known = _quoted[project.id] = project, quote_shots(the_studio().catalogue, project, shots)
    return known[1]


def _mix_of_rest(project: Project) -> Mix:
    return offers(project, "missing", Wish(sound=project.sound)).mix


def _rest_lines(missing: int, mix: Mix | None, report: CostReport) -> Iterator[str]:
    yield f"{counted(missing, 'shot')} without a clip, one take each" if missing else "Every shot has a clip"
    if mix is not None and mix.shots:
        yield f"{price_text(mix.usd, mix.usd_high)} with the cheapest mix of paid models"
    share = report.total.kept_share
    if missing and share and share < 0.95:
        yield f"so far {1 / share:.1f} clips were made for each one kept"
    if report.reserved_usd:
        under_way = counted(report.total.open, "take")
        yield f"{dollars(cents(report.reserved_usd))} reserved for {under_way} under way"


def _show_left(view: View, report: CostReport) -> None:
    states = states_of(view)
    hard = [state for state in states or () if state.budget.hard] or states
    if not hard:
        told = "Set limits under Budgets: soft ones warn, hard ones refuse."
        none = "No limit is set" if states is not None else LIMITS_UNREADABLE
        lines = iter([none, f"{dollars(cents(report.reserved_usd))} reserved"])
        _card("What is left to spend?", "–", lines, told=told)
        return
    tightest = min(hard, key=lambda state: state.left_usd)
    told = "What the tightest limit still lets through, takes under way and at risk counted."
    _card("What is left to spend?", dollars(cents(tightest.left_usd)), _left_lines(tightest), told=told)


def states_of(view: View) -> list[BudgetState] | None:
    """The limits that this view is about: the project's, or those of all projects together.

    None when they cannot be read, which an alert says.
    """
    try:
        if view.project is not None:
            return the_studio().budget_states(view.project.id)
        return [state for state in the_studio().budget_states() if state.budget.project_id is None]
    except Damaged:
        return None


def _left_lines(state: BudgetState) -> Iterator[str]:
    yield f"of {dollars(state.budget.usd)} · {short_title(state.budget)}"
    yield run_out_text(state, today())


def cents(usd: Decimal) -> Decimal:
    """An amount as it is read from afar: whole cents."""
    return usd.quantize(CENT) if usd >= CENT or not usd else usd.quantize(Decimal("0.0001"))


def on_day(report: CostReport) -> Decimal:
    """Dollars spent on what was ordered today."""
    part = report.by(Dimension.DAY).get(today().isoformat())
    return cents(part.spent_usd) if part else Decimal(0)


def in_month(report: CostReport) -> Decimal:
    """Dollars spent on what was ordered this month."""
    month = today().isoformat()[:7]
    parts = (part for day, part in report.by(Dimension.DAY).items() if day.startswith(month))
    return cents(sum((part.spent_usd for part in parts), Decimal(0)))
