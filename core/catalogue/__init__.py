"""The models on offer, as data: what each sells, what its fields are called, what it costs.

A new model is a new row of `data/models.json`. A `models.json` in the data folder overrides it row by row.
What could cost money by mistake is refused when a row is read: a price that is missing, zero or never
counts, a combination that can be asked for and has no price, a field that would be sent twice.
"""

from core.catalogue.model import Model
from core.catalogue.price import Asked, Price, PriceTier
from core.catalogue.reading import PRICES, Catalogue, current_catalogue, read_catalogue
from core.catalogue.rules import Aspect, AspectRule, ImageRule, LengthRule, PromptRule, SizeRule, SoundRule

__all__ = [
    "PRICES",
    "Asked",
    "Aspect",
    "AspectRule",
    "Catalogue",
    "ImageRule",
    "LengthRule",
    "Model",
    "Price",
    "PriceTier",
    "PromptRule",
    "SizeRule",
    "SoundRule",
    "current_catalogue",
    "read_catalogue",
]
