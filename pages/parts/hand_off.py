"""The cut for other editing programs: choose what goes along, watch it being made, take the zip."""

import streamlit as st

from core.errors import NotNow
from core.exporter import Export, ExportState
from core.exporter.handoff import USUAL, Format, HandOff, Paper
from core.links import hand_off_url
from core.studio import the_studio
from pages.parts.exports import bytes_text
from pages.parts.notices import errors_shown
from pages.parts.when import when_text
from pages.parts.words import counted, plain

FORMATS = {
    Format.OTIO: "OpenTimelineIO",
    Format.OTIOZ: "OpenTimelineIO package",
    Format.EDL: "EDL",
    Format.FCPXML: "FCPXML",
    Format.CSV: "Shot list",
    Format.SHEET: "Contact sheet",
}
PAPERS = {Paper.A4: "A4", Paper.LETTER: "Letter"}
WHO_READS_WHAT = (
    "DaVinci Resolve reads OpenTimelineIO and FCPXML, Final Cut Pro reads FCPXML, and most others, "
    "Premiere Pro and Avid among them, an EDL. The package holds every clip once more, for programs that "
    "open only one file."
)
NOTES = 5
"""Things to know that are told in full; the rest are in the zip's read-me."""


def show_hand_off(plan: Export) -> None:
    """What goes along, the button that orders it, and how far it is; `plan` says which cut."""
    with st.expander("For other editing programs", icon=":material/drive_file_move:"):
        st.caption("One zip with whole clips, so that an editor can go on where the cut ends.")
        formats = st.pills(
            "What goes along",
            list(FORMATS),
            selection_mode="multi",
            default=list(USUAL),
            format_func=FORMATS.__getitem__,
            help=WHO_READS_WHAT,
            key="handoff_formats",
        )
        paper = Paper.A4
        if Format.SHEET in formats:
            paper = st.segmented_control(
                "Paper of the contact sheet",
                list(PAPERS),
                format_func=PAPERS.__getitem__,
                default=Paper.A4,
                required=True,
                key="handoff_paper",
            )
        if st.button("Hand off", icon=":material/folder_zip:", width="stretch", disabled=not formats):
            with errors_shown():
                asked = plan.delivery.model_dump(exclude={"quality", "burn_in"})
                the_studio().order_hand_off(plan.project_id, formats=formats, paper=paper, **asked)
        found = the_studio().hand_offs(plan.project_id)
        busy = bool(found) and found[0].under_way
        st.fragment(_newest, run_every=1.0 if busy else None)(plan.project_id, busy)


def _newest(project_id: str, busy: bool) -> None:
    """The newest hand-off; brings the page up to date when it has ended."""
    found = the_studio().hand_offs(project_id)
    if not found:
        return
    made = found[0]
    if busy and not made.under_way:
        st.rerun()
    if made.under_way:
        st.progress(made.fraction, text=f"{made.stage.capitalize()} · {made.fraction * 100:.0f} %")
        st.button(
            "Cancel",
            icon=":material/close:",
            key=f"cancel-{made.handoff_id}",
            on_click=_cancel,
            args=(project_id, made.handoff_id),
        )
    elif made.failure is not None:
        st.error(plain(made.failure.remedy), title=plain(made.failure.what), icon=":material/error:")
    elif made.state is ExportState.DONE:
        _done(made)


def _done(made: HandOff) -> None:
    url = f"{hand_off_url(made.project_id, made.handoff_id)}?download=1"
    facts = [counted(len(made.files), "file"), bytes_text(made.bytes or 0)]
    if made.finished_at is not None:
        facts.append(when_text(made.finished_at))
    st.link_button("Download the zip", url, icon=":material/download:", width="stretch")
    st.caption(" · ".join(facts))
    if made.missing:
        st.warning(
            "Bring the files back, or choose other takes, then hand off again.",
            title=plain(f"Not in it: the clip of {', '.join(made.missing[:12])}"),
            icon=":material/broken_image:",
        )
    for note in made.notes[:NOTES]:
        st.caption(f":material/info: {plain(note)}")
    if len(made.notes) > NOTES:
        st.caption(f"{len(made.notes) - NOTES} more in read-me.txt.")


def _cancel(project_id: str, handoff_id: str) -> None:
    try:
        the_studio().cancel_hand_off(project_id, handoff_id)
    except NotNow:  # it ended by itself meanwhile, which the page shows
        return
