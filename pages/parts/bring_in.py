"""Bringing stills and music into a project, by upload or from a folder of this computer."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from core.errors import InputRefused, StillmotionError
from core.project import Project
from core.storyboard import PICTURE_ENDINGS, TRACK_ENDINGS, Brought
from core.studio import the_studio
from core.timeline import total_frames
from pages.parts.outcome import Outcome, brought, keep_outcome
from pages.parts.words import plain, seconds_text

_LARGEST_UPLOAD_MB = 400


def bring_stills(project: Project) -> None:
    """Two ways to bring stills, and how long each new shot lasts."""
    seconds = st.number_input(
        "Seconds for each new shot",
        min_value=0.1,
        max_value=600.0,
        value=3.0,
        step=0.5,
        format="%.1f",
        key=f"seconds_{project.id}",
        width=200,
    )
    _upload_stills(project, seconds)
    _add_folder(project, seconds)


def _upload_stills(project: Project, seconds: float) -> None:
    files = st.file_uploader(
        "Upload stills",
        type=[ending[1:] for ending in PICTURE_ENDINGS],
        accept_multiple_files=True,
        max_upload_size=_LARGEST_UPLOAD_MB,
        key=_fresh_key("stills", project),
    )
    if files:
        with st.spinner(f"Bringing in {len(files)} stills…"):
            _keep(
                project,
                lambda: the_studio().add_stills(
                    project.id, [(file.name, file.getvalue()) for file in files], seconds=seconds
                ),
            )
        _renew_key("stills")
        st.rerun()


def _add_folder(project: Project, seconds: float) -> None:
    with st.form(f"folder_{project.id}", border=False, enter_to_submit=True):
        typed = st.text_input(
            "From a folder on this computer",
            placeholder="/films/ascent/stills",
            key=f"folder_path_{project.id}",
            help="Every picture in it becomes a shot, in the order of the names.",
        )
        pressed = st.form_submit_button("Add the folder", icon=":material/folder_open:")
    if pressed:
        with st.spinner("Bringing in the folder…"):
            _keep(project, lambda: the_studio().add_folder(project.id, _folder(typed), seconds=seconds))
        st.rerun()


def _folder(typed: str) -> Path:
    folder = Path(typed.strip().strip("\"'")).expanduser()
    if not folder.is_absolute():
        raise InputRefused(
            f"“{typed.strip()}” is not the full path of a folder."
            if typed.strip()
            else "No folder is named.",
            remedy="Write where the folder is, from the beginning of the disk, such as /films/ascent/stills.",
        )
    return folder


def cut_s(project: Project) -> float:
    """How long the project's cut is, in seconds."""
    return float(total_frames(project) / project.frame_rate)


def bring_music(project: Project) -> None:
    """The music under the cut: what there is, another one, or none."""
    if project.track is not None:
        st.markdown(f":material/music_note: **{plain(project.track.source_name)}**")
        st.caption(_against_the_cut(project.track.duration, cut_s(project)))
        if st.button("Remove the music", icon=":material/music_off:", key=f"remove_track_{project.id}"):
            _keep(project, lambda: the_studio().remove_track(project.id))
            st.rerun()
    file = st.file_uploader(
        "Upload music" if project.track is None else "Upload other music",
        type=[ending[1:] for ending in TRACK_ENDINGS],
        max_upload_size=_LARGEST_UPLOAD_MB,
        key=_fresh_key("music", project),
    )
    if file is not None:
        with st.spinner("Listening to it…"):
            _keep(project, lambda: the_studio().set_track(project.id, file.getvalue(), file.name))
        _renew_key("music")
        st.rerun()


def _against_the_cut(music_s: float, long_s: float) -> str:
    """How long the music is, and what that means for the cut."""
    told = f"{seconds_text(music_s)} long; the cut is {seconds_text(long_s)}"
    over_s = music_s - long_s
    if abs(over_s) < 0.1 or not long_s:
        return f"{told}."
    if over_s > 0:
        return f"{told}, so the last {seconds_text(over_s)} of it are not heard."
    return f"{told}, so its last {seconds_text(-over_s)} are silent."


def _keep(project: Project, action: Callable[[], Brought | Project]) -> None:
    """Do it, and keep what came of it for the page to tell."""
    try:
        result = action()
    except StillmotionError as error:
        keep_outcome(Outcome(project_id=project.id, errors=(error,)))
    else:
        keep_outcome(brought(result) if isinstance(result, Brought) else Outcome(project_id=project.id))


def _fresh_key(what: str, project: Project) -> str:
    """The key of an uploader; it changes after each upload, which lets go of the files in memory."""
    return f"{what}_{project.id}_{st.session_state.get(f'uploads_of_{what}', 0)}"


def _renew_key(what: str) -> None:
    st.session_state[f"uploads_of_{what}"] = st.session_state.get(f"uploads_of_{what}", 0) + 1
