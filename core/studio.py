"""The verbs of the product: what a person, a page, the command line and the HTTP doors can do.

Everything goes through a `Studio`. It keeps no state but caches: what it says is what the disk says, so the
app, the command line and a second app may be open on one data folder.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from core.alerts import Alert, find_alerts, unreadable_limits
from core.beats import Beats, find_beats
from core.billing import Books
from core.budgets import Budgets, BudgetState, BudgetStore, state_of
from core.catalogue import Aspect, Catalogue, current_catalogue
from core.costs import CostBook, CostReport, Filters
from core.edits import Edit, EditOutcome, apply_edits, apply_moves
from core.errors import InputRefused, NotFound, NotNow, StillmotionError
from core.executor import adopt, give_up, look_up, wake_all, with_clip
from core.exporter import (
    Certificate,
    Export,
    Exports,
    delivery,
    made_ahead,
    order_export,
    plan_export,
    run_export,
)
from core.exporter.handoff import HandedOver, HandOff, HandOffs, hand_over, sources_of, wish
from core.fields import parse_aspect, parse_fps, parse_size, parse_title
from core.ledger import ledger_of
from core.media import poster, thumbnail
from core.offers import Offers, Wish, price_on_every_model
from core.orders import (
    BatchQuote,
    bring_in,
    cancel_take,
    newest_takes,
    order_takes,
    quote_shots,
    release_orphans,
)
from core.pricing import Quote
from core.progress import Outlook, Overview, ShotStatus, outlook, shot_statuses
from core.project import SIZES, Project, ProjectId, ShotId
from core.proposals import Proposal, last_quotes, propose
from core.providers.base import Signals, unwatched
from core.sample import install_sample
from core.settings import Settings, read_settings
from core.store import Pause, Store, now_text
from core.storyboard import Brought, add_stills, pictures_in, plan_cuts, remove_shots, remove_track, set_track
from core.take import State, Take, TakeId
from core.timeline import LARGEST_SHIFT_S, SnapPlan, lined_up

__all__ = ["ProjectSummary", "Studio", "the_studio"]


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


class Studio:
    """The product, on one data folder. Every method may be called from any thread."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.store = Store(settings.data)
        self.ledger = ledger_of(settings.data)
        self.billing = Books(settings, self.store, self.ledger)
        self.limits = BudgetStore(settings.data)
        current_catalogue(settings.data)  # what is wrong with it is told now
        self._exports = Exports()
        self._handoffs = HandOffs()
        self._book = CostBook()

    @classmethod
    def open(cls) -> "Studio":
        """The studio on the data folder that the environment names."""
        return cls(read_settings())

    @property
    def catalogue(self) -> Catalogue:
        """The models on offer, with the prices in force now."""
        return current_catalogue(self.settings.data)

    # Projects

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

    def project(self, project_id: str) -> Project:
        """The project as it is now. Raises NotFound, or Damaged with the way back."""
        return self.store.projects.read(project_id)

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

    # Storyboard

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

    # Takes

    def quote(
        self,
        project_id: str,
        shot_ids: Sequence[str] | None = None,
        *,
        model: str | None = None,
        sound: bool | None = None,
    ) -> BatchQuote:
        """What one take of each of the shots (all of them when None) will cost. Sends nothing."""
        project = self.project(project_id)
        shots = project.shots if shot_ids is None else [project.shot(shot_id) for shot_id in shot_ids]
        return quote_shots(self.catalogue, project, shots, model=model, sound=sound)

    def offers(self, project_id: str, shot_ids: Sequence[str] | None = None, *, wish: Wish) -> Offers:
        """What one take of each of the shots (all of them when None) would cost on every model."""
        project = self.project(project_id)
        shots = project.shots if shot_ids is None else [project.shot(shot_id) for shot_id in shot_ids]
        return price_on_every_model(self.catalogue, project, shots, wish)

    def propose(
        self,
        project_id: str,
        shot_ids: Sequence[str],
        *,
        model: str | None = None,
        sound: bool | None = None,
        seen: Mapping[ShotId, Quote] | None = None,
    ) -> Proposal:
        """What a person should know before ordering; `seen` are quotes newer than those of the last takes."""
        before = {**last_quotes(self.takes(project_id)), **(seen or {})}
        return propose(self.catalogue, self.project(project_id), shot_ids, before, model=model, sound=sound)

    def order_takes(
        self,
        project_id: str,
        shot_ids: Sequence[str] | None = None,
        *,
        model: str | None = None,
        sound: bool | None = None,
        max_usd: Decimal | None = None,
        person: str | None = None,
        over_http: bool = False,
    ) -> list[Take]:
        """Order one take of each of the shots (all of them when None). Shots under way are passed over.

        Raises BudgetRefused when it costs more than `max_usd` dollars, or than a hard limit has left.
        """
        if shot_ids is None:
            shot_ids = [shot.shot_id for shot in self.project(project_id).shots]
        if not shot_ids:
            raise InputRefused(
                "There are no shots to animate.", remedy="Bring in some stills on the Project page first."
            )
        return order_takes(
            self.store,
            self.ledger,
            self.limits,
            self.catalogue,
            project_id,
            shot_ids,
            model=model,
            sound=sound,
            person=self.settings.person if person is None else person,
            max_usd=max_usd,
            over_http=over_http,
        )

    def shots_failed(self, project_id: str) -> list[ShotId]:
        """Shots whose newest take failed. (A cancelled one is simply missing its clip.)"""
        newest = newest_takes(self.takes(project_id))
        return [
            shot.shot_id
            for shot in self.project(project_id).shots
            if (take := newest.get(shot.shot_id)) is not None and take.state is State.FAILED
        ]

    def takes(self, project_id: str) -> Mapping[TakeId, Take]:
        """Every take of the project, oldest order first."""
        return self.store.takes.all(self.folder(project_id))

    def take(self, take_id: str, project_id: str | None = None) -> Take:
        """The take called `take_id`, in one project or in any. Raises NotFound."""
        for each in [project_id] if project_id else self.store.projects.ids():
            try:
                return self.store.takes.read(self.folder(each), take_id)
            except NotFound:
                continue
        raise NotFound(
            f"There is no take called {take_id[:60]!r}.", remedy="Choose one from the list of takes."
        )

    def cancel_take(self, take_id: str, project_id: str | None = None) -> Take:
        """Ask that a take ends; at once when it only waits."""
        return cancel_take(self.store, self.take(take_id, project_id))

    def bring_in(self, project_id: str, shot_id: str, request_id: str, *, model: str | None = None) -> Take:
        """A take of the shot for a request that was made and paid elsewhere; a slot brings its clip home."""
        return bring_in(
            self.store,
            self.ledger,
            self.limits,
            self.catalogue,
            project_id,
            shot_id,
            request_id,
            model=model,
            person=self.settings.person,
        )

    def unresolved(self, project_id: str | None = None) -> list[Take]:
        """Takes of which nobody knows what became, and whose money is at risk; of one project or of all."""
        ids = [project_id] if project_id else self.store.projects.ids()
        return [take for each in ids for take in self.store.takes.unresolved(self.folder(each))]

    def look_again(self, take_id: str, project_id: str | None = None) -> Take | None:
        """Look an unresolved take up at its provider now; None when it is not found (yet)."""
        take = self.take(take_id, project_id)
        found = look_up(self.settings.data, take.project_id, take.take_id)
        wake_all()
        return found

    def adopt_request(self, take_id: str, request_id: str, project_id: str | None = None) -> Take:
        """Go on with an unresolved take as the request that a person names."""
        take = self.take(take_id, project_id)
        adopted = adopt(self.settings.data, take.project_id, take.take_id, request_id.strip())
        wake_all()
        return adopted

    def give_up(self, take_id: str, project_id: str | None = None) -> Take:
        """Mark an unresolved take lost; its money stays at risk until the bill tells."""
        take = self.take(take_id, project_id)
        return give_up(self.settings.data, take.project_id, take.take_id)

    def pauses(self) -> list[Pause]:
        """Providers whose takes wait at present, and why."""
        return self.store.pauses.all()

    def resume(self, provider: str) -> None:
        """Let the takes of a paused provider run again: a person mended the cause."""
        self.store.pauses.lift(provider)
        wake_all()

    def stop(self, project_id: str, *, within_s: float | None = None) -> list[Take]:
        """End what waits and what runs for nothing; a paid take under way goes on, its money being spent.

        Word is left for all of them first, so that no slot begins another. Returns those that were seen to;
        when that takes longer than `within_s`, the slots see to the rest.
        """
        folder, began = self.folder(project_id), time.monotonic()
        doomed = [
            take
            for take in self.store.takes.open(folder)
            if take.state is State.QUEUED or not self.catalogue[take.model].paid
        ]
        for take in doomed:
            self.store.takes.ask_cancel(folder, take.take_id)
        ended = []
        for take in doomed:
            if within_s is not None and time.monotonic() - began > within_s:
                break
            try:
                ended.append(cancel_take(self.store, take))
            except NotNow:  # it ended by itself meanwhile
                continue
        return ended

    def choose_take(self, take_id: str, project_id: str | None = None) -> Project:
        """Make a finished take its shot's clip in the cut."""
        take = self.take(take_id, project_id)
        if take.clip is None:
            raise NotNow(f"{take_id} has no clip: it is {take.state}.", remedy="Choose a take that is done.")
        clip = take.clip
        return self.store.projects.edit(take.project_id, lambda project: with_clip(project, take, clip))

    def overview(self, project_id: str) -> Overview:
        """The project, its takes, where every shot stands, and the outlook: the disk is read once."""
        project, takes, progress = (
            self.project(project_id),
            self.takes(project_id),
            self.store.slots.progress(),
        )
        return Overview(
            project=project,
            takes=takes,
            statuses=shot_statuses(project, takes, progress),
            outlook=outlook(takes.values(), progress, self.catalogue),
        )

    def statuses(self, project_id: str) -> list[ShotStatus]:
        """Where every shot stands, in the order of the storyboard."""
        return shot_statuses(self.project(project_id), self.takes(project_id), self.store.slots.progress())

    def outlook(self, project_id: str) -> Outlook:
        """How far the takes under way are, and how long they may still last."""
        return outlook(self.takes(project_id).values(), self.store.slots.progress(), self.catalogue)

    def busy(self) -> bool:
        """Whether any take of any project is waiting or running."""
        return any(self.store.takes.open(self.folder(each)) for each in self.store.projects.ids())

    # Exports

    def plan_export(self, project_id: str, **asked: Any) -> Export:
        """What an export ordered now would be made of; `asked` are fields of Delivery.

        Raises InputRefused when there is nothing to show, or for what is not on offer.
        """
        return plan_export(self.project(project_id), self.takes(project_id), delivery(**asked))

    def order_export(self, project_id: str, **asked: Any) -> Export:
        """Put an export in the queue; `asked` are fields of Delivery. Raises as `plan_export` does.

        Raises NotNow when the very same cut is under way already, so that a double click orders one; when its
        process died, that export is returned, and goes on where it was.
        """
        plan = self.plan_export(project_id, **asked)
        return order_export(self._exports, self.folder(project_id), plan)

    def made_ahead(self, plan: Export) -> tuple[int, int]:
        """How many segments of a planned export are there already, and of how many."""
        return made_ahead(plan, self.folder(plan.project_id))

    def run_export(self, export: Export) -> Export:
        """Make an ordered export in this thread, unless somebody is at it; its receipt as it then is."""
        run_export(self.settings.data, export.project_id, export.export_id, stopping=lambda: False)
        return self.export(export.project_id, export.export_id)

    def exports(self, project_id: str) -> list[Export]:
        """Every export of the project, newest first."""
        return self._exports.all(self.folder(project_id))

    def export(self, project_id: str, export_id: str) -> Export:
        """The export's receipt. Raises NotFound."""
        return self._exports.read(self.folder(project_id), export_id)

    def certificate(self, project_id: str, export_id: str) -> Certificate:
        """What the finished export really holds. Raises NotNow, NotFound or Damaged."""
        return self._exports.certificate(self.folder(project_id), self.export(project_id, export_id))

    def cancel_export(self, project_id: str, export_id: str) -> Export:
        """Ask that an export ends; at once when nobody is at it. Nothing half-made is left."""
        export = self.export(project_id, export_id)
        if not export.under_way:
            raise NotNow(
                f"The export has ended already: {export.state}.", remedy="There is nothing to cancel."
            )
        return self._exports.cancel(self.folder(project_id), export.export_id)

    def hand_off(
        self,
        project_id: str,
        out: Path,
        *,
        formats: Sequence[str] | None = None,
        media: str | None = None,
        zipped: bool = False,
        paper: str | None = None,
        signals: Signals | None = None,
        **asked: Any,
    ) -> HandedOver:
        """Make a folder (or a zip) of the cut for other editing programs at `out`; `asked`: as to plan.

        Camera moves are rendered meanwhile: call it from a thread that may wait. Nothing half-made is left.
        """
        chosen = wish(formats=formats, media=media, zipped=zipped, paper=paper)
        sources = sources_of(self.settings.data, project_id, delivery(**asked))
        return hand_over(sources, out, chosen, signals or unwatched())

    def order_hand_off(
        self,
        project_id: str,
        *,
        formats: Sequence[str] | None = None,
        paper: str | None = None,
        **asked: Any,
    ) -> HandOff:
        """Have a zip of the cut made in the background; `asked`: as to plan. Raises as `hand_off` does.

        Raises NotNow while one of the project is under way.
        """
        chosen = wish(formats=formats, paper=paper, zipped=True)
        self.plan_export(project_id, **asked)  # what is wrong with it is told now
        return self._handoffs.order(self.folder(project_id), project_id, delivery(**asked), chosen)

    def hand_offs(self, project_id: str) -> list[HandOff]:
        """Every hand-off that was ordered for the project, newest first."""
        return self._handoffs.all(self.folder(project_id))

    def hand_off_receipt(self, project_id: str, handoff_id: str) -> HandOff:
        """The hand-off's receipt. Raises NotFound."""
        return self._handoffs.read(self.folder(project_id), handoff_id)

    def cancel_hand_off(self, project_id: str, handoff_id: str) -> HandOff:
        """Ask that a hand-off ends; at once when nobody is at it. Nothing half-made is left."""
        made = self.hand_off_receipt(project_id, handoff_id)
        if not made.under_way:
            raise NotNow(
                f"The hand-off has ended already: {made.state}.", remedy="There is nothing to cancel."
            )
        return self._handoffs.cancel(self.folder(project_id), made.handoff_id)

    def hand_off_file(self, project_id: str, handoff_id: str) -> Path:
        """The zip. Raises NotFound or NotNow."""
        made = self.hand_off_receipt(project_id, handoff_id)
        if made.local_path is None:
            raise NotNow(f"The hand-off is not done: it is {made.state}.", remedy="Wait until it is done.")
        path = self.folder(project_id) / made.local_path
        if not path.exists():
            raise NotFound(
                f"The file {path.name} is gone: only the newest hand-off is kept.", remedy="Hand off again."
            )
        return path

    # Money

    def costs(self, project_id: str | None = None, *, filters: Filters | None = None) -> CostReport:
        """What was spent, on what, and what came of it; of one project, of all, or as `filters` say."""
        return self._book.report(
            self.ledger.bill(), self.readable_projects(), filters or Filters(project_id=project_id)
        )

    def readable_projects(self) -> Iterator[Project]:
        """Every project that is not damaged, by name."""
        for project_id in self.store.projects.ids():
            with suppress(StillmotionError):
                yield self.project(project_id)

    def budgets(self) -> Budgets:
        """Every spending limit. Raises Damaged."""
        return self.limits.read()

    def set_budget(
        self, scope: str, usd: Decimal, *, project_id: str | None = None, hard: bool = True
    ) -> Budgets:
        """Set a limit, in place of the one there was. Raises InputRefused, or NotFound for the project."""
        if project_id is not None:
            project_id = self.project(project_id).id
        return self.limits.set(scope, usd, project_id=project_id, hard=hard)

    def remove_budget(self, scope: str, *, project_id: str | None = None, hard: bool = True) -> Budgets:
        """Lift a limit. Raises NotFound when there is none."""
        return self.limits.remove(scope, project_id=project_id, hard=hard)

    def set_order_limits(
        self, *, ask_twice_over_usd: Decimal | None, http_ceiling_usd: Decimal | None
    ) -> Budgets:
        """Set what a single order may cost before it is asked about twice, and over HTTP; None: no limit."""
        return self.limits.set_order_limits(ask_twice_over_usd, http_ceiling_usd)

    def budget_states(self, project_id: str | None = None) -> list[BudgetState]:
        """Where every limit stands, or those that an order for one project has to keep."""
        return state_of(self.budgets(), self.ledger.bill(), datetime.now(UTC), project_id)

    def alerts(self) -> list[Alert]:
        """What a person should know about money without looking for it, the urgent first."""
        try:
            limits, unreadable = self.budget_states(), []
        except StillmotionError as error:
            limits, unreadable = [], [unreadable_limits(error)]
        return [*unreadable, *find_alerts(self.ledger.bill(), self.catalogue, limits)]

    def release_orphans(self) -> int:
        """Release money that a crash in the middle of an order left reserved. How many takes."""
        return release_orphans(self.store, self.ledger)

    # Files

    def folder(self, project_id: str) -> Path:
        """The project's folder. Raises NotFound for a name that cannot be a project's."""
        return self.store.projects.folder(project_id)

    def thumbnail(self, project_id: str, sha256: str, *, width_px: int) -> Path:
        """A small JPEG of the project's still whose hash begins with `sha256`. Raises NotFound."""
        folder = self.folder(project_id)
        for shot in self.project(project_id).shots:
            if shot.render.sha256.startswith(sha256):
                still = folder / shot.render.image_url
                return thumbnail(still, folder / "thumbs", sha256=shot.render.sha256, width_px=width_px)
        raise NotFound("There is no such still.", remedy="Reload the page: the storyboard has changed.")

    def poster(self, take: Take, *, width_px: int) -> Path:
        """A small JPEG of the middle of the take's clip. Raises NotNow when it has none."""
        if take.clip is None:
            raise NotNow(f"{take.take_id} has no clip.", remedy="Choose a take that is done.")
        folder = self.folder(take.project_id)
        return poster(
            folder / take.clip.local_path, folder / "thumbs", sha256=take.clip.sha256, width_px=width_px
        )

    def clip(self, project_id: str, take_id: str) -> Path:
        """The take's video file. Raises NotFound or NotNow."""
        take = self.take(take_id, project_id)
        if take.clip is None:
            raise NotNow(f"{take_id} has no clip: it is {take.state}.", remedy="Choose a take that is done.")
        path = self.folder(project_id) / take.clip.local_path
        if not path.exists():
            raise NotFound(
                f"The clip {path.name} is gone from the disk.",
                remedy="Bring it back, choose another take, or generate the shot again.",
            )
        return path

    def export_file(self, project_id: str, export_id: str) -> Path:
        """The delivered file. Raises NotFound or NotNow."""
        export = self.export(project_id, export_id)
        if export.local_path is None:
            raise NotNow(f"The export is not done: it is {export.state}.", remedy="Wait until it is done.")
        path = self.folder(project_id) / export.local_path
        if not path.exists():
            raise NotFound(f"The file {path.name} is gone from the disk.", remedy="Export again.")
        return path


@cache
def the_studio() -> Studio:
    """The one studio of this process, on the data folder that the environment names."""
    return Studio.open()
