"""What a person changes in a storyboard, merged field by field into whatever is there now."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.catalogue import Aspect
from core.errors import InputRefused, NotFound
from core.fields import PROJECT_FIELDS, SHOT_FIELDS, Parse
from core.project import SIZES, Project, Shot

_TOGETHER = frozenset({"start", "end", "aspect", "size"})
"""Fields that must fit each other: of one owner they are applied together or not at all."""


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One field changed by a person, with what they saw there: enough to merge it into any revision."""

    field: str
    """Name of the field."""
    now: Any
    """What it should be."""
    was: Any = None
    """What it was when the person saw it. Left out (with `force`), the edit always applies."""
    shot_id: str | None = None
    """The shot; None for the project's own settings."""
    force: bool = False
    """Apply whatever is there now."""


@dataclass(frozen=True, kw_only=True)
class Conflict:
    """An edit that was not applied, because somebody else changed the same field meanwhile."""

    edit: Edit
    theirs: Any
    """What is there now, and stays."""

    def __str__(self) -> str:
        where = f"{self.edit.field} of {self.edit.shot_id}" if self.edit.shot_id else self.edit.field
        return f"{where}: you wrote {self.edit.now!r}, meanwhile it became {self.theirs!r}, which was kept."


@dataclass(frozen=True, kw_only=True)
class EditOutcome:
    """What became of a person's edits."""

    project: Project
    applied: tuple[Edit, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    refused: tuple[InputRefused, ...] = ()


def apply_edits(project: Project, edits: Iterable[Edit]) -> EditOutcome:
    """`project` with every edit that fits; the rest is named, field by field. Nothing is guessed."""
    groups: dict[tuple[str | None, str], list[Edit]] = {}
    for edit in edits:
        alone = "" if edit.field in _TOGETHER else edit.field
        groups.setdefault((edit.shot_id, alone), []).append(edit)
    desk = _Desk(project)
    for group in groups.values():
        desk.take([group], whole=False)
    return desk.outcome()


def apply_moves(project: Project, moves: Iterable[Sequence[Edit]]) -> EditOutcome:
    """`project` with every move that fits as a whole, in turn; the others are named and left out."""
    desk = _Desk(project)
    for move in moves:
        by_owner: dict[str | None, list[Edit]] = {}
        for edit in move:
            by_owner.setdefault(edit.shot_id, []).append(edit)
        desk.take(list(by_owner.values()), whole=True)
    return desk.outcome()


class _Desk:
    """A project while edits are laid onto it, with what became of them."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._shots = {str(shot.shot_id): shot for shot in reversed(project.shots)}
        self._applied: list[Edit] = []
        self._conflicts: list[Conflict] = []
        self._refused: list[InputRefused] = []

    def take(self, groups: Sequence[Sequence[Edit]], *, whole: bool) -> None:
        """Lay `groups` on, each the edits of one owner that must fit together; when `whole`, all or none."""
        changed: list[Project | Shot] = []
        applied: list[Edit] = []
        conflicts: list[Conflict] = []
        try:
            for group in groups:
                owner, fitting, clashing = self._merged(group)
                changed.append(owner)
                applied += fitting
                conflicts += clashing
        except InputRefused as error:
            self._refused.append(error)
            return
        except NotFound as error:
            remedy = "Look at the table of shots: it may have been removed; nothing was changed."
            self._refused.append(InputRefused(str(error), remedy=remedy))
            return
        self._conflicts += conflicts
        if whole and conflicts:
            return
        self._applied += applied
        for owner in changed:
            if isinstance(owner, Shot):
                self._shots[owner.shot_id] = owner
            else:
                self._project = owner

    def _merged(self, group: Sequence[Edit]) -> tuple[Project | Shot, list[Edit], list[Conflict]]:
        """The owner with the edits of `group` that fit, those edits, and the clashes."""
        shot_id = group[0].shot_id
        if not shot_id:
            changes, fitting, clashing = _merge(self._project, group, PROJECT_FIELDS)
            settings = self._project.model_copy(update=changes)
            return _checked_settings(settings, changes), fitting, clashing
        shot = self._shots.get(shot_id) or self._project.shot(shot_id)
        changes, fitting, clashing = _merge(shot, group, SHOT_FIELDS)
        shot = shot.model_copy(update=changes)
        if {"start", "end"} & changes.keys():
            check_times(shot)
        return shot, fitting, clashing

    def outcome(self) -> EditOutcome:
        """The project as it now is, and what became of every edit."""
        shots = tuple(self._shots[shot.shot_id] for shot in self._project.shots)
        return EditOutcome(
            project=self._project.model_copy(update={"shots": shots}),
            applied=tuple(self._applied),
            conflicts=tuple(self._conflicts),
            refused=tuple(self._refused),
        )


def _merge(
    owner: Project | Shot, edits: Iterable[Edit], fields: Mapping[str, Parse]
) -> tuple[dict[str, Any], list[Edit], list[Conflict]]:
    changes: dict[str, Any] = {}
    fitting, clashing = [], []
    whose = owner.shot_id if isinstance(owner, Shot) else "the project"
    for edit in edits:
        if edit.field not in fields:
            raise InputRefused(
                f"{whose} has no field {edit.field[:40]!r} that can be edited.",
                remedy=f"Choose one of: {', '.join(fields)}.",
            )
        parse = fields[edit.field]
        now, there = parse(edit.now, whose), getattr(owner, edit.field)
        if edit.force or there in (now, edit.was) or there == parse(edit.was, whose):
            changes[edit.field] = now
            fitting.append(edit)
        else:
            clashing.append(Conflict(edit=edit, theirs=there))
    return changes, fitting, clashing


def _checked_settings(project: Project, changes: dict[str, Any]) -> Project:
    if "aspect" in changes and "size" not in changes and project.size not in SIZES[project.aspect]:
        return project.model_copy(update={"size": _same_class(project.size, project.aspect)})
    if project.size not in SIZES[project.aspect]:
        raise InputRefused(
            f"{project.size} is not a size for a {project.aspect} picture.",
            remedy=f"Choose one of: {', '.join(SIZES[project.aspect])}.",
        )
    return project


def _same_class(size: str, aspect: Aspect) -> str:
    """The size of `aspect` with the same short side as `size`."""
    short = min(int(side) for side in size.split("x"))
    fitting = [new for new in SIZES[aspect] if min(int(side) for side in new.split("x")) == short]
    return fitting[0] if fitting else SIZES[aspect][0]


def check_times(shot: Shot) -> None:
    """Raise InputRefused when a shot runs backwards or has no length."""
    if shot.end <= shot.start:
        how = "has no length" if shot.end == shot.start else "ends before it starts"
        raise InputRefused(
            f"{shot.shot_id} {how}: it goes from {shot.start:g} s to {shot.end:g} s.",
            remedy=f"Give it an end after {shot.start:g} s.",
        )
