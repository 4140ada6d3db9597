"""The table of shots: every edit goes to the disk with what the person saw; the table follows the disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
import streamlit as st

from core.catalogue import Catalogue
from core.editing import Fit
from core.edits import Edit
from core.links import thumb_url
from core.project import Project, Shot
from pages.parts.cutting import TRANSITIONS
from pages.parts.outcome import save
from pages.parts.watch import is_quiet
from pages.parts.words import FIELDS, FITS, transition_name

ROW_PX = 68
_HEADER_PX = 37
_TALLEST_PX = 668

AS_THE_PROJECT = "As the project"
"""In the table, for a shot that names no model or no transition of its own."""

COLUMNS: Mapping[str, str] = {
    "start": "start",
    "end": "end",
    "camera": "camera_language",
    "energy": "energy",
    "place": "environment",
    "elements": "symbolic_elements",
    "model": "video_model",
    "prompt": "motion_prompt",
    "fit": "fit",
    "way_in": "transition",
    "title": "title",
}
"""Column of the table → field of a shot."""


@dataclass
class _Sheet:
    """What one person sees in the table."""

    seen: Project
    """The project as it was drawn last: positions in the table are positions in its shots."""
    known: Project
    """The project as it was drawn last because the person did something: what they can be taken to know.
    A cell that changed since may have changed under an open editor."""
    taken: dict[tuple[str, str], Any] = field(default_factory=dict)
    """(shot, column) → what was typed there and has been taken to the disk; the table still shows it."""
    turn: int = 0
    """How often the table was begun anew; part of its key."""

    @property
    def key(self) -> str:
        return f"shots_{self.seen.id}_{self.turn}"


def _sheet(project: Project) -> _Sheet:
    sheets: dict[str, _Sheet] = st.session_state.setdefault("shot_sheets", {})
    return sheets.setdefault(project.id, _Sheet(seen=project, known=project))


def take_edits(project: Project) -> None:
    """Take what was typed into the table since it was drawn to the disk. Call before drawing."""
    sheet = _sheet(project)
    state = st.session_state.get(sheet.key)
    if state is None:
        sheet.taken.clear()
        return
    typed_in = _typed_in(sheet, state["edited_rows"])
    edits = [edit for cell, typed in typed_in.items() if (edit := _edit(sheet, *cell, typed)) is not None]
    sheet.taken = typed_in
    if edits:
        save(project.id, edits)


def _typed_in(sheet: _Sheet, edited_rows: Mapping[int, Mapping[str, Any]]) -> dict[tuple[str, str], Any]:
    """(shot, column) → what the table shows there in place of what is stored."""
    shots = sheet.seen.shots
    return {
        (shots[row].shot_id, column): typed
        for row, cells in edited_rows.items()
        for column, typed in cells.items()
        if row < len(shots) and column in COLUMNS
    }


def _edit(sheet: _Sheet, shot_id: str, column: str, typed: Any) -> Edit | None:
    """The edit that a cell holds; None when it was taken to the disk before."""
    cell = (shot_id, column)
    if cell in sheet.taken and sheet.taken[cell] == typed:
        return None
    shot = next((each for each in sheet.known.shots if each.shot_id == shot_id), sheet.seen.shot(shot_id))
    was = _stored(shot, column, sheet.taken[cell]) if cell in sheet.taken else getattr(shot, COLUMNS[column])
    return Edit(shot_id=shot_id, field=COLUMNS[column], was=was, now=_stored(shot, column, typed))


def _stored(shot: Shot, column: str, typed: Any) -> Any:
    """What is stored for what was typed: the written motion prompt is stored as none of one's own."""
    if column == "prompt" and typed == shot.model_copy(update={"motion_prompt": ""}).words:
        return ""
    if column in ("model", "way_in") and typed == AS_THE_PROJECT:
        return ""
    return "" if typed is None else typed


def show_shot_table(project: Project, catalogue: Catalogue) -> None:
    """The table, as it is on disk; while the person may be typing, without beginning anew."""
    sheet = _sheet(project)
    drawn = _with_rows_of(sheet.seen, project) if is_quiet() else project
    if not is_quiet():
        sheet.known = project
        if _is_stale(sheet, project):
            sheet.turn += 1
            sheet.taken.clear()
    sheet.seen = drawn
    st.data_editor(
        _frame(drawn),
        key=sheet.key,
        hide_index=True,
        row_height=ROW_PX,
        height=min(_HEADER_PX + ROW_PX * len(drawn.shots), _TALLEST_PX),
        placeholder="",
        alt="Table of shots",
        column_config=_columns(drawn, catalogue),
    )
    if _ids(drawn) != _ids(project):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Somebody else added or removed shots.", width="content")
            st.button("Show the table as it is now", icon=":material/refresh:", type="tertiary")


def _with_rows_of(before: Project, project: Project) -> Project:
    """`project` with the rows of `before`: another set of rows would close an editor that is open."""
    there = {shot.shot_id: shot for shot in project.shots}
    shots = tuple(there.get(shot.shot_id, shot) for shot in before.shots)
    return project.model_copy(update={"shots": shots})


def _ids(project: Project) -> list[str]:
    return [shot.shot_id for shot in project.shots]


def _is_stale(sheet: _Sheet, project: Project) -> bool:
    """Whether a cell still shows what was typed although the disk holds something else."""
    shots = {str(shot.shot_id): shot for shot in project.shots}
    return any(
        _plain(typed) != _plain(_row(shots[shot_id])[column])
        for (shot_id, column), typed in sheet.taken.items()
        if shot_id in shots
    )


def _plain(value: Any) -> Any:
    """`value` without the spaces that are tidied away on its way to the disk."""
    return ", ".join(" ".join(part.split()) for part in value.split(",")) if isinstance(value, str) else value


def _frame(project: Project) -> pd.DataFrame:
    """A row for each shot, named by it: the table keeps what is typed as long as the same shots are there."""
    rows = [
        {"picture": thumb_url(project.id, shot.render.sha256), "shot": shot.shot_id, **_row(shot)}
        for shot in project.shots
    ]
    return pd.DataFrame(rows, index=pd.Index([row["shot"] for row in rows]))


def _row(shot: Shot) -> dict[str, Any]:
    return {
        "start": shot.start,
        "end": shot.end,
        "camera": shot.camera_language,
        "energy": shot.energy,
        "place": shot.environment,
        "elements": ", ".join(shot.symbolic_elements),
        "model": shot.video_model or AS_THE_PROJECT,
        "prompt": shot.words,
        "fit": str(shot.fit),
        "way_in": AS_THE_PROJECT if shot.transition is None else str(shot.transition),
        "title": shot.title,
    }


def _columns(project: Project, catalogue: Catalogue) -> dict[str, Any]:
    config = st.column_config
    used = {shot.video_model for shot in project.shots if shot.video_model} - {each.key for each in catalogue}
    models = [AS_THE_PROJECT, *(model.key for model in catalogue), *sorted(used)]

    ways = {str(shot.transition) for shot in project.shots if shot.transition} - set(TRANSITIONS)

    def model_label(value: object) -> str:
        key = str(value)
        return catalogue[key].name if key in catalogue else key

    def way_label(value: object) -> str:
        return AS_THE_PROJECT if value == AS_THE_PROJECT else transition_name(str(value))

    return {
        "picture": config.ImageColumn("Picture", width=112, pinned=True),
        "shot": config.TextColumn("Shot", width=82, disabled=True, pinned=True),
        "start": config.NumberColumn("Start", width=72, format="%.2f", step=0.01, required=True),
        "end": config.NumberColumn("End", width=72, format="%.2f", step=0.01, required=True),
        "camera": config.TextColumn(FIELDS["camera_language"], width=145),
        "energy": config.NumberColumn(
            FIELDS["energy"], width=86, format="%.2f", step=0.01, required=True, help="0 is calm, 1 is wild."
        ),
        "place": config.TextColumn(FIELDS["environment"], width=140),
        "elements": config.TextColumn(
            FIELDS["symbolic_elements"],
            width=140,
            help="With commas. The first two reach the motion prompt.",
        ),
        "model": config.SelectboxColumn(
            FIELDS["video_model"], width=118, options=models, format_func=model_label, required=True
        ),
        "prompt": config.TextColumn(
            FIELDS["motion_prompt"],
            width=294,
            help="What the model gets. Write your own; empty the cell to go back to the written one.",
        ),
        "fit": config.SelectboxColumn(
            FIELDS["fit"],
            width=170,
            options=[str(fit) for fit in Fit],
            format_func=lambda value: FITS[Fit(str(value))],
            required=True,
            help="What becomes of a clip that is too short. One that is too long is trimmed.",
        ),
        "way_in": config.SelectboxColumn(
            FIELDS["transition"],
            width=118,
            options=[AS_THE_PROJECT, *TRANSITIONS, *sorted(ways)],
            format_func=way_label,
            required=True,
            help="The way in from the shot before.",
        ),
        "title": config.TextColumn(FIELDS["title"], width=140, help="Words over the picture."),
    }
