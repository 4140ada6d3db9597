"""What another length would have cost: models sell whole lengths, and a shot just over one pays the next."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil

from core.catalogue import Catalogue, Model
from core.pricing import Quote, quote
from core.project import Project, Shot, ShotId
from core.timeline import needed_frames


@dataclass(frozen=True, kw_only=True)
class Trim:
    """A shot that pays for seconds it does not use, and what it would cost just short enough."""

    shot_id: ShotId
    model: str
    """Key of its model."""
    needed_s: float
    """Seconds that the shot lasts."""
    paid_s: float
    """Seconds that are bought for it."""
    shorter_s: float
    """Seconds that its model sells next below."""
    usd_high: Decimal
    """US dollars of one take as the shot is, at most."""
    shorter_usd_high: Decimal
    """US dollars of one take of the shorter length, at most."""

    @property
    def cut_s(self) -> float:
        """Seconds by which the shot would have to be shorter."""
        return self.needed_s - self.shorter_s

    @property
    def saving_usd(self) -> Decimal:
        """US dollars that this saves with each take."""
        return self.usd_high - self.shorter_usd_high


def trims(catalogue: Catalogue, project: Project) -> list[Trim]:
    """What a shorter shot would save, the largest saving for each second cut first; free models have none."""
    found = [trim for shot in project.shots if (trim := _trim(catalogue, project, shot)) is not None]
    return sorted(found, key=lambda trim: -float(trim.saving_usd) / max(trim.cut_s, 0.01))


def _trim(catalogue: Catalogue, project: Project, shot: Shot) -> Trim | None:
    if project.model_of(shot) not in catalogue:
        return None
    model = catalogue[project.model_of(shot)]
    needed_s = Fraction(needed_frames(shot, project.frame_rate)) / project.frame_rate
    paid_s = model.length.shortest_covering(needed_s)
    shorter_s = _next_below(model, paid_s)
    if not model.paid or shorter_s is None or needed_s <= shorter_s:
        return None
    now, then = (_quote(model, project, seconds) for seconds in (needed_s, shorter_s))
    if then.usd_high >= now.usd_high:
        return None
    return Trim(
        shot_id=shot.shot_id,
        model=model.key,
        needed_s=float(needed_s),
        paid_s=float(paid_s),
        shorter_s=float(shorter_s),
        usd_high=now.usd_high,
        shorter_usd_high=then.usd_high,
    )


def _next_below(model: Model, paid_s: Fraction) -> Fraction | None:
    """The longest length below `paid_s` that the model sells in seconds; None when there is none."""
    below = [seconds for seconds in model.length.seconds if seconds <= ceil(paid_s) - 1]
    return Fraction(below[-1]) if below else None


def _quote(model: Model, project: Project, seconds: Fraction) -> Quote:
    return quote(
        model,
        needed_s=seconds,
        frame_size=project.frame_size,
        aspect=project.aspect,
        sound=project.sound,
    )
