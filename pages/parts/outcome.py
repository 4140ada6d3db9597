"""What came of an action on a project, kept in view until the next one: done, noted, refused, in conflict."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from core.edits import Conflict, Edit, EditOutcome
from core.errors import StillmotionError
from core.storyboard import Brought
from core.studio import the_studio
from pages.parts.notices import show_error
from pages.parts.words import FIELDS, plain

_KEPT = "outcome_kept"
_SHOWN = 5
"""Lines of one kind that are shown; the rest is counted."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of one action."""

    project_id: str
    done: str = ""
    notes: tuple[str, ...] = ()
    errors: tuple[StillmotionError, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def keep_outcome(outcome: Outcome) -> None:
    """Show `outcome` from the next drawing on, in place of the one before."""
    st.session_state[_KEPT] = outcome


def save(project_id: str, edits: Sequence[Edit]) -> None:
    """Merge a person's edits into the project on disk, and keep what came of them."""
    try:
        outcome: EditOutcome = the_studio().edit(project_id, edits)
    except StillmotionError as error:
        keep_outcome(Outcome(project_id=project_id, errors=(error,)))
    else:
        keep_outcome(Outcome(project_id=project_id, errors=outcome.refused, conflicts=outcome.conflicts))


def brought(outcome: Brought) -> Outcome:
    """What came of bringing in stills."""
    count = len(outcome.shots)
    return Outcome(
        project_id=outcome.project.id,
        done=f"{count} {'still is' if count == 1 else 'stills are'} now in the storyboard." if count else "",
        notes=outcome.notes,
        errors=outcome.refused,
    )


def show_outcome(project_id: str) -> None:
    """What came of the last action on this project; nothing when there is nothing to say."""
    outcome: Outcome | None = st.session_state.get(_KEPT)
    if outcome is None or outcome.project_id != project_id:
        return
    if outcome.done or outcome.notes:
        st.success(
            "  \n".join(plain(line) for line in _some(outcome.notes)),
            title=outcome.done or None,
            icon=":material/check:",
        )
    for conflict in outcome.conflicts:
        _show_conflict(project_id, conflict)
    for error in outcome.errors[:_SHOWN]:
        show_error(error)
    if len(outcome.errors) > _SHOWN:
        st.caption(f"{len(outcome.errors) - _SHOWN} more could not be used.")


def _some(lines: Sequence[str]) -> list[str]:
    more = len(lines) - _SHOWN
    return [*lines[:_SHOWN], *([f"and {more} more."] if more > 0 else [])]


def _show_conflict(project_id: str, conflict: Conflict) -> None:
    edit = conflict.edit
    where = f"{FIELDS[edit.field]} of {edit.shot_id}" if edit.shot_id else FIELDS[edit.field]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            f"You wrote {plain(spoken(edit.now))}; meanwhile it became {plain(spoken(conflict.theirs))},"
            " which was kept.",
            title=f"{where}: somebody else changed it too",
            icon=":material/call_split:",
        )
        st.button(
            "Use mine",
            key=f"mine_{edit.shot_id}_{edit.field}",
            on_click=_use_mine,
            args=(project_id, edit),
        )


def _use_mine(project_id: str, edit: Edit) -> None:
    outcome: Outcome = st.session_state[_KEPT]
    others = tuple(each for each in outcome.conflicts if each.edit != edit)
    save(project_id, [replace(edit, force=True)])
    kept: Outcome = st.session_state[_KEPT]
    keep_outcome(replace(kept, conflicts=(*others, *kept.conflicts)))


def spoken(value: Any) -> str:
    """A value as it is read aloud: "“slow pan”", "0.4", "on", "nothing"."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, int | float):
        return f"{value:g}"
    if isinstance(value, tuple | list):
        value = ", ".join(value)
    return f"“{value}”" if value else "nothing"
