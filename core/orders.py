"""Ordering takes: quoted, reserved and put in the queue in one step, so that no click counts twice."""

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction

from core.agreement import refuse_changed
from core.budgets import Budgets, BudgetStore, refuse_over, refuse_unagreed, soft_warnings
from core.catalogue import Catalogue, Model
from core.errors import InputRefused, NotNow
from core.executor import line_for, release_unsent, request_ids, wake_all
from core.ledger import Bill, Entry, Ledger
from core.motion_prompt import cut_to_limit
from core.pricing import Quote, price_text, quote
from core.project import Project, Shot, ShotId
from core.providers import provider_of
from core.providers.base import Job
from core.store import Store
from core.store.files import locked
from core.take import OPEN, State, Take, TakeId
from core.timeline import needed_frames


@dataclass(frozen=True, kw_only=True)
class ShotQuote:
    """What one shot's take will cost."""

    shot_id: ShotId
    quote: Quote


@dataclass(frozen=True, kw_only=True)
class BatchQuote:
    """What an order will cost."""

    shots: tuple[ShotQuote, ...]

    @property
    def usd(self) -> Decimal:
        """US dollars, the lower end of every range."""
        return sum((each.quote.usd for each in self.shots), Decimal(0))

    @property
    def usd_high(self) -> Decimal:
        """US dollars at most."""
        return sum((each.quote.usd_high for each in self.shots), Decimal(0))

    @property
    def price_text(self) -> str:
        """The price for people: "free", "$0.70" or "about $1.89–$1.99"."""
        return price_text(self.usd, self.usd_high)


def quote_shots(
    catalogue: Catalogue,
    project: Project,
    shots: Iterable[Shot],
    *,
    model: str | None = None,
    sound: bool | None = None,
) -> BatchQuote:
    """The price of one take of each shot; `model` and `sound` stand in for the project's own."""
    known: dict[tuple[str, int], Quote] = {}  # shots of one length and model cost the same

    def price(shot: Shot) -> Quote:
        key = model or project.model_of(shot)
        alike = key, needed_frames(shot, project.frame_rate)
        if alike not in known:
            known[alike] = _quote(catalogue[key], project, shot, sound)
        return known[alike]

    return BatchQuote(shots=tuple(ShotQuote(shot_id=shot.shot_id, quote=price(shot)) for shot in shots))


def _quote(model: Model, project: Project, shot: Shot, sound: bool | None) -> Quote:
    return quote(
        model,
        needed_s=Fraction(needed_frames(shot, project.frame_rate)) / project.frame_rate,
        frame_size=project.frame_size,
        aspect=project.aspect,
        sound=project.sound if sound is None else sound,
    )


def order_takes(
    store: Store,
    ledger: Ledger,
    budgets: BudgetStore,
    catalogue: Catalogue,
    project_id: str,
    shot_ids: Sequence[str],
    *,
    model: str | None = None,
    sound: bool | None = None,
    person: str = "",
    max_usd: Decimal | None = None,
    agreed: BatchQuote | None = None,
    over_http: bool = False,
) -> list[Take]:
    """Put one take of each shot in the queue and wake the slots; a shot with one under way is passed over.

    So is a shot whose newest take is in doubt: it may be paid for, and its clip may still come.
    Raises NotNow when that leaves none, ProviderError when a model cannot be used here, InputRefused when a
    take is no longer what was `agreed` to, and BudgetRefused when the order costs more than `max_usd`, or
    than a limit has left; then nothing was ordered.
    """
    folder = store.projects.folder(project_id)
    project = store.projects.read(project_id)
    shots = [project.shot(shot_id) for shot_id in dict.fromkeys(shot_ids)]
    for key in {model or project.model_of(shot) for shot in shots}:
        provider_of(catalogue[key])
    with locked(folder / "orders.lock", busy="Another order for this project is being taken."):
        busy = _spoken_for(store.takes.all(folder))
        wanted = [shot for shot in shots if shot.shot_id not in busy]
        if shots and not wanted:
            raise NotNow(
                "Every one of these shots has a take under way already, or one in doubt.",
                remedy="Wait for it, or cancel it first; settle the one in doubt.",
            )
        takes = _new_takes(catalogue, project, wanted, model, sound, person)
        if agreed is not None:
            refuse_changed(catalogue, {each.shot_id: each.quote for each in agreed.shots}, takes)
        asked_usd = sum((take.quote.usd_high for take in takes), Decimal(0))
        if asked_usd:
            refuse_unagreed(budgets.read(), asked_usd, max_usd=max_usd, over_http=over_http)
        takes = _reserved(ledger, budgets, takes, "quote")
        for take in takes:
            store.takes.write(folder, take)
    wake_all()
    return takes


def _reserved(ledger: Ledger, budgets: BudgetStore, takes: Sequence[Take], source: str) -> list[Take]:
    """`takes` with their money reserved, and a warning on each when a soft limit is passed.

    The limits are checked and the money reserved while nobody else can do either, in any process.
    """
    lines = [line_for(take, Entry.RESERVE, take.quote.usd_high, source) for take in takes]
    with ledger.transaction() as transaction:
        warnings: tuple[str, ...] = ()
        if any(line.usd for line in lines):
            limits = budgets.read()
            refuse_over(limits, transaction.bill, lines)
            warnings = (*soft_warnings(limits, transaction.bill, lines), *_unsure(limits, transaction.bill))
        transaction.append(*lines)
    return [
        take.model_copy(update={"warnings": (*take.warnings, *warnings)}) if take.quote.usd_high else take
        for take in takes
    ]


def _unsure(limits: Budgets, bill: Bill) -> Iterator[str]:
    """That limits were checked without all that was spent."""
    if limits.budgets and bill.broken:
        count = len(bill.broken)
        yield f"The limits were checked without {count} line(s) of the ledger that cannot be read."


def _spoken_for(takes: Mapping[TakeId, Take]) -> set[str]:
    """Shots that get no other take yet."""
    under_way = {take.shot_id for take in takes.values() if take.state in OPEN}
    in_doubt = {take.shot_id for take in newest_takes(takes).values() if take.state is State.UNRESOLVED}
    return {*under_way, *in_doubt}


def _new_takes(
    catalogue: Catalogue,
    project: Project,
    shots: Iterable[Shot],
    model: str | None,
    sound: bool | None,
    person: str,
) -> list[Take]:
    now = datetime.now(UTC)
    begin = time.time_ns()
    batch = f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    return [
        _new_take(
            catalogue[model or project.model_of(shot)],
            project,
            shot,
            sound,
            take_id=TakeId(f"{batch}-{number:03d}"),
            place=begin + number,
            batch_id=batch,
            person=person,
        )
        for number, shot in enumerate(shots, start=1)
    ]


def _new_take(
    model: Model,
    project: Project,
    shot: Shot,
    sound: bool | None,
    *,
    take_id: TakeId,
    place: int,
    batch_id: str,
    person: str,
) -> Take:
    price = _quote(model, project, shot, sound)
    words = cut_to_limit(shot.words, model.prompt.max_chars)
    warnings = list(price.notes)
    if words != shot.words:
        warnings.append(f"{model.name} takes {model.prompt.max_chars} characters: the motion prompt was cut.")
    frames = needed_frames(shot, project.frame_rate)
    return Take(
        take_id=take_id,
        project_id=project.id,
        shot_id=shot.shot_id,
        model=model.key,
        place=place,
        batch_id=batch_id,
        person=person,
        motion_prompt=words,
        energy=shot.energy,
        still_path=shot.render.image_url,
        still_sha256=shot.render.sha256,
        needed_s=round(float(frames / project.frame_rate), 4),
        duration_s=price.paid_s,
        frames=frames,
        fps=project.fps,
        size=project.size,
        aspect=project.aspect,
        sound=price.sound,
        quote=price,
        warnings=tuple(warnings),
        history=((State.QUEUED, datetime.now(UTC)),),
    )


def bring_in(
    store: Store,
    ledger: Ledger,
    budgets: BudgetStore,
    catalogue: Catalogue,
    project_id: str,
    shot_id: str,
    request_id: str,
    *,
    model: str | None = None,
    person: str = "",
) -> Take:
    """A take of the shot for a request that was made elsewhere and paid there; a slot brings its clip home.

    Raises NotNow when a take has the request already, ProviderError when the model's provider cannot be used,
    and BudgetRefused when a limit has not enough left for it.
    """
    folder = store.projects.folder(project_id)
    project = store.projects.read(project_id)
    shot = project.shot(shot_id)
    row = catalogue[model or project.model_of(shot)]
    provider = provider_of(row)
    if not row.paid:
        raise InputRefused(
            f"{row.name} is made here: it has no requests.",
            remedy="Name the model that the clip was made with.",
        )
    with locked(folder / "orders.lock", busy="Another order for this project is being taken."):
        if request_id in request_ids(store.data):
            raise NotNow(
                f"Request {request_id[:60]} belongs to a take already.",
                remedy="Look at the takes of the shot.",
            )
        (draft,) = _new_takes(catalogue, project, [shot], row.key, None, person)
        request = provider.request_called(Job(take=draft, model=row, folder=folder), request_id)
        take = draft.model_copy(
            update={
                "state": State.SUBMITTED,
                "request": request,
                "history": ((State.SUBMITTED, datetime.now(UTC)),),
                "warnings": (*draft.warnings, "It was made elsewhere: its price is the table's."),
            }
        )
        [take] = _reserved(ledger, budgets, [take], "made elsewhere")
        store.takes.write(folder, take)
    wake_all()
    return take


def cancel_take(store: Store, take: Take) -> Take:
    """Ask that `take` ends; at once when it only waits. Raises NotNow when it has ended already."""
    folder = store.projects.folder(take.project_id)
    take = store.takes.read(folder, take.take_id)
    if take.state not in OPEN:
        raise NotNow(f"{take.take_id} has ended already: {take.state}.", remedy="There is nothing to cancel.")
    store.takes.ask_cancel(folder, take.take_id)
    lock = store.takes.try_lock(folder, take.take_id)
    if lock is None:
        return take
    try:
        take = store.takes.read(folder, take.take_id)
        return release_unsent(store.data, folder, take) if take.state is State.QUEUED else take
    finally:
        lock.release()


def newest_takes(takes: Mapping[TakeId, Take]) -> dict[str, Take]:
    """The take that was ordered last, for each shot that has one."""
    return {take.shot_id: take for take in takes.values()}


def release_orphans(store: Store, ledger: Ledger) -> int:
    """Release money that was reserved for takes whose receipt a crash kept from being written. How many."""
    released = 0
    by_project: dict[str, list[TakeId]] = {}
    for line in ledger.bill().lines(Entry.RESERVE):
        by_project.setdefault(line.project_id, []).append(line.take_id)
    for project_id, take_ids in by_project.items():
        folder = store.projects.folder(project_id)
        if not folder.is_dir():
            continue
        with locked(folder / "orders.lock", busy="Another order for this project is being taken."):
            for take_id in take_ids:
                line = ledger.bill().last[take_id]
                if line.entry is Entry.RESERVE and not (folder / "takes" / f"{take_id}.json").exists():
                    ledger.append(
                        line.changed(
                            entry=Entry.RELEASE,
                            usd=Decimal(0),
                            at=datetime.now(UTC),
                            source="never ordered",
                        )
                    )
                    released += 1
    return released
