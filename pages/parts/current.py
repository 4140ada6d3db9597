"""The project that a person works on: chosen once, the same on every page, named in the address."""

from collections import Counter

import streamlit as st

from core.errors import Damaged, StillmotionError
from core.project import Project
from core.studio import ProjectSummary, the_studio
from pages.parts.new_project import new_project_button, new_project_form
from pages.parts.notices import errors_shown, show_error

PARAMETER = "project"
"""Its name in the address."""
_REMEMBERED = "current_project_id"
_CHOOSER = "project_chooser"


def current_project() -> Project | None:
    """The chosen project, below its chooser; None when there is none, which was said."""
    summaries = {str(summary.project_id): summary for summary in the_studio().projects()}
    if not summaries:
        _offer_first_project()
        return None
    chosen = _choose(summaries)
    if chosen is None:
        return None
    try:
        return the_studio().project(chosen)
    except StillmotionError as error:
        _show_unreadable(chosen, error)
        return None


def _offer_first_project() -> None:
    with st.container(border=True, width=560):
        st.subheader("Your first project")
        st.caption("Name it, choose its shape, then bring in its stills.")
        new_project_form("first")


def _choose(summaries: dict[str, ProjectSummary]) -> str | None:
    """The chooser and the way to a new project, in one row that is the same on every page."""
    wanted = _wanted(summaries)
    st.session_state[_CHOOSER] = wanted if wanted in summaries else None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.selectbox(
            "Project",
            list(summaries),
            index=0 if wanted in summaries else None,
            key=_CHOOSER,
            on_change=_remember_choice,
            format_func=_labels(summaries).__getitem__,
            placeholder="Choose a project",
            label_visibility="collapsed",
            width=360,
        )
        new_project_button()
    if wanted not in summaries:
        st.warning(
            "It may have been renamed or removed. Choose another one above.",
            title=f"There is no project called {wanted[:60]}",
            icon=":material/search_off:",
        )
        return None
    remember_project(wanted)
    return wanted


def _wanted(summaries: dict[str, ProjectSummary]) -> str:
    """What the address names, else what was chosen before, else what was changed last."""
    remembered = st.session_state.get(_REMEMBERED)
    if remembered not in summaries:
        remembered = next(iter(summaries))
    return st.query_params.get(PARAMETER) or str(remembered)


def _labels(summaries: dict[str, ProjectSummary]) -> dict[str, str]:
    """A label for each project; the same title twice is told apart by the project's folder."""
    titles = Counter(summary.title for summary in summaries.values())
    return {
        project_id: summary.title
        + (f" ({project_id})" if titles[summary.title] > 1 else "")
        + (" (damaged)" if summary.damage else "")
        for project_id, summary in summaries.items()
    }


def _remember_choice() -> None:
    chosen = st.session_state[_CHOOSER]
    if chosen:
        remember_project(chosen)


def remember_project(project_id: str) -> None:
    """Make it the project of every page, and name it in the address."""
    st.session_state[_REMEMBERED] = project_id
    if st.query_params.get(PARAMETER) != project_id:
        st.query_params[PARAMETER] = project_id


def _show_unreadable(project_id: str, error: StillmotionError) -> None:
    show_error(error)
    if isinstance(error, Damaged) and st.button(
        "Restore the version before", icon=":material/history:", help="The damaged file is kept beside it."
    ):
        with errors_shown():
            the_studio().restore_project(project_id)
            st.rerun()
