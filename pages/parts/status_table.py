"""The table of shots: live without losing the chosen row, which is kept by the shot's name."""

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import streamlit as st

from core.links import thumb_url
from core.progress import ShotStatus
from core.project import Project, ShotId
from core.studio import the_studio
from core.timeline import needed_frames
from pages.parts.board import Board
from pages.parts.statuses import COLOURS, DONE, RUNNING, WAITING, cost_text, length_text, status_text

ROW_PX = 52
HEADER_PX = 38
TALLEST_PX = HEADER_PX + 8 * ROW_PX
ECHO_S = 1.0
"""How long the browser may repeat a choice that is known, until it hears where the mark stands now."""
_CHOICES = "chosen_shots"


@dataclass
class _Choice:
    """What is known of the choice in one project's table."""

    shot_id: ShotId
    seen: list[ShotId]
    """The rows of the table that the person sees, by the names of their shots."""
    mark: "_Selection"
    """Where the mark was put last."""
    echo: "_Selection | None" = None
    """The choice of the person that led to it."""
    echo_until_s: float = 0.0
    """Until when that may be repeated, on the monotonic clock."""


class _Selection(NamedTuple):
    """Places in a table: rows that are marked, and cells as (row, column)."""

    rows: tuple[int, ...] = ()
    cells: tuple[tuple[int, str], ...] = ()


def chosen_shot(project: Project) -> ShotId:
    """The shot that the preview shows: what a person picked in the table they saw, else the first.

    Rows are only places: they are turned into names by the rows of the table that the person saw.
    """
    present = [shot.shot_id for shot in project.shots]
    choices: dict[str, _Choice] = st.session_state.setdefault(_CHOICES, {})
    choice = choices.setdefault(project.id, _Choice(present[0], present, _Selection((0,))))
    selection = _selection(project)
    if selection is not None:
        _follow(choice, selection)
    if choice.shot_id not in present:
        choice.shot_id = present[0]
    return choice.shot_id


def _follow(choice: _Choice, selection: _Selection) -> None:
    """A click on any cell picks its row, and so does the mark at its left; whichever moved counts."""
    now_s = time.monotonic()
    if selection == choice.mark or (selection == choice.echo and now_s < choice.echo_until_s):
        return
    moved = [cell[0] for cell in selection.cells if cell not in choice.mark.cells] or selection.rows
    if moved and moved[0] < len(choice.seen):
        choice.shot_id = choice.seen[moved[0]]
    choice.echo, choice.echo_until_s = selection, now_s + ECHO_S


def show_table(board: Board, chosen: ShotId) -> None:
    """Every shot with its status, take, model, length and cost, in the order of the storyboard."""
    project = board.project
    present = [each.shot.shot_id for each in board.statuses]
    choice: _Choice = st.session_state[_CHOICES][project.id]
    if choice.seen != present:
        choice.seen, choice.echo = present, None
    choice.mark = _mark(project, present.index(chosen))
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


def _selection(project: Project) -> _Selection | None:
    """What the browser says is selected; None before it said anything."""
    state: Any = st.session_state.get(_key(project))
    if state is None:
        return None
    cells = tuple((int(row), str(column)) for row, column in state["selection"]["cells"])
    return _Selection(tuple(state["selection"]["rows"]), cells)


def _mark(project: Project, row: int) -> _Selection:
    """Let the mark stand at the chosen shot, wherever its row is now."""
    selection = _selection(project)
    cells = tuple(cell for cell in selection.cells if cell[0] == row) if selection else ()
    mark = _Selection((row,), cells)
    if selection != mark:
        wanted = {"rows": [row], "columns": [], "cells": list(cells)}
        st.session_state[_key(project)] = {"selection": wanted}
    return mark


def _rows(board: Board) -> pa.Table:
    names = {model.key: model.name for model in the_studio().catalogue}
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
    return f"{each.chosen or 'none'} of {each.takes}" if each.takes else "–"


def _length(board: Board, each: ShotStatus) -> str:
    if each.take is not None:
        return length_text(each.take.needed_s, each.take.duration_s)
    needed_s = needed_frames(each.shot, board.project.frame_rate) / board.project.frame_rate
    return length_text(float(needed_s), board.quotes[each.shot.shot_id].paid_s)


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
