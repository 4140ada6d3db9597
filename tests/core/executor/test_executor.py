"""The slots: order, stop, retry, cancel, death and return. Real clips, small ones."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from drawing import Draw
from waiting import wait_until

from core.edits import Edit
from core.errors import InputRefused, NotNow, ProviderError
from core.executor import Executor
from core.ledger import Entry
from core.media import probe_clip
from core.project import ShotId
from core.settings import Settings
from core.studio import Studio
from core.take import ENDED, State


@pytest.fixture
def project(studio: Studio, draw: Draw) -> str:
    """A project of four short shots."""
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(4), seconds=0.2)
    return "ascent"


def states(studio: Studio, project: str) -> list[str]:
    return [take.state.value for take in studio.takes(project).values()]


def wait_ended(studio: Studio, project: str) -> None:
    wait_until(
        lambda: all(take.state in ENDED for take in studio.takes(project).values()), what="every take to end"
    )


def test_a_batch_gives_a_clip_for_every_shot_in_order(studio: Studio, project: str, slots: Executor) -> None:
    ordered = studio.order_takes(project)
    wait_ended(studio, project)
    takes = list(studio.takes(project).values())
    assert [take.take_id for take in takes] == [take.take_id for take in ordered]
    assert {take.state for take in takes} == {State.DONE}
    for take in takes:
        assert take.clip is not None
        facts = probe_clip(studio.folder(project) / take.clip.local_path)
        assert (facts.width, facts.height, facts.frames) == (1280, 720, 5)
        seen = [state for state, _ in take.history]
        assert seen == ["queued", "submitting", "submitted", "running", "collecting", "done"]
    begun = [str(take.time_of(State.SUBMITTING)) for take in takes]
    assert max(begun[:2]) <= min(begun[2:]), "a later take went before an earlier one"


def test_the_ledger_says_what_the_camera_did_and_whether_there_is_a_clip(
    studio: Studio, project: str, slots: Executor
) -> None:
    studio.edit(project, [Edit(field="camera_language", now="slow pan left", shot_id="shot_001", force=True)])
    (studio.folder(project) / studio.project(project).shot("shot_002").render.image_url).unlink()
    studio.order_takes(project, ["shot_001", "shot_002"])
    wait_ended(studio, project)
    told = {money.last.shot_id: money.last for money in studio.ledger.bill().takes.values()}
    assert [told[ShotId("shot_001")].move, told[ShotId("shot_001")].energy] == ["pan", 0.5]
    assert [told[ShotId("shot_001")].clip, told[ShotId("shot_002")].clip] == [True, False]


def test_the_chosen_clip_is_in_the_storyboard_by_the_seeds_names(
    studio: Studio, project: str, slots: Executor, data: Path
) -> None:
    studio.order_takes(project, ["shot_001"])
    wait_ended(studio, project)
    on_disk = json.loads((data / "projects" / project / "project.json").read_text())
    video = on_disk["shots"][0]["render"]["video"]
    assert {"video_url", "local_path", "duration", "model", "has_audio", "generated_at", "motion_prompt"} <= (
        video.keys()
    )
    assert (data / "projects" / project / video["local_path"]).is_file()


def test_a_second_click_orders_nothing_twice(studio: Studio, project: str) -> None:
    first = studio.order_takes(project, ["shot_001", "shot_002"])
    second = studio.order_takes(project)
    assert [take.shot_id for take in first] == ["shot_001", "shot_002"]
    assert [take.shot_id for take in second] == ["shot_003", "shot_004"]
    with pytest.raises(NotNow, match="under way"):
        studio.order_takes(project)
    assert len(studio.takes(project)) == 4


def test_many_clicks_at_once_order_each_shot_once(studio: Studio, project: str, data: Path) -> None:
    order = (
        "import sys\nfrom core.errors import NotNow\nfrom core.settings import Settings\n"
        "from core.studio import Studio\n"
        "try:\n    Studio(Settings(data=sys.argv[1])).order_takes('ascent')\nexcept NotNow:\n    pass\n"
    )
    clicks = [subprocess.Popen([sys.executable, "-c", order, str(data)]) for _ in range(3)]
    assert [click.wait(60) for click in clicks] == [0, 0, 0]
    shots = [take.shot_id for take in studio.takes(project).values()]
    assert sorted(shots) == ["shot_001", "shot_002", "shot_003", "shot_004"]
    assert len(list(studio.ledger.bill().lines(Entry.RESERVE))) == 4


def test_stop_ends_what_waits_and_what_runs_for_nothing(studio: Studio, project: str) -> None:
    studio.order_takes(project)
    assert len(studio.stop(project)) == 4
    assert states(studio, project) == ["cancelled"] * 4
    assert studio.costs().reserved_usd == 0
    assert list(studio.ledger.bill().lines(Entry.RESERVE)) == []


def test_a_running_take_can_be_cancelled_and_leaves_nothing(
    studio: Studio, draw: Draw, slots: Executor
) -> None:
    studio.create_project("Long")
    studio.add_stills("long", draw.stills(1), seconds=60)
    (take,) = studio.order_takes("long")
    wait_until(lambda: studio.take(take.take_id).state is State.RUNNING, what="the take to run")
    studio.cancel_take(take.take_id)
    wait_until(lambda: studio.take(take.take_id).state is State.CANCELLED, what="the take to be cancelled")
    ended = studio.take(take.take_id)
    assert ended.failure is not None
    assert ended.failure.charge == "none"
    assert list((studio.folder("long") / "clips").iterdir()) == []
    with pytest.raises(NotNow, match="ended already"):
        studio.cancel_take(take.take_id)


def test_a_failed_take_says_why_and_the_others_go_on(studio: Studio, project: str, slots: Executor) -> None:
    gone = studio.folder(project) / studio.project(project).shot("shot_002").render.image_url
    kept = gone.read_bytes()
    gone.unlink()
    studio.order_takes(project)
    wait_ended(studio, project)
    assert states(studio, project) == ["done", "failed", "done", "done"]
    failed = studio.statuses(project)[1].take
    assert failed is not None
    assert failed.failure is not None
    assert failed.failure.what
    assert failed.failure.remedy
    assert studio.shots_failed(project) == ["shot_002"]

    gone.write_bytes(kept)
    studio.order_takes(project, studio.shots_failed(project))
    wait_ended(studio, project)
    assert studio.shots_failed(project) == []
    assert all(shot.render.video for shot in studio.project(project).shots)


def test_a_take_that_is_chosen_again_is_in_the_cut(studio: Studio, project: str, slots: Executor) -> None:
    (first,) = studio.order_takes(project, ["shot_001"])
    wait_ended(studio, project)
    studio.order_takes(project, ["shot_001"])
    wait_ended(studio, project)
    video = studio.project(project).shot("shot_001").render.video
    assert video is not None
    assert video.take_id != first.take_id
    studio.choose_take(first.take_id)
    video = studio.project(project).shot("shot_001").render.video
    assert video is not None
    assert video.take_id == first.take_id


def test_an_executor_that_stops_leaves_the_work_to_the_next(studio: Studio, draw: Draw, data: Path) -> None:
    studio.create_project("Long")
    studio.add_stills("long", draw.stills(1), seconds=8)
    first = Executor(data)
    first.start()
    (take,) = studio.order_takes("long")
    wait_until(lambda: studio.take(take.take_id).state is State.RUNNING, what="the take to run")
    assert first.stop(), "it took longer than 4 s to stop"
    assert studio.take(take.take_id).state is State.RUNNING
    second = Executor(data)
    second.start()
    wait_ended(studio, "long")
    assert second.stop()
    assert studio.take(take.take_id).state is State.DONE


WORKER = """
import sys, threading
from pathlib import Path
from core.executor import Executor
Executor(Path(sys.argv[1])).start()
print("ready", flush=True)
threading.Event().wait()
"""


def start_worker(data: Path) -> "subprocess.Popen[bytes]":
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(data)], stdout=subprocess.PIPE)
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == b"ready"
    worker.stdout.close()
    return worker


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
@pytest.mark.parametrize("state", [State.SUBMITTED, State.RUNNING, State.COLLECTING, State.DONE])
def test_a_killed_process_loses_no_take(studio: Studio, draw: Draw, data: Path, state: State) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(3), seconds=1)
    studio.order_takes("ascent")
    worker = start_worker(data)
    try:
        wait_until(
            lambda: any(take.time_of(state) for take in studio.takes("ascent").values()),
            what=f"a take {state}",
        )
    finally:
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
    after = Executor(data)
    after.start()
    wait_ended(studio, "ascent")
    assert after.stop()
    assert states(studio, "ascent") == ["done"] * 3
    assert len({line.take_id for line in studio.ledger.bill().lines(Entry.SETTLE)}) == 3
    clips = sorted(path.name for path in (studio.folder("ascent") / "clips").glob("[!.]*"))
    assert len(clips) == 3


def test_two_processes_share_two_slots(studio: Studio, draw: Draw, data: Path) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(8), seconds=0.4)
    workers = [start_worker(data), start_worker(data)]
    most = 0

    def ended() -> bool:
        nonlocal most
        under_way = [take for take in studio.takes("ascent").values() if take.state in (State.RUNNING,)]
        most = max(most, len(under_way))
        return all(take.state in ENDED for take in studio.takes("ascent").values())

    try:
        studio.order_takes("ascent")
        wait_until(ended, what="every take to end")
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    assert states(studio, "ascent") == ["done"] * 8
    runs = [
        (take.time_of(State.SUBMITTING), take.time_of(State.DONE)) for take in studio.takes("ascent").values()
    ]
    for begun, _ in runs:
        assert begun is not None
        at_once = [1 for start, end in runs if start and end and start <= begun < end]
        assert len(at_once) <= 2
    assert most <= 2


def test_a_model_that_cannot_be_used_here_is_refused_before_anything_is_reserved(
    studio: Studio, project: str
) -> None:
    with pytest.raises(ProviderError) as refusal:
        studio.order_takes(project, model="kling_i2v")
    assert "Animatic" in refusal.value.remedy
    assert len(studio.takes(project)) == 0
    assert not list(studio.ledger.bill().last)


def test_an_empty_storyboard_is_said_to_be_empty(studio: Studio) -> None:
    studio.create_project("Empty")
    with pytest.raises(InputRefused, match="no shots"):
        studio.order_takes("empty")


def test_money_reserved_by_an_order_that_a_crash_cut_short_is_released(studio: Studio, project: str) -> None:
    takes = studio.order_takes(project)
    (studio.folder(project) / "takes" / f"{takes[0].take_id}.json").unlink()
    assert Studio(Settings(data=studio.settings.data)).release_orphans() == 1
    left = {line.take_id for line in studio.ledger.bill().lines(Entry.RESERVE)}
    assert left == {take.take_id for take in takes[1:]}


def test_a_damaged_receipt_is_named_and_stops_nobody(studio: Studio, project: str, slots: Executor) -> None:
    receipts = studio.folder(project) / "takes"
    receipts.mkdir(exist_ok=True)
    (receipts / "20260101-000000-dead-001.json").write_text("{")
    studio.order_takes(project)
    wait_ended(studio, project)
    assert states(studio, project) == ["done"] * 4
    (named,) = studio.store.takes.damaged(studio.folder(project))
    assert "20260101-000000-dead-001.json" in str(named)


def test_the_words_are_kept_with_the_take_and_cut_to_the_models_limit(
    studio: Studio, project: str, data: Path
) -> None:
    data.mkdir(exist_ok=True)
    override = {"schema_version": 1, "models": [{"key": "animatic", "prompt": {"max_chars": 20}}]}
    (data / "models.json").write_text(json.dumps(override))
    from core.edits import Edit

    limited = Studio(Settings(data=data))
    limited.edit(
        project,
        [Edit(shot_id="shot_001", field="camera_language", now="slow push in over the long bridge", was="")],
    )
    (take,) = limited.order_takes(project, ["shot_001"])
    assert take.motion_prompt == "slow push in over"
    assert any("20 characters" in warning for warning in take.warnings)


DISK_FULL = """
import resource, signal, sys
from pathlib import Path
from waiting import wait_until
from core.executor import Executor
from core.settings import Settings
from core.studio import Studio
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
executor = Executor(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
executor.start()
wait_until(lambda: executor.trouble is not None, what="the slots to be in trouble")
print(executor.trouble, "|", executor.trouble.remedy)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a small disk is played by a limit that Windows has not")
def test_takes_wait_out_a_full_disk(studio: Studio, project: str, data: Path) -> None:
    studio.order_takes(project, ["shot_001"])
    here = str(Path(__file__).parents[2])
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {here!r})\n{DISK_FULL}", str(data)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "|" in told
    assert states(studio, project)[0] not in ("failed", "done")
    after = Executor(data)
    after.start()
    wait_ended(studio, project)
    assert after.stop()
    assert states(studio, project) == ["done"]


def test_a_still_that_was_spoilt_fails_in_words(studio: Studio, project: str, slots: Executor) -> None:
    still = studio.folder(project) / studio.project(project).shot("shot_001").render.image_url
    still.write_text("no picture any more")
    studio.order_takes(project, ["shot_001"])
    wait_ended(studio, project)
    (take,) = studio.takes(project).values()
    assert take.failure is not None
    assert "not a picture" in take.failure.what
