"""The export page: choose what moves, make the file, watch it and take it along."""

import streamlit as st

from core.errors import InputRefused
from core.exporter import Export, Mode
from core.exporter.picture.titles import title_problems
from core.project import Project
from core.studio import the_studio
from core.timeline import fit_problems, frame_at, problems
from pages.parts.current import current_project
from pages.parts.cut_strip import show_cut
from pages.parts.delivery import choose_plan
from pages.parts.exports import (
    list_exports,
    named,
    show_failure,
    show_newest,
    show_player,
    shown_export,
    watch,
)
from pages.parts.hand_off import show_hand_off
from pages.parts.notices import errors_shown
from pages.parts.words import seconds_text, size_name

NOTES = 6
"""Problems of the timeline that are told in full; the rest are counted."""


def main() -> None:
    """The page, for the project at hand."""
    project = current_project()
    if project is None:
        return
    if not project.shots:
        st.info(
            "A cut needs stills. Bring some in, then come back to export it.",
            title=f"{project.title} has nothing to export yet",
            icon=":material/photo_library:",
        )
        st.page_link("project.py", label="Bring in stills", icon=":material/add_photo_alternate:")
        return
    with errors_shown():
        show_exporting(project)


def show_exporting(project: Project) -> None:
    """Player and desk side by side, the cut below them, then everything that was exported."""
    exports = the_studio().exports(project.id)
    player, desk = st.columns([2, 1], gap="medium")
    with desk:
        plan = choose_plan(project)
        order(project, plan)
        show_hand_off(plan)
    shown = shown_export(exports)
    with player:
        show_player(project, shown)
        if shown is not None and is_stale(project, shown, plan):
            st.caption(":material/update: The storyboard has changed since: export again to see it.")
        watch(project, exports)  # here it is in view, however long the desk beside it is
        show_failure(exports)
    st.subheader("The cut")
    show_cut(project, plan)
    show_notes(project, plan)
    if exports:
        st.subheader("Exports")
        list_exports(exports, shown)


def is_stale(project: Project, shown: Export, plan: Export) -> bool:
    """Whether the export in the player would come out otherwise if it were ordered again."""
    if shown.delivery != plan.delivery:
        try:
            plan = the_studio().plan_export(project.id, **dict(shown.delivery))
        except InputRefused:  # its first shot is no more, or the like
            return True
    return not shown.same_cut(plan)


def order(project: Project, plan: Export) -> None:
    """The facts of what will be made, and the button that orders it."""
    music = f"music: {project.track.source_name}" if project.track else "no music"
    facts = [
        f"{seconds_text(plan.duration_s)} ({plan.frames:,} frames)",
        size_name(plan.size),
        f"{plan.fps} frames per second",
        music,
    ]
    ready, of = the_studio().made_ahead(plan)
    if ready:
        facts.append(f"{'all' if ready == of else f'{ready} of {of}'} parts ready")
    st.caption(" · ".join(facts))
    if st.button("Export", type="primary", icon=":material/movie:", width="stretch"):
        with errors_shown():
            the_studio().order_export(project.id, **dict(plan.delivery))
            show_newest()
            st.rerun()


def show_notes(project: Project, plan: Export) -> None:
    """What a person should know about the cut before exporting it: calm, one line each."""
    _note_fallbacks(plan)
    track = project.track
    if track is not None and track.duration - plan.track_from_s < plan.duration_s - 0.05:
        short_s = plan.duration_s - max(0.0, track.duration - plan.track_from_s)
        _note(f"The music ends {seconds_text(short_s)} before the cut does; the rest is silent.")
    for told in shortened(project, plan):
        _note(told)
    found = [*problems(project), *(fit_problems(project) if plan.mode is Mode.ANIMATED else [])]
    found += title_problems([project.shot(piece.shot_id) for piece in plan.pieces])
    for problem in found[:NOTES]:
        _note(f"{problem.what} {problem.remedy}")
    if len(found) > NOTES:
        _note(f"{len(found) - NOTES} more of this kind: see to them on the Project page.")


def shortened(project: Project, plan: Export) -> list[str]:
    """Transitions for which there is less room than was asked for."""
    rate, told = plan.frame_rate, []
    for piece in plan.pieces[1:]:
        wanted = project.transition_into(project.shot(piece.shot_id))
        if piece.way_in_frames < frame_at(wanted.seconds, rate):
            room_s = float(piece.way_in_frames / rate)
            told.append(f"The {wanted.kind} into {piece.shot_id} has room for {room_s:.2g} s only.")
    return told


def _note_fallbacks(plan: Export) -> None:
    missing = plan.fallbacks
    if not missing:
        return
    whole = len(missing) == len(plan.pieces)
    which = "no shot has a clip yet" if whole else f"no clip yet for {named(missing)}"
    with st.container(horizontal=True, vertical_alignment="center"):
        stand_in = "The animatic stands in" if plan.stand_in is Mode.ANIMATIC else "Stills stand in"
        _note(f"{stand_in}: {which}.")
        st.page_link("animate.py", label="Animate shots", icon=":material/animation:")


def _note(text: str) -> None:
    st.caption(f":material/info: {text}", width="content")


main()
