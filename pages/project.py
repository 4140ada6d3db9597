"""The project page: a storyboard, its settings, its stills and its music."""

from collections.abc import Callable

import streamlit as st

from core.project import Project
from core.studio import the_studio
from core.timeline import total_frames
from pages.parts.bring_in import bring_music, bring_stills
from pages.parts.current import current_project
from pages.parts.outcome import show_outcome
from pages.parts.price_line import show_price
from pages.parts.settings_panel import show_settings
from pages.parts.shot_sheet import show_shot_sheet
from pages.parts.shot_table import show_shot_table, take_edits
from pages.parts.shot_tools import remove_shots_form, show_oddities
from pages.parts.snapping import show_snapping
from pages.parts.watch import begin_drawing, watch
from pages.parts.words import SHAPES, counted, plain, seconds_text, size_name

TABLE, ONE_SHOT = "All shots", "One shot"


def show_header(project: Project) -> None:
    """What the project is, and the doors to everything that is set once."""
    st.caption(facts(project))
    with st.container(horizontal=True, gap="xsmall"):
        door("Settings", ":material/tune:", lambda: show_settings(project, the_studio().catalogue))
        door("Music", ":material/music_note:", lambda: bring_music(project))
        if project.shots:
            door("On the beat", ":material/graphic_eq:", lambda: show_snapping(project))
            door("Bring in stills", ":material/add_photo_alternate:", lambda: bring_stills(project))
            door("Remove shots", ":material/delete:", lambda: remove_shots_form(project))


def door(label: str, icon: str, show: Callable[[], None]) -> None:
    """A button that opens `show`. What is behind it is drawn once it is open: a field that is drawn unseen
    forgets what it was given, and would save its own beginning."""
    popover = st.popover(label, icon=icon, key=f"door_{label}", on_change="rerun")
    if popover.open:
        with popover:
            show()


def facts(project: Project) -> str:
    """The project in one line."""
    catalogue = the_studio().catalogue
    model = catalogue[project.video_model].name if project.video_model in catalogue else project.video_model
    length = seconds_text(float(total_frames(project) / project.frame_rate))
    return " · ".join(
        [
            f"{counted(len(project.shots), 'shot')} · {length}" if project.shots else "no shots yet",
            f"{SHAPES[project.aspect]}, {size_name(project.size)}",
            f"{project.fps} frames per second",
            model,
            f"music: {plain(project.track.source_name)}" if project.track else "no music",
        ]
    )


def show_storyboard(project: Project) -> None:
    """The shots: in a table, or one of them large."""
    table, one_shot = st.tabs([TABLE, ONE_SHOT], key="storyboard_view", on_change="rerun")
    if table.open:
        with table:
            show_shot_table(project, the_studio().catalogue)
    if one_shot.open:
        with one_shot:
            show_shot_sheet(project, the_studio().catalogue)


def show_page(project: Project) -> None:
    """The whole page below the chooser."""
    show_header(project)
    show_outcome(project.id)
    if not project.shots:
        with st.container(border=True):
            st.subheader("Bring in the stills", icon=":material/add_photo_alternate:")
            st.caption("Each becomes a shot, in the order of the names. JPEG, PNG and WebP stay as they are.")
            bring_stills(project)
        return
    show_storyboard(project)
    show_oddities(project, the_studio().catalogue)
    show_price(project)


begin_drawing()
chosen = current_project()
if chosen is not None:
    take_edits(chosen)
    now = the_studio().project(chosen.id)
    show_page(now)
    watch(now)
