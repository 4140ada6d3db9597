"""The still as a model takes it: looked at before anything is uploaded, brought into a format it names."""

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.catalogue import ImageRule
from core.errors import Charge, ProviderError, disk_errors

if TYPE_CHECKING:
    from PIL.Image import Image

TYPES = {"JPEG": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png"), "WEBP": ("image/webp", ".webp")}
"""Format as Pillow calls it → content type, ending."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A picture ready to be uploaded."""

    data: bytes
    content_type: str
    ending: str


def fit_still(still: Path, rule: ImageRule, model: str) -> Upload:
    """The picture at `still`, within the limits of `rule`. Raises ProviderError when it is not.

    It is uploaded byte for byte, unless the model called `model` does not name its format.
    """
    from PIL import Image, UnidentifiedImageError

    with disk_errors(still):
        data = still.read_bytes()
    try:
        with Image.open(io.BytesIO(data)) as picture:
            _check_shape(picture.size, rule, model)
            fitted = _in_format(picture, data, rule)
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise _refused(
            f"{still.name} cannot be read as a picture.", "Bring the still again, then order the shot."
        ) from error
    _check_weight(len(fitted.data), rule, model)
    return fitted


def _check_shape(size: tuple[int, int], rule: ImageRule, model: str) -> None:
    misfit = rule.misfit(size)
    shape = f"{size[0]}×{size[1]}"
    if misfit == "too small":
        raise _refused(
            f"The still is too small for {model}: {shape}, a side has at least {rule.min_side_px} pixels.",
            "Bring a larger picture, or choose another model. Nothing was sent.",
        )
    if misfit == "too large":
        raise _refused(
            f"The still is too large for {model}: {shape}, a side has at most {rule.max_side_px} pixels.",
            "Save it with fewer pixels, or choose another model. Nothing was sent.",
        )
    if misfit == "too narrow":
        raise _refused(
            f"The still is too narrow for {model}: {shape}, and no side may be over {rule.max_ratio:g} times "
            "the other.",
            "Crop it, or choose another model. Nothing was sent.",
        )


def _check_weight(length: int, rule: ImageRule, model: str) -> None:
    if rule.max_mb and length > rule.max_mb * 1_000_000:
        raise _refused(
            f"The still is too large for {model}: {length / 1e6:.1f} MB of at most {rule.max_mb:g}.",
            "Save it as JPEG or with fewer pixels, or choose another model. Nothing was sent.",
        )


def _in_format(picture: "Image", data: bytes, rule: ImageRule) -> Upload:
    """`data` itself where its format is one that the model names or nobody says; otherwise made anew."""
    kept = picture.format or ""
    if kept in TYPES and (not rule.formats or kept in rule.formats):
        return Upload(data=data, content_type=TYPES[kept][0], ending=TYPES[kept][1])
    wanted = "PNG" if not rule.formats or "PNG" in rule.formats else "JPEG"
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, wanted, **({"quality": 95} if wanted == "JPEG" else {}))
    return Upload(data=buffer.getvalue(), content_type=TYPES[wanted][0], ending=TYPES[wanted][1])


def _refused(what: str, remedy: str) -> ProviderError:
    return ProviderError(what, remedy=remedy, charge=Charge.NONE, safe_to_retry=False)
