"""What the calls take: small JSON bodies in which every field is known."""

from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from starlette.requests import Request

from core.http_api.problems import RequestRefused
from core.settings import as_name

LARGEST_BODY_BYTES = 64 * 1024

Name = Annotated[str, StringConstraints(min_length=1, max_length=120)]

Person = Annotated[str, AfterValidator(as_name)]
"""A person's name, on one line."""

MaxUsd = Annotated[Decimal | None, Field(ge=0, strict=False)]
"""Dollars, best as a string such as "1.40"; a number is read as it is written."""


class Body(BaseModel):
    """What a call takes. A field that is not known is an error, so that a typo orders nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class GenerateShot(Body):
    """One take of one shot."""

    shot_id: Name
    model: Name | None = None
    """Key of the model; None: the shot's or the project's own."""
    sound: bool | None = None
    """Whether sound is asked for; None: as in the project's settings."""
    max_usd: MaxUsd = None
    """The most that the order may cost, US dollars; dearer ones are refused. None: what the limits allow."""
    person: Person | None = None
    """Who orders, for the ledger; None: whoever runs the app."""


class GenerateBatch(Body):
    """One take of each of many shots."""

    shot_ids: list[Name] | None = None
    """None: every shot of the storyboard."""
    model: Name | None = None
    """Key of the model; None: each shot's or the project's own."""
    sound: bool | None = None
    """Whether sound is asked for; None: as in the project's settings."""
    max_usd: MaxUsd = None
    """The most that the whole order may cost, US dollars; None: what the limits allow."""
    person: Person | None = None
    """Who orders, for the ledger; None: whoever runs the app."""


class ExportImg2Vid(Body):
    """One export."""

    mode: Name = "animated"
    """stills, animatic or animated."""
    stand_in: Name | None = None
    """What shows a shot that has no clip: animatic or stills."""
    first_shot: Name | None = None
    """The first shot of a range."""
    last_shot: Name | None = None
    """The last shot of a range."""
    size: Name | None = None
    """WIDTHxHEIGHT; None: the project's."""
    fps: Name | None = None
    """Frames per second; None: the project's."""
    quality: Name | None = None
    """draft or final."""
    burn_in: bool | None = None
    """Whether names of shots and timecode stand in the picture."""


class HandOffCut(Body):
    """One hand-off."""

    formats: list[Name] | None = None
    """otio, otioz, edl, fcpxml, csv, sheet; None: all but otioz."""
    paper: Name | None = None
    """a4 or letter, for the contact sheet."""
    mode: Name = "animated"
    """stills, animatic or animated."""
    stand_in: Name | None = None
    """What shows a shot that has no clip: animatic or stills."""
    first_shot: Name | None = None
    """The first shot of a range."""
    last_shot: Name | None = None
    """The last shot of a range."""
    size: Name | None = None
    """WIDTHxHEIGHT; None: the project's."""
    fps: Name | None = None
    """Frames per second; None: the project's."""


AnyBody = TypeVar("AnyBody", bound=Body)


async def read_body(request: Request, kind: type[AnyBody]) -> AnyBody:
    """The request's body as `kind`; an empty one is `{}`. Raises RequestRefused."""
    data = await _read(request)
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if data and declared != "application/json":
        raise RequestRefused(
            f"The body is declared as {declared[:60] or 'nothing'}.",
            remedy="Send JSON, with the header Content-Type: application/json.",
            status=415,
        )
    try:
        return kind.model_validate_json(data or b"{}")
    except ValidationError as error:
        raise _explained(error, kind) from error


async def _read(request: Request) -> bytes:
    """The body, given up as soon as it is too large: what a header declares is not believed."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > LARGEST_BODY_BYTES:
            raise RequestRefused(
                f"The body is larger than {LARGEST_BODY_BYTES // 1024} kB.",
                remedy="Send the names of the shots, never the pictures; order in several batches.",
                status=413,
            )
    return bytes(data)


def _explained(error: ValidationError, kind: type[Body]) -> RequestRefused:
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return RequestRefused(
            f"The body is not JSON: {first['msg']}.", remedy="Send an object such as {}.", status=400
        )
    where = ".".join(str(part)[:60] for part in first["loc"]) or "the body"
    fields = ", ".join(
        f"{name} (needed)" if field.is_required() else name for name, field in kind.model_fields.items()
    )
    return RequestRefused(f"{where}: {first['msg']}.", remedy=f"This call knows {fields}.", status=422)
