"""Creating a project: the same few questions in a dialog, and on the page when there is no project yet."""

import streamlit as st

from core.catalogue import Aspect
from core.project import FRAME_RATES, SIZES
from core.studio import the_studio
from pages.parts.notices import errors_shown
from pages.parts.words import SHAPES, model_name

PROJECT_PAGE = "project.py"
SIZE_NAMES = ("720p, HD", "1080p, Full HD", "2160p, 4K")
"""What the sizes of every shape are called, in the order of SIZES."""


def new_project_button() -> None:
    """The way to a new project, from any page."""
    if st.button("New project", icon=":material/add:", type="tertiary"):
        _new_project_dialog()


@st.dialog("New project", icon=":material/add:")
def _new_project_dialog() -> None:
    new_project_form("dialog")


def new_project_form(where: str) -> None:
    """Title, shape, size, rate and model; the new project is then the one at work. `where` names the form."""
    shapes, catalogue = list(Aspect), the_studio().catalogue
    with st.form(f"new_project_{where}", border=False):
        title = st.text_input("Title", max_chars=120, placeholder="Ascent", key=f"new_title_{where}")
        shape = st.radio(
            "Shape",
            shapes,
            format_func=lambda each: SHAPES[each],
            horizontal=True,
            key=f"new_shape_{where}",
        )
        left, right = st.columns(2)
        size = left.selectbox(
            "Size", range(len(SIZE_NAMES)), format_func=SIZE_NAMES.__getitem__, key=f"new_size_{where}"
        )
        fps = right.selectbox(
            "Frames per second",
            list(FRAME_RATES),
            index=list(FRAME_RATES).index("25"),
            key=f"new_fps_{where}",
        )
        model = st.selectbox(
            "Model",
            [model.key for model in catalogue],
            format_func=lambda key: model_name(catalogue[key]),
            key=f"new_model_{where}",
            help="For shots that name none of their own. It can be changed at any time.",
        )
        if st.form_submit_button("Create project", type="primary"):
            with errors_shown():
                project = the_studio().create_project(
                    title, aspect=shape, size=SIZES[shape][size], fps=fps, model=model
                )
                st.switch_page(PROJECT_PAGE, query_params={"project": project.id})
