"""Shots and music: brought in, changed, lined up, taken out."""

from argparse import Namespace
from pathlib import Path

from core.cli.answer import Answer, verdict
from core.cli.parser import refuse_usage
from core.cli.printing import table
from core.cli.projects import apply, settings_answer
from core.edits import Edit
from core.errors import InputRefused, StillmotionError
from core.project import Shot
from core.storyboard import pictures_in
from core.studio import Studio

WORDS = {
    "camera": "camera_language",
    "energy": "energy",
    "environment": "environment",
    "elements": "symbolic_elements",
    "start": "start",
    "end": "end",
    "motion_prompt": "motion_prompt",
    "model": "video_model",
    "fit": "fit",
    "transition": "transition",
    "title": "title",
}
"""Option → field of the shot."""


def add_stills(arguments: Namespace) -> Answer:
    """A new shot for every picture that can be used; the others are named."""
    sources, refused = _named_pictures(arguments.pictures)
    brought = Studio.open().add_stills(arguments.project, sources, seconds=arguments.seconds)
    refused += brought.refused
    asides = [*brought.notes, *(line for error in refused for line in (str(error), error.remedy))]
    return Answer(
        facts={
            "shots": [_facts(shot) for shot in brought.shots],
            "refused": [{"what": str(error), "remedy": error.remedy} for error in refused],
            "notes": list(brought.notes),
        },
        lines=_table(brought.shots) if brought.shots else [],
        asides=asides,
        code=verdict(len(brought.shots), len(refused)),
    )


def _named_pictures(paths: list[str]) -> tuple[list[tuple[str, Path]], list[StillmotionError]]:
    """(name, path) of every picture, folders opened, and why a folder gave none."""
    found: list[tuple[str, Path]] = []
    refused: list[StillmotionError] = []
    for path in map(Path, paths):
        try:
            found += pictures_in(path) if path.is_dir() else [(path.name, path)]
        except InputRefused as error:
            refused.append(error)
    return found, refused


def set_shot(arguments: Namespace) -> Answer:
    """The shot with the given words and times changed."""
    edits = [
        Edit(shot_id=arguments.shot, field=field, now=value, force=True)
        for option, field in WORDS.items()
        if (value := getattr(arguments, option)) is not None
    ]
    if not edits:
        refuse_usage(arguments, "name at least one thing to change")
    studio = Studio.open()
    studio.project(arguments.project).shot(arguments.shot)
    shot = apply(studio, arguments.project, edits).shot(arguments.shot)
    return Answer(facts=_facts(shot), lines=[*_table((shot,)), f"Motion prompt: {shot.words}"])


def remove_shots(arguments: Namespace) -> Answer:
    """The storyboard without those shots; their stills, takes and clips stay on the disk."""
    return settings_answer(Studio.open().remove_shots(arguments.project, arguments.shots))


def move_shot(arguments: Namespace) -> Answer:
    """The shots, one of them a place earlier or later."""
    project = Studio.open().move_shot(
        arguments.project, arguments.shot, earlier=arguments.direction == "earlier"
    )
    return Answer(facts={"shots": [_facts(shot) for shot in project.shots]}, lines=_table(project.shots))


def line_up(arguments: Namespace) -> Answer:
    """The shots one after the other, each as long as it was."""
    project = Studio.open().line_up(arguments.project)
    return Answer(facts={"shots": [_facts(shot) for shot in project.shots]}, lines=_table(project.shots))


def set_track(arguments: Namespace) -> Answer:
    """The project with that music under its cut, or with none."""
    if (arguments.music is None) != arguments.remove:
        refuse_usage(arguments, "name a piece of music, or --remove")
    studio = Studio.open()
    if arguments.remove:
        return settings_answer(studio.remove_track(arguments.project))
    music = Path(arguments.music)
    return settings_answer(studio.set_track(arguments.project, music, music.name))


def _table(shots: tuple[Shot, ...]) -> list[str]:
    rows = [(each.shot_id, f"{each.start:.2f}", f"{each.end:.2f}", each.render.source_name) for each in shots]
    return table(("shot", "start", "end", "still"), rows, right="start end")


def _facts(shot: Shot) -> dict[str, object]:
    return {**shot.model_dump(mode="json"), "words": shot.words}
