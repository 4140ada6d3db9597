"""What animating the whole storyboard costs, said before anybody orders it."""

import streamlit as st

from core.errors import StillmotionError
from core.orders import BatchQuote
from core.pricing import price_text
from core.project import Project
from core.studio import the_studio
from pages.parts.notices import show_error
from pages.parts.words import counted, plain

_QUOTED = "storyboard_quote"


def show_price(project: Project) -> None:
    """The price of one take of every shot, what a person should know about it, and the way to ordering it."""
    try:
        batch = _quote(project)
    except StillmotionError as error:
        show_error(error)
        return
    price = price_text(batch.usd, batch.usd_high)
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"Animating {counted(len(batch.shots), 'shot')} once: **{plain(price)}**", width="stretch"
            )
            st.page_link(
                "costs.py",
                label="On every model",
                icon=":material/bar_chart:",
                query_params={"project": project.id, "tab": "The rest"},
            )
            st.page_link("animate.py", label="Go on to Animate", icon=":material/arrow_forward:")
        for note, count in _notes(batch).items():
            where = "" if count == len(batch.shots) else f" ({counted(count, 'shot')})"
            st.caption(plain(note) + where)


def _quote(project: Project) -> BatchQuote:
    """The quote of the storyboard as it is, worked out once for each change of it."""
    stamp = (project.id, project.revision, project.created_at)
    kept: tuple[object, BatchQuote] | None = st.session_state.get(_QUOTED)
    if kept is None or kept[0] != stamp:
        kept = (stamp, the_studio().quote(project.id))
        st.session_state[_QUOTED] = kept
    return kept[1]


def _notes(batch: BatchQuote) -> dict[str, int]:
    """Each note of the shots' quotes, with how many shots have it."""
    counts: dict[str, int] = {}
    for each in batch.shots:
        for note in each.quote.notes:
            counts[note] = counts.get(note, 0) + 1
    return counts
