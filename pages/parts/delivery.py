"""What a person asks of an export: what moves, how good, how large, which shots."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from core.exporter import Export, Mode, Quality
from core.project import FRAME_RATES, SIZES, Project, ShotId
from core.studio import the_studio
from core.timeline import in_order
from pages.parts.exports import MODES
from pages.parts.words import size_name

QUALITIES = {Quality.FINAL: "Final", Quality.DRAFT: "Draft"}
STAND_INS = {Mode.ANIMATIC: "a camera move over its still", Mode.STILLS: "its still"}
"""What shows a shot that has no clip."""


def choose_plan(project: Project) -> Export:
    """What an export would be made of, by what a person chooses. Raises InputRefused when nothing is left."""
    mode = st.radio(
        "What moves",
        list(MODES),
        format_func=lambda each: MODES[each][0],
        captions=[told for _, told in MODES.values()],
        key="mode",
        bind="query-params",
    )
    quality = st.segmented_control(
        "Quality",
        list(QUALITIES),
        format_func=QUALITIES.__getitem__,
        default=Quality.FINAL,
        required=True,
        help="A draft is made quicker and is smaller: for a look, not for handing over.",
        key="quality",
        bind="query-params",
        width="stretch",
    )
    with st.expander("Size, rate, shots and review copy", icon=":material/tune:"):
        asked = _options(project, Mode(mode))
    return the_studio().plan_export(project.id, mode=Mode(mode), quality=quality, **asked)


def _options(project: Project, mode: Mode) -> dict[str, Any]:
    """What is seldom asked for, as fields of a delivery."""
    size = st.selectbox(
        "Size",
        SIZES[project.aspect],
        index=SIZES[project.aspect].index(project.size),
        format_func=size_name,
        key=f"export_size_{project.id}_{project.size}",
    )
    fps = st.selectbox(
        "Frames per second",
        list(FRAME_RATES),
        index=list(FRAME_RATES).index(project.fps),
        key=f"export_fps_{project.id}_{project.fps}",
    )
    first, last = _range([shot.shot_id for shot in in_order(project.shots)], project.id)
    asked: dict[str, Any] = {
        "size": size if size != project.size else None,  # so that the project's is meant, whatever it becomes
        "fps": fps if fps != project.fps else None,
        "first_shot": first,
        "last_shot": last,
    }
    if mode is Mode.ANIMATED:
        asked["stand_in"] = st.selectbox(
            "A shot without a clip shows",
            list(STAND_INS),
            format_func=STAND_INS.__getitem__,
            key="stand_in",
        )
    asked["burn_in"] = st.toggle(
        "Shot names and timecode in the picture",
        help="A review copy: everybody sees which shot and which frame is meant.",
        key="burn_in",
    )
    return asked


def _range(shot_ids: Sequence[ShotId], project_id: str) -> tuple[ShotId | None, ShotId | None]:
    """The first and the last shot, when not all of them are wanted."""
    if len(shot_ids) < 2:
        return None, None
    first, last = st.select_slider(
        "Shots",
        shot_ids,
        value=(shot_ids[0], shot_ids[-1]),
        key=f"export_shots_{project_id}_{shot_ids[0]}_{shot_ids[-1]}",
    )
    return (first if first != shot_ids[0] else None), (last if last != shot_ids[-1] else None)
