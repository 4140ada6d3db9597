"""Running ffmpeg so that it ends when its work should."""

import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from core.media import ffmpeg_failure
from core.providers.base import Signals


def run_ffmpeg(command: list[str], result: Path, signals: Signals, *, what: str, frames: int) -> None:
    """Run `command` until it ends; kill it and remove `result` when the work should end or it fails.

    How many of `frames` are written is told to `signals` meanwhile. It has a session of its own, so that
    Ctrl-C in the terminal is ours to handle.
    """
    with (
        TemporaryDirectory(prefix="stillmotion-") as folder,
        (told := Path(folder) / "progress").open("wb") as telling,
        subprocess.Popen(
            [*command[:1], "-progress", "pipe:1", *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=telling,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process,
    ):
        try:
            while True:
                try:
                    _, said = process.communicate(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    signals.check()
                    signals.progress(min(1.0, _written(told) / frames), "")
        except BaseException:
            process.kill()
            process.wait()
            result.unlink(missing_ok=True)
            raise
    if process.returncode != 0:
        result.unlink(missing_ok=True)
        raise ffmpeg_failure(said.decode("utf-8", "replace"), result, what=what, code=process.returncode)


def _written(told: Path) -> int:
    """Frames that ffmpeg last said it had written."""
    said = re.findall(rb"^frame=\s*(\d+)", told.read_bytes(), re.MULTILINE)
    return int(said[-1]) if said else 0
