"""The row of buttons for all shots, and beneath it how far the work is and what it costs."""

from collections.abc import Sequence
from decimal import Decimal

import streamlit as st

from core.executor import trouble
from core.ledger import Entry
from core.pricing import dollars
from core.progress import Outlook, ShotStatus
from core.studio import the_studio
from pages.parts.board import Board, failed, without_clip
from pages.parts.notices import show_error
from pages.parts.ordering import Order, place, refusal, show_trouble, trouble_kept
from pages.parts.receipt import show_pauses
from pages.parts.words import left_text

BAR_PX = 40
"""Height of a bar with its words and of the way on in its place: nothing below moves when they change."""
STOP_S = 0.5
"""How long a press on Stop may keep the page waiting; the slots end the rest meanwhile."""


def show_actions(board: Board) -> None:
    """Generate all, generate missing, retry and stop: each says its price before it is pressed."""
    ready = board.ready
    missing, broken = without_clip(ready), failed(ready)
    fresh = len(without_clip(board.statuses)) == len(board.statuses)
    columns = st.columns(4, gap="small")
    with columns[0]:
        kept = "" if fresh else " Clips that you have stay: every shot gets one more take."
        told = (
            "Wait until what was ordered has ended." if board.outlook.busy else f"Animates every shot.{kept}"
        )
        _order_button(board, "Generate all", ready, told, primary=fresh, wait=board.outlook.busy)
    with columns[1]:
        told = "Animates the shots that have no clip yet."
        _order_button(board, "Generate missing", missing, told, primary=bool(missing) and not fresh)
    with columns[2]:
        told = "Orders a new take of every shot whose last one failed."
        _order_button(board, "Retry failed", broken, told)
    with columns[3]:
        st.button(
            "Stop",
            key="stop",
            icon=":material/stop:",
            help="Ends what waits and what runs for free. A paid take under way goes on: its money is spent.",
            disabled=not board.outlook.busy,
            on_click=_stop,
            args=(board.project.id,),
            width="stretch",
        )
    show_trouble()
    if (halted := trouble()) is not None:
        show_error(halted)
    show_pauses()
    _explain_refusal(board)


def _order_button(
    board: Board,
    label: str,
    shots: Sequence[ShotStatus],
    told: str,
    *,
    primary: bool = False,
    wait: bool = False,
) -> None:
    """A button that orders a take of each of `shots`; it cannot be pressed while `wait`."""
    quotes = [board.quotes[each.shot.shot_id] for each in shots]
    order = Order(
        project_id=board.project.id,
        shot_ids=tuple(each.shot.shot_id for each in shots),
        model=None,
        usd=sum((quote.usd for quote in quotes), Decimal(0)),
        usd_high=sum((quote.usd_high for quote in quotes), Decimal(0)),
    )
    st.button(
        f"{label} ({len(shots):,}) · {order.price_text}" if shots else f"{label} (0)",
        key=label.lower().replace(" ", "_"),
        help=told,
        type="primary" if primary else "secondary",
        disabled=wait or not shots or refusal([quote.model for quote in quotes]) is not None,
        on_click=place,
        args=(order,),
        width="stretch",
    )


def _explain_refusal(board: Board) -> None:
    refused = refusal([board.project.model_of(each.shot) for each in board.statuses])
    if refused is not None:
        st.info(
            f"{refused.remedy} For one shot do so below, for all of them on the Project page.",
            title=str(refused),
        )


def _stop(project_id: str) -> None:
    with trouble_kept():
        the_studio().stop(project_id, within_s=STOP_S)


def show_progress(board: Board) -> None:
    """How far the work is and the bill so far, in a line that is always there."""
    bar, bill = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with bar.container(horizontal=True, vertical_alignment="center", height=BAR_PX, border=False):
        if board.outlook.busy:
            told = outlook_text(board.outlook) if trouble() is None else "Waiting until the disk takes files"
            st.progress(board.outlook.fraction, text=told)
        else:
            done = len(board.statuses) - len(without_clip(board.statuses))
            _show_clips(done, len(board.statuses))
    with bill:
        totals = the_studio().ledger.bill().totals  # kept as lines come in: this runs every second
        spent, reserved, at_risk = (
            dollars(totals.get((board.project.id, entry), Decimal(0)))
            for entry in (Entry.SETTLE, Entry.RESERVE, Entry.AT_RISK)
        )
        st.caption(
            f"Spent **{spent}** · reserved **{reserved}** · at risk **{at_risk}**",
            text_alignment="right",
        )


def _show_clips(done: int, of: int) -> None:
    """How many shots have a clip; when all do, the way on stands in place of a bar that is full."""
    told = f"{done:,} of {of:,} shots have a clip"
    if done < of:
        st.progress(done / of, text=told)
        return
    st.text(told, width="content")
    st.page_link("export.py", label="Go on to Export", icon=":material/arrow_forward:")


def outlook_text(outlook: Outlook) -> str:
    """What is done, running and waiting, and how long that may last."""
    takes = "take" if outlook.total == 1 else "takes"
    counted = f"{outlook.ended:,} of {outlook.total:,} {takes} finished"
    parts = [counted, f"{outlook.running} running", f"{outlook.queued:,} waiting"]
    if outlook.remaining_s is not None:
        parts.append(left_text(outlook.remaining_s))
    return " · ".join(parts)
