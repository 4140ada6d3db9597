"""The table of shots: live without losing the chosen row, which is kept by the shot's name."""

from typing import Any

import pyarrow as pa
import streamlit as st

from core.links import thumb_url
from core.progress import ShotStatus
from core.project import Project, ShotId
from pages.parts.board import Board
from pages.parts.current import studio
from pages.parts.statuses import COLOURS, DONE, RUNNING, WAITING, cost_text, length_text, status_text

ROW_PX = 52
HEADER_PX = 38
TALLEST_PX = HEADER_PX + 8 * ROW_PX
_CHOSEN = "chosen_shots"
_SEEN = "seen_shots"


def chosen_shot(project: Project) -> ShotId:
    """The shot that the preview shows: what a person picked in the table they saw, else the first.

    Rows are only places: they are turned into names by the rows of the table that the person saw.
    """
    present = [shot.shot_id for shot in project.shots]
    chosen: dict[str, ShotId] = st.session_state.setdefault(_CHOSEN, {})
    seen: list[ShotId] = st.session_state.setdefault(_SEEN, {}).get(project.id, present)
    before = chosen.get(project.id, present[0])
    picked = _picked(project, seen, before)
    chosen[project.id] = picked if picked in present else present[0]
    return chosen[project.id]


def _picked(project: Project, seen: list[ShotId], before: ShotId) -> ShotId:
    """A click on any cell picks its row, and so does the mark at its left; whichever moved counts."""
    state: Any = st.session_state.get(_key(project))
    if state is None:
        return before
    selection = state["selection"]
    rows: list[int] = [*(cell[0] for cell in selection["cells"]), *selection["rows"]]
    for row in rows:
        if row < len(seen) and seen[row] != before:
            return seen[row]
    return before


def show_table(board: Board, chosen: ShotId) -> None:
    """Every shot with its status, take, model, length and cost, in the order of the storyboard."""
    project = board.project
    present = [each.shot.shot_id for each in board.statuses]
    _mark(project, present.index(chosen))
    st.session_state[_SEEN][project.id] = present
    st.dataframe(
        _rows(board),
        key=_key(project),
        height=min(HEADER_PX + ROW_PX * len(present), TALLEST_PX),
        row_height=ROW_PX,
        placeholder="",
        hide_index=True,
        column_config=_columns(),
        on_select="rerun",
        selection_mode=["single-row-required", "single-cell"],
        alt=f"Shots of {project.title}",
    )


def _key(project: Project) -> str:
    return f"shots-{project.id}"


def _mark(project: Project, row: int) -> None:
    """Let the mark stand at the chosen shot, wherever its row is now."""
    state: Any = st.session_state.get(_key(project))
    rows = list(state["selection"]["rows"]) if state is not None else None
    cells = [tuple(cell) for cell in state["selection"]["cells"]] if state is not None else []
    here = [cell for cell in cells if cell[0] == row]
    if rows != [row] or here != cells:
        st.session_state[_key(project)] = {"selection": {"rows": [row], "columns": [], "cells": here}}


def _rows(board: Board) -> pa.Table:
    names = {model.key: model.name for model in studio().catalogue}
    project_id = board.project.id
    told = [status_text(each.take) for each in board.statuses]
    return pa.table(
        {
            "still": [thumb_url(project_id, each.shot.render.sha256) for each in board.statuses],
            "shot": [each.shot.shot_id for each in board.statuses],
            "status": [[text] for text in told],
            "progress": pa.array(
                [_progress(text, each) for text, each in zip(told, board.statuses, strict=True)],
                pa.float32(),
            ),
            "take": _repeated([_take_text(each) for each in board.statuses]),
            "model": _repeated([names.get(each.model, each.model) for each in board.statuses]),
            "length": _repeated([_length(board, each) for each in board.statuses]),
            "cost": _repeated([_cost(board, each) for each in board.statuses]),
        }
    )


def _repeated(texts: list[str]) -> pa.DictionaryArray:
    """A column whose few different texts travel once each."""
    return pa.array(texts).dictionary_encode()


def _progress(status: str, each: ShotStatus) -> float | None:
    """Whole per cents are enough to see, and let an unchanged table stay unchanged."""
    known = {DONE: 1.0, WAITING: 0.0, RUNNING: each.fraction or 0.0}.get(status)
    return None if known is None else round(known, 2)


def _take_text(each: ShotStatus) -> str:
    return f"{each.chosen or '–'} of {each.takes}" if each.takes else "–"


def _length(board: Board, each: ShotStatus) -> str:
    if each.take is not None:
        return length_text(each.take.needed_s, each.take.duration_s)
    return length_text(each.shot.end - each.shot.start, board.quotes[each.shot.shot_id].paid_s)


def _cost(board: Board, each: ShotStatus) -> str:
    if each.take is None:
        return board.quotes[each.shot.shot_id].price_text
    return cost_text(each.take)


def _columns() -> dict[str, Any]:
    config = st.column_config
    return {
        "still": config.ImageColumn("Still", width=88),
        "shot": config.TextColumn("Shot", width=100),
        "status": config.MultiselectColumn(
            "Status",
            width=126,
            options=list(COLOURS),
            color=list(COLOURS.values()),
            help="Where the newest take of the shot stands.",
        ),
        "progress": config.ProgressColumn("Progress", width=120, format="percent", min_value=0, max_value=1),
        "take": config.TextColumn(
            "Take", width=72, help="Which take is in the cut, and how many there are. All are kept."
        ),
        "model": config.TextColumn("Model", width=120),
        "length": config.TextColumn(
            "Length", width=96, help="How long the shot lasts and, where a model sells another, the clip."
        ),
        "cost": config.TextColumn("Cost", width=96, help="The quote until the take is done, then the bill."),
    }
