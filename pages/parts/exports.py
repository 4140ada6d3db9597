"""Exports as people see them: the player, what is under way, and the list of earlier ones."""

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from core.errors import NotNow, StillmotionError
from core.exporter import Export, ExportState, Mode, Quality
from core.links import export_url, still_url
from core.project import Project, width_and_height
from core.studio import the_studio
from core.timeline import places
from pages.parts.certificate import show_certificate, show_summary
from pages.parts.export_details import show_contents
from pages.parts.notices import errors_shown
from pages.parts.when import when_text
from pages.parts.words import left_text, plain, seconds_text, size_name

MODES = {
    Mode.ANIMATED: ("Animated", "The clips you chose; the animatic stands in where a shot has none."),
    Mode.ANIMATIC: ("Animatic", "The app's own camera moves over every still. Free."),
    Mode.STILLS: ("Stills", "Nothing moves: every still stands for as long as its shot. Free."),
}
"""What an export of each mode is called, and what is in it."""
STATES = {
    ExportState.QUEUED: ("Waiting", ":material/schedule:", "gray"),
    ExportState.RUNNING: ("Under way", ":material/progress_activity:", "primary"),
    ExportState.DONE: ("Done", ":material/check_circle:", "green"),
    ExportState.FAILED: ("Failed", ":material/error:", "red"),
    ExportState.CANCELLED: ("Cancelled", ":material/block:", "gray"),
}
"""Word, sign and colour of each state."""
LISTED = 8
"""Exports in one leaf of the list."""
TALLEST_PX = 500
"""Height that an upright or square picture gets, so that its player fits on a screen."""
_SHOWN = "shown_export"


def watch(project: Project, exports: list[Export]) -> None:
    """What is under way, with a way to end it; brings the page up to date when anything changed."""
    busy = any(export.under_way for export in exports)
    st.fragment(_under_way, run_every=1.0 if busy else 4.0)(project.id, _known(project, exports))


def _known(project: Project, exports: list[Export]) -> tuple[object, ...]:
    return project.revision, *((export.export_id, export.state) for export in exports)


def _under_way(project_id: str, known: tuple[object, ...]) -> None:
    exports: list[Export] = []
    with errors_shown():
        exports = the_studio().exports(project_id)
        if _known(the_studio().project(project_id), exports) != known:
            st.rerun()
    for export in reversed([each for each in exports if each.under_way]):
        st.progress(min(export.fraction, 1.0), text=progress_text(export))
        st.button(
            "Cancel",
            icon=":material/close:",
            key=f"cancel-{export.export_id}",
            help="Ends this export. Parts that are finished are kept for the next one.",
            on_click=_cancel,
            args=(project_id, export.export_id),
        )


def progress_text(export: Export) -> str:
    """How far an export is: "Animatic: 3 of 6 parts made · 42 % · about 8 s left"."""
    left = f" · {left_text(export.remaining_s)}" if export.remaining_s else ""
    return f"{MODES[export.mode][0]}: {export.stage} · {export.fraction * 100:.0f} %{left}"


def _cancel(project_id: str, export_id: str) -> None:
    try:
        the_studio().cancel_export(project_id, export_id)
    except NotNow:  # it ended by itself meanwhile, which the list shows
        return
    except StillmotionError as error:
        st.toast(f"{error} {error.remedy}", icon=":material/error:")


def show_failure(exports: list[Export]) -> None:
    """Why the newest export failed, and what to do."""
    if exports and exports[0].failure is not None:
        failure = exports[0].failure
        st.error(plain(failure.remedy), title=plain(failure.what), icon=":material/error:")


def show_newest() -> None:
    """Let the player show whatever was exported last."""
    st.session_state.pop(_SHOWN, None)


def shown_export(exports: list[Export]) -> Export | None:
    """The export in the player: the one a person chose, else the newest that is done."""
    done = [export for export in exports if export.state is ExportState.DONE]
    chosen = st.session_state.get(_SHOWN)
    return next((export for export in done if export.export_id == chosen), done[0] if done else None)


def show_player(project: Project, export: Export | None) -> None:
    """The delivered file, large, with its facts; the first still while there is none."""
    if export is None:
        _show_first_still(project)
        return
    with errors_shown():
        the_studio().export_file(export.project_id, export.export_id)
        url = export_url(export.project_id, export.export_id)
        with st.container(horizontal_alignment="center"):
            st.video(url, alt=f"{export.title}, {facts_text(export)}", width=_width(export.size))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.link_button("Download", f"{url}?download=1", icon=":material/download:", type="secondary")
            st.caption(facts_text(export))
        show_summary(export)


def _width(size: str) -> int | Literal["stretch"]:
    """As wide as there is room; upright and square pictures no taller than a screen."""
    width, height = width_and_height(size)
    return "stretch" if width >= 1.6 * height else max(1, TALLEST_PX * width // height)


def _show_first_still(project: Project) -> None:
    first = next(place.shot.render for place in places(project) if place.frames)
    shape = f"{first.width}x{first.height}"
    st.image(
        still_url(project.id, first.sha256),
        width=_width(shape),
        alt="The first still of the storyboard",
    )
    st.caption("Nothing has been exported yet: this is the first still. Press Export to see it move.")


def facts_text(export: Export, *, short: bool = False) -> str:
    """What was delivered, in one line."""
    frames = [] if short else [f"{export.frames:,} frames", f"{export.fps} frames per second"]
    weight = [bytes_text(export.bytes)] if export.bytes else []
    return " · ".join(
        [
            MODES[export.mode][0],
            *_asked_text(export),
            seconds_text(export.duration_s),
            *frames,
            size_name(export.size),
            *weight,
            when_text(export.finished_at or export.ordered_at),
        ]
    )


def _asked_text(export: Export) -> list[str]:
    """What was asked for beyond the usual."""
    told = ["draft"] if export.quality is Quality.DRAFT else []
    told += ["review copy"] if export.burn_in else []
    first, last = export.pieces[0].shot_id, export.pieces[-1].shot_id
    return [*told, f"{first} to {last}" if first != last else first] if export.part_of_cut else told


def bytes_text(count: int) -> str:
    """A file's size for people: "640 kB", "8.4 MB", "1.25 GB"."""
    if count < 1_000_000:
        return f"{max(1, count // 1000)} kB"
    return f"{count / 1e6:.1f} MB" if count < 1_000_000_000 else f"{count / 1e9:.2f} GB"


def list_exports(exports: list[Export], shown: Export | None) -> None:
    """Every export, newest first, a leaf at a time."""
    leaves = -(-len(exports) // LISTED)
    leaf = st.pagination(leaves, key="exports_leaf") if leaves > 1 else 1
    for export in exports[(leaf - 1) * LISTED : leaf * LISTED]:
        _show_row(export, shown)


def _show_row(export: Export, shown: Export | None) -> None:
    word, icon, color = STATES[export.state]
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(word, icon=icon, color=color)  # type: ignore[arg-type]
            st.markdown(facts_text(export, short=True), width="content")
            st.space("stretch")
            if export.state is ExportState.DONE:
                _row_buttons(export, shown is not None and shown.export_id == export.export_id)
        if export.failure is not None:
            st.markdown(f"**{export.failure.what}** {export.failure.remedy}")
        elif export.state is ExportState.DONE:
            _show_what_was_in(export)


def _show_what_was_in(export: Export) -> None:
    if export.fallbacks:
        stand_in = "The animatic stands in" if export.stand_in is Mode.ANIMATIC else "Stills stand in"
        st.caption(f"{stand_in} for {_stood_in(export)}.")
    opened = st.expander(
        "What was in it, and what was measured", key=f"contents-{export.export_id}", on_change="rerun"
    )
    if opened.open:
        with opened:
            show_contents(export)
            if export.certified:
                show_certificate(export)


def _stood_in(export: Export) -> str:
    whole = len(export.fallbacks) == len(export.pieces)
    return "every shot" if whole else named(export.fallbacks)


def _row_buttons(export: Export, shown: bool) -> None:
    with st.container(horizontal=True, width="content"):  # where it is narrow, they go down together
        st.button(
            "In the player" if shown else "Play",
            icon=":material/play_arrow:",
            key=f"play-{export.export_id}",
            disabled=shown,
            on_click=st.session_state.__setitem__,
            args=(_SHOWN, export.export_id),
        )
        st.link_button(
            "Download",
            f"{export_url(export.project_id, export.export_id)}?download=1",
            key=f"download-{export.export_id}",
            icon=":material/download:",
        )


def named(shot_ids: Sequence[str], most: int = 12) -> str:
    """Shots by name, as a list that people can read: "shot_002, shot_005 and 3 more"."""
    names = ", ".join(shot_ids[:most])
    return f"{names} and {len(shot_ids) - most} more" if len(shot_ids) > most else names
