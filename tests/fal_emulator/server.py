"""The emulator on a loopback port: uvicorn, with each call's connection within reach, to end it at will."""

import asyncio
import socket
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from fal_emulator.accounts import Conditions
from fal_emulator.app import App
from fal_emulator.faults import Rule

KEEP_ALIVE_S = 600
"""Long, so that no idle connection ends by itself and looks like a fault."""
BACKLOG = 512


class _Reachable(H11Protocol):
    """Hands the connection to the application, as part of each call's state."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class Server:
    """One emulator, bound to its port at once and serving when told."""

    def __init__(
        self, *, port: int, conditions: Conditions, rules: Iterable[Rule], folder: Path | None
    ) -> None:
        # Named TCP, or asyncio leaves Nagle on and every answer waits 40 ms for an acknowledgement.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self._socket.listen(BACKLOG)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._conditions, self._rules, self._folder = conditions, list(rules), folder
        self._server: uvicorn.Server | None = None
        self._stopping = False

    def serve(self) -> None:
        """Serve until `stop`; in the main thread also until a signal. Blocks."""
        with tempfile.TemporaryDirectory(prefix="fal-emulator-") as scratch:
            app = App(self._folder or Path(scratch), self._conditions, self._rules)
            self._server = uvicorn.Server(_config(app))
            if self._stopping:
                self.stop()
            try:
                asyncio.run(self._server.serve(sockets=[self._socket]))
            finally:
                app.clips.close()
                self._socket.close()

    def stop(self) -> None:
        """Make `serve` return soon, calls in progress or not. Called from any thread."""
        self._stopping = True
        if self._server:
            self._server.should_exit = self._server.force_exit = True


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Reachable,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        backlog=BACKLOG,
    )
