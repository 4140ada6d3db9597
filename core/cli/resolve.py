"""Takes whose answer was lost: listed, looked up, adopted, given up; and clips that were made elsewhere."""

from argparse import Namespace

from core.cli.answer import Answer
from core.cli.printing import counted, table
from core.cli.takes import take_facts
from core.errors import InputRefused, NotFound
from core.pricing import dollars
from core.studio import Studio
from core.take import State, Take


def resolve(arguments: Namespace) -> Answer:
    """What became of the take; without one, every take that is in doubt."""
    studio = Studio.open()
    if arguments.request_id:
        return _brought_in(studio, arguments)
    if arguments.take is None:
        return _listed(studio.unresolved(arguments.project))
    if arguments.adopt:
        take = studio.adopt_request(arguments.take, arguments.adopt)
        if take.state is State.FAILED:
            return _told(take, "was that request; it stays given up, and the bill tells what it cost")
        return _told(take, "goes on as that request; `animate` or the app brings its clip home")
    if arguments.lost:
        return _told(
            studio.give_up(arguments.take), "is given up; its money stays at risk until the bill tells"
        )
    found = studio.look_again(arguments.take)
    if found is None:
        take = studio.take(arguments.take)
        return _told(take, "was not found in the provider's history, which may lag; look again later")
    return _told(found, "was found; `animate` or the app brings its clip home")


def _told(take: Take, said: str) -> Answer:
    return Answer(facts=take_facts(take), lines=[f"{take.take_id} {said}."])


def _listed(takes: list[Take]) -> Answer:
    rows = [
        (
            take.take_id,
            take.shot_id,
            take.model,
            dollars(take.quote.usd_high),
            take.failure.what if take.failure else "",
        )
        for take in takes
    ]
    heads = ("take", "shot", "model", "at risk", "why")
    lines = [*table(heads, rows, right="at risk"), "", f"{counted(len(rows), 'take')} in doubt"]
    return Answer(
        facts={"takes": [take_facts(take) for take in takes]},
        lines=lines if rows else ["No take is in doubt."],
    )


def _brought_in(studio: Studio, arguments: Namespace) -> Answer:
    if not arguments.shot:
        raise InputRefused("It is not said which shot the clip is for.", remedy="Add --shot SHOT.")
    project_id = arguments.project or _only_project_with(studio, arguments.shot)
    take = studio.bring_in(project_id, arguments.shot, arguments.request_id, model=arguments.model)
    return _told(take, "will bring the clip home; `animate` or the app does it")


def _only_project_with(studio: Studio, shot_id: str) -> str:
    """The project that has the shot, when only one has."""
    having = [
        project_id
        for project_id in studio.store.projects.ids()
        if any(shot.shot_id == shot_id for shot in studio.project(project_id).shots)
    ]
    if not having:
        raise NotFound(f"No project has a shot called {shot_id[:60]!r}.", remedy="`show` lists the shots.")
    if len(having) > 1:
        raise InputRefused(
            f"Several projects have a {shot_id}: {', '.join(having)}.", remedy="Add --project PROJECT."
        )
    return having[0]
