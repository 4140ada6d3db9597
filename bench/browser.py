"""The app as people start it, and a client that speaks to it as a browser does."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Delta_pb2 import Delta
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

ROOT = Path(__file__).resolve().parent.parent
START_S = 60.0


def connected(port: int) -> ClientConnection:
    """A connection to the app as a browser's page has one."""
    return connect(
        f"ws://127.0.0.1:{port}/_stcore/stream", subprotocols=[Subprotocol("streamlit")], max_size=None
    )


class Browser:
    """One session: it keeps large messages, and says so, as the browser does."""

    def __init__(self, wire: ClientConnection, page: str, query: str) -> None:
        self._wire = wire
        self._page, self._query = page, query
        self._kept: set[str] = set()
        self._fragment = ""
        self._groups: dict[str, str] = {}
        self._tabs = ""
        self._chosen: dict[str, str] = {}
        self._tab: str | None = None

    def choose(self, label: str, option: str) -> None:
        """Press `option` of the row of choices called `label`; it stays so, and the next run sees it."""
        self._chosen[self._groups[label]] = option

    def open_tab(self, name: str) -> None:
        """Open a tab of the page; the next run sees it."""
        self._tab = name

    def run(self) -> tuple[float, float]:
        """Run the whole page: milliseconds until it is finished, and kilobytes that came."""
        return self._ask("")

    def tick(self) -> tuple[float, float]:
        """Run the part that changes by itself, as its timer does."""
        return self._ask(self._fragment)

    def _ask(self, fragment_id: str) -> tuple[float, float]:
        message = BackMsg()
        state = message.rerun_script
        state.page_name, state.query_string = self._page, self._query
        state.fragment_id, state.is_auto_rerun = fragment_id, bool(fragment_id)
        state.cached_message_hashes.extend(self._kept)
        for widget_id, option in self._chosen.items():
            state.widget_states.widgets.add(id=widget_id).string_array_value.data.append(option)
        if self._tab is not None:
            state.widget_states.widgets.add(id=self._tabs).string_value = self._tab
        began = time.perf_counter()
        self._wire.send(message.SerializeToString())
        count = self._receive()
        return (time.perf_counter() - began) * 1000, count / 1000

    def _receive(self) -> int:
        """Bytes until the run is finished; keeps what a browser keeps."""
        count = 0
        while True:
            data = self._wire.recv(timeout=START_S)
            if not isinstance(data, bytes):
                raise TypeError("the app sent text")
            count += len(data)
            message = ForwardMsg.FromString(data)
            kind = message.WhichOneof("type")
            if message.metadata.cacheable:
                self._kept.add(message.hash)
            if kind == "auto_rerun":
                self._fragment = message.auto_rerun.fragment_id
            elif kind == "delta":
                self._notice(message.delta)
            elif kind == "script_finished":
                return count

    def _notice(self, delta: Delta) -> None:
        """Remember the controls that can be pressed. Raises RuntimeError when the page shows a fault."""
        element = delta.new_element
        if element.WhichOneof("type") == "exception":
            raise RuntimeError(element.exception.message)
        if element.WhichOneof("type") == "button_group":
            self._groups[element.button_group.label] = element.button_group.id
        if delta.add_block.tab_container.id:
            self._tabs = delta.add_block.tab_container.id


@contextmanager
def server(data: Path) -> Iterator[int]:
    """The app on `data`, as people start it; its port, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", f"--server.port={port}"]
    environment = {**os.environ, "STILLMOTION_DATA": str(data)}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait_for(f"http://127.0.0.1:{port}/_stcore/health")
        yield port
    finally:
        process.terminate()
        process.wait(START_S)


def _wait_for(url: str) -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            urllib.request.urlopen(url, timeout=START_S).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
