"""fal's bill, read at once: what it changed, and what it holds that a take in doubt may have become."""

from dataclasses import dataclass

import streamlit as st

from core.billing import Candidate, Reading
from core.errors import StillmotionError
from core.pricing import dollars
from core.studio import the_studio
from pages.parts.notices import show_error
from pages.parts.when import when_text
from pages.parts.words import counted, plain

_TOLD = "bill_read"


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What came of reading it."""

    reading: Reading | None = None
    candidates: tuple[Candidate, ...] = ()
    error: StillmotionError | None = None


def show_bill_now() -> None:
    """A button that reads the bill, and what it said last; nothing without a key that may read it."""
    if the_studio().settings.fal_admin_key is None:
        return
    st.subheader("fal's own bill")
    st.caption("It is read by itself while the app runs, and lags behind by some minutes or hours.")
    st.button("Read it now", icon=":material/receipt_long:", on_click=_read, key="read_bill")
    told: _Told | None = st.session_state.get(_TOLD)
    if told is not None:
        _show(told)


def _read() -> None:
    books = the_studio().billing
    try:
        told = _Told(reading=books.read_bill(), candidates=tuple(books.candidates()))
    except StillmotionError as error:
        told = _Told(error=error)
    st.session_state[_TOLD] = told


def _show(told: _Told) -> None:
    if told.error is not None:
        show_error(told.error)
    if told.reading is not None:
        changed = [each for each in told.reading.applied if not each.confirms]
        confirmed = len(told.reading.applied) - len(changed)
        said = f"{counted(len(changed), 'amount')} changed, {confirmed:,} confirmed"
        st.caption(f"{said}; {counted(len(told.reading.silent), 'take')} not on the bill yet, or free.")
        for words in told.reading.odd:
            st.warning(plain(words), icon=":material/help:")
    for each in told.candidates:
        with st.container(border=True):
            billed = f"fal billed {plain(dollars(each.usd))}, {when_text(each.at)}"
            st.markdown(
                f"**{plain(each.take_id)}** is at risk, and {billed}, for a request that no take here has: "
                f"{plain(each.request_id)}."
            )
            label = "It was this request" if each.given_up else "It became this request: bring its clip home"
            st.button(label, on_click=_adopt, args=(each,), key=f"adopt_{each.take_id}_{each.request_id}")


def _adopt(candidate: Candidate) -> None:
    told: _Told = st.session_state[_TOLD]
    try:
        the_studio().adopt_request(candidate.take_id, candidate.request_id, candidate.project_id)
    except StillmotionError as error:
        st.session_state[_TOLD] = _Told(candidates=told.candidates, error=error)
    else:
        st.session_state[_TOLD] = _Told(
            candidates=tuple(each for each in told.candidates if each.take_id != candidate.take_id)
        )
