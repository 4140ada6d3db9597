"""What an export is made of: its receipt, its pieces, and the file names that tell one piece from another."""

import hashlib
import json
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, Literal, NewType

from core.catalogue import Aspect
from core.project import FRAME_RATES, Project, ProjectId, Shot, ShotId, width_and_height
from core.record import Record
from core.take import Failure, Take
from core.timeline import Place

ExportId = NewType("ExportId", str)
RECIPE = 1
"""Grows when segments come to be made in another way, so that old ones are not used again."""


class Mode(StrEnum):
    """What moves in an export."""

    STILLS = "stills"
    """Nothing: every still stands."""
    ANIMATIC = "animatic"
    """The app's own camera moves, whatever takes there are."""
    ANIMATED = "animated"
    """The chosen take of each shot; the animatic where there is none."""


class ExportState(StrEnum):
    """Where an export is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Piece(Record):
    """One shot's part of the cut: all that decides its pixels."""

    shot_id: ShotId
    source: str
    """Path relative to the project's folder: the still, or the take's clip."""
    source_sha256: str
    move: dict[str, Any] | None
    """The camera move over a still; None for a clip."""
    source_s: float
    """Length of the clip in seconds; 0 for a still."""
    lead_frames: int
    """Frames in which the first picture stands."""
    own_frames: int
    """Frames of the shot itself."""
    frames: int
    """Frames in the cut, exactly."""
    fallback: bool = False
    """Whether the shot had no take, so that the animatic stands in."""

    def key(self, size: str, fps: str) -> str:
        """Name of the segment in a cut of `size` at `fps`: the same whenever its pixels would be."""
        decides = [RECIPE, size, fps, self.model_dump(exclude={"shot_id", "fallback"})]
        return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:32]


class Export(Record):
    """One delivery: the content of `exports/<export_id>.json`."""

    schema_version: Literal[1] = 1
    export_id: ExportId
    project_id: ProjectId
    title: str
    mode: Mode
    state: ExportState = ExportState.QUEUED
    size: str
    fps: str
    aspect: Aspect
    pieces: tuple[Piece, ...]
    track: str | None
    """Path of the music relative to the project's folder."""
    ordered_at: datetime
    finished_at: datetime | None = None
    fraction: float = 0.0
    """How far it is, from 0 to 1."""
    stage: str = "waiting"
    """What is being done, for people."""
    local_path: str | None = None
    """The file, relative to the project's folder."""
    frames: int
    """Frames of the whole cut."""
    duration_s: float
    bytes: int | None = None
    sha256: str | None = None
    failure: Failure | None = None

    @property
    def frame_size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return width_and_height(self.size)

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second."""
        return FRAME_RATES[self.fps]

    @property
    def fallbacks(self) -> list[ShotId]:
        """Shots in which the animatic stands in for a take."""
        return [piece.shot_id for piece in self.pieces if piece.fallback]

    @property
    def under_way(self) -> bool:
        """Whether it waits or is being made."""
        return self.state in (ExportState.QUEUED, ExportState.RUNNING)

    def same_cut(self, other: "Export") -> bool:
        """Whether both come out alike: the same pieces and music, at the same size and rate."""
        return (self.mode, self.size, self.fps, self.track, self.pieces) == (
            other.mode,
            other.size,
            other.fps,
            other.track,
            other.pieces,
        )


def piece_of(project: Project, place: Place, mode: Mode, take: Take | None) -> Piece:
    """The part of `place` in a cut of `mode`; `take` is the shot's chosen take, if it has one."""
    shot = place.shot
    if mode is Mode.ANIMATED and take is not None and take.clip is not None:
        return Piece(
            shot_id=shot.shot_id,
            source=take.clip.local_path,
            source_sha256=take.clip.sha256,
            move=None,
            source_s=take.clip.duration_s,
            lead_frames=place.lead_frames,
            own_frames=place.own_frames,
            frames=place.frames,
        )
    return Piece(
        shot_id=shot.shot_id,
        source=shot.render.image_url,
        source_sha256=shot.render.sha256,
        move=_move_of(project, shot, place.own_frames, still=mode is Mode.STILLS),
        source_s=0.0,
        lead_frames=place.lead_frames,
        own_frames=place.own_frames,
        frames=place.frames,
        fallback=mode is Mode.ANIMATED,
    )


def _move_of(project: Project, shot: Shot, frames: int, *, still: bool) -> dict[str, Any]:
    """The camera move over a shot's still, in the words of the animatic provider."""
    width, height = project.frame_size
    return {
        "motion_prompt": "static camera" if still else shot.words,
        "energy": 0.0 if still else shot.energy,
        "width": width,
        "height": height,
        "fps": project.fps,
        "frames": frames,
        "seed": int(shot.render.sha256[:8] or "0", 16),
    }
