"""The export against MoviePy's own `concatenate_videoclips` of the same timeline, frame by frame."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from moviepy_reference import reference, similarities
from numpy.typing import NDArray
from PIL import Image

from core.catalogue import Aspect
from core.editing import Fit, TransitionKind
from core.exporter import Delivery, Export, ExportId, Exports, ExportState, Mode, Piece, Quality, run_export
from core.media import sha256_of
from core.media.encode import encoder
from core.project import FRAME_RATES, ProjectId, ShotId
from core.store import Store

SIZE = (160, 90)
ALIKE = 0.98
"""SSIM over which two frames are taken for the same."""
FEW = settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@dataclass(frozen=True)
class Source:
    """A clip or still of the test's own."""

    name: str
    size: tuple[int, int]
    fps: str | None = None
    frames: int = 0


SOURCES = [
    Source("stills/wide.png", (240, 135)),  # of the cut's shape: the app keeps headroom, MoviePy the middle
    Source("clips/a24.mp4", (160, 90), "24", 30),
    Source("clips/b25.mp4", (192, 108), "25", 30),
    Source("clips/c30.mp4", (128, 96), "30", 40),
    Source("clips/short.mp4", (176, 90), "25", 6),
]


def drawn(source: Source, number: int) -> NDArray[np.uint8]:
    """Frame `number`: a soft ground and a bar that goes on with every frame, so that each is told apart."""
    width, height = source.size
    across, down = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    tint = len(source.name) * 37 % 100
    picture = np.stack([90 + 60 * across, 60 + tint + 60 * down, 150 - 60 * across * down], axis=2)
    at = (0.1 + number * 0.037) % 0.85
    picture[(across > at) & (across < at + 0.1) & (down > 0.2)] = (235, 225, 120)
    picture[(down > 0.8) & (across > 0.3 + 0.3 * (number % 2)) & (across < 0.6 + 0.3 * (number % 2))] = 25
    return picture.astype(np.uint8)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(data folder, the folder of a project in it), with the sources."""
    data = tmp_path_factory.mktemp("reference") / "data"
    folder = Store(data).projects.folder(ProjectId("p"))
    for name in ("clips", "stills", "exports"):
        (folder / name).mkdir(parents=True)
    for source in SOURCES:
        path = folder / source.name
        if source.fps is None:
            Image.fromarray(drawn(source, 0)).save(path)
            continue
        with encoder(path, source.size, FRAME_RATES[source.fps], pixel_format="rgb24") as encoding:
            for number in range(source.frames):
                encoding.write(drawn(source, number).tobytes(), lambda: None)
            encoding.finish(lambda: None)
    return data, folder


def piece(
    folder: Path,
    number: int,
    source: Source,
    frames: int,
    fps: str,
    way: tuple[TransitionKind, int] = (TransitionKind.CUT, 0),
    *,
    fit: Fit = Fit.HOLD,
    title: str = "",
) -> Piece:
    """`source` for `frames` of the cut."""
    move = {
        "motion_prompt": "static camera",
        "energy": 0.0,
        "width": SIZE[0],
        "height": SIZE[1],
        "fps": fps,
        "frames": frames,
        "seed": 0,
    }
    still = source.fps is None
    return Piece(
        shot_id=ShotId(f"shot_{number + 1:03d}"),
        source=source.name,
        source_sha256=sha256_of(folder / source.name),
        move=move if still else None,
        source_s=0.0 if source.fps is None else float(source.frames / FRAME_RATES[source.fps]),
        fit=fit,
        lead_frames=0,
        own_frames=frames,
        frames=frames,
        way_in=way[0],
        way_in_frames=way[1],
        title=title,
    )


def exported(
    project: tuple[Path, Path], pieces: list[Piece], fps: str, **asked: object
) -> tuple[Export, Path]:
    """The receipt of `pieces` in a row, made by the product, and its file."""
    data, folder = project
    frames = sum(each.frames for each in pieces)
    export = Export(
        export_id=ExportId(f"20260101-000000-{secrets.token_hex(4)}"),
        project_id=ProjectId("p"),
        title="P",
        mode=Mode.ANIMATED,
        delivery=Delivery.model_validate(asked),
        size=f"{SIZE[0]}x{SIZE[1]}",
        fps=fps,
        aspect=Aspect.HORIZONTAL,
        pieces=tuple(pieces),
        track=None,
        ordered_at=datetime.now(UTC),
        frames=frames,
        duration_s=float(frames / FRAME_RATES[fps]),
    )
    Exports().write(folder, export)
    done = run_export(data, ProjectId("p"), export.export_id, stopping=lambda: False)
    assert done is not None
    assert done.state is ExportState.DONE, done.failure
    assert done.local_path is not None
    return done, folder / done.local_path


rates = st.sampled_from(["24", "25", "30", "23.976"])
lengths = st.tuples(st.sampled_from(SOURCES), st.integers(5, 12))  # room for two ways
fits = st.sampled_from([Fit.AUTO, Fit.HOLD, Fit.TRIM, Fit.LOOP])
CUT = (TransitionKind.CUT, 0)
ways = st.sampled_from(
    [
        CUT,
        (TransitionKind.DISSOLVE, 3),
        (TransitionKind.DISSOLVE, 2),
        (TransitionKind.DIP, 2),
    ]
)


def compared(project: tuple[Path, Path], pieces: list[Piece], fps: str, folder: Path) -> list[float]:
    export, film = exported(project, pieces, fps)
    expected = reference(export, project[1])
    assert len(expected) == export.frames == len(times(film))
    alike = similarities(expected, film, export.frame_rate, folder)
    assert len(alike) == export.frames
    return alike


@given(
    shots=st.lists(lengths, min_size=2, max_size=4),
    way=st.lists(ways, min_size=4, max_size=4),
    fit=st.lists(fits, min_size=4, max_size=4),
    fps=rates,
)
@example(  # a repeat, cut in two by a dip, within a frame of the clip
    shots=[(SOURCES[0], 5), (SOURCES[4], 10), (SOURCES[3], 6)],
    way=[CUT, CUT, (TransitionKind.DIP, 2), CUT],
    fit=[Fit.LOOP] * 4,
    fps="30",
)
@FEW
def test_the_export_is_frame_by_frame_what_moviepy_concatenates(
    project: tuple[Path, Path],
    tmp_path: Path,
    shots: list[tuple[Source, int]],
    way: list[tuple[TransitionKind, int]],
    fit: list[Fit],
    fps: str,
) -> None:
    pieces = [
        piece(project[1], number, source, frames, fps, way[number] if number else CUT, fit=fit[number])
        for number, (source, frames) in enumerate(shots)
    ]
    alike = compared(project, pieces, fps, tmp_path)
    assert min(alike) > ALIKE, [f"{value:.4f}" for value in alike]


def test_the_measure_notices_one_frame_that_is_off_by_one(project: tuple[Path, Path], tmp_path: Path) -> None:
    source = SOURCES[2]
    pieces = [piece(project[1], 0, source, 8, "25")]
    export, film = exported(project, pieces, "25")
    expected = reference(export, project[1])
    expected[4] = expected[5]
    alike = similarities(expected, film, export.frame_rate, tmp_path)
    assert [value > ALIKE for value in alike] == [True] * 4 + [False] + [True] * 3


def times(film: Path) -> list[Fraction]:
    """When each picture is shown, in seconds, as the packets say, in their order in the file."""
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert stream.time_base is not None
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert all(packet.dts == packet.pts for packet in packets)
        return [packet.pts * stream.time_base for packet in packets if packet.pts is not None]


@given(
    shots=st.lists(lengths, min_size=2, max_size=3),
    way=st.lists(ways, min_size=3, max_size=3),
    titles=st.lists(st.sampled_from(["", "A title", "漢字 🎬"]), min_size=3, max_size=3),
    fps=st.sampled_from(["25", "29.97"]),
    quality=st.sampled_from(Quality),
)
@FEW
def test_a_cut_with_every_effect_has_exactly_its_frames_at_an_exact_pace(
    project: tuple[Path, Path],
    shots: list[tuple[Source, int]],
    way: list[tuple[TransitionKind, int]],
    titles: list[str],
    fps: str,
    quality: Quality,
) -> None:
    pieces = [
        piece(
            project[1],
            number,
            source,
            frames,
            fps,
            way[number] if number else CUT,
            title=titles[number],
        )
        for number, (source, frames) in enumerate(shots)
    ]
    export, film = exported(project, pieces, fps, burn_in=titles[0] != "", quality=quality)
    assert times(film) == [number / export.frame_rate for number in range(export.frames)]
    with av.open(str(film)) as container:
        assert sum(1 for _ in container.decode(video=0)) == export.frames
