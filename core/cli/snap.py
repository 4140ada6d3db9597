"""Cuts on the beat: listed with their shifts, and moved when that is asked for."""

from argparse import Namespace
from typing import Any

from core.cli.answer import Answer, verdict
from core.cli.printing import counted, say, table
from core.edits import EditOutcome
from core.studio import Studio
from core.timeline import Reason, Shift, SnapPlan


def snap(arguments: Namespace) -> Answer:
    """What becomes of every cut; with --apply they are moved, and what clashes is named."""
    studio = Studio.open()
    if arguments.beats:
        say("Listening to the music, unless its beats are known …")
    plan = studio.plan_snap(
        arguments.project,
        bpm=arguments.bpm,
        offset=arguments.offset,
        every=arguments.every,
        max_shift=arguments.max_shift,
    )
    outcome = studio.move_cuts(arguments.project, plan.moves) if arguments.apply else None
    asides = _clashes(outcome) if outcome else []
    return Answer(
        facts={
            "project_id": arguments.project,
            "shifts": [_facts(shift) for shift in plan.shifts],
            "moved": len(plan.moved),
            "applied": bool(arguments.apply),
            "problems": asides,
        },
        lines=[*_table(plan), _summary(plan, applied=arguments.apply)],
        asides=asides,
        code=verdict(len(outcome.applied), len(asides)) if outcome else verdict(1, 0),
    )


def _clashes(outcome: EditOutcome) -> list[str]:
    return [*map(str, outcome.conflicts), *(f"{error} {error.remedy}" for error in outcome.refused)]


def _facts(shift: Shift) -> dict[str, Any]:
    return {
        "shot_id": shift.shot_id,
        "from_s": shift.from_s,
        "to_s": shift.to_s,
        "shift_s": shift.shift_s,
        "moves": shift.reason is Reason.TO_BEAT,
        "reason": str(shift.reason),
    }


def _table(plan: SnapPlan) -> list[str]:
    if not plan.shifts:
        return []
    rows = [
        (
            shift.shot_id,
            f"{shift.from_s:.3f}",
            f"{shift.to_s:.3f}",
            f"{shift.shift_s:+.3f}" if shift.reason is Reason.TO_BEAT else "",
            str(shift.reason),
        )
        for shift in plan.shifts
    ]
    return table(("shot", "from", "to", "shift", "why"), rows, right="from to shift")


def _summary(plan: SnapPlan, *, applied: bool) -> str:
    if not plan.shifts:
        return "There are no cuts: it takes two shots to make one."
    moved, all_cuts = len(plan.moved), counted(len(plan.shifts), "cut")
    if applied:
        return f"{moved} of {all_cuts} moved."
    return f"{moved} of {all_cuts} would move." + (" Add --apply to move them." if moved else "")
