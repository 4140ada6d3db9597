"""A take's receipt, as a person reads it: what was asked, what came of it, what it cost, and when."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

import streamlit as st

from core.pricing import dollars
from core.studio import the_studio
from core.take import State, Take
from pages.parts.ordering import trouble_kept
from pages.parts.statuses import cost_text, status_text
from pages.parts.when import when_text
from pages.parts.words import plain

STEPS = {
    State.QUEUED: "Ordered",
    State.SUBMITTING: "Sent",
    State.SUBMITTED: "Taken by the provider",
    State.RUNNING: "Work began",
    State.COLLECTING: "Finished; the clip on its way",
    State.DONE: "Clip in place",
    State.FAILED: "Failed",
    State.CANCELLED: "Cancelled",
    State.UNRESOLVED: "Out of sight",
}
"""What a person calls each step of a take's life."""

RECEIPT_PX = 560
"""Width at which the longest line of a receipt, the words, breaks once or twice."""
HISTORY_DAYS = 30
"""How long fal keeps what requests were made of (fal.ai/docs: payloads are kept for 30 days)."""


def receipt_button(take: Take) -> None:
    """A button that opens the receipt."""
    with st.popover("Receipt", width="stretch", on_change="rerun", key=f"receipt-{take.take_id}") as opened:
        if opened.open:
            show_receipt(take)


def show_receipt(take: Take, *, width: int | Literal["stretch"] = RECEIPT_PX) -> None:
    """What was asked, what came of it, what it cost, and when."""
    rows = "".join(f"| {name} | {plain(told)} |\n" for name, told in _facts(take))
    st.markdown(f"| Receipt | |\n|:--|:--|\n{rows}", width=width)
    for warning in take.warnings:
        st.caption(warning)
    if take.payload:
        with st.expander("What was sent, word for word"):
            st.json(take.payload, expanded=True)


def _facts(take: Take) -> Iterator[tuple[str, str]]:
    catalogue = the_studio().catalogue
    yield "Take", take.take_id
    yield "Status", status_text(take)
    yield "Model", catalogue[take.model].name if take.model in catalogue else take.model
    if take.person:
        yield "Ordered by", take.person
    yield "Words", take.motion_prompt
    yield "Length", f"{take.needed_s:.3g} s needed, {take.duration_s:.3g} s bought"
    yield "Sound", "asked for" if take.sound else "not asked for"
    yield "Quote", f"{take.quote.price_text} (price of {take.quote.price_as_of})"
    yield "Cost", cost_text(take)
    if take.billable_units is not None:
        yield "Units billed", f"{take.billable_units:f}"
    if take.request is not None:
        yield "Request", take.request.request_id
    if take.clip is not None:
        clip = take.clip
        yield "Clip", f"{clip.width} × {clip.height}, {clip.duration_s:.4g} s, {clip.bytes / 1e6:.1f} MB"
    if take.failure is not None:
        yield "Why", take.failure.what
    for state, at in take.history:
        yield STEPS[state], when_text(at, to_the_second=True)


def settle_button(take: Take) -> None:
    """For a take of which nobody knows what became: look again, name its request, or give it up."""
    with st.popover("Settle", width="stretch", on_change="rerun", key=f"settle-{take.take_id}") as opened:
        if not opened.open:
            return
        st.markdown(f"**{dollars(take.quote.usd_high)} at risk** since {when_text(take.changed_at)}.")
        st.caption(
            "It is looked up by itself again and again; when it is found, its clip is brought home. "
            f"The provider keeps its history for {HISTORY_DAYS} days: {_days_left(take)} are left."
        )
        st.button("Look again now", key=f"look-{take.take_id}", on_click=_look, args=(take,), width="stretch")
        named = st.text_input(
            "Its request, if you know it",
            key=f"request-{take.take_id}",
            placeholder="the id from your provider's dashboard",
        )
        st.button(
            "This is its request",
            key=f"adopt-{take.take_id}",
            on_click=_adopt,
            args=(take, named),
            disabled=not named.strip(),
            width="stretch",
        )
        st.button(
            "Give it up",
            key=f"lost-{take.take_id}",
            help="The shot can be ordered again. What this take may have cost stays shown as at risk.",
            on_click=_give_up,
            args=(take,),
            width="stretch",
        )


def _days_left(take: Take) -> int:
    return max(0, HISTORY_DAYS - (datetime.now(UTC) - take.ordered_at).days)


def _look(take: Take) -> None:
    with trouble_kept():
        found = the_studio().look_again(take.take_id, take.project_id)
        st.toast("Found: its clip is on the way." if found else "Not found yet; the history may lag.")


def _adopt(take: Take, request_id: str) -> None:
    with trouble_kept():
        the_studio().adopt_request(take.take_id, request_id, take.project_id)


def _give_up(take: Take) -> None:
    with trouble_kept():
        the_studio().give_up(take.take_id, take.project_id)


def show_pauses() -> None:
    """Providers whose takes wait at present: why, what to do, and a way to go on."""
    for pause in the_studio().pauses():
        when = f" It is tried again {when_text(pause.until)}." if pause.until else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                plain(f"{pause.remedy}{when}"), title=plain(pause.what), icon=":material/pause_circle:"
            )
            st.button("Go on now", key=f"resume-{pause.provider}", on_click=_resume, args=(pause.provider,))


def _resume(provider: str) -> None:
    with trouble_kept():
        the_studio().resume(provider)
