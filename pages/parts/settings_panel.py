"""The settings of a project, each saved as it is changed."""

import streamlit as st

from core.catalogue import Aspect, Catalogue, Model
from core.project import FRAME_RATES, SIZES, Project
from pages.parts.cutting import show_cut_settings
from pages.parts.fields import field_key, follow
from pages.parts.words import FIELDS, SHAPES, model_name, size_name


def show_settings(project: Project, catalogue: Catalogue) -> None:
    """Title, shape, size, rate, model and sound; then how shots are cut together and what is heard."""
    st.text_input(
        FIELDS["title"],
        max_chars=120,
        **follow(field_key(project.id, "title"), project.title, project.title, typed=True),
    )
    st.radio(
        FIELDS["aspect"],
        list(Aspect),
        format_func=lambda each: SHAPES[each],
        horizontal=True,
        **follow(field_key(project.id, "aspect"), project.aspect, project.aspect),
    )
    left, right = st.columns(2)
    left.selectbox(
        FIELDS["size"],
        SIZES[project.aspect],
        format_func=size_name,
        **follow(field_key(project.id, "size"), project.size, project.size),
    )
    right.selectbox(
        FIELDS["fps"],
        list(FRAME_RATES),
        **follow(field_key(project.id, "fps"), project.fps, project.fps),
    )
    _model_and_sound(project, catalogue)
    show_cut_settings(project)


def _model_and_sound(project: Project, catalogue: Catalogue) -> None:
    keys = [model.key for model in catalogue]
    known = project.video_model in catalogue
    st.selectbox(
        FIELDS["video_model"],
        keys if known else [project.video_model, *keys],
        format_func=lambda key: model_name(catalogue[key]) if key in catalogue else f"{key} (not on offer)",
        **follow(field_key(project.id, "video_model"), project.video_model, project.video_model),
    )
    if not known:
        st.warning(
            "Choose one of those on offer.", title="This model is not on offer", icon=":material/block:"
        )
        return
    model = catalogue[project.video_model]
    st.caption(f"{model.best_for}. Lengths sold: {model.length.lengths()}.")
    if model.sound.kind == "choice":
        st.toggle(
            "Clips with sound",
            help=f"It usually costs more. {model.sound.note}".strip(),
            **follow(field_key(project.id, "sound"), project.sound, project.sound),
        )
    else:
        st.caption(_sound_note(model))


def _sound_note(model: Model) -> str:
    fallback = "Its clips come with sound." if model.sound.kind == "always" else "Its clips are silent."
    return model.sound.note or fallback
