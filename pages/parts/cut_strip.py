"""A picture of the cut: every shot as a block as long as it lasts, with what is shown of it."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from core.editing import TransitionKind
from core.exporter import Export, Mode, Piece, way_in_span
from core.links import poster_url, thumb_url
from core.project import FRAME_RATES, Project, Shot
from core.timeline import timecode
from pages.parts.ink import accent, ink

STRIP_PX = 820
"""Width for which labels and pictures are chosen: the narrowest window that we design for."""
PICTURES_PX = (96, 84, 72, 60, 48, 36)
"""Widths that the pictures of a cut may have: the largest that fits into most of its blocks."""
BLOCK = "#7d7d7d"
"""A neutral grey between both grounds: the pictures on it are what is looked at."""
BLOCK_PX = 66
"""Height of a block; its label stands below it."""
WAY_PX = 5
"""Height of the bar over a block that says how long its way in lasts."""
STRIP_TALL_PX = 118
"""Height of blocks, labels and the scale of seconds."""
CHAR_PX = 7
"""About how wide a letter of a label is."""
STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Distances that marks on the scale may have."""
KINDS = {"clip": 0.9, "camera move": 0.45, "still": 0.2}
"""What is shown of a shot → how solid its block is. The word stands in the block too."""


def show_cut(project: Project, plan: Export) -> None:
    """The strip of `plan`, by time; details of a shot appear when it is pointed at."""
    blocks = _blocks(project, plan)
    gap_px = inset_px(len(blocks))
    base = alt.Chart(pd.DataFrame(blocks)).encode(
        x=alt.X(
            "begin_s:Q",
            axis=_time_axis(plan.duration_s),
            scale=alt.Scale(domain=[0, plan.duration_s], nice=False, padding=0),
        ),
        tooltip=[
            alt.Tooltip("shot:N", title="Shot"),
            alt.Tooltip("from:N", title="From"),
            alt.Tooltip("to:N", title="To"),
            alt.Tooltip("frames:Q", title="Frames"),
            alt.Tooltip("way_in:N", title="Transition"),
            alt.Tooltip("shown:N", title="Shown"),
            alt.Tooltip("words:N", title="Words"),
        ],
    )
    rects = base.mark_rect(color=BLOCK, cornerRadius=4 * gap_px, xOffset=gap_px, x2Offset=-gap_px).encode(
        x2="end_s:Q",
        y=alt.value(0),
        y2=alt.value(BLOCK_PX),
        opacity=alt.Opacity("solid:Q", scale=None, legend=None),
    )
    ways = base.transform_filter("datum.way_to_s > datum.way_from_s").mark_rect(color=accent(), opacity=0.55)
    ways = ways.encode(x="way_from_s:Q", x2="way_to_s:Q", y=alt.value(0), y2=alt.value(WAY_PX))
    pictures = _pictures(base, max(row["picture_px"] for row in blocks))
    labels = base.mark_text(align="center", baseline="middle", fontSize=11, color=ink()).encode(
        x="middle_s:Q", y=alt.value(BLOCK_PX + 11), text="label:N"
    )
    st.altair_chart(
        alt.layer(rects, ways, pictures, labels).properties(height=STRIP_TALL_PX),
        alt=_described(plan, blocks),
    )


def inset_px(count: int) -> float:
    """How far each of `count` blocks keeps from its neighbours: not at all where that would leave nothing."""
    width_px = STRIP_PX / count
    return 1.0 if width_px > 6 else 0.25 if width_px > 2 else 0.0


def _time_axis(duration_s: float) -> alt.Axis:
    """Seconds in a short cut, minutes and seconds in a long one; about ten marks."""
    step = next((step for step in STEPS_S if duration_s <= 10 * step), STEPS_S[-1])
    told = "datum.value + ' s'"
    if duration_s >= 60:
        told = "floor(datum.value / 60) + ':' + pad(datum.value % 60, 2, '0', 'left')"
    if duration_s >= 3600:
        told = "floor(datum.value / 3600) + ':' + pad(floor(datum.value / 60) % 60, 2, '0', 'left') + ':00'"
    marks = [step * number for number in range(int(duration_s / step) + 1)]
    return alt.Axis(title=None, values=marks, labelExpr=told, grid=False, offset=22)


def _pictures(base: alt.Chart, width_px: int) -> alt.Chart:
    """The pictures, all of one width, in the middle of the blocks that have room for them."""
    height_px = min(BLOCK_PX - 12, width_px)
    images = base.transform_filter("datum.picture_px > 0").mark_image(
        align="center", baseline="middle", aspect=True, height=height_px, width=width_px
    )
    pictures: alt.Chart = images.encode(x="middle_s:Q", y=alt.value(BLOCK_PX / 2), url="picture:N")
    return pictures


def _blocks(project: Project, plan: Export) -> list[dict[str, Any]]:
    """One row of the chart for each piece, in order."""
    rate = FRAME_RATES[plan.fps]
    shots = {shot.shot_id: shot for shot in project.shots}
    rows: list[dict[str, Any]] = []
    rooms_px = [STRIP_PX * piece.frames / plan.frames for piece in plan.pieces]
    picture_px = _picture_px(rooms_px)
    at = 0
    for piece, room_px in zip(plan.pieces, rooms_px, strict=True):
        begin, at = at, at + piece.frames
        kind = shown_as(plan.mode, piece)
        rows.append(
            {
                "shot": piece.shot_id,
                "begin_s": float(begin / rate),
                "middle_s": float((begin + at) / 2 / rate),
                "end_s": float(at / rate),
                "from": timecode(begin, rate),
                "to": timecode(at, rate),
                "frames": piece.frames,
                "way_in": way_in_text(piece),
                "way_from_s": float((begin + way_in_span(piece)[0]) / rate),
                "way_to_s": float((begin + way_in_span(piece)[1]) / rate),
                "kind": kind,
                "solid": KINDS[kind],
                "shown": f"{kind}, no clip yet" if piece.fallback else kind,
                "words": shots[piece.shot_id].words,
                "picture": _picture_url(plan, shots[piece.shot_id], piece),
                "picture_px": picture_px if picture_px + 6 < room_px else 0,
                "label": _label(piece, kind, room_px),
            }
        )
    return rows


def _picture_px(rooms_px: Sequence[float]) -> int:
    """One width for all pictures of a cut, so that they stand in a row: what fits where nine in ten are."""
    room_px = sorted(rooms_px)[len(rooms_px) // 10]
    return next((width for width in PICTURES_PX if width + 6 < room_px), PICTURES_PX[-1])


def way_in_text(piece: Piece) -> str:
    """How the shot before gives way to it: "cut", "dissolve, 12 frames"."""
    if not piece.way_in_frames:
        return TransitionKind.CUT.value
    return f"{piece.way_in}, {piece.way_in_frames} frames"


def shown_as(mode: Mode, piece: Piece) -> str:
    """What is shown of a shot, in one of the words of KINDS."""
    if piece.move is None:
        return "clip"
    return "still" if mode is Mode.STILLS else "camera move"


def _picture_url(plan: Export, shot: Shot, piece: Piece) -> str:
    video = shot.render.video
    if piece.move is None and video is not None:
        return poster_url(plan.project_id, video.take_id)
    return thumb_url(plan.project_id, piece.source_sha256)


def _label(piece: Piece, kind: str, room_px: float) -> str:
    """As much of the shot's name and of what is shown as there is room for."""
    for label in (f"{piece.shot_id} · {kind}", str(piece.shot_id), piece.shot_id.removeprefix("shot_")):
        if len(label) * CHAR_PX < room_px:
            return label
    return ""


def _described(plan: Export, blocks: list[dict[str, Any]]) -> str:
    counted = [f"{sum(row['kind'] == kind for row in blocks)} × {kind}" for kind in KINDS]
    return f"The cut of {plan.title}: {len(blocks)} shots in {plan.duration_s:g} s; {', '.join(counted)}."
