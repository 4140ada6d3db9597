"""Waiting for a request: by fal's status stream while that works, otherwise by asking ever more rarely."""

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import httpx

from core.errors import AnswerLost, ProviderError, ProviderPaused
from core.providers.base import Answer, Job, Signals
from core.providers.fal.queue import urls_for
from core.providers.fal.refusals import account_trouble
from core.providers.fal.result import read_result
from core.providers.fal.wire import Reply, Wire, run
from core.take import State, Take

log = logging.getLogger(__name__)

SOONEST_S, LATEST_S = 0.2, 5.0
"""Shortest and longest pause between two questions."""
SILENCE_S = 30.0
"""A stream that has been silent for so long is left: something on the way may be holding it back."""
LONGEST_EVENT_BYTES = 1_000_000
NO_ANSWER_S = 120.0
"""How long fal may give no usable answer before the queue waits."""
UNKNOWN_S = 60.0
"""How long fal may not know a request that it took."""
SHORTEST_DEADLINE_S = 1800.0
DEADLINE_TIMES = 10
"""A request is given up after so many times its usual length, and never before the shortest deadline."""

Status = dict[str, Any]


def pause_after(waited_s: float) -> float:
    """Seconds until the next question, after `waited_s` in all: 28 questions in the first minute."""
    return min(LATEST_S, max(SOONEST_S, 0.4 * (waited_s - 1.5)))


def follow(wire: Wire, job: Job, signals: Signals) -> Answer:
    """Wait for the request of `job`, and read its result. Every wait heeds `signals`.

    Trouble on the way never fails the take: it was paid for, and goes on at fal.
    """
    watch = _Watch(wire, job, signals)
    return run(watch.answer(), watch.look_up)


class _Watch:
    """One wait for one request."""

    def __init__(self, wire: Wire, job: Job, signals: Signals) -> None:
        self._wire, self._job, self._signals = wire, job, signals
        self._urls = urls_for(wire, job)
        self._waited_before_s = _seconds_since_sent(job.take)
        self._began = self._heard = time.monotonic()
        self._running_since: float | None = None
        self._unknown_since: float | None = None
        longest = DEADLINE_TIMES * job.model.generation_s[1]
        self._deadline_s = max(SHORTEST_DEADLINE_S, longest) * wire.pace

    async def answer(self) -> Answer:
        """The result, once there is one."""
        async with self._wire.client() as client:
            while True:
                status = await self._streamed(client) or await self._polled(client)
                answer = await read_result(
                    self._wire,
                    client,
                    self._urls["response_url"],
                    self._job,
                    failed=bool(status.get("error")),
                )
                if answer is not None:
                    return answer
                self._check_patience(None)
                await self._wire.pause(pause_after(self._waited_s() / self._wire.pace))

    def look_up(self) -> None:
        """Called a few times a second, whatever is being waited for. Raises Halted."""
        self._signals.check()
        if self._running_since is not None:
            self._signals.progress(self._estimate(), "generating at fal")

    async def _streamed(self, client: httpx.AsyncClient) -> Status | None:
        """The final status, as the stream tells it; None when the stream fails in any way."""
        left_s = self._deadline_s - self._waited_s()
        try:
            async with asyncio.timeout(max(left_s, 1.0)), aclosing(self._events(client)) as events:
                async for status in events:
                    if self._note(status):
                        return status
        except (httpx.HTTPError, TimeoutError) as error:
            log.info("fal.stream_left", extra={"action": "fal.stream_left", "reason": type(error).__name__})
        return None

    async def _events(self, client: httpx.AsyncClient) -> AsyncGenerator[Status]:
        url, headers = self._urls["status_url"] + "/stream", self._wire.headers()
        timeout = httpx.Timeout(max(SILENCE_S * self._wire.pace, 0.5))
        async with client.stream("GET", url, headers=headers, timeout=timeout) as response:
            kind = response.headers.get("content-type", "")
            if response.status_code != 200 or not kind.startswith("text/event-stream"):
                return
            buffer = b""
            async for piece in response.aiter_raw():
                buffer = (buffer + piece).replace(b"\r\n", b"\n")
                *events, buffer = buffer.split(b"\n\n")
                for event in events:
                    if (status := _read_event(event)) is not None:
                        yield status
                if len(buffer) > LONGEST_EVENT_BYTES:
                    return

    async def _polled(self, client: httpx.AsyncClient) -> Status:
        """The final status, by asking until it is there."""
        failures = 0
        while True:
            reply = await self._asked(client)
            status = (reply.json_object() if reply and reply.status in (200, 202) else None) or {}
            if self._note(status):
                return status
            failures = 0 if "status" in status else failures + 1
            pause_s = self._pause_s(reply, failures)
            self._check_patience(reply)
            await self._wire.pause(pause_s)

    async def _asked(self, client: httpx.AsyncClient) -> Reply | None:
        try:
            return await self._wire.ask(client, "GET", self._urls["status_url"])
        except httpx.HTTPError:
            return None

    def _pause_s(self, reply: Reply | None, failures: int) -> float:
        """Seconds to the next question, before the pace."""
        usual_s = pause_after(self._waited_s() / self._wire.pace)
        told_s = reply.retry_after_s if reply and reply.status == 429 else None
        return max(usual_s, told_s or 0.0, min(2.0**failures / 2, 15.0) if failures else 0.0)

    def _note(self, status: Status) -> bool:
        """Tell the app where the request stands; whether it is finished."""
        state = status.get("status")
        if state not in ("IN_QUEUE", "IN_PROGRESS", "COMPLETED"):
            return False
        self._heard, self._unknown_since = time.monotonic(), None
        if state == "IN_QUEUE":
            self._signals.progress(None, _place(status.get("queue_position")))
            return False
        if self._running_since is None:
            self._running_since = time.monotonic()
            self._signals.started()
        self._signals.progress(self._estimate(), "generating at fal")
        return bool(state == "COMPLETED")

    def _estimate(self) -> float:
        """How far it is, judged by how long this model usually takes."""
        usual_s = sum(self._job.model.generation_s) / 2
        return min(0.95, (time.monotonic() - (self._running_since or 0.0)) / usual_s)

    def _check_patience(self, reply: Reply | None) -> None:
        """Raise when waiting on makes no sense."""
        now = time.monotonic()
        if reply is not None and reply.status in (401, 402, 403):
            raise account_trouble(reply) or _silent(60.0)
        if reply is not None and reply.status == 404:
            self._heard = now
            self._unknown_since = self._unknown_since or now
            if now - self._unknown_since > UNKNOWN_S * self._wire.pace:
                raise AnswerLost(
                    "fal does not know the request that it took.",
                    remedy="It is looked up in fal's history; the bill will tell whether it was charged.",
                )
        if now - self._heard > NO_ANSWER_S * self._wire.pace:
            raise _silent(30.0)
        if self._waited_s() > self._deadline_s:
            raise AnswerLost(
                f"fal has not finished this within {self._deadline_s / 60:.0f} minutes; it still may.",
                remedy="It is looked up in fal's history. You may also adopt its request, or mark it lost.",
            )

    def _waited_s(self) -> float:
        return self._waited_before_s + time.monotonic() - self._began


def _silent(retry_after_s: float) -> ProviderError:
    return ProviderPaused(
        "fal cannot be asked how far the requests are.",
        remedy="Nothing is lost: they go on at fal, and are asked for again by themselves.",
        retry_after_s=retry_after_s,
    )


def _read_event(event: bytes) -> Status | None:
    """The status that one event of the stream carries."""
    lines = [line.removeprefix(b"data:") for line in event.split(b"\n") if line.startswith(b"data:")]
    try:
        found = json.loads(b"\n".join(lines))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _place(position: object) -> str:
    """Where a request waits, for people; fal counts those before it."""
    if not isinstance(position, int) or position < 0:
        return "waiting in fal's queue"
    return "next in fal's queue" if position == 0 else f"waiting in fal's queue, {position} before it"


def _seconds_since_sent(take: Take) -> float:
    """Seconds since the request was sent, or adopted."""
    marks = [at for state, at in take.history if state is State.SUBMITTED]
    return max(0.0, (datetime.now(UTC) - marks[-1]).total_seconds()) if marks else 0.0
