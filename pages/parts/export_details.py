"""What was in an export: every shot with its place, its frames and the take that was shown."""

from typing import Any

import streamlit as st

from core.exporter import Export, Piece
from core.studio import the_studio
from core.take import TakeId
from core.timeline import timecode
from pages.parts.cut_strip import shown_as, way_in_text

TRANSITION_PX = 150
"""Room for the longest: "dissolve, 120 frames"."""


def show_contents(export: Export) -> None:
    """A table of the shots in `export`, as they were when it was ordered."""
    rate = export.frame_rate
    rows: list[dict[str, Any]] = []
    at = 0
    for piece in export.pieces:
        rows.append(
            {
                "Shot": piece.shot_id,
                "From": timecode(at, rate),
                "To": timecode(at + piece.frames, rate),
                "Frames": piece.frames,
                "Transition": way_in_text(piece),
                "Shown": shown_as(export.mode, piece),
                "Model": _model(export, piece),
                "Take": piece.take_id or "",
                "Title": piece.title,
            }
        )
        at += piece.frames
    dull = {name for name in ("Model", "Take", "Title") if not any(row[name] for row in rows)}
    if not any(piece.way_in_frames for piece in export.pieces):
        dull.add("Transition")
    st.dataframe(
        [{name: value for name, value in row.items() if name not in dull} for row in rows],
        hide_index=True,
        height=min(38 + 35 * len(rows), 320),
        column_config={
            "Frames": st.column_config.NumberColumn(width="small"),
            "Transition": st.column_config.TextColumn(width=TRANSITION_PX),
        },
    )


def _model(export: Export, piece: Piece) -> str:
    if piece.take_id is None:
        return ""
    here = the_studio()
    take = here.takes(export.project_id).get(TakeId(piece.take_id))
    return here.catalogue[take.model].name if take is not None and take.model in here.catalogue else ""
