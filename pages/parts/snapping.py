"""Cuts on the beat: the shift of every cut, shown before one click moves them."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from core.edits import Edit
from core.errors import StillmotionError
from core.project import Project
from core.studio import the_studio
from core.timeline import Reason, SnapPlan
from pages.parts.notices import errors_shown
from pages.parts.outcome import Outcome, keep_outcome, save
from pages.parts.words import counted

TEMPO, MUSIC = "A tempo", "The music"
STEPS = {
    0.5: "Every half beat",
    1.0: "Every beat",
    2.0: "Every 2 beats",
    4.0: "Every 4 beats",
    8.0: "Every 8 beats",
}
_MOVED = "cuts_moved"
"""What the last click moved, so that it can be put back."""
_TALLEST_PX = 215
"""So many rows that the button below them is in view in a window 800 high."""
_WIDTH_PX = 560
"""Room for the longest reason."""
_ROW_PX = 35


def show_snapping(project: Project) -> None:
    """Where the beats come from, what they would do to every cut, and the button that moves them."""
    with st.container(width=_WIDTH_PX):
        _show(project)


def _show(project: Project) -> None:
    where = st.segmented_control(
        "Beats of",
        [TEMPO, MUSIC],
        default=TEMPO,
        required=True,
        key="snap_where",
        persist_state="session",
        disabled=project.track is None,
        help=None if project.track else "Lay music under the cut to have its beats heard.",
    )
    with errors_shown():
        by_ear = where == MUSIC and project.track is not None
        plan = _by_ear(project) if by_ear else _by_tempo(project)
        _show_plan(project, plan)


def _by_tempo(project: Project) -> SnapPlan:
    left, right = st.columns(2)
    bpm = left.number_input(
        "Beats per minute", 20.0, 400.0, 120.0, 1.0, "%.2f", key="snap_bpm", persist_state="session"
    )
    offset = right.number_input(
        "One beat falls on, in seconds",
        0.0,
        36_000.0,
        0.0,
        0.01,
        "%.3f",
        key="snap_offset",
        persist_state="session",
        help="The time of any one beat, such as the first.",
    )
    every, most = _how()
    return the_studio().plan_snap(project.id, bpm=bpm, offset=offset, every=every, max_shift=most)


def _by_ear(project: Project) -> SnapPlan:
    with st.spinner("Listening to the music; the first time this takes up to half a minute."):
        beats = the_studio().beats(project.id)
    st.caption(f"{counted(len(beats.beats_s), 'beat')} heard, about {beats.bpm:.0f} per minute.")
    every, most = _how()
    return the_studio().plan_snap(project.id, every=every, max_shift=most)


def _how() -> tuple[float, float]:
    """Beats from one place for a cut to the next, and seconds that a cut may move."""
    left, right = st.columns(2)
    every = left.selectbox(
        "A cut may fall on",
        list(STEPS),
        index=1,
        format_func=lambda each: STEPS[each],
        key="snap_every",
        persist_state="session",
    )
    most = right.number_input(
        "And moves by at most, in seconds",
        0.0,
        60.0,
        0.3,
        0.05,
        "%.2f",
        key="snap_most",
        persist_state="session",
    )
    return every, most


def _show_plan(project: Project, plan: SnapPlan) -> None:
    if not plan.shifts:
        st.caption("There are no cuts yet: it takes two shots to make one.")
        return
    st.dataframe(
        _frame(plan),
        hide_index=True,
        row_height=_ROW_PX,
        height=min(_ROW_PX * (len(plan.shifts) + 1) + 3, _TALLEST_PX),
        column_config={
            "Shot": st.column_config.TextColumn(width=82),
            "Now": st.column_config.NumberColumn(format="%.3f", width=72),
            "On the beat": st.column_config.NumberColumn(format="%.3f", width=88),
            "Shift": st.column_config.NumberColumn(format="%+.3f", width=72),
        },
        placeholder="",
        alt="Shift of every cut",
    )
    moved = len(plan.moved)
    st.caption(
        f"{moved} of {counted(len(plan.shifts), 'cut')} would move. The first shot's start and the last one's"
        " end stay."
    )
    st.button(
        f"Move {counted(moved, 'cut')}" if moved else "Nothing to move",
        icon=":material/graphic_eq:",
        type="primary",
        disabled=not moved,
        on_click=_move,
        args=(project.id, plan),
    )
    _offer_way_back(project)


def _offer_way_back(project: Project) -> None:
    kept: tuple[str, tuple[Edit, ...]] | None = st.session_state.get(_MOVED)
    if kept is not None and kept[0] == project.id:
        st.button(
            "Put the cuts back",
            icon=":material/undo:",
            type="tertiary",
            on_click=_put_back,
            args=kept,
        )


def _put_back(project_id: str, moved: tuple[Edit, ...]) -> None:
    st.session_state.pop(_MOVED, None)
    back = [replace(edit, now=edit.was, was=edit.now) for edit in moved]
    save(project_id, back)


def _frame(plan: SnapPlan) -> pd.DataFrame:
    """A row for each cut, named by the shot that begins on it."""
    return pd.DataFrame(
        [
            {
                "Shot": shift.shot_id,
                "Now": shift.from_s,
                "On the beat": shift.to_s if shift.reason is Reason.TO_BEAT else None,
                "Shift": shift.shift_s if shift.reason is Reason.TO_BEAT else None,
                "Why": f"{shift.reason[:1].upper()}{shift.reason[1:]}",
            }
            for shift in plan.shifts
        ]
    )


def _move(project_id: str, plan: SnapPlan) -> None:
    try:
        outcome = the_studio().move_cuts(project_id, plan.moves)
    except StillmotionError as error:
        keep_outcome(Outcome(project_id=project_id, errors=(error,)))
        return
    st.session_state[_MOVED] = (project_id, outcome.applied)
    moved = sum(edit.field == "start" for edit in outcome.applied)
    keep_outcome(
        Outcome(
            project_id=project_id,
            done=f"{counted(moved, 'cut')} moved to the beat." if moved else "",
            errors=outcome.refused,
            conflicts=outcome.conflicts,
        )
    )
