"""The still as the model sees it: fetched from its address, checked against the endpoint's limits."""

import base64
import binascii
import io
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from fal_emulator.billing import Clip, seconds_asked
from fal_emulator.schemas import Body, Limits, detail, published

SIZES = {
    "square_hd": (1024, 1024),
    "square": (512, 512),
    "portrait_4_3": (768, 1024),
    "portrait_16_9": (576, 1024),
    "landscape_4_3": (1024, 768),
    "landscape_16_9": (1024, 576),
}
"""fal's names of sizes, (width, height) in pixels."""
LINES = {"4k": 2160}
"""Named resolutions that do not say their short side in pixels."""

Fetch = Callable[[str], bytes | None]
"""Address of a still → its bytes; None when nothing is there."""


@dataclass(frozen=True)
class Still:
    """A still that a model could read."""

    data: bytes
    size: tuple[int, int]
    """(width, height) in pixels."""


def read_still(slug: str, body: Body, fetch: Fetch) -> Still | Body:
    """The still of `body`, or what is wrong with it as one entry of a model's refusal."""
    endpoint = published()[slug]
    field, address = endpoint.still, str(body[endpoint.still])
    data = _inline(address) if address.startswith("data:") else fetch(address)
    if data is None:
        return detail("file_download_error", "Failed to download the file.", field=field, given=address)
    try:
        with Image.open(io.BytesIO(data)) as picture:
            size = picture.size
    except (OSError, Image.DecompressionBombError):
        return detail("image_load_error", "Failed to load the image.", field=field, given=address)
    wrong = _beyond(endpoint.limits, size, len(data))
    return detail(*wrong, field=field, given=address) if wrong else Still(data, size)


def clip_for(slug: str, body: Body, still: Still) -> Clip:
    """What `body` asks to be made of `still`."""
    endpoint = published()[slug]
    fps = float(body.get("fps", endpoint.fps))
    frames = int(body.get("num_frames", round(float(seconds_asked(endpoint, body)) * fps)))
    sound = bool(endpoint.sound and body.get(endpoint.sound))
    width, height = _size(body, still.size, endpoint.lines)
    return Clip(width=width, height=height, frames=frames, fps=fps, sound=sound)


def _size(body: Body, still: tuple[int, int], lines: int) -> tuple[int, int]:
    asked = body.get("video_size")
    if isinstance(asked, dict):
        return int(asked["width"]), int(asked["height"])
    if asked in SIZES:
        return SIZES[asked]
    name = str(body.get("resolution", lines)).lower()
    short = LINES.get(name) or int(name.removesuffix("p"))
    across, down = {"16:9": (16, 9), "9:16": (9, 16)}.get(str(body.get("aspect_ratio")), still)
    long = round(short * max(across, down) / min(across, down) / 2) * 2
    return (long, short) if across >= down else (short, long)


def _beyond(limits: Limits, size: tuple[int, int], length: int) -> tuple[str, str] | None:
    short, long = min(size), max(size)
    if limits.min_side_px and short < limits.min_side_px:
        return "image_too_small", f"Image must be at least {limits.min_side_px} px on each side."
    if limits.max_side_px and long > limits.max_side_px:
        return "image_too_large", f"Image must be at most {limits.max_side_px} px on each side."
    if limits.max_ratio and long > short * limits.max_ratio:
        return "image_too_small", f"Image must not be longer than 1:{limits.max_ratio:g}."
    if limits.max_mb and length > limits.max_mb * 1_000_000:
        return "file_too_large", f"File must be at most {limits.max_mb:g} MB."
    return None


def _inline(address: str) -> bytes | None:
    head, _, payload = address.partition(",")
    try:
        return base64.b64decode(payload, validate=True) if head.endswith(";base64") else None
    except binascii.Error:
        return None
