"""The design's session, as processes: what documentation and scripts build on."""

import json
import os
import signal
import subprocess
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from command import Command
from drawing import Draw

from core.media import probe_clip


@pytest.fixture
def core(data: Path) -> Command:
    return Command(data)


@pytest.fixture
def ascent(core: Command, draw: Draw) -> Command:
    """The command line on a data folder with the project of the session: three shots of 0.4 s."""
    made = core("new", "Ascent", "--aspect", "horizontal", "--size", "1280x720", "--fps", "25", "--json")
    assert made.facts["project_id"] == "ascent"
    stills = [draw.still(name) for name in ("a.jpg", "b.png", "c.webp")]
    added = core("add-stills", "ascent", *stills, "--seconds", "0.4", "--json")
    assert [shot["shot_id"] for shot in added.facts["shots"]] == ["shot_001", "shot_002", "shot_003"]
    return core


def music(path: Path, seconds: float) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(16_000 * seconds)))
    return path


def leftovers(data: Path) -> list[str]:
    """Files that only work in progress may have."""
    return [path.name for path in data.rglob(".*") if path.is_file()]


@contextmanager
def running(core: Command, *arguments: object, until: str) -> Iterator["subprocess.Popen[str]"]:
    """The process, once its progress said `until`. It never outlives the block."""
    with core.start(*arguments) as process:
        try:
            assert process.stderr
            seen = []
            for line in process.stderr:
                seen.append(line)
                if until in line:
                    break
            else:
                raise AssertionError(f"it ended without saying {until!r}: {seen}")
            yield process
        finally:
            process.kill()


def test_the_session_of_the_design_holds(ascent: Command, tmp_path: Path) -> None:
    words = ("--camera", "slow push in", "--energy", "0.2", "--environment", "launch pad")
    assert ascent("set-shot", "ascent", "shot_001", *words, "--elements", "steam,flag").code == 0
    assert ascent("set-track", "ascent", music(tmp_path / "music.wav", 1.5)).code == 0

    quote = ascent("quote", "ascent", "--model", "kling_i2v", "--sound", "--json").facts
    assert quote["total_usd"] == "2.10"
    first = {"shot_id": "shot_001", "usd": "0.70", "paid_s": 5.0, "used_s": 0.4}
    assert first.items() <= quote["takes"][0].items()

    animated = ascent("animate", "ascent", "--json")
    assert animated.code == 0
    expected = {"done": 3, "failed": 0, "cancelled": 0, "unresolved": 0}
    assert expected.items() <= animated.facts.items()
    assert {take["state"] for take in animated.facts["takes"]} == {"done"}
    assert "running" in animated.err

    out = tmp_path / "cut.mp4"
    export = ascent("export", "ascent", "--mode", "animated", "--out", out, "--json")
    assert export.code == 0, export.err
    assert {
        "path": str(out),
        "frames": 30,
        "duration_s": 1.2,
        "fallbacks": [],
    }.items() <= export.facts.items()
    certificate = json.loads(Path(export.facts["certificate"]["path"]).read_text(encoding="utf-8"))
    assert (certificate["file"], certificate["bytes"]) == ("cut.mp4", out.stat().st_size)
    assert export.facts["certificate"]["worst_cut_ms"] == certificate["worst_cut_ms"] == 0
    facts = probe_clip(out)
    assert (facts.frames, facts.width, facts.height, facts.has_audio) == (30, 1280, 720, True)
    assert leftovers(ascent.data) == []
    assert [path.name for path in tmp_path.glob(".*")] == []

    costs = ascent("costs", "--json").facts
    assert [costs[name] for name in ("spent_usd", "reserved_usd", "at_risk_usd")] == ["0", "0", "0"]


def test_a_shot_animated_twice_keeps_both_takes_and_either_can_be_chosen(ascent: Command) -> None:
    for _ in range(2):
        assert ascent("animate", "ascent", "--shots", "shot_002", "--json").facts["done"] == 1
    takes = ascent("takes", "ascent", "--json").facts["takes"]
    assert [take["chosen"] for take in takes] == [False, True]
    assert ascent("choose", takes[0]["take_id"]).code == 0
    takes = ascent("takes", "ascent", "--json").facts["takes"]
    assert [take["chosen"] for take in takes] == [True, False]
    missing = ascent("animate", "ascent", "--missing", "--json").facts
    assert [take["shot_id"] for take in missing["takes"]] == ["shot_001", "shot_003"]


def test_when_some_takes_fail_the_reason_is_told_and_the_exit_code_is_3(ascent: Command) -> None:
    still = next((ascent.data / "projects" / "ascent" / "stills").glob("b-*"))
    still.write_bytes(b"no picture any more")
    ended = ascent("animate", "ascent", "--json")
    assert ended.code == 3
    assert (ended.facts["done"], ended.facts["failed"]) == (2, 1)
    assert "shot_002: " in ended.err
    assert ascent("animate", "ascent", "--failed").code == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send these signals to one process")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_ctrl_c_cancels_what_waits_and_what_runs_for_nothing(
    ascent: Command, number: signal.Signals, code: int
) -> None:
    for shot in ("shot_001", "shot_002"):
        assert ascent("set-shot", "ascent", shot, "--start", "0", "--end", "600").code == 0
    with running(ascent, "animate", "ascent", "--json", until="2 running") as process:
        begun = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert time.monotonic() - begun < 5
    assert process.returncode == code
    assert '"cancelled": 3' in out
    assert "Stopped: 3 takes cancelled." in err
    assert ascent("costs", "--json").facts["reserved_usd"] == "0"
    assert leftovers(ascent.data) == []
    assert list((ascent.data / "projects" / "ascent" / "clips").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send these signals to one process")
def test_ctrl_c_during_an_export_leaves_nothing_half_written(ascent: Command, tmp_path: Path) -> None:
    assert ascent("set-shot", "ascent", "shot_001", "--start", "0", "--end", "900").code == 0
    assert ascent("remove-shots", "ascent", "shot_002", "shot_003").code == 0
    out = tmp_path / "cut.mp4"
    command = ("export", "ascent", "--mode", "animatic", "--out", out, "--json")
    with running(ascent, *command, until="0 of 1 parts made") as process:
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        stdout, err = process.communicate(timeout=20)
        assert time.monotonic() - begun < 5
    assert process.returncode == 130
    assert '"kind": "Stopped"' in stdout
    assert "nothing was exported" in err
    assert not out.exists()
    assert leftovers(ascent.data) == []


def test_a_reader_that_has_seen_enough_is_no_error(core: Command) -> None:
    with core.start("models") as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_the_cut_is_handed_over_and_what_is_missing_is_named(ascent: Command, tmp_path: Path) -> None:
    out = tmp_path / "to the editor 🎬"
    done = ascent(
        "hand-off", "ascent", "--out", out, "--mode", "stills", "--formats", "otio,edl,csv", "--json"
    )
    assert done.code == 0, done.err
    assert done.facts["path"] == str(out)
    assert {"ascent.otio", "ascent.edl", "media/shot_003_still.webp"} <= set(done.facts["files"])
    assert "there already" in ascent("hand-off", "ascent", "--out", out).err
    next((ascent.data / "projects" / "ascent" / "stills").glob("b-*")).unlink()
    some = ascent("hand-off", "ascent", "--out", tmp_path / "again", "--mode", "stills", "--zip", "--json")
    assert (some.code, some.facts["missing"]) == (3, ["shot_002"])
    assert (tmp_path / "again.zip").is_file()
    assert "shot_002_still.png is not in it" in some.err
    assert ascent("hand-off", "ascent", "--out", tmp_path / "x", "--formats", "avi").code == 1
