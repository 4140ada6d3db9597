"""The fields of the cut: how a shot is entered, filled and titled, and what holds for the whole project."""

from collections.abc import Sequence

import streamlit as st

from core.editing import ClipSound, Fit, Framing, TrackEnd
from core.project import Project, Shot
from pages.parts.fields import field_key, follow
from pages.parts.words import (
    CLIP_SOUNDS,
    FIELDS,
    FITS,
    FRAMINGS,
    TRACK_ENDS,
    loudness_name,
    transition_name,
)

TRANSITIONS = (
    "cut",
    "dissolve 0.25",
    "dissolve 0.5",
    "dissolve 1",
    "dissolve 2",
    "dip 0.5",
    "dip 1",
    "dip 2",
)
"""Transitions on offer; a person may type another length."""
LOUDNESSES = ("-14", "-16", "-23", "off")


def show_shot_in_cut(project: Project, shot: Shot) -> None:
    """The way into the shot, how its clip fills it, and the words over it."""
    way_in, fit, title = st.columns(3, gap="small")
    own = "" if shot.transition is None else str(shot.transition)
    if shot.shot_id == min(project.shots, key=lambda each: each.start).shot_id:
        way_in.text_input(FIELDS["transition"], "It begins the cut", disabled=True)
    else:
        way_in.selectbox(
            FIELDS["transition"],
            _with(own, ("", *TRANSITIONS)),
            format_func=lambda each: (
                transition_name(each) if each else f"As all: {transition_name(str(project.transition))}"
            ),
            accept_new_options=True,
            help="From the shot before. Another length can be typed: dissolve 0.7.",
            **follow(field_key(project.id, "transition", shot.shot_id), own, shot.transition),
        )
    fit.selectbox(
        FIELDS["fit"],
        list(Fit),
        format_func=lambda each: FITS[each],
        help="How a clip that is too short fills its shot. One that is too long is trimmed.",
        **follow(field_key(project.id, "fit", shot.shot_id), shot.fit, shot.fit),
    )
    title.text_input(
        FIELDS["title"],
        max_chars=200,
        help="Words over the picture.",
        **follow(field_key(project.id, "title", shot.shot_id), shot.title, shot.title, typed=True),
    )


def show_cut_settings(project: Project) -> None:
    """How shots are framed and cut together, and what is heard."""
    left, right = st.columns(2)
    left.selectbox(
        FIELDS["framing"],
        list(Framing),
        format_func=lambda each: FRAMINGS[each],
        help="For pictures of another shape.",
        **follow(field_key(project.id, "framing"), project.framing, project.framing),
    )
    way = str(project.transition)
    right.selectbox(
        FIELDS["transition"],
        _with(way, TRANSITIONS),
        format_func=transition_name,
        accept_new_options=True,
        help="Into every shot that has none of its own. Another length can be typed: dissolve 0.7.",
        **follow(field_key(project.id, "transition"), way, project.transition),
    )
    left.selectbox(
        FIELDS["clip_sound"],
        list(ClipSound),
        format_func=lambda each: CLIP_SOUNDS[each],
        **follow(field_key(project.id, "clip_sound"), project.clip_sound, project.clip_sound),
    )
    loudness = "off" if project.loudness_lufs is None else f"{project.loudness_lufs:g}"
    right.selectbox(
        FIELDS["loudness_lufs"],
        _with(loudness, LOUDNESSES),
        format_func=loudness_name,
        accept_new_options=True,
        help="Of the whole cut, by EBU R128.",
        **follow(field_key(project.id, "loudness_lufs"), loudness, project.loudness_lufs),
    )
    left.selectbox(
        FIELDS["track_end"],
        list(TrackEnd),
        format_func=lambda each: TRACK_ENDS[each],
        help="When it is longer than the cut.",
        **follow(field_key(project.id, "track_end"), project.track_end, project.track_end),
    )


def _with(stored: str, offered: Sequence[str]) -> list[str]:
    """What is on offer, and what is stored when that is something else."""
    return [*offered, *([] if stored in offered else [stored])]
