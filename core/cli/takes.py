"""Takes: listed, cancelled, chosen."""

from argparse import Namespace
from decimal import Decimal
from typing import Any

from core.cli.answer import Answer
from core.cli.printing import table
from core.pricing import dollars, tidy
from core.studio import Studio
from core.take import OPEN, State, Take


def usd_text(usd: Decimal) -> str:
    """US dollars for JSON: "0.70", "0"."""
    return str(tidy(usd))


def takes(arguments: Namespace) -> Answer:
    """Every take of the project, or of some of its shots, oldest order first."""
    studio = Studio.open()
    project = studio.project(arguments.project)
    wanted = [project.shot(shot_id).shot_id for shot_id in arguments.shots] if arguments.shots else None
    chosen = {shot.render.video.take_id for shot in project.shots if shot.render.video}
    found = [
        take for take in studio.takes(arguments.project).values() if wanted is None or take.shot_id in wanted
    ]
    damaged = studio.store.takes.damaged(studio.folder(arguments.project))
    rows = [
        (
            take.take_id,
            take.shot_id,
            take.model,
            str(take.state),
            "chosen" if take.take_id in chosen else "",
            cost_text(take),
        )
        for take in found
    ]
    heads = ("take", "shot", "model", "state", "", "cost")
    return Answer(
        facts={"takes": [{**take_facts(take), "chosen": take.take_id in chosen} for take in found]},
        lines=table(heads, rows) if rows else ["There are no takes yet."],
        asides=[line for error in damaged for line in (str(error), error.remedy)],
    )


def cost_text(take: Take) -> str:
    """What a take cost, or what is set aside for it."""
    if take.settled_usd is not None:
        return dollars(take.settled_usd) if take.settled_usd else "free"
    if take.state in OPEN:
        return f"{take.quote.price_text}, reserved" if take.quote.usd_high else "free"
    if take.failure is not None and take.failure.charge != "none":
        return f"{take.quote.price_text}, charge {take.failure.charge}"
    return "nothing"


def take_facts(take: Take) -> dict[str, Any]:
    """A take, for JSON."""
    failure = take.failure
    return {
        "take_id": take.take_id,
        "shot_id": take.shot_id,
        "state": take.state,
        "model": take.model,
        "ordered_at": take.ordered_at.isoformat(),
        "person": take.person,
        "changed_at": take.changed_at.isoformat(),
        "motion_prompt": take.motion_prompt,
        "usd": None if take.settled_usd is None else usd_text(take.settled_usd),
        "quoted_usd": usd_text(take.quote.usd_high),
        "clip": take.clip.local_path if take.clip else None,
        "warnings": list(take.warnings),
        "error": failure.model_dump(mode="json") if failure else None,
    }


def cancel(arguments: Namespace) -> Answer:
    """The take, ended when it only waited; whoever runs it ends it soon."""
    take = Studio.open().cancel_take(arguments.take)
    ended = take.state is State.CANCELLED
    said = "is cancelled" if ended else f"is {take.state}; whoever runs it was asked to end it"
    return Answer(facts=take_facts(take), lines=[f"{take.take_id} {said}."])


def choose(arguments: Namespace) -> Answer:
    """The take, now its shot's clip in the cut."""
    studio = Studio.open()
    take = studio.take(arguments.take)
    studio.choose_take(arguments.take, take.project_id)
    return Answer(
        facts={"project_id": take.project_id, **take_facts(take), "chosen": True},
        lines=[f"{take.take_id} is now the clip of {take.shot_id}."],
    )
