"""How long it takes to open a large project: shots and receipts, cold, and how that grows."""

import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from core.pricing import Quote
from core.project import Project, ProjectId, Render, Shot, ShotId
from core.store import Store, now_text
from core.take import Clip, State, Take, TakeId

ALLOWED_S = 0.150
"""To open 1,000 shots and 3,000 takes."""
LIFE = (State.QUEUED, State.SUBMITTING, State.SUBMITTED, State.RUNNING, State.COLLECTING, State.DONE)


def main() -> int:
    """Print the ratios; 1 when a limit is missed."""
    with tempfile.TemporaryDirectory() as name:
        small, small_cpu = _opened_s(Path(name) / "small", shots=1_000, takes=3_000)
        _, large_cpu = _opened_s(Path(name) / "large", shots=10_000, takes=30_000)
    growth = large_cpu / small_cpu / 10
    print(
        f"open 1,000 shots and 3,000 takes: {small * 1000:.0f} ms of {ALLOWED_S * 1000:.0f} ms allowed"
        f" = {small / ALLOWED_S:.2f}"
    )
    print(
        f"open ten times as much: {growth:.2f} × the processor time per shot (linear is 1.00, 1.30 allowed)"
    )
    return int(small > ALLOWED_S or growth > 1.3)


def _opened_s(data: Path, *, shots: int, takes: int) -> tuple[float, float]:
    """Seconds to open the project, and seconds of processor: the medians of five."""
    project_id = write_project(data, shots=shots, takes=takes)
    times, cpu = [], []
    for _ in range(5):
        store = Store(data)
        began, cpu_began = time.perf_counter(), time.process_time()
        project = store.projects.read(project_id)
        found = store.takes.all(store.projects.folder(project_id))
        times.append(time.perf_counter() - began)
        cpu.append(time.process_time() - cpu_began)
        if len(project.shots) != shots or len(found) != takes:
            raise AssertionError("not everything was read")
    shutil.rmtree(data)
    return statistics.median(times), statistics.median(cpu)


def write_project(data: Path, *, shots: int, takes: int) -> ProjectId:
    """A project of `shots` with `takes` finished takes, spread evenly, in the data folder `data`."""
    store = Store(data)
    render = Render(image_url="stills/still-00000000.png", sha256="0" * 64, width=640, height=360)
    project = store.projects.create(
        Project(
            id=ProjectId("draft"),
            title="Large",
            shots=tuple(
                Shot(
                    shot_id=ShotId(f"shot_{number:03d}"),
                    start=number * 3.0,
                    end=number * 3.0 + 3.0,
                    camera_language="slow push in",
                    environment="launch pad at dawn",
                    symbolic_elements=("steam", "flag"),
                    render=render,
                )
                for number in range(1, shots + 1)
            ),
            created_at=now_text(),
            updated_at=now_text(),
        )
    )
    folder = store.projects.folder(project.id) / "takes"
    folder.mkdir()
    for number in range(takes):
        take = finished_take(project, project.shots[number % shots], number)
        (folder / f"{take.take_id}.json").write_text(take.model_dump_json(indent=1, exclude_none=True))
    return project.id


def finished_take(project: Project, shot: Shot, number: int) -> Take:
    """A take of `shot` that is done, as its receipt says; its clip need not exist."""
    now = datetime.now(UTC)
    return Take(
        take_id=TakeId(f"20260101-000000-0000-{number:06d}"),
        project_id=project.id,
        shot_id=shot.shot_id,
        model="animatic",
        state=State.DONE,
        place=number,
        batch_id="20260101-000000-0000",
        motion_prompt=shot.words,
        energy=shot.energy,
        still_path=shot.render.image_url,
        still_sha256=shot.render.sha256,
        needed_s=3.0,
        duration_s=3.0,
        frames=75,
        fps=project.fps,
        size=project.size,
        aspect=project.aspect,
        sound=False,
        quote=Quote(
            model="animatic",
            usd=Decimal(0),
            usd_high=Decimal(0),
            exact=True,
            paid_s=3.0,
            used_s=3.0,
            size=project.size,
            sound=False,
            price_as_of="2026-01-01",
        ),
        payload={"motion_prompt": shot.words, "energy": shot.energy, "frames": 75, "fps": "25", "seed": 1},
        clip=Clip(
            local_path=f"clips/{shot.shot_id}-{number}.mp4",
            sha256="0" * 64,
            bytes=1_000_000,
            width=1280,
            height=720,
            duration_s=3.0,
            fps=25.0,
            frames=75,
            has_audio=False,
        ),
        settled_usd=Decimal(0),
        history=tuple((state, now) for state in LIFE),
    )


if __name__ == "__main__":
    sys.exit(main())
