"""What takes will cost: on the shots' own models, on one, or on every model at once."""

from argparse import Namespace
from typing import Any

from core.cli.answer import Answer
from core.cli.parser import refuse_usage
from core.cli.printing import counted, table
from core.cli.takes import usd_text
from core.offers import Mix, Offer, Wish, remaining
from core.orders import ShotQuote
from core.pricing import price_text
from core.project import Project, ShotId
from core.studio import Studio


def quote(arguments: Namespace) -> Answer:
    """What one take of each shot will cost, and the whole order. Sends nothing."""
    if arguments.every_model and arguments.model:
        refuse_usage(arguments, "--every-model and --model exclude each other")
    if arguments.lines and not arguments.every_model:
        refuse_usage(arguments, "--lines goes with --every-model")
    studio = Studio.open()
    project = studio.project(arguments.project)
    shot_ids = _wanted(project, arguments)
    if arguments.every_model:
        return _on_every_model(studio, project, shot_ids, arguments)
    batch = studio.quote(project.id, shot_ids, model=arguments.model, sound=arguments.sound)
    rows = [
        (
            each.shot_id,
            each.quote.model,
            f"{each.quote.used_s:.2f} s",
            f"{each.quote.paid_s:.2f} s",
            "yes" if each.quote.sound else "no",
            each.quote.price_text,
        )
        for each in batch.shots
    ]
    facts = {
        "total_usd": usd_text(batch.usd),
        "total_usd_high": usd_text(batch.usd_high),
        "takes": [_quote_facts(each) for each in batch.shots],
    }
    heads = ("shot", "model", "used", "paid", "sound", "price")
    total = f"{counted(len(rows), 'take')}: {price_text(batch.usd, batch.usd_high)}"
    notes = dict.fromkeys(note for each in batch.shots for note in each.quote.notes)
    lines = [*table(heads, rows, right="used paid"), "", total, *notes] if rows else [_none(arguments)]
    return Answer(facts=facts, lines=lines)


def _wanted(project: Project, arguments: Namespace) -> list[ShotId] | None:
    if arguments.missing:
        return [shot.shot_id for shot in remaining(project)]
    named: list[ShotId] | None = arguments.shots
    return named


def _none(arguments: Namespace) -> str:
    return "Every shot has a clip." if arguments.missing else "There are no shots."


def _quote_facts(each: ShotQuote) -> dict[str, Any]:
    return {
        "shot_id": each.shot_id,
        "model": each.quote.model,
        "usd": usd_text(each.quote.usd),
        "usd_high": usd_text(each.quote.usd_high),
        "exact": each.quote.exact,
        "paid_s": each.quote.paid_s,
        "used_s": each.quote.used_s,
        "size": each.quote.size,
        "sound": each.quote.sound,
        "price_as_of": each.quote.price_as_of,
        "notes": list(each.quote.notes),
    }


def _on_every_model(
    studio: Studio, project: Project, shot_ids: list[ShotId] | None, arguments: Namespace
) -> Answer:
    sound = project.sound if arguments.sound is None else bool(arguments.sound)
    found = studio.offers(project.id, shot_ids, wish=Wish(sound=sound, lines=arguments.lines))
    facts = {
        "shots": list(found.shots),
        "sound": sound,
        "lines": arguments.lines,
        "models": [_offer_facts(offer) for offer in found.offers],
        "cheapest_mix": _mix_facts(found.mix),
    }
    if not found.shots:
        return Answer(facts=facts, lines=[_none(arguments)])
    rows = [
        (
            offer.model,
            f"{offer.paid_s:.2f} s",
            f"{offer.used_s:.2f} s",
            "yes" if offer.sound else "no",
            price_text(offer.usd, offer.usd_high),
            "; ".join(f"{counted(len(shots), 'shot')} {why}" for why, shots in offer.cannot.items()),
        )
        for offer in found.offers
    ]
    heads = ("model", "paid", "used", "sound", "price", "cannot do as wished")
    return Answer(facts=facts, lines=[*table(heads, rows, right="paid used"), "", *_mix_lines(found.mix)])


def _offer_facts(offer: Offer) -> dict[str, Any]:
    return {
        "model": offer.model,
        "usd": usd_text(offer.usd),
        "usd_high": usd_text(offer.usd_high),
        "paid_s": round(offer.paid_s, 4),
        "used_s": round(offer.used_s, 4),
        "size": offer.size,
        "sound": offer.sound,
        "cannot": {why: list(shots) for why, shots in offer.cannot.items()},
        "notes": list(offer.notes),
    }


def _mix_facts(mix: Mix) -> dict[str, Any]:
    return {
        "usd": usd_text(mix.usd),
        "usd_high": usd_text(mix.usd_high),
        "paid_s": round(mix.paid_s, 4),
        "used_s": round(mix.used_s, 4),
        "models": dict(mix.choice),
        "left_out": list(mix.left_out),
    }


def _mix_lines(mix: Mix) -> list[str]:
    lines = []
    if mix.shots:
        parts = ", ".join(f"{key} for {counted(count, 'shot')}" for key, count in mix.by_model.items())
        seconds = f"{mix.paid_s:.2f} s paid, {mix.used_s:.2f} s used"
        lines.append(
            f"Cheapest mix of paid models: {price_text(mix.usd, mix.usd_high)} ({parts}; {seconds})."
        )
    if mix.left_out:
        lines.append(f"No paid model can do as wished: {', '.join(mix.left_out)}.")
    return lines
