"""How much the product adds to fal's own time: forty shots of 2 s each through two slots.

Two processes share the data folder and three sessions order at once. Ideal are 40 s: forty shots, two at a
time, 2 s each. By the stream 5 % more are allowed, by polling 10 %, and never more than two in flight.
Run with `python -m bench.fal`; exits with 1 when a limit is missed.
"""

import sys
import tempfile
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from chaos.nursery import Nursery
from drawing import Draw
from fal_emulator import Emulator
from waiting import wait_until

from core.settings import Settings
from core.studio import Studio
from core.take import ENDED, State

SHOTS, AT_ONCE, RUN_S = 40, 2, 2.0
IDEAL_S = SHOTS / AT_ONCE * RUN_S
ALLOWED = {"the stream": 1.05, "polling": 1.10}
NO_STREAM = {"match": {"call": "stream"}, "do": "status", "status": 404, "times": None}
MODEL = "kling_i2v"
COLORS = ("teal", "maroon", "navy", "olive", "purple", "gray", "green", "brown")


def main() -> int:
    """Print a line per way of waiting; 0 when every limit is kept."""
    if sys.platform == "win32":
        print("fal: not on Windows, which has no fork")
        return 0
    with Emulator(process=True, run_s=RUN_S, concurrency=SHOTS) as emulator:
        # The clips are rendered ahead: fal does that elsewhere, not on the processor measured here.
        emulator.account("bench-ahead").conditions(run_s=0.05)
        _animate(emulator, "bench-ahead")
        kept = [_kept(emulator, way) for way in ALLOWED]
    return 0 if all(kept) else 1


def _kept(emulator: Emulator, way: str) -> bool:
    account = emulator.account(f"bench-{way.replace(' ', '-')}")
    account.script(*([] if way == "the stream" else [NO_STREAM]))
    took_s = _animate(emulator, account.key)
    record = account.record()
    in_flight, allowed_s = _most_at_once(record), IDEAL_S * ALLOWED[way]
    ratio = f"{took_s:.1f} s of {allowed_s:.1f} s allowed (ideal {IDEAL_S:.0f} s) = {took_s / allowed_s:.2f}"
    print(f"forty shots by {way}: {ratio}", flush=True)
    print(
        f"most in flight at fal: {in_flight} of {AT_ONCE} allowed; sent {len(record['submits'])} of {SHOTS}"
    )
    return took_s <= allowed_s and in_flight <= AT_ONCE and len(record["submits"]) == SHOTS


def _animate(emulator: Emulator, key: str) -> float:
    """Seconds from the first order to the last clip in place."""
    with tempfile.TemporaryDirectory() as name, Nursery() as nursery:
        data = Path(name) / "data"
        studio = Studio(Settings(data=data))
        project = _make_project(studio, Path(name) / "drawn")
        shots = [shot.shot_id for shot in studio.project(project).shots]
        environment = {**emulator.environment(key), "STILLMOTION_DATA": str(data)}
        nursery.start(environment, data / "processes.log", project=project, shots=[], model=MODEL)
        sessions = [
            threading.Thread(
                target=nursery.start,
                args=(environment, data / "processes.log"),
                kwargs={"project": project, "shots": shots[first::3], "model": MODEL, "slots": first == 0},
                name=f"session {first}",
            )
            for first in range(3)
        ]
        for session in sessions:
            session.start()
        for session in sessions:
            session.join()
        wait_until(lambda: _ended(studio, project) == SHOTS, what="the last clip", deadline_s=IDEAL_S * 3)
        takes = studio.takes(project).values()
        if undone := [take.take_id for take in takes if take.state is not State.DONE]:
            raise AssertionError(f"not done: {undone}")
        first_at = min(take.ordered_at for take in takes)
        return (max(take.changed_at for take in takes) - first_at).total_seconds()


def _ended(studio: Studio, project: str) -> int:
    return sum(take.state in ENDED for take in studio.takes(project).values())


def _make_project(studio: Studio, folder: Path) -> str:
    """A project of forty different stills."""
    draw = Draw(folder)
    project = studio.create_project("Ascent").id
    stills = [
        draw.still(f"s{number:02d}.png", size=(1280, 720 - number), color=COLORS[number % len(COLORS)])
        for number in range(SHOTS)
    ]
    studio.add_stills(project, [(still.name, still) for still in stills], seconds=3)
    return project


def _most_at_once(record: dict[str, Any]) -> int:
    """Most requests that were between their submission and their end at one time."""
    moments = [(datetime.fromisoformat(job["submitted"]), 1) for job in record["submits"]]
    moments += [(datetime.fromisoformat(job["ended"]), -1) for job in record["submits"]]
    now = most = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most


if __name__ == "__main__":
    raise SystemExit(main())
