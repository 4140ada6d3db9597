"""Every picture that people bring: taken in upright and flat, or refused in one line with a remedy."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from drawing import Draw
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from core.errors import InputRefused
from core.media import safe_stem, shown_name, take_in_still, thumbnail


def take_in(data: bytes, name: str, folder: Path) -> tuple[Image.Image, tuple[str, ...]]:
    still = take_in_still(data, name, folder, max_megapixels=100)
    with Image.open(still.path) as picture:
        picture.load()
        assert (still.width, still.height) == picture.size
        return picture.copy(), still.notes


def saved(picture: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """The beginning of a picture that says it is huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", b"")


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def test_a_plain_picture_is_kept_byte_for_byte(draw: Draw, tmp_path: Path) -> None:
    data = draw.still("a.png").read_bytes()
    still = take_in_still(data, "a.png", tmp_path / "stills", max_megapixels=100)
    assert still.path.read_bytes() == data
    assert still.notes == ()


def test_the_same_picture_twice_is_one_file(draw: Draw, tmp_path: Path) -> None:
    path = draw.still("a.png")
    take_in_still(path, "a.png", tmp_path / "stills", max_megapixels=100)
    take_in_still(path, "a.png", tmp_path / "stills", max_megapixels=100)
    assert len(list((tmp_path / "stills").iterdir())) == 1


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty"),
        (b"just words", "not a picture"),
        (huge_png(20_000, 20_000), "far too large"),
        (huge_png(11_000, 10_000), "110 megapixels"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "not a picture"),
    ],
)
def test_what_is_no_usable_picture_is_refused_and_nothing_is_written(
    data: bytes, says: str, tmp_path: Path
) -> None:
    with pytest.raises(InputRefused, match=says) as refusal:
        take_in_still(data, "a.png", tmp_path / "stills", max_megapixels=100)
    assert refusal.value.remedy
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "stills").exists()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "TIFF"])
def test_a_picture_that_is_cut_short_is_refused(form: str, tmp_path: Path) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 200, 3), np.uint8))
    data = saved(noise, form)
    with pytest.raises(InputRefused):
        take_in_still(data[: len(data) // 2], f"a.{form.lower()}", tmp_path / "stills", max_megapixels=100)
    assert not (tmp_path / "stills").exists()


def test_print_colours_become_screen_colours(tmp_path: Path) -> None:
    picture, notes = take_in(saved(Image.new("CMYK", (40, 30), (0, 255, 255, 0)), "JPEG"), "a.jpg", tmp_path)
    red, green, blue = picture.getpixel((5, 5))  # type: ignore[misc]
    assert picture.mode == "RGB"
    assert red > 200
    assert max(green, blue) < 60
    assert "CMYK" in notes[0]


def test_transparent_places_become_black(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (40, 30), (255, 255, 255, 0))
    picture, notes = take_in(saved(clear, "PNG"), "a.png", tmp_path)
    assert picture.getpixel((5, 5)) == (0, 0, 0)
    assert "transparent" in notes[0]


def test_a_palette_with_a_transparent_colour_becomes_flat(tmp_path: Path) -> None:
    clear = Image.new("P", (40, 30))
    picture, _ = take_in(saved(clear, "PNG", transparency=0), "a.png", tmp_path)
    assert picture.mode == "RGB"


def test_a_moving_picture_gives_its_first(tmp_path: Path) -> None:
    red, blue = Image.new("RGB", (40, 30), "red"), Image.new("RGB", (40, 30), "blue")
    data = saved(red, "GIF", save_all=True, append_images=[blue])
    picture, notes = take_in(data, "a.gif", tmp_path)
    assert picture.getpixel((5, 5)) == (255, 0, 0)
    assert "moves" in notes[0]


def test_sixteen_bits_become_eight_by_their_upper_eight(tmp_path: Path) -> None:
    values = np.full((30, 40), 32768, np.uint16)
    picture, notes = take_in(saved(Image.fromarray(values), "PNG"), "a.png", tmp_path)
    assert picture.getpixel((5, 5)) == pytest.approx((128, 128, 128), abs=1)
    assert "8 bits" in notes[0]


@pytest.mark.parametrize("turn", range(2, 9))
def test_a_picture_turned_by_its_camera_comes_upright(turn: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    picture, notes = take_in(saved(Image.new("RGB", (40, 30)), "JPEG", exif=exif), "a.jpg", tmp_path)
    assert picture.size == ((30, 40) if turn >= 5 else (40, 30))
    assert picture.getexif().get(0x0112, 1) == 1
    assert "upright" in notes[0]


def test_a_misnamed_picture_gets_its_real_ending(draw: Draw, tmp_path: Path) -> None:
    data = saved(Image.open(draw.still()), "JPEG")
    still = take_in_still(data, "a.png", tmp_path, max_megapixels=100)
    assert still.path.suffix == ".jpg"
    assert "really a JPG" in still.notes[0]


def test_a_picture_that_is_what_its_name_says_is_not_called_something_else(tmp_path: Path) -> None:
    red, blue = Image.new("RGB", (40, 30), "red"), Image.new("RGB", (40, 30), "blue")
    _, notes = take_in(saved(red, "WEBP", save_all=True, append_images=[blue]), "a.webp", tmp_path)
    assert not any("really" in note for note in notes)


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.png",
        "..\\..\\x.png",
        "CON.png",
        "a" * 300 + ".png",
        "ünïcødé 🎬.png",
        "\x00\n.png",
        ".png",
        "",
        "a\u202eb.png",
    ],
)
def test_whatever_a_picture_is_called_it_stays_in_its_folder(name: str, draw: Draw, tmp_path: Path) -> None:
    folder = tmp_path / "stills"
    still = take_in_still(draw.still(), name, folder, max_megapixels=100)
    assert still.path.parent == folder
    assert still.path.exists()
    assert len(still.path.name.encode()) < 100
    assert not still.path.name.lower().startswith("con.")


@given(st.text(max_size=400))
def test_every_name_can_be_shown_and_stored(name: str) -> None:
    assert 1 <= len(shown_name(name)) <= 120
    assert "/" not in shown_name(name)
    stem = safe_stem(shown_name(name))
    assert 1 <= len(stem.encode()) <= 60
    assert not set(stem) & set('/\\:*?"<>|.\0')


def test_a_thumbnail_is_small_upright_and_made_once(draw: Draw, tmp_path: Path) -> None:
    still = draw.still(size=(800, 450))
    small = thumbnail(still, tmp_path / "thumbs", sha256="a" * 64, width_px=160)
    with Image.open(small) as picture:
        assert picture.size == (160, 90)
    changed = small.stat().st_mtime_ns
    assert thumbnail(still, tmp_path / "thumbs", sha256="a" * 64, width_px=160).stat().st_mtime_ns == changed
