"""The models on offer. Imports the catalogue alone, so that the list is there at once."""

from argparse import Namespace
from typing import Any

from core.catalogue import Model, read_catalogue
from core.cli.answer import Answer
from core.cli.printing import table
from core.pricing import rate_text
from core.settings import read_settings

SOUND = {"choice": "off or on", "always": "always", "never": "never", "unknown": "not said"}
"""Kind of sound → how the list says it."""


def models(_arguments: Namespace) -> Answer:
    """Every model with its lengths, sound and price, in the catalogue's order."""
    catalogue = read_catalogue(read_settings().data)
    rows = [
        (model.key, model.name, model.length.lengths(), SOUND[model.sound.kind], rate_text(model.price))
        for model in catalogue
    ]
    return Answer(
        facts=[_facts(model) for model in catalogue],
        lines=table(("model", "name", "lengths", "sound", "price"), rows),
    )


def _facts(model: Model) -> dict[str, Any]:
    return {
        "key": model.key,
        "name": model.name,
        "maker": model.maker,
        "endpoint": model.endpoint,
        "durations": model.length.lengths(),
        "supports_audio": model.sound.kind in ("choice", "always"),
        "sound": model.sound.kind,
        "best_for": model.best_for,
        "paid": model.paid,
        "price": rate_text(model.price),
        "price_as_of": model.price.as_of,
        "confidence": model.confidence,
    }
