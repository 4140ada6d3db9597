"""A take at the emulator, on its way through the provider without the executor around it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from fal_emulator import AccountControl
from PIL import Image

from core.catalogue import Aspect, Model, read_catalogue
from core.media import sha256_of
from core.pricing import quote
from core.project import ProjectId, ShotId
from core.providers.base import Answer, Job, Signals
from core.providers.fal import FalProvider
from core.settings import Settings, read_settings
from core.take import State, Take, TakeId

PACE = "0.02"
CATALOGUE = read_catalogue()


def settings_of(environment: dict[str, str], data: Path, *, pace: str = PACE) -> Settings:
    """Settings as the app would read them."""
    return read_settings({**environment, "STILLMOTION_DATA": str(data), "STILLMOTION_FAL_PACE": pace})


def draw_still(folder: Path, name: str = "a.png", size: tuple[int, int] = (640, 360)) -> Path:
    """A plain still in the project's folder."""
    path = folder / "stills" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, "teal").save(path)
    return path


def take_of(
    model: Model,
    still: Path,
    folder: Path,
    *,
    needed_s: float = 5,
    size: tuple[int, int] = (1280, 720),
    aspect: Aspect = Aspect.HORIZONTAL,
    sound: bool = False,
    number: int = 1,
) -> Take:
    """A take as `order_takes` makes it."""
    price = quote(model, needed_s=Fraction(str(needed_s)), frame_size=size, aspect=aspect, sound=sound)
    return Take(
        take_id=TakeId(f"20260101-000000-ab12-{number:03d}"),
        project_id=ProjectId("ascent"),
        shot_id=ShotId(f"shot_{number:03d}"),
        model=model.key,
        place=number,
        batch_id="20260101-000000-ab12",
        motion_prompt="slow push in",
        energy=0.2,
        still_path=still.relative_to(folder).as_posix(),
        still_sha256=sha256_of(still),
        needed_s=needed_s,
        duration_s=price.paid_s,
        frames=round(needed_s * 25),
        fps="25",
        size=f"{size[0]}x{size[1]}",
        aspect=aspect.value,
        sound=price.sound,
        quote=price,
        history=((State.QUEUED, datetime.now(UTC)),),
    )


@dataclass
class Told:
    """Signals of a test: what was told, and whether to end."""

    began: int = 0
    stages: list[str] = field(default_factory=list)
    fractions: list[float | None] = field(default_factory=list)
    cancel: Callable[[], bool] = lambda: False
    stop: Callable[[], bool] = lambda: False

    @property
    def signals(self) -> Signals:
        """What the provider gets."""
        return Signals(
            cancelled=lambda: self.cancel(),
            stopping=lambda: self.stop(),
            started=self._started,
            progress=self._progress,
        )

    def _progress(self, fraction: float | None, stage: str) -> None:
        self.fractions.append(fraction)
        self.stages.append(stage)

    def _started(self) -> None:
        self.began += 1


@dataclass
class Case:
    """One take, its provider and its account."""

    provider: FalProvider
    account: AccountControl
    job: Job
    told: Told = field(default_factory=Told)

    @property
    def clip(self) -> Path:
        """Where `collect` is asked to put the clip."""
        return self.job.folder / "arriving.mp4"

    @property
    def model(self) -> Model:
        """The model ordered."""
        return self.job.model

    def move(self, state: State, *, ago_s: float = 0.0, **changes: Any) -> None:
        """The take in its next state, as the executor writes it."""
        moved = self.job.take.moved(state, **changes)
        *before, (last, at) = moved.history
        aged = (*before, (last, at - timedelta(seconds=ago_s)))
        self.job = replace(self.job, take=moved.model_copy(update={"history": aged}))

    def prepare(self) -> None:
        """Upload the still; the take is "about to be sent"."""
        self.move(State.SUBMITTING, payload=self.provider.prepare(self.job, self.told.signals))

    def submit(self) -> None:
        """Send it; the take is submitted."""
        self.move(State.SUBMITTED, request=self.provider.submit(self.job, self.told.signals))

    def send(self) -> None:
        """Upload and send."""
        self.prepare()
        self.submit()

    def follow(self) -> Answer:
        """Wait for the result; the take is to be collected."""
        answer = self.provider.follow(self.job, self.told.signals)
        self.move(State.COLLECTING, result=answer.result, billable_units=answer.billable_units)
        return answer

    def collect(self) -> Path:
        """Bring the clip home."""
        self.provider.collect(self.job, self.clip, self.told.signals)
        return self.clip

    def run(self) -> Path:
        """The whole way."""
        self.send()
        self.follow()
        return self.collect()

    def count(self, call: str) -> int:
        """How many calls of this kind reached the emulator."""
        return int(self.account.record()["counts"].get(call, 0))
