"""The question before money is spent: what for, how much, what changed, and what nobody will hear."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import streamlit as st

from core.budgets import Budgets, BudgetState
from core.errors import StillmotionError
from core.orders import BatchQuote
from core.pricing import Quote, dollars, price_text
from core.project import Project, ShotId
from core.proposals import Proposal
from core.studio import the_studio
from pages.parts.cost_budgets import show_limits
from pages.parts.notices import show_error
from pages.parts.ordering import Order, agree_once, ask_instead, asked, forget, has_agreed, send
from pages.parts.words import counted, plain

TABLE_PX = 320
CHANGES_TOLD = 4
"""Changes that are named; the table of shots has them all."""
_SEEN = "quotes_seen"
"""What this visitor was quoted in the last question, by project and shot: newer than any take's quote."""


def confirm_paid_order() -> None:
    """Ask about the paid order that waits, if there is one."""
    order = asked()
    if order is None:
        return
    try:
        project = the_studio().project(order.project_id)
        seen = {shot: quote for (whose, shot), quote in _seen().items() if whose == project.id}
        proposal = the_studio().propose(
            project.id, order.shot_ids, model=order.model, sound=order.sound, seen=seen
        )
        states, limits = the_studio().budget_states(project.id), the_studio().budgets()
    except StillmotionError as error:
        forget()
        show_error(error)
    else:
        _dialog(order, project, proposal, states, limits)


def _seen() -> dict[tuple[str, ShotId], Quote]:
    seen: dict[tuple[str, ShotId], Quote] = st.session_state.setdefault(_SEEN, {})
    return seen


def _let_go(project_id: str, batch: BatchQuote) -> None:
    """The person said no, or closed the question: the next one is compared with what they were told."""
    _see(project_id, batch)
    forget()


def _see(project_id: str, batch: BatchQuote) -> None:
    _seen().update({(project_id, each.shot_id): each.quote for each in batch.shots})


def _dialog(
    order: Order, project: Project, proposal: Proposal, states: Sequence[BudgetState], limits: Budgets
) -> None:
    price = price_text(proposal.batch.usd, proposal.batch.usd_high)

    def dismissed() -> None:
        _let_go(project.id, proposal.batch)

    twice = limits.asks_twice(proposal.batch.usd_high)

    @st.dialog(f"Spend {price}?", width="medium", on_dismiss=dismissed, icon=":material/receipt_long:")
    def ask() -> None:
        if asked() is not order:  # the button that was just pressed has answered it
            st.rerun()
        if twice and has_agreed(order, proposal.batch):
            _ask_again(order, proposal, price, limits.ask_twice_over_usd, dismissed)
            return
        _show_sum(proposal, price)
        _show_changes(order, proposal)
        st.dataframe(
            [_row(project, proposal, number) for number in range(len(proposal.batch.shots))],
            hide_index=True,
            height=min(36 + 35 * len(proposal.batch.shots), TABLE_PX),
        )
        for note in dict.fromkeys(note for each in proposal.batch.shots for note in each.quote.notes):
            st.caption(plain(note))
        _tell_unheard(proposal)
        if states:
            st.markdown("**What is left of the limits, before and after**")
            show_limits(states, proposal.batch.usd_high)
        _tell_passed(states, proposal)
        _show_answers(order, proposal, price, dismissed)

    ask()


def _show_sum(proposal: Proposal, price: str) -> None:
    """Takes, models, seconds and the total in one line that can be said aloud."""
    takes = "One take" if len(proposal.batch.shots) == 1 else f"{len(proposal.batch.shots):,} takes"
    names = [
        f"{name} × {count}" if len(proposal.models) > 1 else name for name, count in proposal.models.items()
    ]
    st.markdown(
        f"{takes}, {proposal.paid_s:.4g} s of clip, **{plain(price)}** in total.  \n"
        f"{plain(', '.join(names))} · {proposal.used_s:.4g} s of it used"
        f" ({proposal.used_s / proposal.paid_s:.0%})."
    )


def _show_changes(order: Order, proposal: Proposal) -> None:
    """What is not as the person saw it on the button, or when these shots were last quoted."""
    told = [f"{change.shot_id}: {plain(change.what)}" for change in proposal.changes[:CHANGES_TOLD]]
    if len(proposal.changes) > CHANGES_TOLD:
        told.append(f"and {counted(len(proposal.changes) - CHANGES_TOLD, 'more shot')}: see the table")
    if (order.usd, order.usd_high) != (proposal.batch.usd, proposal.batch.usd_high):
        told.insert(0, f"the button said {plain(order.price_text)}")
    if told:
        st.info(
            "\n".join(f"- {line}" for line in told),
            title="Changed since the last quote",
            icon=":material/difference:",
        )


def _row(project: Project, proposal: Proposal, number: int) -> dict[str, Any]:
    each = proposal.batch.shots[number]
    shot = project.shot(each.shot_id)
    changed = {change.shot_id: change.what for change in proposal.changes}
    row = {
        "Shot": each.shot_id,
        "Model": the_studio().catalogue[each.quote.model].name,
        "Shot lasts": f"{shot.end - shot.start:.3g} s",
        "Bought": f"{each.quote.paid_s:.3g} s",
        "Sound": "with sound" if each.quote.sound else "silent",
        "Price": each.quote.price_text,
    }
    return row | ({"Changed": changed.get(each.shot_id, "")} if changed else {})


def _tell_unheard(proposal: Proposal) -> None:
    """Sound that is bought for nothing, with what ordering silent saves."""
    if proposal.silent is None:
        return
    hardly = "the cut hardly lets anybody hear" if "beneath" in proposal.unheard else "nobody will hear"
    st.warning(
        plain(
            f"{proposal.unheard} Ordered silent, the same takes cost {proposal.silent.price_text}:"
            f" {dollars(proposal.saving_usd)} less."
        ),
        title=f"Sound is bought that {hardly}",
        icon=":material/volume_off:",
    )


def _tell_passed(states: Sequence[BudgetState], proposal: Proposal) -> None:
    """Limits that this order would pass: a hard one will refuse it."""
    for state in states:
        if state.committed_usd + proposal.batch.usd_high <= state.budget.usd:
            continue
        remedy = (
            "It will be refused: order fewer shots or a cheaper model, or raise the limit on the Costs page."
            if state.budget.hard
            else "It is a soft limit: the order can be made all the same."
        )
        title = f"This would pass the {state.budget.title}"
        st.warning(remedy, title=plain(title), icon=":material/account_balance_wallet:")


def _ask_again(
    order: Order, proposal: Proposal, price: str, limit: Decimal | None, on_no: Callable[[], None]
) -> None:
    """The second question about a large order."""
    over = f", which is above {dollars(limit)}" if limit is not None else ""
    takes = counted(len(proposal.batch.shots), "take")
    st.warning(
        plain(f"{takes} for {price}{over}: such an order is asked about twice."),
        title=plain(f"Really spend {price}?"),
        icon=":material/priority_high:",
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        st.button("No, not now", on_click=on_no)
        st.button(f"Yes, spend {price}", type="primary", on_click=_confirm, args=(order, proposal.batch))


def _show_answers(order: Order, proposal: Proposal, price: str, on_no: Callable[[], None]) -> None:
    """The row of answers."""
    with st.container(horizontal=True, horizontal_alignment="right"):
        if (silent := proposal.silent) is not None:
            other = replace(order, sound=False, usd=silent.usd, usd_high=silent.usd_high)
            st.button(
                f"Order silent for {silent.price_text}",
                key="order_silent",
                icon=":material/volume_off:",
                on_click=_confirm_instead,
                args=(order, other, silent),
            )
        st.button("Not now", on_click=on_no)
        told, agreed = f"Order for {price}", (order, proposal.batch)
        st.button(told, type="primary", on_click=_confirm, args=agreed)


def _confirm(order: Order, agreed: BatchQuote) -> None:
    """Order what the person agreed to: the price in the question, which may be newer than the button's."""
    if asked() is not order:  # a second press of the same button finds nothing to confirm
        return
    if the_studio().budgets().asks_twice(agreed.usd_high) and not has_agreed(order, agreed):
        _see(order.project_id, agreed)  # what changes before the second question is told in it
        agree_once(order, agreed)
    else:
        forget()
        send(replace(order, usd=agreed.usd, usd_high=agreed.usd_high), agreed)


def _confirm_instead(order: Order, other: Order, agreed: BatchQuote) -> None:
    if asked() is order:
        ask_instead(other)
        _confirm(other, agreed)
