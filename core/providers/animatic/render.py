"""Renders a camera path over a still into a real H.264 clip: one process, one pass, nothing half-written.

The still is scaled once to a working size a little finer than the clip, and turned into Y'CbCr planes there.
Each frame is then three small resamplings with fractional boxes, made by Pillow outside the GIL, and goes
down a pipe to ffmpeg. So no edge ever waits for a whole pixel, and the web server beside us keeps breathing.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from core.errors import InputRefused, MediaFailed, StorageFailed, disk_errors
from core.media.encode import encoder

Box = tuple[float, float, float, float]

OVERSAMPLING = 1.1
"""Working pixels per clip pixel at the tightest box. At 1.0 fine texture shimmers with its sub-pixel phase:
its contrast swings by 14 % during a slow pan, at 1.1 by 2 %; more costs time and shows nothing new."""
MAX_WORKING_PX = 48_000_000
"""Pixels the working copy may have: a path over an endless panorama gets a coarser one, not all memory."""
MARGIN_PX = 8.0
"""Clip pixels kept around the path where the still has them, so that filters see real neighbours."""
PROGRESS_INTERVAL_S = 0.1
ORIENTATION_TAG = 0x0112

# Rec. 709 R'G'B' (0-255) to limited-range Y'CbCr, rows of Pillow's (r, g, b, offset); ITU-R BT.709-6, item 3.
_KR, _KG, _KB = 0.2126, 0.7152, 0.0722
_Y, _C = 219 / 255, 224 / 255
TO_LUMA = (_Y * _KR, _Y * _KG, _Y * _KB, 16.0)
TO_CB = (-_C * _KR / (2 - 2 * _KB), -_C * _KG / (2 - 2 * _KB), _C / 2, 128.0)
TO_CR = (_C / 2, -_C * _KG / (2 - 2 * _KR), -_C * _KB / (2 - 2 * _KR), 128.0)


def render_clip(
    still: Path,
    clip: Path,
    boxes: NDArray[np.float64],
    *,
    frame_size: tuple[int, int],
    fps: Fraction,
    on_progress: Callable[[float], None],
    check: Callable[[], None],
    threads: int = 0,
    draft: bool = False,
    within: tuple[int, int] | None = None,
) -> None:
    """Write `clip`: one frame of `frame_size` (width, height) per box, at the constant rate `fps`, no sound.

    `boxes` has shape (frames, 4): x0, y0, x1, y1 in pixels of the upright still. H.264 yuv420p, Rec. 709
    limited range, closed groups of pictures of two seconds, index in front. `on_progress` hears the share
    done, 0 to 1, at most ten times a second. Called from worker threads; `check` is called before each frame,
    and what it raises goes through after ffmpeg has been ended. Whatever is raised, `clip` is as it was.
    `threads`, `draft` and `within` are those of `encoder`.

    Raises InputRefused when the frame size or the boxes cannot make a clip, MediaFailed when the still cannot
    be read or ffmpeg fails, StorageFailed when the disk refuses.
    """
    _refuse_impossible(boxes, frame_size, fps)
    check()
    working = _open_working_copy(still, boxes, frame_size)
    partial = clip.with_name(f".{clip.name}.{uuid4().hex[:8]}.part")
    try:
        with disk_errors(clip):
            partial.touch()
        with encoder(partial, frame_size, fps, threads=threads, draft=draft, within=within) as encoding:
            reported_at = time.monotonic()
            for index, box in enumerate(boxes):
                check()
                for plane in working.frame(box, frame_size):
                    encoding.write(plane, check)
                if time.monotonic() - reported_at >= PROGRESS_INTERVAL_S:
                    reported_at = time.monotonic()
                    on_progress(index / len(boxes))
            encoding.finish(check)
        with disk_errors(clip):
            partial.replace(clip)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
    on_progress(1.0)


def _refuse_impossible(boxes: NDArray[np.float64], frame_size: tuple[int, int], fps: Fraction) -> None:
    width, height = frame_size
    if width < 2 or height < 2 or width % 2 or height % 2:
        raise InputRefused(
            f"A clip of {width}×{height} px cannot be made: H.264 needs an even width and height.",
            remedy="Choose a frame size with even numbers, such as 1280×720.",
        )
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not len(boxes) or fps <= 0:
        raise InputRefused(
            "A clip needs at least one frame and a frame rate above zero.",
            remedy="Give the shot a length and the project a frame rate.",
        )
    if not np.isfinite(boxes).all() or (boxes[:, 2:] <= boxes[:, :2]).any():
        raise InputRefused(
            "The camera path has a frame without any area.",
            remedy="Check the shot's camera words and its still.",
        )


@dataclass(frozen=True)
class _WorkingCopy:
    """The part of the still that the camera sees, as planes at working size."""

    luma: Image.Image
    cb: Image.Image
    """Half of luma's size, plus one column on the left that repeats the first (see `frame`)."""
    cr: Image.Image
    origin: tuple[float, float]
    """Where luma's corner lies, in pixels of the still."""
    scale: tuple[float, float]
    """Working pixels per pixel of the still, across and down."""

    def frame(self, box: NDArray[np.float64], frame_size: tuple[int, int]) -> Iterator[bytes]:
        """The Y', Cb and Cr planes of one frame, as yuv420p wants them: rows of bytes, chroma halved."""
        width, height = frame_size
        x0, y0, x1, y1 = self._to_working(box)
        yield _resample(self.luma, frame_size, (x0, y0, x1, y1))
        # H.264's chroma samples sit on the left luma column of their pair, half a pixel left of the middle.
        left = (x1 - x0) / width / 2
        half = (width // 2, height // 2)
        chroma_box = ((x0 - left) / 2 + 1, y0 / 2, (x1 - left) / 2 + 1, y1 / 2)
        yield _resample(self.cb, half, chroma_box)
        yield _resample(self.cr, half, chroma_box)

    def _to_working(self, box: NDArray[np.float64]) -> Box:
        (left, top), (across, down) = self.origin, self.scale
        x0, y0, x1, y1 = box.tolist()
        return (x0 - left) * across, (y0 - top) * down, (x1 - left) * across, (y1 - top) * down


def _resample(plane: Image.Image, size: tuple[int, int], box: Box) -> bytes:
    """`box` of the plane at `size`, as bytes; what rounding left outside the plane is cut off."""
    x0, y0, x1, y1 = box
    inside = (max(x0, 0.0), max(y0, 0.0), min(x1, float(plane.width)), min(y1, float(plane.height)))
    return plane.resize(size, Image.Resampling.BICUBIC, box=inside).tobytes()


def _open_working_copy(still: Path, boxes: NDArray[np.float64], frame_size: tuple[int, int]) -> _WorkingCopy:
    """Read the still and scale what the path sees of it, once. Raises MediaFailed or StorageFailed."""
    try:
        with disk_errors(still), Image.open(still) as image:
            return _working_copy(image, boxes, frame_size)
    except (StorageFailed, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        cause = error.__cause__ or error
        if isinstance(cause, OSError) and cause.errno is not None:
            raise
        raise MediaFailed(
            f"The still {still.name} cannot be read as a picture.",
            remedy="Export it as JPEG or PNG and add it again.",
        ) from cause


def _working_copy(
    image: Image.Image, boxes: NDArray[np.float64], frame_size: tuple[int, int]
) -> _WorkingCopy:
    full = image.size
    sideways = image.getexif().get(ORIENTATION_TAG, 1) >= 5
    upright = full[::-1] if sideways else full
    seen, size = _seen_and_size(upright, boxes, frame_size)
    wanted = max(size[0] / (seen[2] - seen[0]), size[1] / (seen[3] - seen[1]))
    image.draft(
        "RGB", (round(full[0] * wanted), round(full[1] * wanted))
    )  # JPEG decodes at 1/2, 1/4, 1/8 for free
    rgb = _upright_rgb(image)
    across, down = rgb.width / upright[0], rgb.height / upright[1]
    decoded = (seen[0] * across, seen[1] * down, seen[2] * across, seen[3] * down)
    rgb = rgb.resize(size, Image.Resampling.LANCZOS, box=decoded, reducing_gap=3.0)
    half = (size[0] // 2, size[1] // 2)
    return _WorkingCopy(
        luma=rgb.convert("L", TO_LUMA),
        cb=_repeat_first_column(rgb.convert("L", TO_CB).resize(half, Image.Resampling.BOX)),
        cr=_repeat_first_column(rgb.convert("L", TO_CR).resize(half, Image.Resampling.BOX)),
        origin=(seen[0], seen[1]),
        scale=(size[0] / (seen[2] - seen[0]), size[1] / (seen[3] - seen[1])),
    )


def _seen_and_size(
    still_size: tuple[int, int], boxes: NDArray[np.float64], frame_size: tuple[int, int]
) -> tuple[Box, tuple[int, int]]:
    """The box of the still that the whole path sees, and the even (width, height) it is worth working at."""
    widths = boxes[:, 2] - boxes[:, 0]
    margin = MARGIN_PX * float(widths.max()) / frame_size[0]
    x0, y0 = (max(0.0, float(boxes[:, i].min()) - margin) for i in (0, 1))
    x1, y1 = (min(float(still_size[i - 2]), float(boxes[:, i].max()) + margin) for i in (2, 3))
    scale = OVERSAMPLING * frame_size[0] / float(widths.min())
    scale = min(scale, (MAX_WORKING_PX / ((x1 - x0) * (y1 - y0))) ** 0.5)
    even = max(2, 2 * round((x1 - x0) * scale / 2)), max(2, 2 * round((y1 - y0) * scale / 2))
    return (x0, y0, x1, y1), even


def _upright_rgb(image: Image.Image) -> Image.Image:
    """The picture as it should be seen: turned as its EXIF says, transparency over black, 8-bit RGB."""
    ImageOps.exif_transpose(image, in_place=True)
    if image.has_transparency_data:
        seen_through = image.convert("RGBA")
        image = Image.new("RGB", image.size)
        image.paste(seen_through, mask=seen_through.getchannel("A"))
    image.load()
    return image if image.mode == "RGB" else image.convert("RGB")


def _repeat_first_column(plane: Image.Image) -> Image.Image:
    wider = Image.new("L", (plane.width + 1, plane.height))
    wider.paste(plane, (1, 0))
    wider.paste(plane.crop((0, 0, 1, plane.height)), (0, 0))
    return wider
