"""What the costs page looks at: project, days, models, people and outcomes, all of it in the address."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from core.costs import CostReport, Dimension, Filters, Outcome
from core.project import Project
from core.studio import the_studio
from pages.parts.words import counted

SCOPES = {"project": "This project", "all": "All projects"}
PERIODS = {"all": "All time", "today": "Today", "week": "7 days", "month": "This month", "days": "30 days"}
"""Ready-made stretches of days; "dates" is one that a person names."""
DATES = "dates"
OUTCOMES = {
    Outcome.KEPT: "In the cut",
    Outcome.SPARE: "Not used",
    Outcome.LOST: "Charged, no clip",
    Outcome.AT_RISK: "At risk",
    Outcome.OPEN: "Under way",
    Outcome.FREE: "Not charged",
}
"""What came of a take, for people."""
NOBODY = "not known"
"""What stands for a name that no line says."""


def today() -> date:
    """Today as the ledger counts days: UTC."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, kw_only=True)
class View:
    """What is looked at, and in which words that is told."""

    project: Project | None
    """The project at hand, when only it is looked at."""
    nothing_to_see: bool
    """Whether one project was asked for, and there is none at hand."""
    filters: Filters
    period: str
    """The days, for people."""
    narrowed: tuple[str, ...]
    """What else narrows it, for people."""

    @property
    def whose(self) -> str:
        """Whose money it is, for people."""
        return self.project.title if self.project else "All projects"


def ask_view(project: Project | None) -> View:
    """The row of choices. `project` is the one at hand."""
    whole = the_studio().costs()
    with st.container(horizontal=True, gap="medium", vertical_alignment="center"):
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
        period = st.segmented_control(
            "Days",
            [*PERIODS, DATES],
            format_func={**PERIODS, DATES: "Dates"}.__getitem__,
            default="all",
            required=True,
            key="days",
            bind="query-params",
            label_visibility="collapsed",
            help="Days are counted in UTC; a take belongs to the day it was ordered on.",
        )
        first, last = _days(period) if period != DATES else _named_days()
        models, people, outcomes = _ask_more(whole)
    one = project if scope == "project" else None
    return View(
        project=one,
        nothing_to_see=scope == "project" and one is None,
        filters=Filters(
            project_id=one.id if one else None,
            models=frozenset(models),
            people=frozenset(people),
            outcomes=frozenset(outcomes),
            first_day=first,
            last_day=last,
        ),
        period=_period_text(period, first, last),
        narrowed=(
            *(model_title(key) for key in models),
            *(name or NOBODY for name in people),
            *(OUTCOMES[each] for each in outcomes),
        ),
    )


def _ask_more(whole: CostReport) -> tuple[list[str], list[str], list[Outcome]]:
    """The choices that are made more seldom, behind one button that counts them."""
    chosen = sum(len(st.session_state.get(key) or ()) for key in ("models", "people", "outcomes"))
    label = f"Filter · {chosen}" if chosen else "Filter"
    with st.popover(label, icon=":material/filter_list:", key="more_filters"):
        models = st.multiselect(
            "Models",
            whole.names(Dimension.MODEL),
            format_func=model_title,
            key="models",
            bind="query-params",
            placeholder="All models",
        )
        people = st.multiselect(
            "People",
            whole.names(Dimension.PERSON),
            format_func=lambda name: name or NOBODY,
            key="people",
            bind="query-params",
            placeholder="Everybody",
        )
        outcomes = st.multiselect(
            "What came of it",
            list(OUTCOMES),
            format_func=OUTCOMES.__getitem__,
            key="outcomes",
            bind="query-params",
            placeholder="Anything",
        )
    return models, people, outcomes


def _named_days() -> tuple[date | None, date | None]:
    """Nothing is chosen at first: only what a person chose is in the address, and means the same tomorrow."""
    days: Sequence[date] = st.date_input(
        "From and to",
        [],
        max_value=today(),
        key="dates",
        bind="query-params",
        label_visibility="collapsed",
        width=240,
    )
    return (days[0], days[-1]) if days else (None, None)


def _days(period: str) -> tuple[date | None, date | None]:
    """First and last day of a ready-made stretch."""
    begins = {
        "today": today(),
        "week": today() - timedelta(days=6),
        "month": today().replace(day=1),
        "days": today() - timedelta(days=29),
    }
    first = begins.get(period)
    return first, today() if first else None


def _period_text(period: str, first: date | None, last: date | None) -> str:
    if period == DATES and first and last:
        return f"{day_text(first)} – {day_text(last)}"
    told = {"today": "today", "week": "in 7 days", "month": "this month", "days": "in 30 days"}
    return told.get(period, "since the start")


def tell_view(view: View) -> None:
    """What narrows the view, in a line; nothing when nothing does."""
    if view.narrowed:
        st.caption(f"Only {counted(len(view.narrowed), 'choice')}: {', '.join(view.narrowed)}")


def day_text(day: date) -> str:
    """A day for people: "3 Nov"; in another year than this one "3 Nov 2025"."""
    return f"{day.day} {day:%b}" if day.year == today().year else f"{day.day} {day:%b %Y}"


def model_title(key: str) -> str:
    """A model's name; its key when the catalogue no longer has it."""
    catalogue = the_studio().catalogue
    return catalogue[key].name if key in catalogue else key


def project_titles() -> Mapping[str, str]:
    """Title of each project by its id; the same title twice is told apart by the project's folder."""
    summaries = the_studio().projects()
    titles = Counter(summary.title for summary in summaries)
    return {
        each.project_id: f"{each.title} ({each.project_id})" if titles[each.title] > 1 else each.title
        for each in summaries
    }
