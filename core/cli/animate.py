"""Ordering takes and seeing them through: the slots run in this process, or in whoever else is at work."""

import sys
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.budgets import BudgetState
from core.cli.answer import Answer, verdict
from core.cli.printing import counted, say, table
from core.cli.progress_line import ProgressLine, left_text
from core.cli.stop import Stop, Stopped
from core.cli.takes import cost_text, take_facts
from core.errors import InputRefused, NotNow
from core.executor import Executor
from core.orders import BatchQuote
from core.pricing import dollars, price_text
from core.progress import outlook
from core.project import ShotId
from core.providers import provider_of
from core.studio import Studio
from core.take import OPEN, State, Take, TakeId

PATIENCE_S = 30.0
"""How long a disk may refuse before the command gives up; its takes wait for the next start."""
LOOK_EVERY_S = 0.15
"""How often the takes are looked at."""
CANCEL_WAIT_S = 2.5
"""How long takes may need to hear that they are cancelled. With STOP_WAIT_S it stays below five seconds."""
STOP_WAIT_S = 1.5
"""How long the slots may need to end."""


@dataclass(frozen=True, kw_only=True)
class _Batch:
    """The takes that this run waits for."""

    studio: Studio
    project_id: str
    ordered: Sequence[TakeId]
    """Ordered by this run: Ctrl-C is about these."""
    joined: Sequence[TakeId]
    """Under way before: waited for, and left alone."""

    def takes(self) -> list[Take]:
        """All of them, as they are now. Raises Damaged when a receipt cannot be read."""
        known = self.studio.takes(self.project_id)
        return [
            known.get(take_id) or self.studio.take(take_id, self.project_id)
            for take_id in (*self.joined, *self.ordered)
        ]


def animate(arguments: Namespace) -> Answer:
    """One take of each shot, ordered and waited for; shots under way are waited for as they are."""
    studio = Studio.open()
    studio.release_orphans()
    shot_ids = _wanted(studio, arguments)
    open_takes = studio.store.takes.open(studio.folder(arguments.project))
    under_way = {take.shot_id: take.take_id for take in open_takes}
    fresh = [shot_id for shot_id in shot_ids if shot_id not in under_way]
    quote = studio.quote(arguments.project, fresh, model=arguments.model, sound=arguments.sound)
    _agree(studio, arguments.project, quote, yes=arguments.yes)
    with Stop() as stop:
        ordered = (
            studio.order_takes(
                arguments.project,
                fresh,
                model=arguments.model,
                sound=arguments.sound,
                max_usd=quote.usd_high,
                agreed=quote,
            )
            if fresh
            else []
        )
        _tell_limits(studio, ordered)
        batch = _Batch(
            studio=studio,
            project_id=arguments.project,
            ordered=[take.take_id for take in ordered],
            joined=[under_way[shot_id] for shot_id in shot_ids if shot_id in under_way],
        )
        if batch.joined:
            say(f"Under way already, and waited for: {counted(len(batch.joined), 'take')}.")
        _see_through(batch, stop)
    return _answer(batch.takes(), stop)


def _wanted(studio: Studio, arguments: Namespace) -> list[ShotId]:
    """The shots to animate, in order. Raises NotFound for a shot that does not exist."""
    project = studio.project(arguments.project)
    if arguments.shots:
        return [project.shot(shot_id).shot_id for shot_id in arguments.shots]
    if arguments.failed:
        return [*studio.shots_failed(project.id)]
    if not project.shots:
        raise InputRefused(
            f"{project.title} has no shots to animate.",
            remedy=f"Bring in some stills: python -m core add-stills {project.id} PICTURE …",
        )
    return [shot.shot_id for shot in project.shots if not (arguments.missing and shot.render.video)]


def _tell_limits(studio: Studio, ordered: Sequence[Take]) -> None:
    """Say which soft limits are passed, when something was ordered that costs."""
    if any(take.quote.usd_high for take in ordered):
        states = studio.budget_states(ordered[0].project_id)
        say(*(state.passed_text for state in states if state.over and not state.budget.hard))


def _agree(studio: Studio, project_id: str, quote: BatchQuote, *, yes: int) -> None:
    """See that a person wants to pay this. Raises ProviderError when it cannot be ordered anyway."""
    for key in {each.quote.model for each in quote.shots}:
        provider_of(studio.catalogue[key])
    if not quote.usd_high:
        return
    twice = studio.budgets().asks_twice(quote.usd_high)
    if yes > twice:
        return
    price = f"The price of {counted(len(quote.shots), 'take')} is {_text(quote)}."
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        agreeing = "--yes twice (so much is asked about twice)" if twice else "--yes"
        raise InputRefused(price, remedy=f"Add {agreeing} to order them, or --model animatic to pay nothing.")
    say(*(_left_text(state) for state in studio.budget_states(project_id)))
    questions = [f"{price} Order them? [y/N]", f"Really spend {_text(quote)} in one order? [y/N]"]
    for question in questions[yes : 1 + twice]:
        say(question)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Stopped("Nothing was ordered.", code=1)


def _left_text(state: BudgetState) -> str:
    return f"The {state.budget.title} has {dollars(state.left_usd)} left."


def _text(quote: BatchQuote) -> str:
    return price_text(quote.usd, quote.usd_high)


def _see_through(batch: _Batch, stop: Stop) -> None:
    """Run the slots and wait until every take of the batch ended, or somebody wants to stop."""
    studio = batch.studio
    executor = Executor(studio.settings.data, store=studio.store)
    executor.start()
    try:
        with ProgressLine() as line:
            trouble, calm_at = "", time.monotonic()
            while _open(takes := batch.takes()) and not stop.asked:
                if executor.trouble is None:
                    calm_at = time.monotonic()
                elif time.monotonic() - calm_at > PATIENCE_S:
                    raise executor.trouble  # what waits goes on at the next start
                elif str(executor.trouble) != trouble:
                    trouble = str(executor.trouble)
                    line.tell(trouble, executor.trouble.remedy)
                line.show(*_progress(batch, takes))
                stop.wait(LOOK_EVERY_S)
        if stop.asked:
            _end_cleanly(batch)
    finally:
        executor.stop(STOP_WAIT_S)


def _open(takes: Sequence[Take]) -> list[Take]:
    return [take for take in takes if take.state in OPEN]


def _progress(batch: _Batch, takes: Sequence[Take]) -> tuple[str, str]:
    """What a person sees: how many are where, then the share that is done and the time that is left."""
    slots = batch.studio.store.slots.progress()
    view = outlook(takes, slots, batch.studio.catalogue)
    ended = len(takes) - view.running - view.queued
    stage = f"{ended} of {len(takes)} ended, {view.running} running, {view.queued} queued"
    return stage, f"{view.fraction:.0%}, {left_text(view.remaining_s)}"


def _end_cleanly(batch: _Batch) -> None:
    """Cancel what this run ordered, as far as that costs nothing, and give it a moment to be heard."""
    say("Stopping …")
    studio = batch.studio
    asked = set()
    for take_id in reversed(batch.ordered):  # the last first, so that no slot begins one of them meanwhile
        take = studio.take(take_id, batch.project_id)
        if take.state is State.QUEUED or (take.state in OPEN and not studio.catalogue[take.model].paid):
            with suppress(NotNow):  # it ended by itself
                asked.add(studio.cancel_take(take_id, batch.project_id).take_id)
    deadline = time.monotonic() + CANCEL_WAIT_S
    while time.monotonic() < deadline and any(take.take_id in asked for take in _open(batch.takes())):
        time.sleep(LOOK_EVERY_S)


def _answer(takes: Sequence[Take], stop: Stop) -> Answer:
    counts = Counter(take.state for take in takes)
    done = counts[State.DONE]
    left = _open(takes)
    asides = _failures([take for take in takes if not (stop.asked and take.state is State.CANCELLED)])
    if stop.asked:
        asides += [f"Stopped: {counted(counts[State.CANCELLED], 'take')} cancelled."]
    if left:
        asides += [f"Still under way: {counted(len(left), 'take')}. The next `animate`, or the app, goes on."]
    ends = (State.DONE, State.FAILED, State.CANCELLED, State.UNRESOLVED)
    rows = [(take.shot_id, take.take_id, str(take.state), cost_text(take)) for take in takes]
    return Answer(
        facts={
            **{state.value: counts[state] for state in ends},
            "under_way": len(left),
            "takes": [take_facts(take) for take in takes],
        },
        lines=table(("shot", "take", "state", "cost"), rows) if rows else ["There is nothing to animate."],
        asides=asides,
        code=stop.code if stop.asked else verdict(done, len(takes) - done),
    )


def _failures(takes: Sequence[Take]) -> list[str]:
    """Why takes gave no clip, and what to do; each reason once, with the shots it is about."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for take in takes:
        if take.failure is not None:
            reasons.setdefault((take.failure.what, take.failure.remedy), []).append(take.shot_id)
        elif take.state is State.UNRESOLVED:
            what = "It was sent, and the answer was lost: its money is at risk."
            reasons.setdefault((what, "Look the request up at fal.ai, then decide."), []).append(take.shot_id)
    return [
        line for (what, remedy), shots in reasons.items() for line in (f"{', '.join(shots)}: {what}", remedy)
    ]
