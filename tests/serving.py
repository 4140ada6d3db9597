"""The app as it is started, on a data folder of a test's own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waiting import wait_until
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

CHECKOUT = Path(__file__).resolve().parents[1]


class Server:
    """A running app on a data folder."""

    def __init__(self, process: "subprocess.Popen[bytes]", port: int, said: Path) -> None:
        self.process = process
        self.host = f"127.0.0.1:{port}"
        self.said = said

    def call(self, path: str, body: object = None, **headers: str) -> Any:
        """What the JSON says that is answered; raises HTTPError."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.host}{path}", data=data)
        for name, value in {"content_type": "application/json", **headers}.items():
            request.add_header(name.replace("_", "-"), value)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def states(self, project_id: str) -> list[str]:
        return [take["state"] for take in self.call(f"/api/project/{project_id}/takes")]

    def session(self) -> ClientConnection:
        """A page's websocket."""
        address = f"ws://{self.host}/_stcore/stream"
        origin, protocol = Origin(f"http://{self.host}"), Subprotocol("streamlit")
        return connect(address, origin=origin, subprotocols=[protocol])

    def download(self, path: str) -> socket.socket:
        """A download that was begun and is not read on."""
        address, port = self.host.split(":")
        connection = socket.create_connection((address, int(port)))
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode())
        assert connection.recv(12) == b"HTTP/1.1 200"
        return connection

    def end(self, number: int) -> float:
        """Send the signal; seconds until the process was gone."""
        begun_s = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - begun_s


@contextmanager
def served(data: Path) -> Iterator[Server]:
    """The app, as `streamlit run` serves it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = data.parent / f"said-{port}.txt"
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with said.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=CHECKOUT, env=environment(data), stdout=output, stderr=subprocess.STDOUT
        )
    server = Server(process, port, said)
    try:
        wait_until(lambda: answers(server), what="the app to answer")
        yield server
    finally:
        process.kill()
        process.wait()


def answers(server: Server) -> bool:
    assert server.process.poll() is None, server.said.read_text()
    try:
        server.call("/api/health")
    except OSError:
        return False
    return True


def environment(data: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    return {**own, "STILLMOTION_DATA": str(data), "PYTHONUNBUFFERED": "1"}
