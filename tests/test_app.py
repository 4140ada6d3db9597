"""The app as it is started: pages, doors and slots in one process, and its end."""

import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from drawing import Draw
from http_client import clip_on_disk
from serving import CHECKOUT, environment, served
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from waiting import wait_until
from websockets.sync.client import ClientConnection

from core.executor import Executor
from core.studio import Studio

LARGE_BYTES = 64 * 2**20
"""A file that no socket swallows whole, so that its download stays open when nobody reads it."""


def messages(session: ClientConnection, page: str) -> list[ForwardMsg]:
    """All that the server says to a browser that opens the address of `page`."""
    asked = BackMsg()
    asked.rerun_script.page_name = page
    session.send(asked.SerializeToString())
    found: list[ForwardMsg] = []
    while not found or found[-1].WhichOneof("type") != "script_finished":
        data = session.recv(timeout=20)
        assert isinstance(data, bytes)
        found.append(ForwardMsg.FromString(data))
    return found


@pytest.fixture
def project(studio: Studio, draw: Draw) -> str:
    """Two shots that take a while, and a large clip of a short one."""
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(1), seconds=0.2)
    executor = Executor(studio.settings.data)
    executor.start()
    [take] = studio.order_takes("ascent")
    wait_until(lambda: studio.take(take.take_id).clip is not None, what="the first take")
    assert executor.stop()
    os.truncate(clip_on_disk(studio, "ascent", take.take_id), LARGE_BYTES)
    studio.add_stills("ascent", draw.stills(3)[1:], seconds=6)
    return "ascent"


def test_a_deep_link_on_a_fresh_process_runs_the_entry_first(data: Path) -> None:
    """Beside an entry, Streamlit runs a file of a folder `pages` alone until the entry has run once."""
    with served(data) as server, server.session() as session:
        kinds = [message.WhichOneof("type") for message in messages(session, "costs")]
        assert "navigation" in kinds
        assert "session_event" not in kinds
        [sample] = server.call("/api/projects")
        assert sample["shots"] > 0, "a new user finds the sample project"
        with urllib.request.urlopen(f"http://{server.host}/costs", timeout=20) as answer:
            assert answer.headers["content-type"].startswith("text/html"), "pages go on where no door is"
        with pytest.raises(urllib.error.HTTPError) as refusal:
            server.call("/api/projects", Host="evil.example")
        with refusal.value:
            assert refusal.value.code == 403


def test_a_take_goes_on_when_the_tab_is_closed_and_the_cache_cleared(data: Path, project: str) -> None:
    with served(data) as server:
        order = {"shot_id": "shot_002"}
        take = server.call("/api/project/ascent/video/generate-shot", order)["take_url"]
        with server.session() as session:
            messages(session, "")
            session.send(BackMsg(clear_cache=True).SerializeToString())
            messages(session, "animate")
        wait_until(lambda: server.call(take)["state"] == "done", what="the take")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM that a process could hear")
def test_it_ends_within_5_s_whatever_is_open_and_the_next_start_goes_on(
    data: Path, studio: Studio, project: str
) -> None:
    with served(data) as server:
        [clip] = [take["file_url"] for take in server.call("/api/project/ascent/takes")]
        with server.session() as session, server.download(clip):
            messages(session, "")
            server.call("/api/project/ascent/video/generate-batch", {"shot_ids": ["shot_002", "shot_003"]})
            wait_until(lambda: server.states(project).count("running") == 2, what="two takes to run")
            assert server.end(signal.SIGTERM) < 5.0
        said = server.said.read_text()
        assert "Traceback" not in said, said
    assert [take.state.value for take in studio.takes(project).values()] == ["done", "running", "running"]
    with served(data) as server:
        wait_until(lambda: server.states(project) == ["done"] * 3, what="the takes to be finished")
        assert server.end(signal.SIGINT) < 5.0


def test_another_address_is_refused_at_the_start(data: Path) -> None:
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", "0"]
    process = subprocess.run(
        [*command, "--server.address", "0.0.0.0"],
        cwd=CHECKOUT,
        env=environment(data),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 1
    what, remedy = process.stderr.splitlines()
    assert "0.0.0.0" in what
    assert "127.0.0.1" in remedy
    assert not data.exists(), "nothing was begun"
