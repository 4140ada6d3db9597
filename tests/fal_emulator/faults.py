"""Misbehaviour on a script: which call goes wrong, how, and how often.

A script is a list of rules, each a JSON object:
`{"match": {"call": "submit", "nth": 2}, "do": "drop_after"}`. The vocabulary is `DOES`, below.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

CallKind = Literal[
    "submit",
    "status",
    "stream",
    "result",
    "cancel",
    "token",
    "upload",
    "download",
    "history",
    "billing",
    "pricing",
    "estimate",
    "usage",
    "account",
    "models",
]
"""The calls that are told apart."""

ANY = "any call"
JOB = "submit"

DOES: dict[str, str] = {
    "drop_before": ANY,  # the connection ends; the call was never seen
    "drop_after": ANY,  # the call is done; the connection ends without an answer
    "slow": ANY,  # the call is done; the answer comes `seconds` later (`before`: it is done only then)
    "status": ANY,  # `status` is answered and nothing is done (`after`: it is done all the same)
    "bad_json": ANY,  # the call is done; the answer breaks off inside its JSON
    "html_instead": ANY,  # the call is done; the answer is a web page with status 200
    "expired": ANY,  # 404, as for what is no longer kept
    "truncate": ANY,  # the connection ends after `bytes` (`silent`: and the length claims that was all)
    "stall": ANY,  # after `bytes` nothing for `seconds`, then the rest
    "endless": ANY,  # the body never ends
    "no_length": ANY,  # no Content-Length
    "huge_length": ANY,  # a Content-Length of a petabyte; the connection ends after the body
    "refuse": JOB,  # the job ends in `status` with `type` (`charge`: and is billed)
    "wrong_duration": JOB,  # the clip lasts `seconds`, whatever was asked
    "lost_history": JOB,  # the job never shows in the request history
    "lost_job": JOB,  # the job runs and is billed, but its status and result are 404
    "foreign_url": "result",  # the clip's address is `url`
    "evil_name": "result",  # the clip's file_name is `name`
    "cancel_race": "cancel",  # `mode`: too_late, ignored, stopped, stopped_billed
}
"""What may be done, and at which call."""

SHAPES_JOB = frozenset(name for name, where in DOES.items() if where == JOB)

CancelMode = Literal["too_late", "ignored", "stopped", "stopped_billed"]


class Match(BaseModel):
    """Which calls a rule is for; what is not said fits all."""

    model_config = ConfigDict(extra="forbid")

    call: CallKind | tuple[CallKind, ...] | None = None
    model: str | None = None
    """A part of the endpoint's slug."""
    account: str | None = None
    """An account, in a script for all of them."""
    file: str | None = None
    """A part of the still's or the uploaded file's name."""
    nth: int | tuple[int, ...] | None = None
    """Only these of the calls that fit otherwise, counted from 1, in each account for itself."""


class Rule(BaseModel):
    """One line of a script."""

    model_config = ConfigDict(extra="forbid")

    match: Match = Match()
    do: str
    times: int | None = Field(default=1, ge=1)
    """How often it happens; null for always. With `nth`, as often as `nth` says."""
    status: int = 500
    type: str | None = None
    """The error's type; without one, the usual of its status."""
    message: str | None = None
    retry_after_s: float | None = None
    """Sent as Retry-After."""
    charge: bool = False
    after: bool = False
    before: bool = False
    silent: bool = False
    reset: bool = False
    """Drops end in a reset instead of an end of the stream."""
    seconds: float = 0.0
    bytes: int = 0
    url: str = "http://169.254.169.254/latest/meta-data"
    name: str = "../../../evil.mp4"
    mode: CancelMode = "too_late"

    @model_validator(mode="after")
    def _can_be_done(self) -> Self:
        if self.do not in DOES:
            raise ValueError(f"{self.do!r} is none of {', '.join(DOES)}")
        where = DOES[self.do]
        if where != ANY and self.match.call not in (where, None):
            raise ValueError(f"{self.do} happens at {where}")
        return self

    @property
    def nths(self) -> tuple[int, ...]:
        """The calls it is for, counted from 1; empty for all."""
        nth = self.match.nth
        return () if nth is None else (nth,) if isinstance(nth, int) else nth


@dataclass(frozen=True)
class Happening:
    """One call, as far as rules care."""

    call: CallKind
    account: str
    model: str = ""
    file: str = ""


@dataclass
class Line:
    """A rule, how many calls it fitted and how often it was followed."""

    rule: Rule
    seen: int = 0
    used: int = 0

    def due(self, call: Happening) -> bool:
        """Whether the rule's turn has come with `call`; counts calls that fit."""
        if not _fits(self.rule, call):
            return False
        self.seen += 1
        nths = self.rule.nths
        return self.seen in nths if nths else self.rule.times is None or self.used < self.rule.times

    def act(self) -> Rule:
        """The rule, now that it is followed; counts that."""
        self.used += 1
        return self.rule


@dataclass(frozen=True)
class Plan:
    """What goes wrong with one call."""

    delay_before_s: float = 0.0
    delay_s: float = 0.0
    fault: Rule | None = None
    """What is done to the call and its answer."""
    shape: tuple[Rule, ...] = ()
    """What is done to the job it starts."""


class Script:
    """The rules of one account, with their counts."""

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self.lines = [Line(rule) for rule in rules]

    def plan(self, call: Happening) -> Plan:
        """What goes wrong with `call`: every delay and shape that is due, and the first other fault.

        A fault that is not the first keeps its turn, so that rules for the same call happen one by one.
        """
        due = [line for line in self.lines if line.due(call)]
        slow = [line.act() for line in due if line.rule.do == "slow"]
        shape = [line.act() for line in due if line.rule.do in SHAPES_JOB]
        first = next((line for line in due if line.rule.do not in {"slow", *SHAPES_JOB}), None)
        return Plan(
            delay_before_s=sum(rule.seconds for rule in slow if rule.before),
            delay_s=sum(rule.seconds for rule in slow if not rule.before),
            fault=first.act() if first else None,
            shape=tuple(shape),
        )

    def told(self) -> Iterator[dict[str, Any]]:
        """The rules with their counts, for people and tests."""
        for line in self.lines:
            yield {**line.rule.model_dump(exclude_defaults=True), "seen": line.seen, "used": line.used}


def _fits(rule: Rule, call: Happening) -> bool:
    match, where = rule.match, DOES[rule.do]
    calls = (match.call,) if isinstance(match.call, str) else match.call
    if calls is None and where != ANY:
        calls = (where,)  # type: ignore[assignment]  # DOES names calls
    return (
        (calls is None or call.call in calls)
        and (match.model is None or match.model in call.model)
        and (match.account is None or match.account == call.account)
        and (match.file is None or match.file in call.file)
    )
