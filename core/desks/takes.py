"""Takes: quoted, ordered, followed, chosen, and found again."""

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from core.desks.desk import Desk
from core.errors import InputRefused, NotFound, NotNow
from core.executor import adopt, give_up, look_up, wake_all, with_clip
from core.media import poster
from core.offers import Offers, Wish, price_on_every_model
from core.orders import (
    BatchQuote,
    bring_in,
    cancel_take,
    newest_takes,
    order_takes,
    quote_shots,
)
from core.pricing import Quote
from core.progress import Outlook, Overview, ShotStatus, outlook, shot_statuses
from core.project import Project, ShotId
from core.proposals import Proposal, last_quotes, propose
from core.store import Pause
from core.take import State, Take


class TakesDesk(Desk):
    """Where shots are animated."""

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
        agreed: BatchQuote | None = None,
        person: str | None = None,
        over_http: bool = False,
    ) -> list[Take]:
        """Order one take of each of the shots (all of them when None). Shots under way are passed over.

        Raises BudgetRefused when it costs more than `max_usd` dollars, or than a hard limit has left, and
        InputRefused when something else would be bought than the person `agreed` to, or for more.
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
            agreed=agreed,
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
