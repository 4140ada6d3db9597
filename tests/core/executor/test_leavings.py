"""What a process left that was killed between two steps."""

import os
import time
from pathlib import Path

from drawing import Draw
from waiting import wait_until

from core.executor import Executor
from core.studio import Studio
from core.take import State


def test_the_next_start_sweeps_up_after_a_killed_process(studio: Studio, draw: Draw, data: Path) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(1), seconds=0.2)
    (take,) = studio.order_takes("ascent")
    studio.cancel_take(take.take_id)
    assert studio.take(take.take_id).state is State.CANCELLED
    receipts = studio.folder("ascent") / "takes"
    word, old, fresh = (
        receipts / name for name in (f"{take.take_id}.cancel", ".ab.json.tmp", ".cd.json.tmp")
    )
    for path in (word, old, fresh):
        path.touch()
    hours_ago = time.time() - 7200
    os.utime(old, (hours_ago, hours_ago))
    executor = Executor(data)
    executor.start()
    wait_until(lambda: not word.exists() and not old.exists(), what="the sweep")
    assert executor.stop()
    assert fresh.exists(), "it may be in the making"
    assert studio.takes("ascent")[take.take_id].state is State.CANCELLED
