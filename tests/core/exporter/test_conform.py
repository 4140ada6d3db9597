"""Any clip comes out with the cut's frames, size and colours; a bad one is named in one line."""

import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from drawing import Draw
from numpy.typing import NDArray

from core.catalogue import Aspect
from core.editing import Fit, Framing
from core.errors import MediaFailed
from core.exporter import Delivery, Export, ExportId, Mode, Piece, Quality, Window
from core.exporter.picture.conform import conform
from core.media import ffmpeg, picture_facts
from core.project import ProjectId, ShotId
from core.providers.base import Signals

Picture = NDArray[np.uint8]
QUIET = Signals(
    cancelled=lambda: False, stopping=lambda: False, started=lambda: None, progress=lambda *_: None
)
PATCHES = [(200, 40, 40), (40, 180, 60), (50, 60, 200), (220, 200, 60), (128, 128, 128), (240, 240, 240)]
LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast", "-pix_fmt", "yuv444p")


def pictures(count: int, size: tuple[int, int] = (96, 54)) -> list[Picture]:
    """Pictures of colour patches over a grey that says which one it is: 20, 24, 28 …"""
    made = []
    for number in range(count):
        picture = np.full((size[1], size[0], 3), 20 + 4 * number, np.uint8)
        for index, colour in enumerate(PATCHES):
            width = size[0] // len(PATCHES)
            picture[: size[1] // 2, index * width : (index + 1) * width] = colour
        made.append(picture)
    return made


def encoded(
    path: Path, shown: Sequence[Picture], *options: str, fps: str = "25", filters: str = "null"
) -> Path:
    """`shown` as a clip, by ffmpeg with these options."""
    height, width, _ = shown[0].shape
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", fps, "-i", "pipe:0"]
    command = [ffmpeg(), "-y", "-loglevel", "error", *raw, "-vf", filters, *options, str(path)]
    subprocess.run(command, input=b"".join(picture.tobytes() for picture in shown), check=True)
    return path


def export(clip: Path, frames: int, **changes: Any) -> Export:
    """An export of one shot that lasts `frames` and shows `clip`."""
    piece = Piece(
        shot_id=ShotId("shot_001"),
        source=clip.name,
        source_sha256="0",
        source_s=1.0,
        frames=frames,
        **{"move": None, "fit": Fit.HOLD, "lead_frames": 0, "own_frames": frames, **changes},
    )
    return Export(
        export_id=ExportId("e"),
        project_id=ProjectId("p"),
        title="P",
        mode=Mode.ANIMATED,
        size="96x54",
        fps="25",
        aspect=Aspect.HORIZONTAL,
        pieces=(piece,),
        track=None,
        ordered_at=datetime.now(UTC),
        frames=frames,
        duration_s=frames / 25,
    )


def conformed(
    clip: Path, asked: Export, *, first: int = 0, frames: int | None = None
) -> tuple[list[Picture], Path]:
    """The RGB pictures of a window, by the file's own tags; and the file."""
    piece = asked.pieces[0]
    window = Window(piece=piece, first=first, frames=frames or piece.frames)
    result = clip.with_name("segment.mp4")
    conform(asked, window, clip, result, QUIET, threads=1)
    with av.open(str(result)) as container:
        return [rgb(frame) for frame in container.decode(video=0)], result


def rgb(frame: av.VideoFrame) -> Picture:
    """A frame of ours in RGB by the arithmetic of Rec. 709, limited range, which it must be tagged with."""
    assert (frame.format.name, frame.colorspace, frame.color_range) == ("yuv420p", 1, 1)
    assert (frame.color_primaries, frame.color_trc) == (1, 1)
    return np.clip(in_rgb(frame, "bt709", "tv") * 255, 0, 255).round().astype(np.uint8)


def in_rgb(frame: av.VideoFrame, matrix: str, range_: str) -> NDArray[np.float64]:
    """A frame of 8 bits in RGB from 0 to 1, by the matrix's own numbers (ITU-T H.273)."""
    kr, kb = {"bt709": (0.2126, 0.0722), "bt601": (0.299, 0.114), "bt2020": (0.2627, 0.0593)}[matrix]
    black, luma_steps, chroma_steps = (16, 219, 224) if range_ == "tv" else (0, 255, 255)
    height, width = frame.height, frame.width
    planes = frame.to_ndarray().astype(np.float64)
    if "444" in frame.format.name:
        luma, cb, cr = planes
    else:
        luma = planes[:height]
        cb, cr = planes[height:].reshape(2, height // 2, width // 2).repeat(2, 1).repeat(2, 2)
    luma, cb, cr = (luma - black) / luma_steps, (cb - 128) / chroma_steps, (cr - 128) / chroma_steps
    red, blue = luma + 2 * (1 - kr) * cr, luma + 2 * (1 - kb) * cb
    return np.stack([red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue], -1)


def number(picture: Picture) -> int:
    """Which of `pictures` it is."""
    height, width, _ = picture.shape
    return round((float(picture[height * 3 // 4, width // 4 : width * 3 // 4].mean()) - 20) / 4)


def numbers(shown: Sequence[Picture]) -> list[int]:
    return [number(picture) for picture in shown]


def h264_as(matrix: str, range_: str, *more: str, tagged: bool = True) -> tuple[str, ...]:
    space = {"bt709": "bt709", "bt601": "smpte170m", "bt2020": "bt2020nc"}[matrix]
    tags = ("-colorspace", space, "-color_range", range_) if tagged else ("-bsf:v", UNTAGGED)
    return (*LOSSLESS, *more, *tags)


UNTAGGED = "h264_metadata=matrix_coefficients=2:colour_primaries=2:transfer_characteristics=2"


def to(matrix: str, range_: str, form: str = "yuv444p") -> str:
    matrix = {"bt601": "170m", "bt709": "709", "bt2020": "2020_ncl"}[matrix]
    range_ = {"tv": "limited", "pc": "full"}[range_]
    return f"zscale=m={matrix}:r={range_},format={form}"


SMALL, HD = (96, 54), (1280, 720)
COLOURS = {
    "bt709": (SMALL, "bt709 tv", True),
    "bt601": (SMALL, "bt601 tv", True),
    "bt2020 matrix": (SMALL, "bt2020 tv", True),
    "full range": (SMALL, "bt709 pc", True),
    "full range bt601": (SMALL, "bt601 pc", True),
    "untagged and small": (SMALL, "bt601 tv", False),
    "untagged and large": (HD, "bt709 tv", False),
}


@pytest.mark.parametrize("kind", COLOURS)
def test_every_colour_stays_what_it_was(tmp_path: Path, kind: str) -> None:
    size, colours, tagged = COLOURS[kind]
    matrix, range_ = colours.split()
    options = h264_as(matrix, range_, tagged=tagged)
    clip = encoded(tmp_path / "clip.mov", pictures(2, size), *options, filters=to(matrix, range_))
    with av.open(str(clip)) as container:
        before = in_rgb(next(container.decode(video=0)), matrix, range_) * 255
    same_colours(before, conformed(clip, export(clip, 2))[0][0])


OTHER_COLOURS = {
    "10 bits": (to("bt709", "tv", "yuv420p10le"), h264_as("bt709", "tv", "-pix_fmt", "yuv420p10le")),
    "motion jpeg": (to("bt601", "pc", "yuvj444p"), ("-c:v", "mjpeg", "-q:v", "1")),
    "rgb": ("null", ("-c:v", "libx264rgb", "-qp", "0", "-pix_fmt", "rgb24")),
    "animation": ("null", ("-c:v", "qtrle", "-pix_fmt", "rgb24")),
}


@pytest.mark.parametrize("kind", OTHER_COLOURS)
def test_other_kinds_of_pictures_keep_theirs_too(tmp_path: Path, kind: str) -> None:
    filters, options = OTHER_COLOURS[kind]
    shown = pictures(2)
    clip = encoded(tmp_path / "clip.mov", shown, *options, filters=filters)
    same_colours(shown[0].astype(np.float64), conformed(clip, export(clip, 2))[0][0], within=1.5)


def same_colours(before: NDArray[np.float64], after: Picture, *, within: float = 1.0) -> None:
    """Each patch, and all of it on average, has the same mean in each of its colours."""
    step = before.shape[1] // 96
    for index, colour in enumerate(PATCHES):
        left, right = index * 16 + 4, index * 16 + 12
        was = before[4 * step : 20 * step, left * step : right * step].mean((0, 1))
        now = after[4:20, left:right].mean((0, 1))
        assert np.abs(was - now).max() < within, (colour, was, now)
    assert np.abs(before.mean((0, 1)) - after.mean((0, 1))).max() < 1


def test_alpha_lies_on_black(tmp_path: Path) -> None:
    half = "format=rgba,colorchannelmixer=aa=0.5"
    clip = encoded(tmp_path / "c.mov", pictures(1), "-c:v", "qtrle", "-pix_fmt", "argb", filters=half)
    came_out, _ = conformed(clip, export(clip, 1))
    assert np.abs(came_out[0][4:20, 4:12].mean((0, 1)) - np.array(PATCHES[0]) / 2).max() < 2


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_a_high_dynamic_range_is_brought_to_a_screens(tmp_path: Path, transfer: str) -> None:
    brought = (
        f"zscale=t=linear,format=gbrpf32le,zscale=p=2020,zscale=t={transfer}:npl=203:m=2020_ncl:r=limited,"
        "format=yuv444p10le"
    )
    tags = ("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", transfer)
    clip = encoded(
        tmp_path / "clip.mov",
        pictures(1),
        *(*LOSSLESS, "-pix_fmt", "yuv444p10le", *tags, "-color_range", "tv"),
        filters="setparams=color_primaries=bt709:color_trc=bt709:range=pc:colorspace=gbr," + brought,
    )
    came_out, _ = conformed(clip, export(clip, 1))
    for index, colour in enumerate(PATCHES):
        after = came_out[0][4:20, index * 16 + 4 : index * 16 + 12].mean((0, 1))
        assert np.abs(after - np.array(colour)).max() < 25, (colour, after)  # whites step back, no more
        assert int(np.argmax(after)) == int(np.argmax(colour)) or len(set(colour)) == 1


@pytest.mark.parametrize("fps", ["24", "25", "30", "24000/1001", "60"])
@pytest.mark.parametrize("frames", [1, 9, 30])
def test_a_window_has_its_frames_at_the_clips_own_pace(tmp_path: Path, fps: str, frames: int) -> None:
    rate = Fraction(fps)
    clip = encoded(tmp_path / "clip.mp4", pictures(24), *LOSSLESS, fps=fps)
    came_out, path = conformed(clip, export(clip, frames))
    assert len(came_out) == frames
    for index, shown in enumerate(numbers(came_out)):
        assert shown == min(23, int((Fraction(index, 25) + Fraction(1, 500)) * rate)), index
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        times = [
            packet.pts * stream.time_base for packet in container.demux(stream) if packet.pts is not None
        ]
    assert times == [Fraction(index, 25) for index in range(frames)]


SHAPES: dict[str, tuple[tuple[int, int], tuple[str, ...], str]] = {
    "odd": ((1928, 1076), LOSSLESS, "null"),
    "odd to the pixel": ((853, 479), ("-c:v", "ffv1", "-pix_fmt", "yuv420p"), "null"),
    "tall pixels": ((96, 54), LOSSLESS, "setsar=1/2"),
    "tall": ((54, 96), LOSSLESS, "null"),
    "interlaced": ((96, 54), ("-c:v", "mpeg2video", "-q:v", "1", "-flags", "+ildct+ilme"), "setfield=tff"),
}


@pytest.mark.parametrize("framing", list(Framing))
@pytest.mark.parametrize("shape", SHAPES)
def test_a_picture_of_any_shape_fills_the_frame_or_stands_whole_between_bars(
    tmp_path: Path, shape: str, framing: Framing
) -> None:
    size, options, filters = SHAPES[shape]
    white = [np.full((size[1], size[0], 3), 235, np.uint8)] * 2
    clip = encoded(tmp_path / "clip.mkv", white, *options, filters=filters)
    asked = export(clip, 2).model_copy(update={"framing": framing})
    came_out, _ = conformed(clip, asked)
    assert came_out[1].shape == (54, 96, 3)
    lit = came_out[1][..., 1] > 120
    columns = {"tall pixels": 48, "tall": 30}.get(shape, 96) if framing is Framing.FIT else 96
    assert lit[27].sum() == pytest.approx(columns, abs=1)
    assert lit[:, 48].all()


def test_a_turned_picture_stands_upright(tmp_path: Path) -> None:
    upright = np.zeros((96, 54, 3), np.uint8)
    upright[:48] = 200
    lying = encoded(tmp_path / "lying.mp4", [np.ascontiguousarray(np.rot90(upright))] * 3, *LOSSLESS)
    turned = tmp_path / "turned.mp4"
    command = [ffmpeg(), "-y", "-loglevel", "error", "-display_rotation", "-90", "-i", str(lying)]
    subprocess.run([*command, "-c", "copy", str(turned)], check=True)
    asked = export(turned, 2).model_copy(update={"framing": Framing.FIT})
    came_out, _ = conformed(turned, asked)
    middle = came_out[0][:, 48, 0]
    assert middle[:20].min() > 150
    assert middle[34:].max() < 50
    assert came_out[0][:, 8].max() < 20, "bars at its sides"


@pytest.mark.parametrize("begins", ["-0.2", "0.7", "100"])
def test_the_first_picture_is_the_first_whenever_the_file_begins(tmp_path: Path, begins: str) -> None:
    plain = encoded(tmp_path / "plain.mp4", pictures(10), *LOSSLESS, "-bf", "0")
    for name in ("late.mp4", "late.mkv"):
        late = tmp_path / name
        command = [ffmpeg(), "-y", "-loglevel", "error", "-itsoffset", begins, "-i", str(plain)]
        sound = ["-f", "lavfi", "-i", "sine=duration=2", "-map", "0", "-map", "1"]
        subprocess.run([*command, *sound, "-c:v", "copy", str(late)], check=True)
        first = 5 if begins == "-0.2" and name == "late.mp4" else 0  # an edit list cuts what comes before 0
        came_out, _ = conformed(late, export(late, 4))
        assert numbers(came_out) == list(range(first, first + 4)), name


def test_sound_that_goes_on_longer_makes_no_clip_longer(tmp_path: Path) -> None:
    plain = encoded(tmp_path / "plain.mp4", pictures(10), *LOSSLESS)
    clip = tmp_path / "clip.mp4"
    sound = ["-f", "lavfi", "-i", "sine=duration=3", "-c:v", "copy"]
    subprocess.run([ffmpeg(), "-y", "-loglevel", "error", "-i", str(plain), *sound, str(clip)], check=True)
    assert picture_facts(clip, "it").length_s == Fraction(10, 25)
    came_out, _ = conformed(clip, export(clip, 25, fit=Fit.LOOP))
    assert numbers(came_out) == [index % 10 for index in range(25)]


def test_pictures_at_uneven_times_are_shown_at_theirs(tmp_path: Path) -> None:
    uneven = "setpts='if(lt(N,5),N,5+(N-5)*4)/25/TB'"
    options = (*LOSSLESS, "-fps_mode", "passthrough")
    clip = encoded(tmp_path / "clip.mkv", pictures(10), *options, filters=uneven)
    came_out, _ = conformed(clip, export(clip, 17))
    assert numbers(came_out) == [0, 1, 2, 3, 4, 5, 5, 5, 5, 6, 6, 6, 6, 7, 7, 7, 7]


FITS: dict[Fit, Callable[[int], int]] = {
    Fit.TRIM: lambda at: min(at, 9),
    Fit.HOLD: lambda at: min(at, 9),
    Fit.AUTO: lambda at: min(at * 4 // 5, 9),
    Fit.SLOW: lambda at: min(at // 2, 9),
    Fit.LOOP: lambda at: at % 10,
}


@pytest.mark.parametrize("fit", list(Fit))
def test_a_short_clip_fills_its_shot_as_its_fit_says(tmp_path: Path, fit: Fit) -> None:
    clip = encoded(tmp_path / "clip.mp4", pictures(10), *LOSSLESS)
    came_out, _ = conformed(clip, export(clip, 24, fit=fit))
    assert numbers(came_out) == [FITS[fit](index) for index in range(24)]


def test_a_handle_is_what_the_clip_still_has_and_then_its_last_picture(tmp_path: Path) -> None:
    clip = encoded(tmp_path / "clip.mp4", pictures(20), *LOSSLESS)
    came_out, _ = conformed(clip, export(clip, 12), first=12, frames=12)
    assert numbers(came_out) == [*range(12, 20), 19, 19, 19, 19]


def test_a_lead_and_a_gap_stand_still(tmp_path: Path) -> None:
    clip = encoded(tmp_path / "clip.mp4", pictures(20), *LOSSLESS)
    asked = export(clip, 12, lead_frames=3, own_frames=5)
    came_out, _ = conformed(clip, asked, frames=14)
    assert numbers(came_out) == [0, 0, 0, 0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4]
    came_out, _ = conformed(clip, asked, first=10, frames=3)
    assert numbers(came_out) == [4, 4, 4]


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv", "clip.webm", "clip.avi", "clip.ts"])
def test_windows_far_into_a_clip_show_the_same_frames_as_one_window(tmp_path: Path, name: str) -> None:
    codec = (
        ("-c:v", "libvpx-vp9", "-lossless", "1", "-cpu-used", "8", "-pix_fmt", "")
        if name.endswith("webm")
        else LOSSLESS
    )
    options: tuple[str, ...] = (*codec[:-1], "yuv420p", "-g", "6")
    if name in ("clip.mp4", "clip.mkv"):
        options = (*options, "-preset", "medium", "-qp", "1", "-bf", "3")
    clip = encoded(tmp_path / name, pictures(50), *options, fps="30")
    asked = export(clip, 40)
    whole = numbers(conformed(clip, asked)[0])
    for first in (1, 7, 13, 22, 31, 39):
        came_out, _ = conformed(clip, asked, first=first, frames=3)
        assert numbers(came_out)[: 40 - first] == whole[first : first + 3], first


def test_all_segments_of_an_export_are_of_one_kind(tmp_path: Path) -> None:
    kinds = []
    for name, size in (("a.mp4", (96, 54)), ("b.mp4", (200, 300))):
        clip = encoded(tmp_path / name, pictures(20, size), *LOSSLESS, fps="30")
        for frames in (1, 25):
            _, path = conformed(clip, export(clip, frames))
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                kinds.append((stream.codec_context.extradata, stream.time_base))
                assert all(packet.pts == packet.dts for packet in container.demux(stream) if packet.size)
    assert len(set(kinds)) == 1


def damaged(path: Path, clip: Path) -> None:
    """`clip` with its index in front, cut in its second half."""
    quick = [ffmpeg(), "-y", "-loglevel", "error", "-i", str(clip), "-c", "copy", "-movflags", "+faststart"]
    subprocess.run([*quick, str(path)], check=True)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])


def spoilt(path: Path, clip: Path) -> None:
    """`clip` with noise in the middle of its pictures."""
    data = bytearray(clip.read_bytes())
    middle = data.index(b"mdat") + (len(data) - data.index(b"mdat")) // 2
    data[middle : middle + 9000] = np.random.default_rng(1).bytes(9000)
    path.write_bytes(data)


def a_still(path: Path, clip: Path) -> None:
    still = [ffmpeg(), "-y", "-loglevel", "error", "-i", str(clip), "-frames:v", "1", "-c:v", "png"]
    subprocess.run([*still, "-f", "image2", "-update", "1", str(path)], check=True)


def only_sound(path: Path, _clip: Path) -> None:
    sound = [ffmpeg(), "-y", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=1"]
    subprocess.run([*sound, str(path)], check=True)


BAD: dict[str, tuple[Callable[[Path, Path], object], str]] = {
    "cut short": (damaged, "breaks off after"),
    "spoilt": (spoilt, "is damaged"),
    "a still": (a_still, "is a still picture, not a clip"),
    "only sound": (only_sound, "has sound but no picture"),
    "empty": (lambda path, _clip: path.write_bytes(b""), "is not a clip that can be played"),
    "words": (lambda path, _clip: path.write_text("hello"), "is not a clip that can be played"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_clip_is_named_in_one_line_and_leaves_nothing(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(2)
    shown = [noise.integers(0, 255, (54, 96, 3), np.uint8) for _ in range(20)]
    good = encoded(tmp_path / "good.mp4", shown, "-c:v", "libx264", "-g", "5", "-pix_fmt", "yuv420p")
    spoil, says = BAD[kind]
    clip = tmp_path / "clip.mp4"
    spoil(clip, good)
    with pytest.raises(MediaFailed, match=says) as refused:
        conformed(clip, export(clip, 20))
    assert str(refused.value).startswith("clip.mp4 of shot_001 ")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "segment.mp4").exists()


@pytest.mark.parametrize("framing", list(Framing))
def test_a_still_of_another_shape_fills_the_frame_or_stands_whole_between_bars(
    tmp_path: Path, draw: Draw, framing: Framing
) -> None:
    still = draw.still("tall.png", size=(54, 96), color="white")
    move = {"motion_prompt": "static camera", "energy": 0.0, "width": 96, "height": 54}
    asked = export(still, 3, move={**move, "fps": "25", "frames": 3, "seed": 1})
    came_out, _ = conformed(still, asked.model_copy(update={"framing": framing}))
    lit = came_out[0].max(0)[:, 2] > 100
    assert lit.sum() == pytest.approx(96 if framing is Framing.FILL else 30, abs=2)


@pytest.mark.parametrize("quality", list(Quality))
def test_moves_and_clips_of_one_quality_join_by_copying(tmp_path: Path, draw: Draw, quality: Quality) -> None:
    still = draw.still("still.png")
    move = {"motion_prompt": "push in", "energy": 0.5, "width": 96, "height": 54}
    of_a_still = export(still, 3, move={**move, "fps": "25", "frames": 3, "seed": 1})
    clip = encoded(tmp_path / "clip.mp4", pictures(3, (54, 96)), *LOSSLESS, fps="30")
    kinds = set()
    for source, asked in ((still, of_a_still), (clip, export(clip, 3))):
        for framing in Framing:
            path = conformed(
                source, asked.model_copy(update={"delivery": Delivery(quality=quality), "framing": framing})
            )[1]
            with av.open(str(path)) as container:
                stream = container.streams.video[0]
                kinds.add((stream.codec_context.extradata, stream.time_base))
    assert len(kinds) == 1
