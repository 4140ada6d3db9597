"""The clips are real files of the length, rate, size and sound that were asked for."""

import io
from pathlib import Path

import av
import pytest
from fal_emulator.billing import Clip
from fal_emulator.caller import KLING, Caller
from fal_emulator.clips import render
from PIL import Image


@pytest.mark.parametrize("sound", [False, True])
def test_a_preview_has_every_frame_at_thumbnail_size(
    caller: Caller, still: str, tmp_path: Path, sound: bool
) -> None:
    url = caller.result(KLING, still, duration="5", generate_audio=sound).json()["video"]["url"]
    file = tmp_path / "clip.mp4"
    file.write_bytes(caller.http.get(url).content)
    with av.open(file) as clip:
        [video] = clip.streams.video
        assert (video.codec_context.name, video.width, video.height) == ("h264", 64, 36)
        assert (video.frames, float(video.average_rate or 0)) == (120, 24.0)
        assert len(clip.streams.audio) == int(sound)


def test_a_full_clip_has_the_size_asked_moves_and_carries_its_mark(tmp_path: Path) -> None:
    file, still = tmp_path / "clip.mp4", io.BytesIO()
    board = Image.new("RGB", (640, 480), "teal")
    board.paste("white", (250, 170, 390, 310))
    board.save(still, "PNG")
    render(still.getvalue(), Clip(480, 270, 6, 25.0, sound=False), "full", file)
    with av.open(file) as clip:
        frames = [frame.to_ndarray(format="gray") for frame in clip.decode(video=0)]
    assert len(frames) == 6
    assert frames[0].shape == (270, 480)
    marked, plain = frames[0][4:24, 8:90], frames[0][-24:-4, 8:90]
    assert marked.std() > plain.std() + 5
    assert (frames[-1] > 200).sum() > (frames[0] > 200).sum() * 1.1


def test_the_same_clip_is_rendered_once(caller: Caller, still: str) -> None:
    first, second = (caller.result(KLING, still).json()["video"]["url"] for _ in range(2))
    assert first != second
    assert caller.http.get(first).headers["ETag"] == caller.http.get(second).headers["ETag"]
