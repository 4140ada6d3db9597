"""A limit and all limits: what `budgets.json` says."""

from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from core.errors import InputRefused
from core.ledger.lines import MOST_USD
from core.pricing import dollars
from core.record import Record

Usd = Annotated[Decimal, Field(ge=0, le=MOST_USD, decimal_places=4)]


class Scope(StrEnum):
    """What a limit is about. Days and months are UTC; a take belongs to the day it was ordered on."""

    PROJECT = "project"
    """One project, from its start."""
    DAY = "day"
    """Each day anew, of all projects or of one."""
    MONTH = "month"
    """Each calendar month anew, of all projects or of one."""
    TEAM = "team"
    """All projects, from their start."""


SCOPE_TEXT = {Scope.PROJECT: "", Scope.DAY: " a day", Scope.MONTH: " a month", Scope.TEAM: " for the team"}


class Budget(Record):
    """One limit on what is settled, reserved and at risk together."""

    scope: Scope
    project_id: str | None = None
    """The project it is about; None: all of them."""
    usd: Usd
    """The limit, US dollars."""
    hard: bool = True
    """Whether an order that would pass it is refused; else the order is made, with a warning."""

    @model_validator(mode="after")
    def _fits_its_scope(self) -> "Budget":
        if self.scope is Scope.PROJECT and self.project_id is None:
            raise ValueError("a project's limit names its project")
        if self.scope is Scope.TEAM and self.project_id is not None:
            raise ValueError("the team's limit names no project")
        return self

    @property
    def place(self) -> tuple[Scope, str | None, bool]:
        """What there is one limit of: a new limit takes the place of the old."""
        return self.scope, self.project_id, self.hard

    @property
    def title(self) -> str:
        """Its name for people, as in "hard limit of $10.00 a day for ascent"."""
        whose = f" for {self.project_id}" if self.project_id else ""
        return (
            f"{'hard' if self.hard else 'soft'} limit of {dollars(self.usd)}{SCOPE_TEXT[self.scope]}{whose}"
        )

    def covers(self, project_id: str, day: date, today: date) -> bool:
        """Whether a take of the project, ordered on `day`, counts `today`. Days are UTC."""
        if self.project_id not in (None, project_id):
            return False
        if self.scope is Scope.DAY:
            return day == today
        return self.scope is not Scope.MONTH or (day.year, day.month) == (today.year, today.month)


class Budgets(Record):
    """Every limit."""

    schema_version: Literal[1] = 1
    budgets: tuple[Budget, ...] = ()
    ask_twice_over_usd: Usd | None = None
    """A single order above it is asked about twice; None: once is enough."""
    http_ceiling_usd: Usd | None = None
    """A single order over HTTP above it is refused; None: there is no ceiling."""

    def of_project(self, project_id: str) -> tuple[Budget, ...]:
        """The limits that an order for the project has to keep."""
        return tuple(each for each in self.budgets if each.project_id in (None, project_id))

    def asks_twice(self, usd: Decimal) -> bool:
        """Whether an order of `usd` dollars is asked about twice."""
        return self.ask_twice_over_usd is not None and usd > self.ask_twice_over_usd


NO_BUDGETS = Budgets()


def parse_usd(text: str | Decimal) -> Decimal:
    """The amount a person means by "10", "$10.50" or "1,200". Raises InputRefused."""
    try:
        usd = Decimal(str(text).strip().removeprefix("$").replace(",", ""))
    except InvalidOperation:
        usd = Decimal("NaN")
    if not (usd.is_finite() and 0 <= usd <= MOST_USD) or usd != round(usd, 4):
        raise InputRefused(
            f"{str(text)[:40]!r} is not an amount of dollars.",
            remedy="Give an amount such as 25 or 12.50, from 0 to a million.",
        )
    return usd
