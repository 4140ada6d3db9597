"""The one way out to fal: calls that heed the app's end, end in time and read no more than they should."""

import asyncio
import json
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar

import httpx

from core.providers.base import Signals
from core.settings import Settings

T = TypeVar("T")

LOOK_EVERY_S = 0.2
"""How often work under way looks whether it should end."""
LARGEST_ANSWER_BYTES = 8_000_000
"""No answer but a clip is longer."""
CONNECT_WITHIN_S = 10.0
LONGEST_PAUSE_S = 300.0
"""The longest pause we make because fal says so."""
NOTHING_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""After one of these, no byte of the request has reached fal."""


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: httpx.Headers
    body: bytes
    whole: bool = True
    """False when it was longer than any answer may be."""

    def json_object(self) -> dict[str, Any] | None:
        """The JSON object in it; None when it is anything else."""
        try:
            found = self._parsed()
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def _parsed(self) -> object:
        return json.loads(self.body) if self.whole else None

    @property
    def billable_units(self) -> Decimal | None:
        """Units that fal says it bills; None when it does not say."""
        try:
            units = Decimal(self.headers.get("x-fal-billable-units", ""))
        except InvalidOperation:
            return None
        return units if units.is_finite() and units >= 0 else None

    @property
    def retry_after_s(self) -> float | None:
        """Seconds for which fal asks us to wait, at most `LONGEST_PAUSE_S`; None when it does not say."""
        said = self.headers.get("retry-after", "").strip()
        if not said:
            return None
        try:
            seconds = float(said) if said.replace(".", "", 1).isdigit() else _seconds_until(said)
        except (ValueError, TypeError):
            return None
        return min(max(seconds, 0.0), LONGEST_PAUSE_S)


def _seconds_until(date: str) -> float:
    moment = parsedate_to_datetime(date)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()


class Wire:
    """Calls with the account's key. It holds no connection, so it need not be closed."""

    def __init__(self, settings: Settings, *, answer_within_s: float) -> None:
        self.settings = settings
        self.pace = settings.fal_pace
        self._answer_within_s = answer_within_s

    def client(
        self, *, read_within_s: float | None = None, transport: httpx.AsyncBaseTransport | None = None
    ) -> httpx.AsyncClient:
        """A client without the key, for one piece of work. It follows no redirect."""
        return httpx.AsyncClient(
            transport=transport,
            verify=tls(),
            timeout=httpx.Timeout(read_within_s or self._answer_within_s, connect=CONNECT_WITHIN_S),
            follow_redirects=False,
            mounts=dict.fromkeys(("all://127.0.0.1", "all://localhost", "all://[::1]")),  # not by proxy
        )

    def headers(self) -> dict[str, str]:
        """What shows fal who asks. Only for addresses that `hosts` knows to be fal's."""
        key = self.settings.fal_key
        shown = {"Accept": "application/json", "Accept-Encoding": "identity"}
        return shown | ({"Authorization": f"Key {key.get_secret_value()}"} if key else {})

    async def ask(self, client: httpx.AsyncClient, method: str, url: str, **content: Any) -> Reply:
        """One call with the key, once. Raises httpx.HTTPError, ReadTimeout also for an answer without end."""
        try:
            async with (
                asyncio.timeout(self._answer_within_s + CONNECT_WITHIN_S),
                client.stream(method, url, headers=self.headers(), **content) as response,
            ):
                body = bytearray()
                async for piece in response.aiter_raw():
                    body += piece
                    if len(body) > LARGEST_ANSWER_BYTES:
                        break
                return Reply(
                    status=response.status_code,
                    headers=response.headers,
                    body=bytes(body),
                    whole=len(body) <= LARGEST_ANSWER_BYTES,
                )
        except TimeoutError as error:
            raise httpx.ReadTimeout("the answer did not end") from error

    async def pause(self, seconds: float) -> None:
        """Wait between two calls."""
        await asyncio.sleep(seconds * self.pace)

    def wait(self, seconds: float, signals: Signals) -> None:
        """Wait between two calls; raises Halted."""
        signals.check()
        run(self.pause(seconds), signals.check)


def run(work: Coroutine[Any, Any, T], check: Callable[[], None]) -> T:
    """What `work` gives. `check` is called a few times a second; what it raises ends the work at once."""
    return asyncio.run(_heeding(work, check))


def deaf() -> None:
    """The `check` of work that must not be broken off."""


async def _heeding(work: Coroutine[Any, Any, T], check: Callable[[], None]) -> T:
    task = asyncio.ensure_future(work)
    try:
        while not task.done():
            await asyncio.wait({task}, timeout=LOOK_EVERY_S)
            if not task.done():
                check()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
    return task.result()


@cache
def tls() -> ssl.SSLContext:
    """What every connection is checked against; reading the certificates takes a while."""
    return httpx.create_ssl_context()
