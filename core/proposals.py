"""What a person should know before they spend: price, what changed since, and sound that nobody hears."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.agreement import what_changed
from core.catalogue import Catalogue
from core.editing import ClipSound
from core.orders import BatchQuote, quote_shots
from core.pricing import Quote
from core.project import Project, ShotId
from core.take import Take, TakeId


@dataclass(frozen=True, kw_only=True)
class Change:
    """What is not as it was when the shot was last quoted."""

    shot_id: ShotId
    what: str
    """In a few words: "$0.35 → $0.70", "Kling 2.6 Pro → Veo 3.1"."""


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """An order before it is agreed to."""

    batch: BatchQuote
    models: Mapping[str, int]
    """Takes for each model's name, the most first."""
    changes: tuple[Change, ...]
    """One of each shot that was quoted before and is not as it was then."""
    unheard: str
    """Why sound that would be bought is not heard, or hardly; empty when it is, or none would be bought."""
    silent: BatchQuote | None
    """The same order without sound, where that is cheaper and the sound is not heard."""

    @property
    def paid_s(self) -> float:
        """Seconds of clip that are bought."""
        return sum(each.quote.paid_s for each in self.batch.shots)

    @property
    def used_s(self) -> float:
        """Seconds of it that the shots last."""
        return sum(each.quote.used_s for each in self.batch.shots)

    @property
    def saving_usd(self) -> Decimal:
        """US dollars that ordering silent saves, at most."""
        return self.batch.usd_high - self.silent.usd_high if self.silent else Decimal(0)


def propose(
    catalogue: Catalogue,
    project: Project,
    shot_ids: Sequence[str],
    before: Mapping[ShotId, Quote],
    *,
    model: str | None = None,
    sound: bool | None = None,
) -> Proposal:
    """One take of each of the shots; `before` holds what each shot was quoted when it was last quoted."""
    shots = [project.shot(shot_id) for shot_id in shot_ids]
    batch = quote_shots(catalogue, project, shots, model=model, sound=sound)
    silent = quote_shots(catalogue, project, shots, model=model, sound=False)
    unheard = _unheard(project) if any(each.quote.sound for each in batch.shots) else ""
    cheaper = silent.usd_high < batch.usd_high
    counts: dict[str, int] = {}
    for each in batch.shots:
        name = catalogue[each.quote.model].name
        counts[name] = counts.get(name, 0) + 1
    return Proposal(
        batch=batch,
        models=dict(sorted(counts.items(), key=lambda pair: -pair[1])),
        changes=tuple(
            Change(shot_id=each.shot_id, what=what)
            for each in batch.shots
            if (last := before.get(each.shot_id)) is not None
            and (what := what_changed(catalogue, last, each.quote))
        ),
        unheard=unheard if cheaper else "",
        silent=silent if unheard and cheaper else None,
    )


def last_quotes(takes: Mapping[TakeId, Take]) -> dict[ShotId, Quote]:
    """What the newest paid take of each shot was quoted; `takes` are in the order they were ordered in."""
    return {take.shot_id: take.quote for take in takes.values() if take.quote.usd_high}


def _unheard(project: Project) -> str:
    if project.clip_sound is ClipSound.DROP:
        return "The cut drops the clips' own sound."
    if project.track is not None and project.clip_sound is ClipSound.DUCK:
        return f"The music, {project.track.source_name}, lies over it: it is heard beneath the track at most."
    return ""
