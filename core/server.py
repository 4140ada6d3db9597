"""What the server does besides answering: it prepares the data folder, runs the slots, and ends in time."""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from core.alerts import Herald
from core.errors import InputRefused, StillmotionError
from core.executor import Executor
from core.exporter import ExportQueue, SegmentsAhead
from core.loopback import is_loopback
from core.studio import Studio

log = logging.getLogger(__name__)

EXIT_S = 4.5
"""Seconds from the signal to the end of the process, at most."""
ANSWERS_S = 1.0
"""Seconds that downloads and open pages get to finish in after the signal; then they are cut."""
SLOTS_S = 1.0
"""Seconds that slots and exports get to stop in, each."""

_setbacks: list[StillmotionError] = []


def setbacks() -> Sequence[StillmotionError]:
    """What went wrong while the server got ready, for pages to tell."""
    return tuple(_setbacks)


def refuse_to_start(error: StillmotionError) -> NoReturn:
    """End the process with exit code 1: a line that says what, and a line that says what to do."""
    sys.stderr.write(f"{error}\n{error.remedy}\n")
    sys.stderr.flush()
    # Not sys.exit: Starlette and Uvicorn would print a traceback around it. Nothing has begun yet.
    os._exit(1)


def refuse_other_addresses() -> None:
    """End the process when others could reach the address it is about to serve. Call it in the lifespan."""
    server = _uvicorn()
    if server is None or server.config.uds or is_loopback(server.config.host):
        return
    refuse_to_start(
        InputRefused(
            f"Stillmotion serves this computer only for now, not {server.config.host}: it has no log-in yet.",
            remedy="Start it on 127.0.0.1. From elsewhere, come through an SSH tunnel.",
        )
    )


def prepare(studio: Studio) -> None:
    """Install the sample where there was never a project, and put the books in order.

    What fails keeps nobody from their work: it is logged, and `setbacks` has it.
    """
    _setbacks.clear()
    for step in (studio.install_sample, studio.release_orphans):
        try:
            step()
        except StillmotionError as error:
            log.warning("server.setback", extra={"action": "server.setback", "reason": str(error)})
            _setbacks.append(error)
        except Exception as error:
            log.exception("server.setback", extra={"action": "server.setback"})
            _setbacks.append(
                StillmotionError(
                    f"Getting ready, something unforeseen happened ({type(error).__name__}).",
                    remedy="Your projects are as they were. The details are in the app's log.",
                )
            )


def settle_down() -> None:
    """Make answers quick, once all that will stay has been loaded.

    Streamlit binds its socket in a way that keeps asyncio from sending small answers at once: 44 ms each. And
    it collects garbage after every run of a page: 66 ms, unless what was loaded at the start is left out.
    """
    for each in gc.get_objects():
        if type(each) is socket.socket and each.family in (socket.AF_INET, socket.AF_INET6):
            with suppress(OSError):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    gc.collect()
    gc.freeze()


@contextmanager
def at_work(studio: Studio) -> Iterator[None]:
    """Takes, exports and segments for later ones are made inside.

    At the end, or at a signal, they stop where they can go on from.
    """
    executor = Executor(studio.settings.data, store=studio.store)
    exports = ExportQueue(studio.settings.data)
    ahead = SegmentsAhead(studio.settings.data)
    billing = studio.billing.watch(also=Herald(studio.settings, studio.alerts).round)

    def ask_to_stop() -> None:
        executor.stop(0)
        exports.stop(0)
        ahead.stop(0)
        billing.stop(0)

    with _bounded_exit(ask_to_stop):
        executor.start()
        exports.start()
        ahead.start()
        billing.start()
        try:
            yield
        finally:
            ask_to_stop()
            ended = executor.stop(SLOTS_S), exports.stop(SLOTS_S), ahead.stop(SLOTS_S), billing.stop(SLOTS_S)
            if not all(ended):
                log.warning("server.still_at_work", extra={"action": "server.still_at_work"})


@contextmanager
def _bounded_exit(on_signal: Callable[[], None]) -> Iterator[None]:
    """Inside, a signal to end calls `on_signal` at once, and the process is gone after EXIT_S at most.

    Without this a paused video or a download keeps Uvicorn waiting for as long as it is open.
    """
    server = _uvicorn()
    if server is None:  # a test, or a server that ends in its own way
        yield
        return
    server.config.timeout_graceful_shutdown = int(2 * ANSWERS_S)
    loop = asyncio.get_running_loop()
    heard: SimpleQueue[int | None] = SimpleQueue()  # its put may be called in the middle of anything

    def hear(number: int, frame: FrameType | None) -> None:
        heard.put(number)
        server.handle_exit(number, frame)

    def end_in_time() -> None:
        number = heard.get()
        if number is None:
            return
        begun_s = time.monotonic()
        on_signal()
        time.sleep(ANSWERS_S)
        with suppress(RuntimeError):  # the loop has ended: so has every answer
            loop.call_soon_threadsafe(_cut, server)
        time.sleep(max(0.0, begun_s + EXIT_S - time.monotonic()))
        os._exit(128 + number)

    before = {number: signal.signal(number, hear) for number in HANDLED_SIGNALS}
    threading.Thread(target=end_in_time, name="stillmotion-exit", daemon=True).start()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        heard.put(None)


def _cut(server: uvicorn.Server) -> None:
    """End the answers that are still being given."""
    for connection in list(server.server_state.connections):
        transport = connection.transport
        if transport is not None:
            transport.abort()


def _uvicorn() -> uvicorn.Server | None:
    """The server that this thread runs, whichever way it was started: the one that hears the signals."""
    if threading.current_thread() is not threading.main_thread():
        return None
    owner = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    return owner if isinstance(owner, uvicorn.Server) else None
