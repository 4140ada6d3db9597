"""The project that a person works on: chosen once, the same on every page, named in the address."""

import streamlit as st

from core.project import Project
from core.studio import Studio, the_studio
from pages.parts.notices import errors_shown


def studio() -> Studio:
    """The studio of this process."""
    return the_studio()


def current_project() -> Project | None:
    """The chosen project, below its chooser; None when there is none to work on, which was said."""
    summaries = studio().projects()
    if not summaries:
        st.info("Create one on the Project page.", title="There is no project yet")
        return None
    ids = [summary.project_id for summary in summaries]
    titles = {summary.project_id: summary.title for summary in summaries}
    wanted = st.session_state.get("project_id") or st.query_params.get("project")
    chosen = st.selectbox(
        "Project", ids, index=ids.index(wanted) if wanted in ids else 0, format_func=lambda each: titles[each]
    )
    st.session_state["project_id"] = chosen
    st.query_params["project"] = chosen
    with errors_shown():
        return studio().project(chosen)
    return None
