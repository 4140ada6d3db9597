"""One model on offer, whole: a row that could cost money by mistake is refused when it is read."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from core.catalogue.price import Asked, Dimension, Price
from core.catalogue.rules import (
    AspectRule,
    ImageRule,
    LengthRule,
    PromptRule,
    Row,
    SizeRule,
    SoundRule,
    require,
)


class Model(Row):
    """One image-to-video model on offer: a row of the catalogue."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """Name by which projects and requests call it; the seed's where the seed had one."""
    name: str
    """Name for people."""
    maker: str
    """Who trained it."""
    provider: Literal["fal", "animatic"]
    """Which provider runs it."""
    endpoint: str = Field(pattern=r"^[a-z0-9][a-z0-9./_-]*$")
    """Address at the provider."""
    best_for: str
    """What it is best for, in a few words."""
    generation_s: tuple[int, int]
    """How long one generation usually takes, from and to, in seconds."""
    generation_note: str = ""
    """Where `generation_s` comes from when it is not the seed's own measure."""
    prompt: PromptRule = PromptRule()
    image: ImageRule
    length: LengthRule
    aspect: AspectRule = AspectRule()
    size: SizeRule
    sound: SoundRule
    fixed: dict[str, Any] = Field(default_factory=dict)
    """Fields sent with every request as they are, so that nothing is left to a costly default."""
    price: Price
    confidence: Literal["high", "medium"]
    """How sure the price and the field names are. Rows below medium are not offered."""
    notes: str = ""
    """What else a person should know, and history such as the seed's flat price."""

    @property
    def paid(self) -> bool:
        """Whether a take costs money."""
        return self.price.unit != "free"

    @model_validator(mode="after")
    def _costs_what_it_says(self) -> Self:
        require(self.paid == (self.provider == "fal"), "a model of fal has a price, the animatic has none")
        shortest, longest = self.generation_s
        require(0 < shortest <= longest, "generation_s must rise")
        require(self.price.unit != "megapixel" or self.length.form == "frames", "megapixels need frames")
        require(self.price.unit != "megapixel" or self.size.form == "pixels", "megapixels need pixels")
        require(self.length.form != "any" or not self.paid, "a paid model sells certain lengths")
        return self

    @model_validator(mode="after")
    def _sends_each_field_once(self) -> Self:
        rules = (self.prompt, self.image, self.length, self.aspect, self.size, self.sound)
        names = [rule.field for rule in rules if rule.field] + [*self.fixed]
        names += [self.length.fps_field] if self.length.fps_field else []
        twice = {name for name in names if names.count(name) > 1}
        require(not twice, f"more than one rule sends {', '.join(sorted(twice))}")
        return self

    @model_validator(mode="after")
    def _prices_all_that_can_be_asked(self) -> Self:
        counted = []
        for asked in self._combinations():
            tier = self.price.tier_for(asked)
            require(tier or not self.paid, f"there is no price for {_spelled(asked)}")
            counted.append(tier)
        for tier in self.price.tiers:
            reached = any(tier is one for one in counted)
            require(reached, f"the price for {_spelled(tier.when)} never counts")
        return self

    def _combinations(self) -> Iterator[Asked]:
        """Everything that can be asked for, as far as this price list tells it apart."""
        named = {name for tier in self.price.tiers for name in tier.when}
        sounds = {"choice": (False, True), "always": (True,)}.get(self.sound.kind, (False,))
        sold: dict[Dimension, tuple[bool | str | int, ...]] = {
            "sound": sounds,
            "size": tuple(self.size.short_side_px),
            "length_s": self.length.seconds,
        }
        asked_for = [name for name in sold if name in named]
        for values in product(*(sold[name] for name in asked_for)):
            yield dict(zip(asked_for, values, strict=True))


def _spelled(asked: Mapping[Dimension, object]) -> str:
    return ", ".join(f"{name} {value}" for name, value in asked.items()) or "everything"
