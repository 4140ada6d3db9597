"""Pictures that people bring: looked at, brought into one shape, refused with a reason, made small."""

import hashlib
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import InputRefused, disk_errors
from core.project import strip_control
from core.store.files import draft_beside, rename_over, write_atomically

if TYPE_CHECKING:
    from PIL.Image import Image

KEPT_AS_THEY_ARE = {"JPEG": ".jpg", "PNG": ".png", "WEBP": ".webp"}
"""Formats that every model takes and every browser shows, with the ending they get."""
LARGEST_FILE_BYTES = 400_000_000
"""A larger file is no still."""


@dataclass(frozen=True, kw_only=True)
class Still:
    """A picture that was brought in."""

    path: Path
    sha256: str
    """Of the file at `path`, hexadecimal."""
    width: int
    """Pixels, as seen (turned by EXIF)."""
    height: int
    """Pixels, as seen (turned by EXIF)."""
    source_name: str
    """Name of the file it came from."""
    notes: tuple[str, ...] = ()
    """What was done to it, one sentence each; empty when it was kept byte for byte."""


def take_in_still(source: Path | bytes, name: str, folder: Path, *, max_megapixels: float) -> Still:
    """Put the picture `source`, called `name`, into `folder` as 8-bit RGB JPEG, PNG or WebP, upright.

    A picture that is so already is kept byte for byte. The same picture twice gives one file.
    Raises InputRefused, saying what is wrong with it, or StorageFailed; then nothing was written.
    """
    shown = shown_name(name)
    data = _read(source, shown)
    with _picture(data, shown) as picture:
        _check_size(picture, shown, max_megapixels)
        really = KEPT_AS_THEY_ARE.get(picture.format or "")
        content, ending, notes, size = _in_shape(picture, data, shown)
    digest = hashlib.sha256(content).hexdigest()
    path = folder / f"{safe_stem(shown)}-{digest[:8]}{ending}"
    _put(path, content)
    if really and _ending_lies(shown, really):
        notes = (*notes, f"{shown} is really a {really[1:].upper()}, whatever its name says.")
    return Still(
        path=path, sha256=digest, width=size[0], height=size[1], source_name=shown, notes=tuple(notes)
    )


def shown_name(name: str) -> str:
    """The last part of a file's name, safe to show: no folders, no control characters, at most 120 long."""
    last = re.split(r"[/\\]", strip_control(name))[-1].strip() or "still"
    return last if len(last) <= 120 else f"{last[:80]}…{last[-39:]}"


def safe_stem(name: str) -> str:
    """`name` without its ending, as the beginning of a file name on any disk: at most 60 bytes."""
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name)
    stem = re.sub(r"[^\w-]+", "-", stem).strip("-_").lower() or "still"
    return stem.encode()[:60].decode("utf-8", "ignore")


def upright_size(still: Path) -> tuple[int, int]:
    """(width, height) of the picture as seen, in pixels. Raises InputRefused when it cannot be read."""
    from PIL import Image

    with _explained(still.name), Image.open(still) as picture:
        turned = picture.getexif().get(0x0112, 1) >= 5
        return (picture.height, picture.width) if turned else picture.size


def thumbnail(still: Path, cache: Path, *, sha256: str, width_px: int) -> Path:
    """A small JPEG of `still`, made once and kept in `cache`. Raises InputRefused or StorageFailed."""
    path = cache / f"{sha256[:16]}-{width_px}.jpg"
    if not path.exists():
        from PIL import Image, ImageOps

        with _explained(still.name), Image.open(still) as picture:
            picture.draft("RGB", (width_px * 2, width_px * 2))
            small = ImageOps.exif_transpose(picture).convert("RGB")
            small.thumbnail((width_px, width_px * 2), Image.Resampling.LANCZOS)
        save_jpeg(small, path)
    return path


def save_jpeg(picture: "Image", path: Path) -> None:
    """Put `picture` at `path`, whole or not at all. A cache: it need not survive a power cut."""
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = draft_beside(path)
        try:
            picture.save(fresh, "JPEG", quality=82)
            rename_over(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)


def _read(source: Path | bytes, shown: str) -> bytes:
    if isinstance(source, Path):
        if not source.is_file():
            raise InputRefused(f"{shown} is not a file.", remedy="Choose a picture: JPEG, PNG or WebP.")
        with disk_errors(source):
            size = source.stat().st_size
            data = source.read_bytes() if size <= LARGEST_FILE_BYTES else b""
    else:
        size, data = len(source), source
    if not size:
        raise InputRefused(f"{shown} is empty.", remedy="Export or download it again.")
    if size > LARGEST_FILE_BYTES:
        raise InputRefused(
            f"{shown} is {size / 1e6:.0f} MB; a still may have {LARGEST_FILE_BYTES / 1e6:.0f} MB.",
            remedy="Save it smaller, as JPEG or PNG.",
        )
    return data


@contextmanager
def _picture(data: bytes, shown: str) -> Iterator["Image"]:
    from PIL import Image

    with _explained(shown), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # our own limit on pixels speaks more plainly
        with Image.open(io.BytesIO(data)) as picture:
            yield picture


@contextmanager
def _explained(shown: str) -> Iterator[None]:
    """Turn what Pillow says of a bad file into InputRefused."""
    from PIL import Image, UnidentifiedImageError

    try:
        yield
    except UnidentifiedImageError as error:
        raise InputRefused(
            f"{shown} is not a picture, whatever its name says.", remedy="Bring a JPEG, PNG or WebP."
        ) from error
    except Image.DecompressionBombError as error:
        raise InputRefused(
            f"{shown} is far too large a picture.", remedy="Save it with fewer pixels, then bring it again."
        ) from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, IndexError) as error:
        raise InputRefused(
            f"{shown} is cut short or damaged: it cannot be read to its end.",
            remedy="Export or download it again.",
        ) from error


def _check_size(picture: "Image", shown: str, max_megapixels: float) -> None:
    megapixels = picture.width * picture.height / 1e6
    if megapixels > max_megapixels:
        raise InputRefused(
            f"{shown} has {megapixels:.0f} megapixels; a still may have {max_megapixels:g}.",
            remedy="Save it smaller: 4K (8 megapixels) is as large as any clip gets.",
        )


def _in_shape(
    picture: "Image", data: bytes, shown: str
) -> tuple[bytes, str, tuple[str, ...], tuple[int, int]]:
    """The file's content, its ending, what was done, and (width, height) as seen."""
    from PIL import ImageOps

    notes = []
    upright = picture.getexif().get(0x0112, 1) in (0, 1)
    animated = getattr(picture, "n_frames", 1) > 1
    deep = picture.format == "PNG" and data[24] == 16  # the header's bit depth; Pillow reads RGB as 8 bits
    plain = picture.mode in ("RGB", "L") and "transparency" not in picture.info and not deep
    if animated:
        notes.append(f"{shown} moves; its first picture was taken.")
        picture.seek(0)
    picture.load()
    if picture.format in KEPT_AS_THEY_ARE and upright and plain and not animated:
        return data, KEPT_AS_THEY_ARE[picture.format], (), picture.size
    if not upright:
        notes.append(f"{shown} was turned upright, as its camera meant it.")
    if deep and picture.mode == "RGB":
        notes.append(f"{shown} has more than 8 bits a colour; it was brought to 8.")
    lossy = picture.format in ("JPEG", "MPO")
    flat = _flat(ImageOps.exif_transpose(picture), notes, shown)
    buffer = io.BytesIO()
    if lossy:
        flat.save(buffer, "JPEG", quality=95, subsampling=0)
    else:
        flat.save(buffer, "PNG", compress_level=3)
    return buffer.getvalue(), ".jpg" if lossy else ".png", tuple(notes), flat.size


def _flat(picture: "Image", notes: list[str], shown: str) -> "Image":
    """`picture` as 8-bit RGB; what that took is added to `notes`."""
    from PIL import Image

    if picture.mode.startswith("I") or picture.mode == "F":
        notes.append(f"{shown} has more than 8 bits a colour; it was brought to 8.")
        return _to_eight_bits(picture)
    if picture.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in picture.info:
        notes.append(f"{shown} is transparent in places; they were filled with black.")
        layer = picture.convert("RGBA")
        flat = Image.new("RGB", layer.size)
        flat.paste(layer, mask=layer.getchannel("A"))
        return flat
    if picture.mode == "CMYK":
        notes.append(f"{shown} is in print colours (CMYK); they were brought to screen colours.")
    return picture.convert("RGB")


def _to_eight_bits(picture: "Image") -> "Image":
    """A deep grey picture as RGB: 16 bits by their upper eight, other depths from darkest to brightest."""
    import numpy as np
    from PIL import Image

    values = np.asarray(picture, dtype=np.float64)
    if picture.mode.startswith("I;16") or (
        picture.mode == "I" and values.min() >= 0 and values.max() < 65536
    ):
        grey = values / 257
    else:
        low, high = float(values.min()), float(values.max())
        grey = (values - low) * (255 / (high - low)) if high > low else np.zeros_like(values)
    return Image.fromarray(np.rint(grey).clip(0, 255).astype(np.uint8)).convert("RGB")


def _ending_lies(shown: str, ending: str) -> bool:
    said = Path(shown).suffix.lower()
    known = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp"}
    return said in known and (".jpg" if said.startswith((".jp", ".jf")) else said) != ending


def _put(path: Path, content: bytes) -> None:
    with disk_errors(path):
        if path.exists() and path.stat().st_size == len(content):
            return
    write_atomically(path, content)
