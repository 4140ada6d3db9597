"""Ordering takes: free ones at once, paid ones after a person's word; no click counts twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from core.errors import InputRefused, NotNow, ProviderError, StillmotionError
from core.orders import BatchQuote
from core.pricing import price_text
from core.project import ShotId
from core.providers import provider_of
from core.studio import the_studio
from pages.parts.notices import show_error

_ASKED = "order_to_confirm"
_AGREED = "order_agreed_once"
_PLACED = "order_placed"
_TROUBLE = "button_trouble"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a button orders when it is pressed, with the price that was shown on it."""

    project_id: str
    shot_ids: tuple[ShotId, ...]
    model: str | None
    """Key of the model for all of them; None: each shot's own."""
    sound: bool | None = None
    """Whether sound is asked for; None: as the project says."""
    usd: Decimal
    """US dollars that were shown, the lower end."""
    usd_high: Decimal
    """US dollars that were shown, at most."""

    @property
    def price_text(self) -> str:
        """The price for people."""
        return price_text(self.usd, self.usd_high)


def place(order: Order) -> None:
    """Order what is free; ask about what is paid. Called when a button is pressed.

    A button that was drawn once orders once, however often its press arrives.
    """
    if not order.shot_ids or st.session_state.get(_PLACED) is order:
        return
    st.session_state[_PLACED] = order
    if order.usd_high:
        st.session_state[_ASKED] = order
    else:
        send(order)


def send(order: Order, agreed: BatchQuote | None = None) -> None:
    """Order it, unless it is dearer than what was shown, or not what was `agreed` to in the question.

    What goes wrong is kept for the page.
    """
    with trouble_kept():
        if agreed is None:
            _refuse_dearer(order)
        the_studio().order_takes(
            order.project_id,
            order.shot_ids,
            model=order.model,
            sound=order.sound,
            max_usd=order.usd_high,
            agreed=agreed,
        )


def _refuse_dearer(order: Order) -> None:
    """What a person agreed to is a limit: raises InputRefused when the price has risen since."""
    now = the_studio().quote(order.project_id, order.shot_ids, model=order.model, sound=order.sound)
    if now.usd_high > order.usd_high:
        raise InputRefused(
            f"The price has changed: it is {price_text(now.usd, now.usd_high)} now.",
            remedy="Nothing was ordered. Press again if you agree.",
        )


@contextmanager
def trouble_kept() -> Iterator[None]:
    """Keep what goes wrong when a button is pressed, for the page to show; the press before is forgotten."""
    st.session_state.pop(_TROUBLE, None)
    try:
        yield
    except StillmotionError as error:
        st.session_state[_TROUBLE] = error


def show_trouble() -> None:
    """Why the last press did nothing: in passing when it came too late, else until the next one."""
    error = st.session_state.get(_TROUBLE)
    if isinstance(error, NotNow):
        st.session_state.pop(_TROUBLE)
        st.toast(f"{error} {error.remedy}", icon=":material/info:")
    elif error is not None:
        show_error(error)


def refusal(models: Sequence[str]) -> ProviderError | None:
    """Why a take of one of these models cannot be ordered here; None when all can."""
    for key in dict.fromkeys(models):
        try:
            provider_of(the_studio().catalogue[key])
        except ProviderError as error:
            return error
    return None


def asked() -> Order | None:
    """The paid order that waits for a person's word."""
    order: Order | None = st.session_state.get(_ASKED)
    return order


def forget() -> None:
    """Let the order that waits for a person's word go."""
    st.session_state.pop(_ASKED, None)
    st.session_state.pop(_AGREED, None)


def agree_once(order: Order, batch: BatchQuote) -> None:
    """Keep that a person agreed to `order` as `batch` priced it; it is asked about twice."""
    st.session_state[_AGREED] = order, batch


def has_agreed(order: Order, batch: BatchQuote) -> bool:
    """Whether a person agreed to `order` once, for the very things and prices in `batch`."""
    known, agreed = st.session_state.get(_AGREED, (None, None))
    return known is order and agreed == batch


def ask_instead(order: Order) -> None:
    """Let `order` be the one that waits for a person's word."""
    st.session_state[_ASKED] = order
