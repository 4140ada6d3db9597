"""What is handed over, played by its own timeline, is the film that the export makes: frame by frame."""

from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import opentimelineio as otio
import pytest
from handoff_case import Asked, ReadEvent, plan, seen_in
from handoff_otio import read

from core.editing import Fit
from core.errors import InputRefused
from core.exporter import Export, ExportId, Exports, ExportState, run_export
from core.exporter.handoff import Format, Sources, Wish, hand_over
from core.media import sha256_of
from core.media.encode import encoder
from core.project import FRAME_RATES, Project, ProjectId, Render, Shot
from core.providers.base import unwatched
from core.store import Store

SIZE = (96, 54)
STEP = 4
"""Levels of grey from one frame of a clip to the next."""
SHOTS = [
    Asked(frames=20, clip=30),
    Asked(frames=24, clip=20, fit=Fit.AUTO, way="dissolve 6"),
    Asked(frames=18, clip=12, fit=Fit.HOLD),
    Asked(frames=20, clip=8, fit=Fit.LOOP, way="dip 8"),
    Asked(frames=10, clip=13, way="dissolve 4", gap=5),
    Asked(frames=12, clip=15),
    Asked(frames=12, clip=30, way="dissolve 6"),
]


def clip(path: Path, frames: int, fps: str) -> None:
    """A clip whose every frame is a grey of its own."""
    with encoder(path, SIZE, FRAME_RATES[fps], pixel_format="rgb24") as encoding:
        for number in range(frames):
            grey = np.full((SIZE[1], SIZE[0], 3), 60 + STEP * number, np.uint8)
            encoding.write(grey.tobytes(), lambda: None)
        encoding.finish(lambda: None)


def greys(path: Path) -> list[float]:
    """The mean grey of every frame, as it was drawn."""
    with av.open(str(path)) as film:
        return [float(frame.to_ndarray(format="rgb24").mean()) for frame in film.decode(video=0)]


@pytest.mark.parametrize("fps", ["25", "23.976", "29.97"])
def test_the_hand_off_plays_as_the_film(data: Path, tmp_path: Path, fps: str) -> None:
    folder = Store(data).projects.folder(ProjectId("ascent"))
    for name in ("clips", "exports"):
        (folder / name).mkdir(parents=True)
    planned = plan(SHOTS, fps=fps, lead=3)
    pieces = []
    for piece, asked in zip(planned.pieces, SHOTS, strict=True):
        clip(folder / piece.source, asked.clip, fps)
        pieces.append(piece.model_copy(update={"source_sha256": sha256_of(folder / piece.source)}))
    export = planned.model_copy(
        update={"pieces": tuple(pieces), "size": "96x54", "export_id": ExportId("20260101-000000-aa")}
    )
    film = filmed(data, folder, export)
    sources = Sources(export=export, project=project(export), takes={}, folder=folder, models={})
    hand_over(sources, tmp_path / "edit", Wish(formats=(Format.OTIO,)), unwatched())
    made = otio.adapters.read_from_file(str(tmp_path / "edit" / "ascent.otio"))
    events = read(export, made)
    assert len(film) == sum(event.frames for event in events)
    assert_plays_as(film, events, tmp_path / "edit" / "media")


def test_a_cut_of_days_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    export = plan([Asked(frames=25 * 3600 * 25)], stand_in="animatic")
    sources = Sources(export=export, project=project(export), takes={}, folder=tmp_path / "p", models={})
    with pytest.raises(InputRefused, match="24 hours"):
        hand_over(sources, tmp_path / "edit", Wish(), unwatched())
    assert not list(tmp_path.iterdir())


def filmed(data: Path, folder: Path, export: Export) -> list[float]:
    Exports().write(folder, export)
    done = run_export(data, ProjectId("ascent"), export.export_id, stopping=lambda: False)
    assert done is not None
    assert done.state is ExportState.DONE, done.failure
    assert done.local_path is not None
    return greys(folder / done.local_path)


def assert_plays_as(film: list[float], events: list[ReadEvent], media: Path) -> None:
    """Fail unless each frame of `film` is the picture that the events name, or lies between the two mixed."""
    files = {event.name: greys(media / event.name) for event in events if event.name}
    for number, (shown, mixed) in enumerate(seen_in(events)):
        levels = []
        for picture in (shown, mixed):
            if picture is not None and picture[1] is not None:
                grey = files[picture[0]]
                levels.append(grey[min(len(grey) - 1, int(picture[1] + 1e-6))])
        if len(levels) < 2 and (shown is None or mixed is not None or _out_of_black(events, number)):
            levels.append(0.0)  # through black
        assert min(levels) - STEP * 1.3 <= film[number] <= max(levels) + STEP * 1.3, (number, levels)


def _out_of_black(events: list[ReadEvent], number: int) -> bool:
    return any(
        event.record_in <= number < event.record_in + event.dissolve and events[index - 1].name is None
        for index, event in enumerate(events)
    )


def project(export: Export) -> Project:
    """A project with the shots of `export`."""
    now = datetime.now(UTC).isoformat()
    still = Render(image_url="stills/a.png", sha256="0" * 64, width=96, height=54)
    shots = tuple(Shot(shot_id=piece.shot_id, start=0, end=1, render=still) for piece in export.pieces)
    return Project(id=ProjectId("ascent"), title="Ascent", shots=shots, created_at=now, updated_at=now)
