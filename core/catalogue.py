"""The models on offer, as data: what each sells, what its fields are called, what it costs.

A new model is a new row of `data/models.json`. A `models.json` in the data folder overrides it row by row.
"""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import Damaged, NotFound
from core.settings import SHIPPED_DATA


class Row(BaseModel):
    """A frozen part of the catalogue; an unknown field is an error, so that a typo is found."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Aspect(StrEnum):
    """Shape of the picture, by the seed's names."""

    HORIZONTAL = "horizontal"
    """16:9"""
    VERTICAL = "vertical"
    """9:16"""
    SQUARE = "square"
    """1:1"""


class LengthRule(Row):
    """Which lengths a model sells and how a request names one."""

    form: Literal["seconds_text", "seconds_text_s", "seconds_number", "frames", "fixed", "any"]
    """How the field is written: "5", "5s", 5, a frame count, not at all, or (animatic) any length."""
    field: str | None = None
    """Name of the request's field; None when the length cannot be asked for."""
    seconds: tuple[int, ...] = ()
    """Lengths sold, in seconds, rising; for every form but frames and any."""
    frames_min: int = 0
    """Fewest frames sold; form frames only."""
    frames_max: int = 0
    """Most frames sold; form frames only."""
    frames_step: int = 1
    """Frame counts sold are frames_min + n × frames_step."""
    fps: int = 0
    """Frames per second asked for; form frames only."""
    fps_field: str | None = None
    """Name of the request's field for fps; form frames only."""

    def shortest_covering(self, needed_s: Fraction) -> Fraction:
        """Shortest length sold that lasts at least `needed_s` seconds; the longest if none does."""
        if self.form == "any":
            return needed_s
        if self.form == "frames":
            return Fraction(self.frames_for(needed_s), self.fps)
        covering = [Fraction(seconds) for seconds in self.seconds if seconds >= needed_s]
        return covering[0] if covering else Fraction(self.seconds[-1])

    def frames_for(self, needed_s: Fraction) -> int:
        """Fewest frames sold that last `needed_s` seconds, at most `frames_max`. Form frames only."""
        steps = ceil((needed_s * self.fps - self.frames_min) / self.frames_step)
        most = (self.frames_max - self.frames_min) // self.frames_step
        return self.frames_min + min(max(steps, 0), most) * self.frames_step

    def lengths(self) -> str:
        """The lengths sold, for people: "5 or 10 s", "3–15 s", "any"."""
        if self.form == "any":
            return "any"
        if self.form == "frames":
            shortest, longest = self.frames_min / self.fps, self.frames_max / self.fps
            return f"{shortest:.1f}–{longest:.1f} s"
        if len(self.seconds) > 3 and self.seconds == tuple(range(self.seconds[0], self.seconds[-1] + 1)):
            return f"{self.seconds[0]}–{self.seconds[-1]} s"
        *first, last = (str(seconds) for seconds in self.seconds)
        return f"{', '.join(first)} or {last} s" if first else f"{last} s"


class AspectRule(Row):
    """How a request names the picture's shape."""

    field: str | None = None
    """Name of the request's field; None when the clip follows the still."""
    values: dict[Aspect, str] = {}
    """The value for each shape that the model can be asked for."""
    otherwise: str | None = None
    """The value sent for a shape that is not in `values`."""
    note: str = ""
    """What happens to a shape the model cannot be asked for, in one sentence."""


class SizeRule(Row):
    """How a request names the picture's size."""

    form: Literal["name", "pixels", "fixed", "any"]
    """A name such as "720p", {width, height}, not asked for, or (animatic) exactly the project's."""
    field: str | None = None
    """Name of the request's field; None when the size cannot be asked for."""
    short_side_px: dict[str, int] = {}
    """Name of each size sold → pixels of its short side, rising; form name, or the one fixed size."""

    def smallest_covering(self, frame_size: tuple[int, int]) -> str | None:
        """Name of the smallest size that covers `frame_size` (width, height); the largest if none does."""
        covering = [name for name, side in self.short_side_px.items() if side >= min(frame_size)]
        return covering[0] if covering else next(reversed(self.short_side_px), None)


class SoundRule(Row):
    """Whether a clip comes with sound, and how that is asked for."""

    kind: Literal["choice", "never", "always", "unknown"]
    """A choice by `field`; never; always; or the provider does not say."""
    field: str | None = None
    """Name of the request's true/false field; kind choice only."""
    note: str = ""
    """What else is known, in one sentence."""


class PriceTier(Row):
    """One line of a price list."""

    when: dict[Literal["sound", "size", "length_s"], bool | str | int] = {}
    """What must be asked for so that this line counts; nothing means always."""
    usd: Decimal
    """US dollars per unit."""


class Price(Row):
    """A price list with its date and source."""

    unit: Literal["second", "megapixel", "clip", "free"]
    """Second of clip; megapixel of output (width × height × frames, rounded up); clip; nothing."""
    tiers: tuple[PriceTier, ...] = ()
    """Lines, the first that matches counts."""
    exact: bool = True
    """False when the provider itself calls its numbers approximate."""
    spread: Decimal = Decimal(0)
    """How far above the number the bill may be, as a fraction; for prices that are not exact."""
    as_of: str = Field(pattern=r"^\d{4}-\d{2}-\d{2}$")
    """Day on which the price was read."""
    source: str
    """Where it was read."""


class PromptRule(Row):
    """Where the motion prompt goes."""

    field: str = "prompt"
    """Name of the request's field."""
    max_chars: int | None = None
    """Longest prompt the model takes; None when no limit is published."""


class ImageRule(Row):
    """Where the still goes, and what a still must be. None: no limit is published."""

    field: str
    """Name of the request's field."""
    min_side_px: int | None = None
    """Fewest pixels on the short side."""
    max_side_px: int | None = None
    """Most pixels on the long side."""
    max_mb: float | None = None
    """Largest file, in megabytes."""
    max_ratio: float | None = None
    """Longest side may be at most this many times the shortest."""
    formats: tuple[str, ...] = ()
    """Formats named by the provider, upper case; empty: not said."""


class Model(Row):
    """One image-to-video model on offer: a row of the catalogue."""

    key: str = Field(pattern=r"^[a-z0-9_]+$")
    """Name by which projects and requests call it; the seed's where the seed had one."""
    name: str
    """Name for people."""
    maker: str
    """Who trained it."""
    provider: Literal["fal", "animatic"]
    """Which provider runs it."""
    endpoint: str
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
    fixed: dict[str, Any] = {}
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


class Catalogue:
    """The models on offer, in the order of the file."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._models = {model.key: model for model in models}

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

    def __contains__(self, key: object) -> bool:
        return key in self._models

    def __getitem__(self, key: str) -> Model:
        """The model called `key`. Raises NotFound with the keys there are."""
        if key not in self._models:
            raise NotFound(
                f"There is no model called {key[:40]!r}.", remedy=f"Choose one of: {', '.join(self._models)}."
            )
        return self._models[key]


def read_catalogue(data: Path | None = None) -> Catalogue:
    """The shipped catalogue with the rows of `data`/models.json laid over it.

    Raises Damaged, naming file and row, when a row does not fit the form.
    """
    rows = {row.get("key"): row for row in _rows(SHIPPED_DATA / "models.json")}
    override = (data or SHIPPED_DATA) / "models.json"
    if override.is_file() and override != SHIPPED_DATA / "models.json":
        for row in _rows(override):
            rows[row.get("key")] = {**rows.get(row.get("key"), {}), **row}
    return Catalogue(_parse(row, override) for row in rows.values())


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["models"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(
            f"The catalogue {path} cannot be read.",
            remedy='Restore it, or remove your own; it is JSON with a list called "models".',
        ) from error
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Damaged(f'"models" in {path} is not a list of rows.', remedy="Restore it, or remove your own.")
    return rows


def _parse(row: dict[str, Any], path: Path) -> Model:
    try:
        return Model.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Damaged(
            f"Model {row.get('key', '(without key)')!r} in the catalogue: {where}: {first['msg']}.",
            remedy=f"Correct that row in {path}.",
        ) from error
