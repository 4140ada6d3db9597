"""What a run of the Animate page costs with 1,000 shots: time on the server, and bytes to the browser.

The app runs as people start it; a client speaks to it as a browser does, and keeps what a browser keeps.
"""

import hashlib
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.browser import Browser, connected, server
from bench.load import write_project
from core.errors import Charge
from core.executor.records import video_of
from core.project import Project, Shot
from core.store import Store
from core.take import Failure, State, Take

SHOTS = 1_000
RUNS = 15
ALLOWED_MS = 60.0
ALLOWED_KB = 200.0


def main() -> int:
    """Print a line per measurement; 0 when every limit is kept."""
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        project = prepare(data)
        change = _Changes(data, project)
        with server(data) as port, connected(port) as wire:
            browser = Browser(wire, "animate", f"project={project.id}")
            first_ms, first_kb = browser.run()
            again = [browser.run() for _ in range(RUNS)]
            changed = [browser.run() for _ in change]
            live = [browser.tick() for _ in change]
            idle = [browser.tick() for _ in range(RUNS)]
    kept = [
        _report("first visit", [(first_ms, first_kb)], ms_counts=False),
        _report("rerun, nothing changed", again),
        _report("rerun, 1 % of the rows changed", changed),
        _report("live tick, 1 % of the rows changed", live),
        _report("idle tick", idle),
    ]
    return 0 if all(kept) else 1


def _report(what: str, runs: list[tuple[float, float]], *, ms_counts: bool = True) -> bool:
    """Two lines; whether both limits are kept. A first visit reads everything, so only its bytes count."""
    title = f"Animate, {SHOTS:,} shots, {what}"
    ms, kb = (statistics.median(values) for values in zip(*runs, strict=True))
    if ms_counts:
        print(f"{title}, server: {ms:.0f} ms of {ALLOWED_MS:.0f} ms allowed = {ms / ALLOWED_MS:.2f}")
    else:
        print(f"{title}, server: {ms:.0f} ms, project and receipts read for the first time")
    print(f"{title}, to the browser: {kb:.1f} kB of {ALLOWED_KB:.0f} kB allowed = {kb / ALLOWED_KB:.2f}")
    return (ms <= ALLOWED_MS or not ms_counts) and kb <= ALLOWED_KB


class _Changes:
    """Each step of an iteration changes 1 % of the receipts: what was done has failed, then the other way."""

    def __init__(self, data: Path, project: Project) -> None:
        self._store = Store(data)
        self._folder = self._store.projects.folder(project.id)
        self._done = [*self._store.takes.all(self._folder).values()]
        self._fail = False

    def __iter__(self) -> Iterator[int]:
        self._fail = not self._fail
        for step in range(RUNS):
            for take in self._done[step::100]:
                self._store.takes.write(self._folder, _failed(take) if self._fail else take)
            yield step


def _failed(take: Take) -> Take:
    failure = Failure(
        what="The still could not be read.",
        remedy="Bring it in again.",
        charge=Charge.NONE,
        safe_to_retry=True,
    )
    return take.model_copy(update={"state": State.FAILED, "failure": failure, "clip": None})


def prepare(data: Path) -> Project:
    """A project of 1,000 shots, each with its own still by name, and a finished take in the cut."""
    project_id = write_project(data, shots=SHOTS, takes=SHOTS)
    store = Store(data)
    takes = {take.shot_id: take for take in store.takes.all(store.projects.folder(project_id)).values()}

    def dressed(shot: Shot) -> Shot:
        take = takes[shot.shot_id]
        sha256 = hashlib.sha256(shot.shot_id.encode()).hexdigest()
        video = video_of(take, take.clip) if take.clip else None
        render = shot.render.model_copy(update={"sha256": sha256, "video": video})
        return shot.model_copy(update={"render": render})

    return store.projects.edit(
        project_id, lambda project: project.model_copy(update={"shots": tuple(map(dressed, project.shots))})
    )


if __name__ == "__main__":
    sys.exit(main())
