"""A price list: dated, sourced, and open about what it does not know."""

from decimal import Decimal
from fractions import Fraction
from typing import Literal, Self

from pydantic import Field, model_validator

from core.catalogue.rules import Row, require

Dimension = Literal["sound", "size", "length_s"]
"""What a price may depend on."""

Asked = dict[Dimension, bool | str | int | Fraction | None]
"""What is asked for, as far as prices care."""


class PriceTier(Row):
    """One line of a price list."""

    when: dict[Dimension, bool | str | int] = Field(default_factory=dict)
    """What must be asked for so that this line counts; nothing means always."""
    usd: Decimal = Field(gt=0)
    """US dollars per unit."""

    def counts_for(self, asked: Asked) -> bool:
        """Whether this line is for what is asked."""
        return all(asked.get(name) == value for name, value in self.when.items())


class Price(Row):
    """A price list with its date and source."""

    unit: Literal["second", "megapixel", "clip", "free"]
    """Second of clip; megapixel of output (width × height × frames, rounded up); clip; nothing."""
    tiers: tuple[PriceTier, ...] = ()
    """Lines, the first that matches counts."""
    exact: bool = True
    """False when the bill may differ from the published number; then `spread` or `extra_usd`, and `note`."""
    spread: Decimal = Field(default=Decimal(0), ge=0)
    """How far above the number the bill may be, as a fraction of it."""
    extra_usd: Decimal = Field(default=Decimal(0), ge=0)
    """US dollars that may come on top of each clip."""
    note: str = ""
    """Why the bill may differ, in one sentence."""
    unit_usd: Decimal | None = Field(default=None, gt=0)
    """US dollars per unit that the provider bills; None when nobody read it of this very endpoint.

    Not the tiers' unit: a silent second may be half a billed one."""
    billed_in: str = ""
    """What the provider calls that unit, such as "seconds" or "1000 tokens"."""
    as_of: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    """Day on which the price was read."""
    source: str = Field(min_length=1)
    """Where it was read."""

    @model_validator(mode="after")
    def _says_what_it_knows(self) -> Self:
        require((self.unit == "free") != bool(self.tiers), "tiers go with every unit but free")
        ranges = bool(self.spread or self.extra_usd)
        require(self.exact != ranges, "spread or extra_usd go with a price that is not exact")
        require(self.exact or self.note, "a price that is not exact needs a note")
        require(bool(self.unit_usd) == bool(self.billed_in), "unit_usd and billed_in go together")
        require(self.unit != "free" or not self.unit_usd, "what is free has no billed unit")
        return self

    def tier_for(self, asked: Asked) -> PriceTier | None:
        """The line that counts for what is asked; None when there is none."""
        return next((tier for tier in self.tiers if tier.counts_for(asked)), None)
