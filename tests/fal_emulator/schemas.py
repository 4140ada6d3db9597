"""What fal publishes of each endpoint, and the check of a body against it.

`endpoints.json` was written from fal's own pages and not from the product's catalogue, so that a wrong row
of the catalogue is noticed: https://fal.ai/models/<endpoint>/llms.txt and …/api.

fal's applications check bodies with pydantic, in its forgiving way: an unknown field is ignored, an omitted
one takes its default, costly or not. So does this.
"""

import json
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

NAMESPACES = ("workflows", "comfy")
"""First parts of a slug that come before its owner."""

Body = dict[str, Any]
"""The input of a model, as sent or with the defaults filled in."""


class Row(BaseModel):
    """A part of `endpoints.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldRule(Row):
    """One field of a body."""

    kind: Literal["text", "flag", "whole", "number", "choice", "list", "size"]
    """`size` is one of `values` or {width, height} in pixels."""
    required: bool = False
    values: tuple[str | int, ...] = ()
    default: Any = None
    least: float | None = None
    most: float | None = None
    max_chars: int | None = None
    """Longest text, or most items of a list."""


class Limits(Row):
    """What a still must be; None where nothing is published."""

    min_side_px: int | None = None
    max_side_px: int | None = None
    max_mb: float | None = None
    max_ratio: float | None = None


class Output(Row):
    """What a result holds beside the clip's address."""

    file: Literal["File", "VideoFile"]
    """VideoFile adds width, height, fps, duration and num_frames."""
    seed: bool
    prompt: str | None
    """Name under which the prompt comes back."""


class Tier(Row):
    """One line of a price list; the first whose `when` fits the body counts."""

    when: dict[str, str | bool]
    """Field of the body → its value; "set" fits anything that is there."""
    usd: Decimal

    def fits(self, body: Body) -> bool:
        """Whether this line is for `body`, its defaults filled in."""
        return all(
            bool(body.get(name)) if value == "set" else body.get(name) == value
            for name, value in self.when.items()
        )


class PriceList(Row):
    """What an endpoint costs, and how fal counts it."""

    per: Literal["second", "megapixel", "clip"]
    """What a tier's amount is for. Megapixels are width × height × frames, rounded up."""
    unit: str
    """What the pricing call names as the unit."""
    unit_usd: Decimal
    """US dollars per billable unit. Units are not seconds: a silent second may be half of one."""
    tiers: tuple[Tier, ...]
    factor: Decimal = Decimal(1)
    """How far real bills ran above the published price."""
    extra_s: Decimal = Decimal(0)
    """Seconds by which the file, and with it the bill, is longer than asked."""
    extra_usd: Decimal = Decimal(0)
    """US dollars on top of each clip."""


class Endpoint(Row):
    """One model as fal publishes it."""

    name: str
    still: str
    """Name of the field with the still's address."""
    length: Literal["frames", "duration", "fixed"]
    """Where the length comes from: num_frames ÷ fps, the duration field, or nowhere."""
    fields: dict[str, FieldRule]
    limits: Limits
    output: Output
    fps: int
    """Frames per second of a clip whose body does not say."""
    sound: str | None
    """Name of the field that asks for sound."""
    typical_s: float
    """Seconds that one generation usually takes."""
    price: PriceList
    lines: int = 720
    """Short side in pixels of a clip whose body does not say."""
    seconds: int = 0
    """Length of a clip whose body cannot say."""


@cache
def published() -> dict[str, Endpoint]:
    """Slug → endpoint, for all that this emulator plays."""
    document = json.loads((Path(__file__).parent / "endpoints.json").read_text(encoding="utf-8"))
    return {slug: Endpoint.model_validate(row) for slug, row in document["endpoints"].items()}


def application(slug: str) -> str:
    """The owner/app part of `slug`: what the follow-up addresses of a request are built of."""
    parts = slug.split("/")
    return "/".join(parts[: 3 if parts[0] in NAMESPACES else 2])


def check_body(slug: str, body: object) -> tuple[Body, list[Body]]:
    """`body` with its defaults filled in, and what is wrong with it in fal's own form; one of them empty.

    https://fal.ai/docs/documentation/model-apis/errors.md
    """
    try:
        model = _body_model(slug).model_validate(body)
    except ValidationError as error:
        return {}, [_detail(dict(one)) for one in error.errors(include_url=False)]
    return model.model_dump(mode="json", exclude_none=True), []


def unknown_fields(slug: str, body: object) -> list[str]:
    """Fields of `body` that the endpoint does not have: fal ignores them, a test should not."""
    known = published()[slug].fields
    return sorted(name for name in body if name not in known) if isinstance(body, dict) else []


def detail(kind: str, message: str, *, field: str, given: object = None) -> Body:
    """One entry of a model's refusal."""
    return {"loc": ["body", field], "msg": message, "type": kind, "url": _doc(kind), "input": given}


class _Pixels(BaseModel):
    width: Annotated[int, Field(ge=64, le=14142)]
    height: Annotated[int, Field(ge=64, le=14142)]


@cache
def _body_model(slug: str) -> type[BaseModel]:
    fields: dict[str, Any] = {
        name: (_annotation(rule), ... if rule.required else rule.default)
        for name, rule in published()[slug].fields.items()
    }
    return create_model("Body", __config__=ConfigDict(extra="ignore"), **fields)


def _annotation(rule: FieldRule) -> Any:
    plain: Any = {
        "text": Annotated[str, Field(max_length=rule.max_chars)],
        "flag": bool,
        "whole": Annotated[int, Field(ge=rule.least, le=rule.most)],
        "number": Annotated[float, Field(ge=rule.least, le=rule.most)],
        "choice": Literal[rule.values],
        "list": Annotated[list[Any], Field(max_length=rule.max_chars)],
        "size": _Pixels | Literal[rule.values],
    }[rule.kind]
    return plain if rule.required or rule.default is not None else plain | None


def _detail(error: dict[str, Any]) -> Body:
    kind = {"string_too_long": "sequence_too_long", "too_long": "sequence_too_long"}.get(
        error["type"], error["type"]
    )
    entry: Body = {"loc": ["body", *error["loc"]], "msg": error["msg"], "type": kind, "url": _doc(kind)}
    entry["input"] = error.get("input")
    if "ctx" in error:
        entry["ctx"] = {name: str(value) for name, value in error["ctx"].items()}
    return entry


def _doc(kind: str) -> str:
    return f"https://docs.fal.ai/errors/#{kind}"
