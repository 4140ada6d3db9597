"""Errors and outcomes, told to people: one line that says what, one that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from core.errors import StillmotionError
from pages.parts.words import plain


def show_error(error: StillmotionError) -> None:
    """What went wrong and what to do."""
    st.error(plain(error.remedy), title=plain(str(error)), icon=":material/error:")


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show a foreseen error in place of what the block would have done; the page stays up."""
    try:
        yield
    except StillmotionError as error:
        show_error(error)
