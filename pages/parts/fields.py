"""Input fields that follow the disk: each saves what was typed, with what the person saw there before."""

from typing import Any

import streamlit as st

from core.edits import Edit
from pages.parts.outcome import save
from pages.parts.watch import is_quiet


def follow(key: str, shown: Any, stored: Any, *, typed: bool = False) -> dict[str, Any]:
    """Arguments of an input field `key` that shows `shown` for what is `stored`, and saves on change.

    The field follows when somebody else changes what is stored. One that is `typed` into waits with that
    until the person does something: there may be half a word in it. `key` is made by `field_key`.
    """
    seen = st.session_state.get(_seen(key))
    waits = typed and is_quiet() and seen is not None
    if key not in st.session_state or (seen != (shown, stored) and not waits):
        st.session_state[key] = shown
        st.session_state[_seen(key)] = (shown, stored)
    return {"key": key, "on_change": _save_field, "args": (key,)}


def field_key(project_id: str, field: str, shot_id: str = "") -> str:
    """The key of the input field for one field of a project or a shot."""
    return f"field/{project_id}/{field}/{shot_id}"


def _seen(key: str) -> str:
    return f"seen/{key}"


def _save_field(key: str) -> None:
    _, project_id, field, shot_id = key.split("/", 3)
    shown, stored = st.session_state.pop(_seen(key))
    now = st.session_state[key]
    if now != shown:
        save(project_id, [Edit(shot_id=shot_id or None, field=field, was=stored, now=now)])
