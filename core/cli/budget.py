"""Spending limits: listed with what is left of each, set, and lifted."""

from argparse import Namespace
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from core.budgets import Budgets, BudgetState, parse_usd
from core.cli.answer import Answer
from core.cli.parser import refuse_usage
from core.cli.printing import table
from core.cli.takes import usd_text
from core.pricing import dollars
from core.studio import Studio

NONE = "none"
"""What is typed for an amount to lift what it limits."""


def budget(arguments: Namespace) -> Answer:
    """Every limit and where it stands, after the change that was asked for."""
    _check_usage(arguments)
    studio = Studio.open()
    if arguments.remove:
        studio.remove_budget(arguments.scope, project_id=arguments.project, hard=not arguments.soft)
    elif arguments.scope:
        usd = parse_usd(arguments.usd)
        studio.set_budget(arguments.scope, usd, project_id=arguments.project, hard=not arguments.soft)
    if arguments.ask_twice or arguments.http_ceiling:
        known = studio.budgets()
        studio.set_order_limits(
            ask_twice_over_usd=_changed(arguments.ask_twice, known.ask_twice_over_usd),
            http_ceiling_usd=_changed(arguments.http_ceiling, known.http_ceiling_usd),
        )
    if arguments.project and not arguments.scope:
        studio.project(arguments.project)  # says so when there is no such project
    shown = None if arguments.scope else arguments.project
    return _answer(studio.budgets(), studio.budget_states(shown))


def _check_usage(arguments: Namespace) -> None:
    if arguments.remove and not arguments.scope:
        refuse_usage(arguments, "--remove needs the SCOPE of the limit to lift")
    if arguments.remove and arguments.usd:
        refuse_usage(arguments, "give either USD or --remove")
    if arguments.scope and not arguments.remove and not arguments.usd:
        refuse_usage(arguments, "give the limit's USD, or --remove to lift it")
    if arguments.soft and not arguments.scope:
        refuse_usage(arguments, "--soft needs a SCOPE")


def _changed(text: str | None, known: Decimal | None) -> Decimal | None:
    if text is None:
        return known
    return None if text.strip().lower() == NONE else parse_usd(text)


def _answer(budgets: Budgets, states: Sequence[BudgetState]) -> Answer:
    singles = {
        "ask_twice_over_usd": budgets.ask_twice_over_usd,
        "http_ceiling_usd": budgets.http_ceiling_usd,
    }
    lines = table(("limit", "committed", "left", "gone"), [_row(state) for state in states])
    if not states:
        lines = ["No spending limit is set: `python -m core budget day 20` sets one of $20 a day."]
    if budgets.ask_twice_over_usd is not None:
        lines.append(f"A single order above {dollars(budgets.ask_twice_over_usd)} is asked about twice.")
    if budgets.http_ceiling_usd is not None:
        lines.append(f"A single order over HTTP above {dollars(budgets.http_ceiling_usd)} is refused.")
    return Answer(
        facts={
            "budgets": [state_facts(state) for state in states],
            **{name: None if usd is None else usd_text(usd) for name, usd in singles.items()},
        },
        lines=lines,
    )


def _row(state: BudgetState) -> tuple[str, str, str, str]:
    title = state.budget.title
    gone = f"{state.share:.0%}{', passed' if state.over else ''}"
    return title[0].upper() + title[1:], dollars(state.committed_usd), dollars(state.left_usd), gone


def state_facts(state: BudgetState) -> dict[str, Any]:
    """Where a limit stands, for JSON."""
    return {
        "scope": state.budget.scope,
        "project_id": state.budget.project_id,
        "hard": state.budget.hard,
        "usd": usd_text(state.budget.usd),
        "committed_usd": usd_text(state.committed_usd),
        "left_usd": usd_text(state.left_usd),
        "share": round(state.share, 4),
        "over": state.over,
    }
