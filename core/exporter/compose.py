"""Composing: what is mixed or laid over, such as a dissolve, a title, a review copy's timecode."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from core.errors import disk_errors
from core.exporter.parts import Part
from core.exporter.plan import Export
from core.providers.base import Signals


def compose(
    export: Export, part: Part, windows: Sequence[Path], result: Path, signals: Signals, *, threads: int = 0
) -> None:
    """Write the frames of `part` to the file `result`; `windows` are its conformed windows, in its order.

    Raises MediaFailed, StorageFailed, and Halted through `signals`; then `result` is not there.
    """
    del export, part, threads  # every effect is yet to come
    signals.check()
    with disk_errors(result):
        shutil.copyfile(windows[-1], result)
