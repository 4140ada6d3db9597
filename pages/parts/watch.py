"""A slow look at the disk: when somebody else changes the project, the page follows."""

from typing import Any

import streamlit as st

from core.errors import StillmotionError
from core.project import Project
from core.studio import the_studio

_EVERY_S = 4.0
_FLAG = "drawing_was_asked_by_watch"
_QUIET = "drawing_is_quiet"


def begin_drawing() -> None:
    """Find out who asked for this drawing of the page. Call first."""
    st.session_state[_QUIET] = st.session_state.pop(_FLAG, False)


def is_quiet() -> bool:
    """Whether somebody else's change asked for this drawing: there may be half a word somewhere."""
    return bool(st.session_state.get(_QUIET, False))


@st.fragment(run_every=_EVERY_S)
def watch(drawn: Project) -> None:
    """Draw the page again once the storyboard on disk differs from `drawn`. New clips do not count."""
    try:
        there = the_studio().project(drawn.id)
    except StillmotionError:
        st.rerun()
    if there.revision != drawn.revision and _to_the_eye(there) != _to_the_eye(drawn):
        st.session_state[_FLAG] = True
        st.rerun()


def _to_the_eye(project: Project) -> dict[str, Any]:
    clips = {"shots": {"__all__": {"render": {"video"}}}}
    return project.model_dump(exclude={"revision": True, "updated_at": True, **clips})
