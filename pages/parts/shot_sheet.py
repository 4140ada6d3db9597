"""One shot, large: its still, its words, and what the model will get."""

from html import escape

import streamlit as st

from core.catalogue import Catalogue
from core.edits import Edit
from core.errors import StillmotionError
from core.links import still_url
from core.project import Project, Shot
from core.studio import the_studio
from core.timeline import in_order, needed_frames
from pages.parts.cutting import show_shot_in_cut
from pages.parts.fields import field_key, follow
from pages.parts.outcome import Outcome, keep_outcome, save
from pages.parts.prompt_limit import cut_prompt
from pages.parts.words import FIELDS, model_name, plain

_CHOSEN = "shot_in_view"


def show_shot_sheet(project: Project, catalogue: Catalogue) -> None:
    """The shot in view, with the ways to the one before and the one after."""
    shot = _choose_shot(project)
    picture, words = st.columns([3, 2], gap="medium")
    with picture:
        _still(project, shot)
        show_shot_in_cut(project, shot)
    with words:
        _words(project, shot, catalogue)


def _choose_shot(project: Project) -> Shot:
    shots = in_order(project.shots)
    ids = [shot.shot_id for shot in shots]
    if st.session_state.get(_CHOSEN) not in ids:
        st.session_state[_CHOSEN] = ids[0]
    at = ids.index(st.session_state[_CHOSEN])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Shot before",
            icon=":material/chevron_left:",
            disabled=at == 0,
            on_click=_view,
            args=(ids[max(0, at - 1)],),
        )
        st.selectbox(
            "Shot", ids, key=_CHOSEN, persist_state="session", label_visibility="collapsed", width=180
        )
        st.button(
            "Shot after",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=at == len(ids) - 1,
            on_click=_view,
            args=(ids[min(len(ids) - 1, at + 1)],),
        )
        st.space("stretch")
        _move_button(project, ids[at], "Move earlier", ":material/arrow_back:", disabled=at == 0)
        _move_button(project, ids[at], "Move later", ":material/arrow_forward:", disabled=at == len(ids) - 1)
    return shots[at]


def _move_button(project: Project, shot_id: str, label: str, icon: str, *, disabled: bool) -> None:
    st.button(
        label,
        icon=icon,
        type="tertiary",
        disabled=disabled,
        help="It and its neighbour change places, each as long as it was.",
        on_click=_move,
        args=(project.id, shot_id, label == "Move earlier"),
    )


def _move(project_id: str, shot_id: str, earlier: bool) -> None:
    try:
        the_studio().move_shot(project_id, shot_id, earlier=earlier)
    except StillmotionError as error:
        keep_outcome(Outcome(project_id=project_id, errors=(error,)))
    else:
        keep_outcome(Outcome(project_id=project_id))


def _view(shot_id: str) -> None:
    st.session_state[_CHOSEN] = shot_id


def _still(project: Project, shot: Shot) -> None:
    """The still in a frame of its own size, so that nothing moves when it arrives."""
    render = shot.render
    st.html(
        f'<img src="{escape(still_url(project.id, render.sha256))}" alt="{escape(render.source_name)}"'
        f' width="{render.width}" height="{render.height}"'
        ' style="width: 100%; height: auto; max-height: 68vh; object-fit: contain; display: block">'
    )
    seconds = float(needed_frames(shot, project.frame_rate) / project.frame_rate)
    st.caption(
        f"{plain(render.source_name)} · {render.width} × {render.height} · {seconds:.2f} s,"
        f" from {shot.start:.2f} s to {shot.end:.2f} s"
    )


def _words(project: Project, shot: Shot, catalogue: Catalogue) -> None:
    def key(field: str) -> str:
        return field_key(project.id, field, shot.shot_id)

    camera, place = shot.camera_language, shot.environment
    elements = ", ".join(shot.symbolic_elements)
    st.text_input(
        FIELDS["camera_language"],
        placeholder="slow push in",
        **follow(key("camera_language"), camera, camera, typed=True),
    )
    st.slider(
        f"{FIELDS['energy']}, from calm to wild",
        min_value=0.0,
        max_value=1.0,
        step=0.05,
        **follow(key("energy"), shot.energy, shot.energy),
    )
    st.text_input(
        FIELDS["environment"],
        placeholder="launch pad at dawn",
        **follow(key("environment"), place, place, typed=True),
    )
    st.text_input(
        FIELDS["symbolic_elements"],
        placeholder="steam, flag",
        help="With commas. The first two reach the motion prompt.",
        **follow(key("symbolic_elements"), elements, shot.symbolic_elements, typed=True),
    )
    st.selectbox(
        FIELDS["video_model"],
        ["", *(model.key for model in catalogue)],
        format_func=lambda each: model_name(catalogue[each]) if each else "As the project",
        **follow(key("video_model"), shot.video_model, shot.video_model),
    )
    st.text_area(
        FIELDS["motion_prompt"],
        height=110,
        **follow(key("motion_prompt"), shot.words, shot.motion_prompt, typed=True),
    )
    _prompt_facts(project, shot, catalogue)


def _prompt_facts(project: Project, shot: Shot, catalogue: Catalogue) -> None:
    """Whose words they are, and what the model's limit leaves of them."""
    if shot.motion_prompt:
        st.button(
            "Go back to the written prompt",
            icon=":material/undo:",
            type="tertiary",
            on_click=_forget_own_words,
            args=(project, shot),
        )
    else:
        st.caption("Written from the words above. Change it to use your own.")
    cut = cut_prompt(project, shot, catalogue)
    if cut is not None:
        st.warning(
            f"It would get only: {plain(cut.left)}",
            title=f"{cut.model.name} takes {cut.model.prompt.max_chars} of {len(shot.words)} characters",
            icon=":material/content_cut:",
        )


def _forget_own_words(project: Project, shot: Shot) -> None:
    save(project.id, [Edit(shot_id=shot.shot_id, field="motion_prompt", was=shot.motion_prompt, now="")])
