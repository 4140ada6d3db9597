"""What an export is made of: what was asked for, each shot's piece of the cut, and the receipt."""

from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from typing import Any, Literal, NewType

from pydantic import Field

from core.catalogue import Aspect
from core.editing import ClipSound, Fit, Framing, TrackEnd, TransitionKind
from core.project import FRAME_RATES, ProjectId, ShotId, width_and_height
from core.record import Record
from core.take import Failure

ExportId = NewType("ExportId", str)


class Mode(StrEnum):
    """What moves in an export."""

    STILLS = "stills"
    """Nothing: every still stands."""
    ANIMATIC = "animatic"
    """The app's own camera moves, whatever takes there are."""
    ANIMATED = "animated"
    """The chosen take of each shot; the stand-in where there is none."""


class Quality(StrEnum):
    """How much care goes into the picture."""

    DRAFT = "draft"
    """Quick and small, for a look."""
    FINAL = "final"
    """To hand over."""


class ExportState(StrEnum):
    """Where an export is in its life."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Delivery(Record):
    """What a person asks of one export, beside the storyboard itself."""

    mode: Mode = Mode.ANIMATED
    stand_in: Literal[Mode.ANIMATIC, Mode.STILLS] = Mode.ANIMATIC
    """What shows a shot that has no clip, in an animated cut."""
    first_shot: ShotId | None = None
    """Where the cut begins; None: with the first shot."""
    last_shot: ShotId | None = None
    """The last shot in it; None: the last of all."""
    size: str | None = None
    """WIDTHxHEIGHT in pixels; None: the project's."""
    fps: str | None = None
    """Frame rate, one of FRAME_RATES' names; None: the project's."""
    quality: Quality = Quality.FINAL
    burn_in: bool = False
    """Whether the name of the shot and the timecode stand in the picture, for review."""


class Piece(Record):
    """One shot's piece of the cut: all that decides what is seen and heard of it."""

    shot_id: ShotId
    source: str
    """Path relative to the project's folder: the still, or the take's clip."""
    source_sha256: str
    take_id: str | None = None
    """The take whose clip it is; None for a still."""
    move: dict[str, Any] | None
    """The camera move over a still; None for a clip."""
    source_s: float
    """Length of the clip in seconds; 0 for a still."""
    has_sound: bool = False
    """Whether the clip has sound of its own."""
    fit: Fit = Fit.AUTO
    """How the clip fills the shot."""
    lead_frames: int
    """Frames in which the first picture stands."""
    own_frames: int
    """Frames of the shot itself."""
    frames: int
    """Frames in the cut, exactly."""
    way_in: TransitionKind = TransitionKind.CUT
    """How the shot before gives way to it."""
    way_in_frames: int = 0
    """Frames that takes; 0 for a cut. Never more than there is room for."""
    title: str = ""
    """Words over the picture."""
    fallback: bool = False
    """Whether the shot had no take, so that something stands in."""


class Export(Record):
    """One delivery: the content of `exports/<export_id>.json`."""

    schema_version: Literal[1] = 1
    export_id: ExportId
    project_id: ProjectId
    title: str
    mode: Mode
    delivery: Delivery = Delivery()
    """What was asked for."""
    state: ExportState = ExportState.QUEUED
    size: str
    fps: str
    aspect: Aspect
    framing: Framing = Framing.FILL
    pieces: tuple[Piece, ...]
    part_of_cut: bool = False
    """Whether it is a range of shots, not the whole cut."""
    from_frame: int = 0
    """Frame of the whole cut, counted from 0, with which it begins: where its timecode starts."""
    track: str | None
    """Path of the music relative to the project's folder."""
    track_name: str = ""
    """What the music is called by those who brought it."""
    track_sha256: str = ""
    """Hash of the music; "" in receipts that were written before it was taken down."""
    track_from_s: float = 0.0
    """Where in the music the cut begins, in seconds."""
    track_end: TrackEnd = TrackEnd.FADE
    clip_sound: ClipSound = ClipSound.DROP
    """What becomes of the clips' own sound."""
    loudness_lufs: float | None = None
    """Loudness to reach by EBU R128; None: as it comes."""
    ordered_at: datetime
    finished_at: datetime | None = None
    fraction: float = Field(default=0.0, ge=0, le=1)
    """How far it is."""
    remaining_s: float | None = None
    """Seconds it may still take; None while that is not known."""
    stage: str = "waiting"
    """What is being done, for people."""
    local_path: str | None = None
    """The file, relative to the project's folder."""
    certified: bool = False
    """Whether its certificate is beside the file."""
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
        """Shots in which something stands in for a take."""
        return [piece.shot_id for piece in self.pieces if piece.fallback]

    @property
    def under_way(self) -> bool:
        """Whether it waits or is being made."""
        return self.state in (ExportState.QUEUED, ExportState.RUNNING)

    @property
    def quality(self) -> Quality:
        """How much care goes into the picture."""
        return self.delivery.quality

    @property
    def stand_in(self) -> Mode:
        """What shows a shot that has no clip."""
        return self.delivery.stand_in

    @property
    def burn_in(self) -> bool:
        """Whether the name of the shot and the timecode stand in the picture."""
        return self.delivery.burn_in

    def same_cut(self, other: "Export") -> bool:
        """Whether both come out alike: the same pieces and sound, at the same size, rate and quality."""
        return all(getattr(self, name) == getattr(other, name) for name in _DECIDE)


_DECIDE = (
    "mode",
    "size",
    "fps",
    "quality",
    "framing",
    "burn_in",
    "track",
    "track_from_s",
    "track_end",
    "clip_sound",
    "loudness_lufs",
    "pieces",
)
"""Fields of an export that decide what comes out."""
