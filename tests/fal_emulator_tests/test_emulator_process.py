"""The emulator as a process of its own, as a rehearsal and the tests that kill things start it."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
from fal_emulator import Emulator
from fal_emulator.caller import KLING, Caller, picture
from fal_emulator.embed import ROOT


def test_it_starts_with_a_script_says_where_it_is_and_serves(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    rules = [{"match": {"call": "submit"}, "do": "drop_after"}]
    script.write_text(json.dumps({"rules": rules, "conditions": {"concurrency": 1}}), encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "fal_emulator",
        "--port",
        "0",
        "--script",
        str(script),
        "--speed",
        "1000",
    ]
    command += ["--data", str(tmp_path / "data")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        url = json.loads(process.stdout.readline())["url"]
        with Caller(url, "k") as caller:
            still = caller.upload(picture()).json()["access_url"]
            try:
                caller.submit(KLING, still)
            except httpx.RemoteProtocolError:
                pass
            else:
                raise AssertionError("the script was not followed")
            assert caller.result(KLING, still).status_code == 200
        assert len(list((tmp_path / "data" / "clips").glob("*.mp4"))) == 1
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_a_script_that_means_nothing_ends_it_with_2(tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text('[{"do": "explode"}]', encoding="utf-8")
    command = [sys.executable, "-m", "fal_emulator", "--script", str(script)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 2
    assert "explode" in ended.stderr


def test_embedded_as_a_process_it_has_the_same_calls() -> None:
    with Emulator(
        process=True, rules=[{"match": {"call": "pricing"}, "do": "status", "status": 500}]
    ) as emulator:
        environment = emulator.environment("k")
        with Caller(emulator.url, environment["FAL_KEY"]) as caller:
            answer = caller.call(
                "GET", f"{environment['STILLMOTION_FAL_API_URL']}/models/pricing?endpoint_id={KLING}"
            )
            assert answer.status_code == 500
        assert emulator.account("k").record()["counts"] == {"pricing": 1}


def test_it_ends_at_once_while_calls_are_in_progress() -> None:
    with (
        Emulator(rules=[{"match": {"call": "pricing"}, "do": "slow", "seconds": 60}]) as emulator,
        Caller(emulator.url, "k", timeout_s=0.1) as caller,
        caller.http.stream("GET", "/_emulator"),
    ):
        try:
            caller.api("models/pricing", endpoint_id=KLING)
        except httpx.ReadTimeout:
            pass
        else:
            raise AssertionError("the answer was not slow")
