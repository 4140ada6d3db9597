"""Running ffmpeg so that it ends when its work should."""

import subprocess
from pathlib import Path

from core.media import ffmpeg_failure
from core.providers.base import Signals


def run_ffmpeg(command: list[str], result: Path, signals: Signals, *, what: str) -> None:
    """Run `command` until it ends; kill it and remove `result` when the work should end or it fails.

    It has a session of its own, so that Ctrl-C in the terminal is ours to handle.
    """
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            while True:
                try:
                    _, said = process.communicate(timeout=0.1)
                    break
                except subprocess.TimeoutExpired:
                    signals.check()
        except BaseException:
            process.kill()
            process.wait()
            result.unlink(missing_ok=True)
            raise
    if process.returncode != 0:
        result.unlink(missing_ok=True)
        raise ffmpeg_failure(said.decode("utf-8", "replace"), result, what=what, code=process.returncode)
