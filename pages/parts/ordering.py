"""Ordering takes: the price is told before, paid orders are asked about, and no click counts twice."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import streamlit as st

from core.errors import InputRefused, NotNow, ProviderError, StillmotionError
from core.pricing import price_text
from core.project import ShotId
from core.providers import provider_of
from core.studio import the_studio
from pages.parts.notices import show_error

_ASKED = "order_to_confirm"
_PLACED = "order_placed"
_TROUBLE = "button_trouble"


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a button orders when it is pressed, with the price that was shown on it."""

    project_id: str
    shot_ids: tuple[ShotId, ...]
    model: str | None
    """Key of the model for all of them; None: each shot's own."""
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
        _send(order)


def _send(order: Order) -> None:
    with trouble_kept():
        _refuse_dearer(order)
        the_studio().order_takes(order.project_id, order.shot_ids, model=order.model)


def _refuse_dearer(order: Order) -> None:
    """What a person agreed to is a limit: raises InputRefused when the price has risen since."""
    now = the_studio().quote(order.project_id, order.shot_ids, model=order.model)
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


def confirm_paid_order() -> None:
    """Ask about the paid order that waits, if there is one: shots, models, seconds and the total."""
    order = asked()
    if order is not None:
        try:
            _dialog(order)
        except StillmotionError as error:
            forget()
            show_error(error)


def _dialog(order: Order) -> None:
    project = the_studio().project(order.project_id)
    batch = the_studio().quote(order.project_id, order.shot_ids, model=order.model)
    names = {model.key: model.name for model in the_studio().catalogue}
    rows = [
        {
            "Shot": each.shot_id,
            "Model": names[each.quote.model],
            "Shot lasts": f"{project.shot(each.shot_id).end - project.shot(each.shot_id).start:.3g} s",
            "Bought": f"{each.quote.paid_s:.3g} s",
            "Price": each.quote.price_text,
        }
        for each in batch.shots
    ]

    @st.dialog(
        f"Spend {order.price_text}?", width="medium", on_dismiss=forget, icon=":material/receipt_long:"
    )
    def ask() -> None:
        seconds = sum(each.quote.paid_s for each in batch.shots)
        count = "One take" if len(rows) == 1 else f"{len(rows)} takes"
        st.markdown(f"{count}, {seconds:.4g} s of clip, **{order.price_text}** in total.")
        st.dataframe(rows, hide_index=True, height=min(36 + 35 * len(rows), 320))
        for note in dict.fromkeys(note for each in batch.shots for note in each.quote.notes):
            st.caption(note)
        with st.container(horizontal=True, horizontal_alignment="right"):
            left = st.button("Not now", on_click=forget)
            agreed = st.button(
                f"Order for {order.price_text}", type="primary", on_click=_confirm, args=(order,)
            )
        if left or agreed:
            st.rerun()

    ask()


def _confirm(order: Order) -> None:
    if asked() is order:  # a second press of the same button finds nothing to confirm
        forget()
        _send(order)
