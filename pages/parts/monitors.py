"""The chosen shot on two monitors: its still, and beside it the clip that is in the cut."""

import streamlit as st

from core.errors import StillmotionError
from core.links import clip_url, still_url
from core.progress import ShotStatus
from core.project import Project
from core.studio import the_studio
from core.take import OPEN, State, Take
from pages.parts.statuses import status_text
from pages.parts.words import plain

PICTURE_PX = 288
"""Height of a picture at most, whatever its shape."""
PANE_PX = PICTURE_PX + 36
"""Height of a monitor with its caption, always the same: nothing below moves when another shot is chosen."""
WIDEST_PX = 640

NEXT = {
    None: ("○ No clip yet", "Generate this shot, or all of them at once."),
    State.CANCELLED: ("■ Cancelled", "Generate this shot again when you want it."),
}
"""State of the newest take → what the empty monitor says, and what to do next."""


def show_monitors(project: Project, status: ShotStatus) -> None:
    """Still and clip side by side, at one height."""
    left, right = st.columns(2, gap="small")
    with left.container(height=PANE_PX, border=False, gap="xsmall"):
        _show_still(project, status)
    with right.container(height=PANE_PX, border=False, gap="xsmall"):
        _show_clip(project, status)


def _show_still(project: Project, status: ShotStatus) -> None:
    render = status.shot.render
    name = f" · {render.source_name}" if render.source_name else ""
    st.caption(f"Still{name} · {render.width} × {render.height}")
    st.image(
        still_url(project.id, render.sha256),
        width=_width_px(render.width, render.height),
        alt=f"Still of {status.shot.shot_id}",
    )


def _show_clip(project: Project, status: ShotStatus) -> None:
    video = status.shot.render.video
    if video is None:
        _show_empty(project, status)
        return
    try:
        the_studio().clip(project.id, video.take_id)
    except StillmotionError as error:
        st.warning(plain(error.remedy), title=plain(str(error)))
        return
    sound = " · with sound" if video.has_audio else ""
    st.caption(f"Clip · take {status.chosen or '–'} of {status.takes} · {video.duration:.3g} s{sound}")
    st.video(
        clip_url(project.id, video.take_id),
        loop=True,
        autoplay=True,
        muted=True,
        width=_width_px(*project.frame_size),
        alt=f"Clip of {status.shot.shot_id}",
    )


def _show_empty(project: Project, status: ShotStatus) -> None:
    """What stands in for a clip: where it is, and what to do next."""
    st.caption("Clip · none in the cut")
    width_px = _width_px(*project.frame_size)
    frame = st.container(
        border=True,
        width=width_px,
        height=min(PICTURE_PX, round(width_px * project.frame_size[1] / project.frame_size[0])),
        horizontal_alignment="center",
        vertical_alignment="center",
        gap="xsmall",
    )
    take = status.take
    with frame:
        if take is not None and take.state in OPEN:
            st.markdown(f"**{status_text(take)}**", text_alignment="center")
            st.progress(status.fraction or 0.0)
            st.caption(status.stage or "In the queue", text_alignment="center")
        elif take is None or take.state in NEXT:
            title, todo = NEXT[take.state if take is not None else None]
            st.markdown(f"**{title}**", text_alignment="center")
            st.caption(todo, text_alignment="center")
        else:
            st.markdown(f"**{status_text(take)}**", text_alignment="center")
            show_failure(take)


def show_failure(take: Take | None) -> None:
    """Why the take gave no clip, and what to do."""
    if take is not None and take.state in (State.FAILED, State.UNRESOLVED):
        failure = take.failure
        what = failure.what if failure else "It was sent, and the answer was lost."
        remedy = failure.remedy if failure else "Look at the provider before you order it again."
        st.error(plain(remedy), title=plain(what))


def _width_px(width: int, height: int) -> int:
    return min(WIDEST_PX, max(1, round(PICTURE_PX * width / height)))
