"""A storyboard with its settings: the records in `project.json`, and the names in it.

The names in `project.json` are the seed's: `shots[].shot_id`, `render.image_url`, `render.video` and so on.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal, NewType

from pydantic import Field

from core.catalogue import Aspect
from core.editing import STRAIGHT_CUT, ClipSound, Fit, Framing, TrackEnd, Transition
from core.errors import NotFound
from core.motion_prompt import write_motion_prompt
from core.record import Record

FRAME_RATES: Mapping[str, Fraction] = {
    "23.976": Fraction(24000, 1001),
    "24": Fraction(24),
    "25": Fraction(25),
    "29.97": Fraction(30000, 1001),
    "30": Fraction(30),
    "50": Fraction(50),
    "60": Fraction(60),
}
"""Frame rates on offer, by the names people use."""
SIZES: Mapping[Aspect, Sequence[str]] = {
    Aspect.HORIZONTAL: ("1280x720", "1920x1080", "3840x2160"),
    Aspect.VERTICAL: ("720x1280", "1080x1920", "2160x3840"),
    Aspect.SQUARE: ("720x720", "1080x1080", "2160x2160"),
}
"""Sizes on offer for each shape, WIDTHxHEIGHT in pixels, the default first."""

ProjectId = NewType("ProjectId", str)
ShotId = NewType("ShotId", str)


class Video(Record):
    """The chosen take's clip, in the seed's words."""

    video_url: str
    """Address of the clip in the app."""
    local_path: str = Field(pattern=r"^clips/[^/\\]+$")
    """Path relative to the project's folder, with forward slashes."""
    duration: float
    """Length of the file in seconds, as probed."""
    model: str
    """Key of the model that made it."""
    has_audio: bool
    """Whether the file has sound."""
    generated_at: str
    """When it was finished, ISO 8601, UTC."""
    motion_prompt: str
    """The words the model got."""
    take_id: str
    """The take it came from."""


class Render(Record):
    """The still of a shot, and the clip made from it."""

    image_url: str = Field(pattern=r"^stills/[^/\\]+$")
    """Path of the still relative to the project's folder, with forward slashes."""
    sha256: str
    """Hash of the still's file, hexadecimal."""
    width: int
    """Width of the still in pixels."""
    height: int
    """Height of the still in pixels."""
    source_name: str = ""
    """Name of the file that was brought in."""
    video: Video | None = None
    """The chosen take's clip; None while there is none."""


class Shot(Record):
    """A still with its words and its place in time."""

    shot_id: ShotId
    start: float
    """Seconds from the start of the cut."""
    end: float
    """Seconds from the start of the cut; after `start`."""
    camera_language: str = ""
    """What the camera does: "slow push in"."""
    energy: float = Field(default=0.5, ge=0, le=1)
    """How much happens, from 0 (calm) to 1 (wild)."""
    environment: str = ""
    """Where it is: "launch pad at dawn"."""
    symbolic_elements: tuple[str, ...] = ()
    """What matters in the picture; the first two reach the motion prompt."""
    motion_prompt: str = ""
    """The words for the model, when a person wrote their own; empty: written from the fields above."""
    video_model: str = ""
    """Key of this shot's model; empty: the project's."""
    fit: Fit = Fit.AUTO
    """How its clip fills it."""
    transition: Transition | None = None
    """The way into it from the shot before; None: the project's."""
    title: str = ""
    """Words that stand over the picture; empty: none."""
    render: Render

    @property
    def words(self) -> str:
        """The motion prompt in force: the person's own, or the one written from the fields."""
        return self.motion_prompt or write_motion_prompt(
            camera_language=self.camera_language,
            energy=self.energy,
            environment=self.environment,
            symbolic_elements=self.symbolic_elements,
        )


class Track(Record):
    """The music under the cut."""

    local_path: str = Field(pattern=r"^audio/[^/\\]+$")
    """Path relative to the project's folder, with forward slashes."""
    source_name: str
    """Name of the file that was brought in."""
    sha256: str
    """Hash of the file, hexadecimal."""
    duration: float
    """Length in seconds, as probed."""


class Project(Record):
    """A storyboard with its settings: the content of `project.json`."""

    schema_version: Literal[1] = 1
    revision: int = 0
    """Grows by one with every edit."""
    id: ProjectId
    title: str
    aspect: Aspect = Aspect.HORIZONTAL
    size: str = "1280x720"
    """WIDTHxHEIGHT in pixels, both even."""
    fps: str = "25"
    """Frame rate, one of FRAME_RATES' names."""
    video_model: str = "animatic"
    """Key of the model for shots that name none."""
    sound: bool = False
    """Whether models are asked for sound where that is a choice. It usually costs more."""
    framing: Framing = Framing.FILL
    """What becomes of pictures of another shape."""
    transition: Transition = STRAIGHT_CUT
    """The way into every shot that names none."""
    clip_sound: ClipSound = ClipSound.DUCK
    """What becomes of the clips' own sound."""
    loudness_lufs: float | None = Field(default=-14.0, ge=-40, le=-5)
    """Loudness of the cut by EBU R128; None: as it comes."""
    track_end: TrackEnd = TrackEnd.FADE
    """How music that is longer than the cut ends."""
    track: Track | None = None
    shots: tuple[Shot, ...] = ()
    created_at: str
    """ISO 8601, UTC."""
    updated_at: str
    """ISO 8601, UTC."""

    @property
    def frame_size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return width_and_height(self.size)

    @property
    def frame_rate(self) -> Fraction:
        """Frames per second."""
        return FRAME_RATES[self.fps]

    def shot(self, shot_id: str) -> Shot:
        """The shot called `shot_id`. Raises NotFound."""
        for shot in self.shots:
            if shot.shot_id == shot_id:
                return shot
        raise NotFound(
            f"{self.title} has no shot called {shot_id[:60]!r}.", remedy="Choose one from the table of shots."
        )

    def model_of(self, shot: Shot) -> str:
        """Key of the model that animates `shot`."""
        return shot.video_model or self.video_model

    def transition_into(self, shot: Shot) -> Transition:
        """The way into `shot` from the one before it."""
        return self.transition if shot.transition is None else shot.transition


def next_shot_ids(project: Project, count: int) -> list[ShotId]:
    """`count` new shot ids, going on after the highest number in use."""
    numbers = (re.fullmatch(r"shot_(\d+)", shot.shot_id) for shot in project.shots)
    last = max((int(match[1]) for match in numbers if match), default=0)
    return [ShotId(f"shot_{last + step:03d}") for step in range(1, count + 1)]


def strip_control(text: str) -> str:
    """`text` in composed form without control characters or lone surrogates."""
    composed = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8"))
    return "".join(char if unicodedata.category(char)[0] != "C" else " " for char in composed)


def slug(title: str) -> str:
    """A name for a folder: lower-case ASCII letters, digits and dashes, 1 to 48 of them."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:48].strip("-") or "project"
    return f"{name}-project" if name in _RESERVED else name


_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names that Windows keeps for devices."""


def width_and_height(size: str) -> tuple[int, int]:
    """(width, height) in pixels of a size written WIDTHxHEIGHT."""
    width, height = size.split("x")
    return int(width), int(height)


def is_project_id(text: str) -> bool:
    """Whether `text` can name a project: nothing in it leads out of the projects' folder."""
    return re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,63}", text) is not None
