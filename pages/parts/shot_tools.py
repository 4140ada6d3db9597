"""What is done to several shots at once: lining up, removing; and what is odd about them."""

from collections.abc import Sequence

import streamlit as st

from core.catalogue import Catalogue
from core.errors import StillmotionError
from core.project import Project
from core.studio import the_studio
from core.timeline import Problem, fit_problems, problems
from pages.parts.outcome import Outcome, keep_outcome
from pages.parts.prompt_limit import cut_prompt
from pages.parts.words import counted

_SHOWN = 3


def show_oddities(project: Project, catalogue: Catalogue) -> None:
    """Gaps and overlaps, with the way to close them; clips too short for their shots; prompts cut short."""
    odd = problems(project)
    if odd:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(
                _lines(odd),
                title="The times of the shots do not meet",
                icon=":material/view_timeline:",
            )
            st.button(
                "Line up the shots",
                icon=":material/align_horizontal_left:",
                on_click=_line_up,
                args=(project,),
            )
    unfilled = fit_problems(project)
    if unfilled:
        st.info(
            _lines(unfilled),
            title=f"{counted(len(unfilled), 'clip')} cannot fill the time of its shot"
            if len(unfilled) == 1
            else f"{counted(len(unfilled), 'clip')} cannot fill the time of their shots",
            icon=":material/hourglass_bottom:",
        )
    cut = _cut_prompts(project, catalogue)
    if cut:
        named = ", ".join(cut[:8]) + (" and others" if len(cut) > 8 else "")
        st.info(
            f"{named}. Open “One shot” to see what is left of it.",
            title=f"{counted(len(cut), 'motion prompt')} will be cut to the model's limit",
            icon=":material/content_cut:",
        )


def _lines(odd: Sequence[Problem]) -> str:
    """The first few, a line each."""
    lines = [f"{problem.what} {problem.remedy}" for problem in odd[:_SHOWN]]
    more = [f"and {len(odd) - _SHOWN} more like it."] if len(odd) > _SHOWN else []
    return "  \n".join([*lines, *more])


def _cut_prompts(project: Project, catalogue: Catalogue) -> list[str]:
    """Shots whose motion prompt is longer than their model takes."""
    return [shot.shot_id for shot in project.shots if cut_prompt(project, shot, catalogue) is not None]


def _line_up(project: Project) -> None:
    try:
        the_studio().line_up(project.id)
    except StillmotionError as error:
        keep_outcome(Outcome(project_id=project.id, errors=(error,)))
    else:
        keep_outcome(Outcome(project_id=project.id, done="The shots now follow one another."))


def remove_shots_form(project: Project) -> None:
    """Choose shots and take them out of the storyboard."""
    with st.form(f"remove_{project.id}", border=False, clear_on_submit=True):
        chosen = st.multiselect(
            "Shots to remove", [shot.shot_id for shot in project.shots], placeholder="Choose shots"
        )
        st.caption("Their stills, takes and clips stay on the disk.")
        pressed = st.form_submit_button("Remove them", icon=":material/delete:")
    if pressed and chosen:
        _remove(project, chosen)
        st.rerun()


def _remove(project: Project, chosen: Sequence[str]) -> None:
    try:
        the_studio().remove_shots(project.id, chosen)
    except StillmotionError as error:
        keep_outcome(Outcome(project_id=project.id, errors=(error,)))
    else:
        keep_outcome(Outcome(project_id=project.id, done=f"{counted(len(chosen), 'shot')} removed."))
