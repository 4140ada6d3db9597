"""Projects and their storyboards: stills, words, times and music."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.beats import Beats, find_beats
from core.catalogue import Aspect
from core.desks.desk import Desk
from core.edits import Edit, EditOutcome, apply_edits, apply_moves
from core.errors import InputRefused, NotFound, StillmotionError
from core.fields import parse_aspect, parse_fps, parse_size, parse_title
from core.media import thumbnail
from core.project import SIZES, Project, ProjectId, ShotId
from core.sample import install_sample
from core.store import now_text
from core.storyboard import Brought, add_stills, pictures_in, plan_cuts, remove_shots, remove_track, set_track
from core.timeline import LARGEST_SHIFT_S, SnapPlan, changed_places, lined_up


@dataclass(frozen=True, kw_only=True)
class ProjectSummary:
    """A project in a list."""

    project_id: ProjectId
    title: str
    shots: int
    updated_at: str
    """ISO 8601, UTC."""
    damage: StillmotionError | None = None
    """What is wrong with it, when it cannot be opened."""


class StoryboardDesk(Desk):
    """Where projects are made and storyboards changed."""

    def projects(self) -> list[ProjectSummary]:
        """Every project, the one that was changed last first."""
        return sorted(
            (self._summary(project_id) for project_id in self.store.projects.ids()),
            key=lambda summary: summary.updated_at,
            reverse=True,
        )

    def _summary(self, project_id: ProjectId) -> ProjectSummary:
        try:
            project = self.store.projects.read(project_id)
        except StillmotionError as error:
            return ProjectSummary(
                project_id=project_id, title=project_id, shots=0, updated_at="", damage=error
            )
        return ProjectSummary(
            project_id=project_id,
            title=project.title,
            shots=len(project.shots),
            updated_at=project.updated_at,
        )

    def create_project(
        self,
        title: str,
        *,
        aspect: str = "horizontal",
        size: str | None = None,
        fps: str = "25",
        model: str = "animatic",
    ) -> Project:
        """A new, empty project. Raises InputRefused for settings that do not exist."""
        shape = Aspect(parse_aspect(aspect, "the project"))
        chosen = parse_size(size or SIZES[shape][0], "the project")
        if chosen not in SIZES[shape]:
            raise InputRefused(
                f"{chosen} is not a size for a {shape} picture.",
                remedy=f"Choose one of: {', '.join(SIZES[shape])}.",
            )
        return self.store.projects.create(
            Project(
                id=ProjectId("draft"),
                title=parse_title(title, "the project"),
                aspect=shape,
                size=chosen,
                fps=parse_fps(fps, "the project"),
                video_model=self.catalogue[model].key,
                created_at=now_text(),
                updated_at=now_text(),
            )
        )

    def edit(self, project_id: str, edits: Sequence[Edit]) -> EditOutcome:
        """Merge a person's edits into the newest revision; what does not fit is named, field by field."""
        for edit in edits:
            if edit.field == "video_model" and edit.now:
                self.catalogue[str(edit.now)]
        return self._merge(project_id, lambda project: apply_edits(project, edits))

    def _merge(self, project_id: str, change: Callable[[Project], EditOutcome]) -> EditOutcome:
        outcome: list[EditOutcome] = []

        def merge(project: Project) -> Project:
            outcome[:] = [change(project)]
            return outcome[0].project if outcome[0].applied else project

        self.store.projects.edit(project_id, merge)
        return outcome[0]

    def restore_project(self, project_id: str) -> Project:
        """Put the revision before in place of a damaged one, which is kept aside."""
        return self.store.projects.restore(project_id)

    def install_sample(self) -> Project | None:
        """Install the sample project in a data folder that never held a project; None when it did."""
        if (self.settings.data / "projects").exists():
            return None
        return install_sample(self.store, max_megapixels=self.settings.max_still_megapixels)

    def add_stills(
        self, project_id: str, sources: Sequence[tuple[str, Path | bytes]], *, seconds: float = 3.0
    ) -> Brought:
        """Append a shot of `seconds` for each (name, picture). Bad pictures are named; the rest go on."""
        return add_stills(
            self.store,
            project_id,
            sources,
            seconds=seconds,
            max_megapixels=self.settings.max_still_megapixels,
        )

    def add_folder(self, project_id: str, folder: Path, *, seconds: float = 3.0) -> Brought:
        """Append a shot for every picture in `folder`, by name."""
        return self.add_stills(project_id, pictures_in(folder), seconds=seconds)

    def remove_shots(self, project_id: str, shot_ids: Iterable[str]) -> Project:
        """Take shots out of the storyboard; what was made of them stays on the disk."""
        return remove_shots(self.store, project_id, shot_ids)

    def line_up(self, project_id: str) -> Project:
        """Put the shots one after the other from 0 s, each as long as it was."""
        return self.store.projects.edit(project_id, lined_up)

    def move_shot(self, project_id: str, shot_id: str, *, earlier: bool) -> Project:
        """Let the shot and its neighbour change places, each as long as it was. Raises InputRefused."""
        return self.store.projects.edit(
            project_id, lambda now: changed_places(now, ShotId(shot_id), earlier=earlier)
        )

    def plan_snap(
        self,
        project_id: str,
        *,
        bpm: float | str | None = None,
        offset: float | str = 0.0,
        every: float | str = 1.0,
        max_shift: float | str = LARGEST_SHIFT_S,
    ) -> SnapPlan:
        """Where every cut would go: onto a tempo, or onto the beats heard in the music when `bpm` is None.

        `offset` is the time of any one beat; of heard beats, what is added to their times. A cut may stand at
        every `every` beats, and moves by at most `max_shift` seconds. `move_cuts` makes its moves.
        Raises InputRefused, and what `find_beats` raises.
        """
        return plan_cuts(
            self.folder(project_id),
            self.project(project_id),
            bpm=bpm,
            offset=offset,
            every=every,
            max_shift=max_shift,
        )

    def move_cuts(self, project_id: str, moves: Sequence[Sequence[Edit]]) -> EditOutcome:
        """Move cuts as a plan says; a cut on which somebody else was meanwhile is named, and stays whole."""
        return self._merge(project_id, lambda project: apply_moves(project, moves))

    def beats(self, project_id: str) -> Beats:
        """The beats of the project's music; the first time takes seconds. Raises what `find_beats` does."""
        return find_beats(self.folder(project_id), self.project(project_id))

    def set_track(self, project_id: str, source: Path | bytes, name: str) -> Project:
        """Lay a piece of music under the cut."""
        return set_track(self.store, project_id, source, name)

    def remove_track(self, project_id: str) -> Project:
        """Take the music away from the cut."""
        return remove_track(self.store, project_id)

    def thumbnail(self, project_id: str, sha256: str, *, width_px: int) -> Path:
        """A small JPEG of the project's still whose hash begins with `sha256`. Raises NotFound."""
        folder = self.folder(project_id)
        for shot in self.project(project_id).shots:
            if shot.render.sha256.startswith(sha256):
                still = folder / shot.render.image_url
                return thumbnail(still, folder / "thumbs", sha256=shot.render.sha256, width_px=width_px)
        raise NotFound("There is no such still.", remedy="Reload the page: the storyboard has changed.")
