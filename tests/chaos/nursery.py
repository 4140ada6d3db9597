"""A warm process that forks others: the product with everything imported, so that a start takes milliseconds.

Run as a program it does what it is told, a line of JSON each, and ends with its standard input; the processes
it bred end with it. `Nursery` is what a test holds of it. POSIX only.
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""What keeps libraries from starting threads of their own: a process with threads must not be forked."""


LATE = ("anyio._backends._asyncio", "anyio.streams.tls", "anyio.to_thread", "encodings.idna")
"""What the product's libraries import only when they are used; without them a start is slower, no more."""


class Nursery:
    """The warm process. Its methods may be called from any thread."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "chaos.nursery"],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = threading.Lock()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def start(
        self,
        environment: dict[str, str],
        log: Path,
        *,
        project: str,
        shots: list[str],
        model: str,
        slots: bool = True,
    ) -> int:
        """Fork a process that orders takes of `shots`, and runs takes unless `slots` is false. Its id."""
        order = {"project": project, "shots": shots, "model": model, "slots": slots}
        told: int = self._ask(do="start", environment=environment, log=str(log), order=order)
        return told

    def kill(self, pid: int) -> int:
        """End a process by SIGKILL, and wait until it is gone. How it ended, as `os.waitpid` says it."""
        told: int = self._ask(do="kill", pid=pid)
        return told

    def _ask(self, **what: Any) -> Any:
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        assert line, "the process that forks the others has died"
        return json.loads(line)


def main() -> None:
    """Warm up, then do what standard input says until it ends."""
    import av
    import fal_client.client
    import numpy as np
    import PIL.PngImagePlugin

    import core.providers.fal
    import core.studio
    from core.providers.fal.wire import tls

    assert all((av, np, PIL.PngImagePlugin, fal_client.client, core.providers.fal, core.studio))
    tls()
    for name in LATE:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    alive: set[int] = set()
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["do"] == "start":
            told = _fork(asked)
            alive.add(told)
        else:
            told = _end(asked["pid"])
            alive.discard(asked["pid"])
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
    for pid in alive:
        _end(pid)


def _end(pid: int) -> int:
    os.kill(pid, signal.SIGKILL)
    return os.waitpid(pid, 0)[1]


def _fork(asked: dict[str, Any]) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            _live(asked)
        finally:
            os._exit(1)
    return pid


def _live(asked: dict[str, Any]) -> None:
    """What a started app does of takes: put the books in order, run the slots, order what is asked."""
    log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    null = os.open(os.devnull, os.O_RDONLY)
    for handle, place in ((null, 0), (log, 1), (log, 2)):
        os.dup2(handle, place)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    os.environ.update(asked["environment"])

    from core.executor import Executor
    from core.studio import Studio

    studio, order = Studio.open(), asked["order"]
    studio.release_orphans()
    if order["slots"]:
        Executor(studio.settings.data, store=studio.store).start()
    if order["shots"]:
        studio.order_takes(order["project"], order["shots"], model=order["model"])
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
