"""All about the chosen shot: its words, a take of it with any model, and every take it has."""

import streamlit as st

from core.pricing import Quote
from core.progress import ShotStatus
from core.project import ShotId
from core.studio import the_studio
from core.take import OPEN, State, Take
from core.timeline import needed_frames
from pages.parts.board import Board, can_be_ordered
from pages.parts.monitors import PANE_PX, show_failure
from pages.parts.ordering import Order, place, refusal, trouble_kept
from pages.parts.receipt import receipt_button, settle_button
from pages.parts.statuses import badge, cost_text, length_text
from pages.parts.when import when_text


def show_inspector(board: Board, status: ShotStatus) -> None:
    """The chosen shot's words, the buttons for it, and its takes."""
    with st.container(height=PANE_PX, border=False, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{status.shot.shot_id}**", width="content")
            st.markdown(badge(status.take), width="content")
        shot, takes = st.tabs(["Shot", "Takes"])
        with shot:
            _show_shot(board, status)
        with takes:
            _show_takes(board, status)


def _show_shot(board: Board, status: ShotStatus) -> None:
    if status.shot.render.video is not None:  # else it stands where the clip would be
        show_failure(status.take)
    st.caption(f"“{status.shot.words}”")
    quotes = _quotes_by_model(board, status.shot.shot_id)
    names = {model.key: model.name for model in the_studio().catalogue}
    keys = list(quotes)
    model = st.selectbox(
        "Model for this take",
        keys,
        index=keys.index(board.project.model_of(status.shot)),
        format_func=lambda key: f"{names[key]} · {quotes[key].price_text}",
        key=f"model-{board.project.id}-{status.shot.shot_id}",
        help="Tries another model on this one shot. The project's own model stays as it is.",
    )
    _show_order(board, status, quotes[model])


def _quotes_by_model(board: Board, shot_id: ShotId) -> dict[str, Quote]:
    return {
        model.key: the_studio().quote(board.project.id, [shot_id], model=model.key).shots[0].quote
        for model in the_studio().catalogue
    }


def _show_order(board: Board, status: ShotStatus, quote: Quote) -> None:
    refused = refusal([quote.model])
    order = Order(
        project_id=board.project.id,
        shot_ids=(status.shot.shot_id,),
        model=quote.model,
        usd=quote.usd,
        usd_high=quote.usd_high,
    )
    take = status.take
    open_take = take if take is not None and take.state in OPEN else None
    again = "Retry" if take is not None and take.state is State.FAILED else "Generate"
    generate, cancel = st.columns([3, 2], gap="small")
    generate.button(
        f"{again} · {order.price_text}",
        key="generate_shot",
        help="Animates this shot. The takes it has are kept.",
        disabled=refused is not None or not can_be_ordered(status),
        on_click=place,
        args=(order,),
        width="stretch",
    )
    cancel.button(
        "Cancel",
        key="cancel_shot",
        help="Ends the take of this shot that waits or runs.",
        disabled=open_take is None,
        on_click=_cancel,
        args=(open_take,),
        width="stretch",
    )
    needed_s = needed_frames(status.shot, board.project.frame_rate) / board.project.frame_rate
    facts = f"{length_text(float(needed_s), quote.paid_s)} · {quote.size.replace('x', ' × ')}"
    st.caption(str(refused) if refused else facts)


def _cancel(take: Take | None) -> None:
    if take is not None:
        with trouble_kept():
            the_studio().cancel_take(take.take_id, take.project_id)


def _show_takes(board: Board, status: ShotStatus) -> None:
    takes = board.takes_of(status.shot.shot_id)
    if not takes:
        st.caption("No takes yet: the first one is chosen by itself, and every later one is kept here.")
    names = {model.key: model.name for model in the_studio().catalogue}
    for number, take in reversed([*enumerate(takes, start=1)]):
        _show_take(number, take, names.get(take.model, take.model), in_the_cut=number == status.chosen)


def _show_take(number: int, take: Take, model: str, *, in_the_cut: bool) -> None:
    told, button = st.columns([3, 2], gap="small", vertical_alignment="center")
    with told:
        st.markdown(f"**Take {number}** {badge(take)}")
        st.caption(f"{model} · {when_text(take.changed_at)} · {cost_text(take)}")
    with button:
        if take.state in OPEN:
            _take_button("Cancel", take, _cancel)
        elif take.clip is not None:
            _take_button("In the cut" if in_the_cut else "Use this", take, _choose, disabled=in_the_cut)
        elif take.state is State.UNRESOLVED:
            settle_button(take)
        receipt_button(take)


def _take_button(label: str, take: Take, act: object, *, disabled: bool = False) -> None:
    st.button(
        label,
        key=f"act-{take.take_id}",
        disabled=disabled,
        on_click=act,  # type: ignore[arg-type]
        args=(take,),
        width="stretch",
    )


def _choose(take: Take) -> None:
    with trouble_kept():
        the_studio().choose_take(take.take_id, take.project_id)
