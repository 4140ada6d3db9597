"""The animate page: every shot and where it stands, takes to order and stop, the chosen shot on monitors."""

from dataclasses import dataclass

import streamlit as st

from core.project import Project
from core.studio import the_studio
from pages.parts.actions import show_actions, show_progress
from pages.parts.board import Board, read_board
from pages.parts.confirming import confirm_paid_order
from pages.parts.current import current_project
from pages.parts.inspector import show_inspector
from pages.parts.monitors import show_monitors
from pages.parts.notices import errors_shown
from pages.parts.ordering import asked
from pages.parts.status_table import chosen_shot, show_table
from pages.parts.words import plain

LIVE_S = 1.0
"""How often the page looks while takes are under way."""
IDLE_S = 4.0
"""How often it looks otherwise: another window or the command line may have ordered something."""


@dataclass(frozen=True, kw_only=True)
class Pace:
    """What decides how often the page looks, and whether it asks something meanwhile."""

    busy: bool
    asked: bool


def main() -> None:
    """The page, for the project at hand."""
    project = current_project()
    if project is None:
        return
    if not project.shots:
        show_nothing_yet(project)
        return
    with errors_shown():
        confirm_paid_order()
        tell_damage(project)
        board = read_board(project.id)
        pace = Pace(busy=board.outlook.busy, asked=asked() is not None)
        st.fragment(live, run_every=LIVE_S if pace.busy else IDLE_S)(project.id, pace, [board])


def show_nothing_yet(project: Project) -> None:
    """What to do while the storyboard is empty."""
    st.info(
        "A clip is made from a still. Bring some in, then come back to animate them.",
        title=f"{project.title} has nothing to animate yet",
        icon=":material/photo_library:",
    )
    st.page_link("project.py", label="Bring in stills", icon=":material/add_photo_alternate:")


def tell_damage(project: Project) -> None:
    """Takes that are missing from the page because their receipts cannot be read."""
    damaged = the_studio().store.takes.damaged(the_studio().folder(project.id))
    if damaged:
        more = f" {len(damaged) - 1} more are like it." if len(damaged) > 1 else ""
        st.warning(
            plain(f"{damaged[0].remedy}{more}"), title=plain(str(damaged[0])), icon=":material/warning:"
        )


def live(project_id: str, pace: Pace, just_read: list[Board]) -> None:
    """All that changes by itself; the whole page runs only when its pace has to change.

    `just_read` holds the board when the whole page runs, and nothing when only this does.
    """
    with errors_shown():
        board = just_read.pop() if just_read else read_board(project_id)
        if pace != Pace(busy=board.outlook.busy, asked=asked() is not None) or not board.statuses:
            st.rerun()
        show_actions(board)
        show_progress(board)
        chosen = chosen_shot(board.project)
        monitors, inspector = st.columns([72, 28], gap="medium")
        with monitors:
            show_monitors(board.project, board.status(chosen))
        with inspector:
            show_inspector(board, board.status(chosen))
        show_table(board, chosen)


main()
