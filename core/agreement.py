"""What a person agreed to is what is ordered: the same models, lengths and sound, and no price above it."""

from collections.abc import Iterable, Mapping

from core.catalogue import Catalogue
from core.errors import InputRefused
from core.pricing import Quote
from core.project import ShotId
from core.take import Take

TOLD = 3
"""Shots that a refusal names."""


def refuse_changed(catalogue: Catalogue, agreed: Mapping[ShotId, Quote], takes: Iterable[Take]) -> None:
    """Raises InputRefused when one of `takes` is not what was `agreed` for its shot, or dearer.

    The same for less is no reason to ask again.
    """
    changed = [
        f"{take.shot_id}: {what_changed(catalogue, agreed[take.shot_id], take.quote)}"
        for take in takes
        if _differs(agreed[take.shot_id], take.quote)
    ]
    if changed:
        more = f" and {len(changed) - TOLD} more" if len(changed) > TOLD else ""
        raise InputRefused(
            f"This is not what you agreed to any more. {'; '.join(changed[:TOLD])}{more}.",
            remedy="Nothing was ordered. Order again, and look at the new price.",
        )


def _differs(agreed: Quote, now: Quote) -> bool:
    bought = (agreed.model, agreed.paid_s, agreed.sound, agreed.size)
    return bought != (now.model, now.paid_s, now.sound, now.size) or now.usd_high > agreed.usd_high


def what_changed(catalogue: Catalogue, last: Quote, now: Quote) -> str:
    """How `now` differs from `last`, in a few words: "$0.35 → $0.70"; empty when it does not."""
    parts = []
    if now.model != last.model:
        parts.append(f"{_name(catalogue, last.model)} → {_name(catalogue, now.model)}")
    if now.paid_s != last.paid_s:
        parts.append(f"{last.paid_s:.4g} s → {now.paid_s:.4g} s")
    if now.sound != last.sound:
        parts.append("now with sound" if now.sound else "now silent")
    if now.size != last.size and now.model == last.model:
        parts.append(f"{last.size} → {now.size}")
    if (now.usd, now.usd_high) != (last.usd, last.usd_high):
        parts.append(f"{last.price_text} → {now.price_text}")
        if len(parts) == 1:
            parts.append(f"price list of {now.price_as_of}, it was {last.price_as_of}")
    return ", ".join(parts)


def _name(catalogue: Catalogue, key: str) -> str:
    return catalogue[key].name if key in catalogue else key
