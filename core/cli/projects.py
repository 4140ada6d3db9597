"""Projects: listed, made, set, shown, restored."""

from argparse import Namespace
from typing import Any

from core.cli.answer import Answer
from core.cli.parser import refuse_usage
from core.cli.printing import counted, table
from core.edits import Edit
from core.progress import ShotStatus
from core.project import Project
from core.studio import ProjectSummary, Studio
from core.timeline import fit_problems, problems, total_frames

SETTINGS = {
    "title": "title",
    "aspect": "aspect",
    "size": "size",
    "fps": "fps",
    "model": "video_model",
    "sound": "sound",
    "framing": "framing",
    "transition": "transition",
    "clip_sound": "clip_sound",
    "loudness": "loudness_lufs",
    "track_end": "track_end",
}
"""Option → field of the project."""


def projects(_arguments: Namespace) -> Answer:
    """Every project, the one that was changed last first; a damaged one is named with its remedy."""
    found = Studio.open().projects()
    rows = [
        (each.project_id, "damaged" if each.damage else str(each.shots), each.updated_at, each.title)
        for each in found
    ]
    asides = [line for each in found if each.damage for line in (str(each.damage), each.damage.remedy)]
    nothing = ['There are no projects yet. Make one: python -m core new "Title"']
    return Answer(
        facts={"projects": [_summary_facts(each) for each in found]},
        lines=table(("project", "shots", "changed", "title"), rows, right="shots") if rows else nothing,
        asides=asides,
    )


def _summary_facts(summary: ProjectSummary) -> dict[str, Any]:
    damage = summary.damage
    return {
        "project_id": summary.project_id,
        "title": summary.title,
        "shots": summary.shots,
        "updated_at": summary.updated_at,
        "damage": {"what": str(damage), "remedy": damage.remedy} if damage else None,
    }


def new(arguments: Namespace) -> Answer:
    """An empty project; its id is what every other verb takes."""
    project = Studio.open().create_project(
        arguments.title,
        aspect=arguments.aspect,
        size=arguments.size,
        fps=arguments.fps,
        model=arguments.model,
    )
    return Answer(facts=settings_facts(project), lines=[f"Made {project.id}.", _headline(project)])


def change(arguments: Namespace) -> Answer:
    """The project with the given settings changed."""
    edits = [
        Edit(field=field, now=value, force=True)
        for option, field in SETTINGS.items()
        if (value := getattr(arguments, option)) is not None
    ]
    if not edits:
        refuse_usage(arguments, "name at least one setting to change")
    return settings_answer(apply(Studio.open(), arguments.project, edits))


def apply(studio: Studio, project_id: str, edits: list[Edit]) -> Project:
    """The project after `edits`. Raises the first refusal; then nothing was changed."""
    outcome = studio.edit(project_id, edits)
    for refusal in outcome.refused:
        raise refusal
    return outcome.project


def restore(arguments: Namespace) -> Answer:
    """The project as it was one revision before; the damaged file is kept aside."""
    project = Studio.open().restore_project(arguments.project)
    answer = settings_answer(project)
    lines = [f"Restored revision {project.revision}; the file that was there is kept aside.", *answer.lines]
    return Answer(facts=answer.facts, lines=lines)


def settings_answer(project: Project) -> Answer:
    """The project's settings, after they were changed."""
    return Answer(facts=settings_facts(project), lines=[_headline(project)])


def settings_facts(project: Project) -> dict[str, Any]:
    """The project's settings, for JSON."""
    return {
        "project_id": project.id,
        "title": project.title,
        "revision": project.revision,
        "aspect": project.aspect,
        "size": project.size,
        "fps": project.fps,
        "model": project.video_model,
        "sound": project.sound,
        "framing": project.framing,
        "transition": str(project.transition),
        "clip_sound": project.clip_sound,
        "loudness_lufs": project.loudness_lufs,
        "track_end": project.track_end,
        "track": project.track.model_dump() if project.track else None,
        "updated_at": project.updated_at,
    }


def show(arguments: Namespace) -> Answer:
    """The storyboard: every shot with its times, its words and where its newest take stands."""
    studio = Studio.open()
    project, statuses = studio.project(arguments.project), studio.statuses(arguments.project)
    frames = total_frames(project)
    from core.exporter.picture.titles import title_problems  # numpy and Pillow: not for the other commands

    odd = [*problems(project), *fit_problems(project), *title_problems(project.shots)]
    facts = {
        **settings_facts(project),
        "frames": frames,
        "duration_s": round(float(frames / project.frame_rate), 4),
        "shots": [_shot_facts(status) for status in statuses],
        "problems": [{"shot_id": each.shot_id, "what": each.what, "remedy": each.remedy} for each in odd],
    }
    lines = [_headline(project), "", *_shot_table(statuses)]
    for each in odd:
        lines += ["", each.what, each.remedy]
    return Answer(facts=facts, lines=lines)


def _headline(project: Project) -> str:
    length_s = float(total_frames(project) / project.frame_rate)
    parts = [
        f"{counted(len(project.shots), 'shot')}, {length_s:.2f} s",
        f"{project.aspect} {project.size}",
        f"{project.fps} fps",
        project.video_model,
        "with sound" if project.sound else "",
        f"music {project.track.source_name}, {project.track.duration:.1f} s" if project.track else "no music",
    ]
    return f"{project.title}: {' · '.join(part for part in parts if part)}"


def _shot_table(statuses: list[ShotStatus]) -> list[str]:
    if not statuses:
        return ["No shots yet. Bring in some stills: python -m core add-stills PROJECT PICTURE …"]
    rows = [
        (
            status.shot.shot_id,
            f"{status.shot.start:.2f}",
            f"{status.shot.end:.2f}",
            status.model,
            take_text(status),
            status.shot.words,
        )
        for status in statuses
    ]
    return table(("shot", "start", "end", "model", "take", "motion prompt"), rows, right="start end")


def take_text(status: ShotStatus) -> str:
    """Where a shot's newest take stands, in a word or two."""
    if status.take is None:
        return "none"
    if status.fraction is not None:
        return f"{status.take.state} {status.fraction:.0%}"
    return str(status.take.state)


def _shot_facts(status: ShotStatus) -> dict[str, Any]:
    take = status.take
    return {
        **status.shot.model_dump(mode="json"),
        "words": status.shot.words,
        "model": status.model,
        "takes": status.takes,
        "take": {"take_id": take.take_id, "state": take.state} if take else None,
        "fraction": status.fraction,
    }
