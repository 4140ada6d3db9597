"""The storyboard priced on every model at once: what each asks, what it cannot do, and the cheapest mix."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.catalogue import Catalogue, Model
from core.edits import Edit
from core.orders import BatchQuote, ShotQuote, quote_shots
from core.pricing import Quote
from core.project import Project, Shot, ShotId
from core.timeline import needed_frames


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person asks of the clips."""

    sound: bool = False
    """Whether they are to have sound."""
    lines: int = 0
    """Lines that they have at least; 0: any number."""


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One model's price for all the shots, those that it cannot do included: ordering would buy them."""

    model: str
    """Key of the model."""
    name: str
    """Its name for people."""
    best_for: str
    usd: Decimal
    """US dollars, the lower end of a range."""
    usd_high: Decimal
    """US dollars at most."""
    paid_s: float
    """Seconds of clip that are bought."""
    used_s: float
    """Seconds of it that the shots last."""
    size: str
    """Size that is bought, in the model's words or as WIDTHxHEIGHT; "unpublished" when nobody says."""
    sound: bool
    """Whether sound is bought."""
    cannot: Mapping[str, tuple[ShotId, ...]]
    """Why it cannot do a shot as wished → the shots. The first reason of a shot counts."""
    notes: tuple[str, ...]
    """What holds for every shot."""

    @property
    def undone(self) -> int:
        """Shots that it cannot do."""
        return sum(len(shots) for shots in self.cannot.values())


@dataclass(frozen=True, kw_only=True)
class Mix(BatchQuote):
    """For each shot the cheapest paid model that can do it as wished."""

    left_out: tuple[ShotId, ...]
    """Shots that no paid model can do: they stay as they are, and are not priced."""

    @property
    def paid_s(self) -> float:
        """Seconds of clip that are bought."""
        return sum(each.quote.paid_s for each in self.shots)

    @property
    def used_s(self) -> float:
        """Seconds of it that the shots last."""
        return sum(each.quote.used_s for each in self.shots)

    @property
    def by_model(self) -> Mapping[str, int]:
        """Shots for each model's key, the most first."""
        return dict(Counter(each.quote.model for each in self.shots).most_common())

    @property
    def choice(self) -> Mapping[ShotId, str]:
        """The model's key for each shot."""
        return {each.shot_id: each.quote.model for each in self.shots}


@dataclass(frozen=True, kw_only=True)
class Offers:
    """What a storyboard would cost."""

    wish: Wish
    shots: tuple[ShotId, ...]
    """The shots that were priced."""
    offers: tuple[Offer, ...]
    """One of each model, the cheapest first."""
    mix: Mix


def remaining(project: Project) -> list[Shot]:
    """The shots that have no clip yet."""
    return [shot for shot in project.shots if shot.render.video is None]


def price_on_every_model(catalogue: Catalogue, project: Project, shots: Iterable[Shot], wish: Wish) -> Offers:
    """One take of each of the shots on every model, as wished."""
    alike: dict[tuple[int, int, int], list[Shot]] = {}  # shots that every model treats the same
    wanted = list(shots)
    for shot in wanted:
        frames = needed_frames(shot, project.frame_rate)
        alike.setdefault((frames, shot.render.width, shot.render.height), []).append(shot)
    kinds = list(alike.values())
    priced = [_on_model(catalogue, project, kinds, model, wish) for model in catalogue]
    offers = [_offer(each) for each in priced] if kinds else []
    return Offers(
        wish=wish,
        shots=tuple(shot.shot_id for shot in wanted),
        offers=tuple(sorted(offers, key=lambda offer: (offer.usd, offer.usd_high))),
        mix=_cheapest(project, priced),
    )


def edits_to(project: Project, choice: Mapping[ShotId, str], *, sound: bool) -> list[Edit]:
    """What sets `choice` (a model's key for each shot) and the wish for sound, where they are not set yet."""
    edits = [
        Edit(field="video_model", now=key, was=shot.video_model, shot_id=shot.shot_id)
        for shot in project.shots
        if (key := choice.get(shot.shot_id)) is not None and key != project.model_of(shot)
    ]
    if sound != project.sound:
        edits.append(Edit(field="sound", now=sound, was=project.sound))
    return edits


@dataclass(frozen=True, kw_only=True)
class _Priced:
    """A kind of shots on one model."""

    model: Model
    shots: Sequence[Shot]
    quote: Quote
    cannot: str
    """Why the model cannot do them; empty when it can."""


def _on_model(
    catalogue: Catalogue, project: Project, kinds: Sequence[Sequence[Shot]], model: Model, wish: Wish
) -> list[_Priced]:
    batch = quote_shots(catalogue, project, [kind[0] for kind in kinds], model=model.key, sound=wish.sound)
    return [
        _Priced(
            model=model,
            shots=kind,
            quote=each.quote,
            cannot=_why_not(model, project, kind[0], each.quote, wish),
        )
        for kind, each in zip(kinds, batch.shots, strict=True)
    ]


def _why_not(model: Model, project: Project, shot: Shot, quote: Quote, wish: Wish) -> str:
    """Why `model` cannot do `shot` as wished, to be read after the count of shots; empty when it can."""
    needed_s = Fraction(needed_frames(shot, project.frame_rate)) / project.frame_rate
    if needed_s > model.length.shortest_covering(needed_s):
        return f"longer than its longest clip, {quote.paid_s:g} s"
    if model.aspect.field and project.aspect not in model.aspect.values:
        return f"{project.aspect}, a shape it does not make"
    if odd := model.image.misfit((shot.render.width, shot.render.height)):
        return f"with a still that is {odd} for it"
    if wish.sound and not quote.sound:
        return "perhaps without sound" if model.sound.kind == "unknown" else "without sound"
    if wish.lines:
        lines = _lines(model, quote)
        if lines is None:
            return "of a size that is not published"
        if lines < wish.lines:
            return f"of {lines} lines only"
    return ""


def _lines(model: Model, quote: Quote) -> int | None:
    """Lines of the clip that is bought, its short side; None when nobody says."""
    if quote.size in model.size.short_side_px:
        return model.size.short_side_px[quote.size]
    if quote.size == "unpublished":
        return None
    return min(int(side) for side in quote.size.split("x"))


def _offer(priced: Sequence[_Priced]) -> Offer:
    model, first = priced[0].model, priced[0].quote
    cannot: dict[str, tuple[ShotId, ...]] = {}
    for each in priced:
        if each.cannot:
            named = tuple(shot.shot_id for shot in each.shots)
            cannot[each.cannot] = (*cannot.get(each.cannot, ()), *named)
    common = set.intersection(*(set(each.quote.notes) for each in priced))
    return Offer(
        model=model.key,
        name=model.name,
        best_for=model.best_for,
        usd=sum((each.quote.usd * len(each.shots) for each in priced), Decimal(0)),
        usd_high=sum((each.quote.usd_high * len(each.shots) for each in priced), Decimal(0)),
        paid_s=sum(each.quote.paid_s * len(each.shots) for each in priced),
        used_s=sum(each.quote.used_s * len(each.shots) for each in priced),
        size=first.size,
        sound=first.sound,
        cannot=cannot,
        notes=tuple(note for note in dict.fromkeys(first.notes) if note in common),
    )


def _cheapest(project: Project, priced: Sequence[Sequence[_Priced]]) -> Mix:
    """Of models that ask the same, the earlier in the catalogue."""
    best: dict[ShotId, ShotQuote] = {}
    left_out: set[ShotId] = set()
    for kind in zip(*priced, strict=True):
        able = [each for each in kind if each.model.paid and not each.cannot]
        if not able:
            left_out |= {shot.shot_id for shot in kind[0].shots}
            continue
        found = min(able, key=lambda each: (each.quote.usd_high, each.quote.usd)).quote
        best |= {shot.shot_id: ShotQuote(shot_id=shot.shot_id, quote=found) for shot in kind[0].shots}
    return Mix(
        shots=tuple(best[shot.shot_id] for shot in project.shots if shot.shot_id in best),
        left_out=tuple(shot.shot_id for shot in project.shots if shot.shot_id in left_out),
    )
