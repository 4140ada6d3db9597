"""Keeping the costs page up to date by itself: it is drawn again when what it shows has changed."""

import streamlit as st

from core.errors import StillmotionError
from core.studio import the_studio
from pages.parts.cost_filters import today

LOOK_S = 4.0


def as_now() -> tuple[object, ...]:
    """What the page is made of: ledger, day, limits and cuts. Equal while nothing has changed."""
    here = the_studio()
    try:
        limits: object = here.budgets()
    except StillmotionError as error:
        limits = str(error)
    return here.ledger.bill(), today(), limits, tuple(here.readable_projects())


def watch(seen: tuple[object, ...]) -> None:
    """Draw the page again when it is no longer as it was `seen`, before anything of it was drawn."""
    st.fragment(_look, run_every=LOOK_S)(seen)


def _look(seen: tuple[object, ...]) -> None:
    if as_now() != seen:
        st.rerun()
