"""Bringing a clip home: from fal's media hosts alone, resumed where it was cut off, whole or not at all."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Never
from urllib.parse import urljoin
from urllib.request import getproxies

import httpx

from core.errors import Charge, MediaFailed, ProviderError, ProviderPaused, disk_errors
from core.media import probe_clip
from core.providers.base import Job, Signals
from core.providers.fal.hosts import PinnedTransport, Refused, check_media_url
from core.providers.fal.mp4 import is_whole_mp4
from core.providers.fal.wire import Wire, run, tls
from core.settings import Settings

log = logging.getLogger(__name__)

STALL_S = 20.0
"""A download without a byte for so long is cut off and resumed."""
TRIES = 8
"""Tries in a row that may bring nothing new, before the queue waits."""
WRONG_TRIES = 3
"""How often something else than a clip, or no clip, is believed to be a passing fault."""
REDIRECTS = 3
PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0

Progress = Callable[[float | None, str], None]


@dataclass
class _Arrived:
    """What is on the disk of the clip so far."""

    bytes: int = 0
    total: int | None = None
    """Length of the whole; None when it is not told."""
    etag: str | None = None

    def start_anew(self, file: BinaryIO) -> None:
        """Forget what came."""
        file.seek(0)
        file.truncate()
        self.bytes, self.total, self.etag = 0, None, None


class _Wrong(Exception):
    """What came is no clip; says what it is instead."""


class _Gone(Exception):
    """The clip is not there any more."""


def collect(wire: Wire, job: Job, clip: Path, signals: Signals, *, largest_bytes: int) -> None:
    """Bring the clip that `job.take.result` names to `clip`, or leave nothing there.

    Raises ProviderError when there is no clip to be had, ProviderPaused when the network is at fault.
    """
    url = _address(job)
    _check(url, wire.settings)
    try:
        with disk_errors(clip), clip.open("wb") as file:
            download = _Download(wire, file, signals.progress, largest_bytes)
            run(download.bring(url), signals.check)
        _check_playable(clip)
    except BaseException:
        clip.unlink(missing_ok=True)
        raise


def _address(job: Job) -> str:
    """Address of the clip in the result: `video.url` of every model that is on offer."""
    video = (job.take.result or {}).get("video")
    url = video.get("url") if isinstance(video, dict) else None
    if not isinstance(url, str):
        raise _failed("fal's result names no clip.")
    return url


def _check(url: str, settings: Settings) -> None:
    try:
        check_media_url(url, settings)
    except Refused as error:
        _refuse(error)


def _refuse(error: Refused) -> Never:
    raise _failed(f"fal's result names an address that is not opened: {error}.") from error


class _Download:
    """One clip on its way into one file."""

    def __init__(self, wire: Wire, file: BinaryIO, progress: Progress, largest_bytes: int) -> None:
        self._wire, self._file, self._progress = wire, file, progress
        self._largest_bytes = largest_bytes
        self._arrived = _Arrived()

    async def bring(self, url: str) -> None:
        """Fetch `url` to its end, in as many pieces as it takes."""
        failures, wrong, furthest = 0, 0, 0
        async with self._client() as client:
            while True:
                try:
                    if await self._fetch(client, url):
                        return
                except Refused as error:
                    _refuse(error)
                except (_Wrong, _Gone) as error:
                    wrong += 1
                    self._arrived.start_anew(self._file)
                    if wrong >= WRONG_TRIES:
                        _give_up(error)
                except (httpx.HTTPError, httpx.InvalidURL) as error:
                    log.info("clip.cut_off", extra={"action": "clip.cut_off", "reason": type(error).__name__})
                failures = 0 if self._arrived.bytes > furthest else failures + 1
                furthest = max(furthest, self._arrived.bytes)
                if failures >= TRIES:
                    _wait_for_network()
                await self._wire.pause(min(PAUSE_S * 2**failures, LONGEST_PAUSE_S))

    def _client(self) -> httpx.AsyncClient:
        """A client without the key: clips are public. Behind a proxy it is the proxy that looks names up."""
        pinned = None if getproxies() else PinnedTransport(httpx.AsyncHTTPTransport(verify=tls()))
        stall_s = STALL_S * max(self._wire.pace, 0.05)
        return self._wire.client(read_within_s=stall_s, transport=pinned)

    async def _fetch(self, client: httpx.AsyncClient, url: str) -> bool:
        """One try; whether the clip is whole now."""
        for _ in range(REDIRECTS + 1):
            async with client.stream("GET", url, headers=self._asking()) as response:
                if response.is_redirect:
                    url = urljoin(url, response.headers.get("location", ""))
                    check_media_url(url, self._wire.settings)
                    continue
                self._begin(response)
                if response.status_code != 416:
                    await self._read(response)
                return self._is_whole()
        raise Refused("it leads from one address to the next without end")

    def _asking(self) -> dict[str, str]:
        headers = {"Accept-Encoding": "identity"}
        if self._arrived.bytes:
            headers["Range"] = f"bytes={self._arrived.bytes}-"
            headers |= {"If-Range": self._arrived.etag} if self._arrived.etag else {}
        return headers

    def _begin(self, response: httpx.Response) -> None:
        """Look at what an answer promises before it is read."""
        arrived, status = self._arrived, response.status_code
        if status in (403, 404, 410):
            raise _Gone(f"fal no longer has the clip ({status})")
        if status == 416 and arrived.bytes == arrived.total:
            return
        if status not in (200, 206):
            raise httpx.RemoteProtocolError(f"answer {status}")
        if response.headers.get("content-type", "").startswith(("text/", "application/json")):
            raise _Wrong("a web page came in its place")
        if status == 200 or not self._goes_on(response):
            arrived.start_anew(self._file)
        if status == 206 and not arrived.bytes and _first_byte(response) != 0:
            raise httpx.RemoteProtocolError("a piece that was not asked for")
        if status == 200:
            length = response.headers.get("content-length", "")
            arrived.total = int(length) if length.isdigit() else None
        etag = response.headers.get("etag", "")
        arrived.etag = etag if etag.startswith('"') else None
        self._check_length(arrived.total or 0)

    def _goes_on(self, response: httpx.Response) -> bool:
        """Whether a 206 begins where we stopped, in a file as long as before."""
        _, _, total = response.headers.get("content-range", "").rpartition("/")
        same = self._arrived.total is None or total == str(self._arrived.total)
        return same and _first_byte(response) == self._arrived.bytes

    async def _read(self, response: httpx.Response) -> None:
        arrived = self._arrived
        async for piece in response.aiter_raw():
            self._file.write(piece)
            arrived.bytes += len(piece)
            self._check_length(arrived.bytes)
            fraction = min(arrived.bytes / arrived.total, 1.0) if arrived.total else None
            self._progress(fraction, "bringing the clip home")

    def _check_length(self, length: int) -> None:
        if length > self._largest_bytes:
            raise _failed(
                f"What fal sends for the clip is longer than {self._largest_bytes / 1e9:g} GB, "
                "which no clip is."
            )

    def _is_whole(self) -> bool:
        """Whether all of it has come. Raises _Wrong when it has, and is no MP4 from end to end."""
        arrived = self._arrived
        if arrived.total is not None and arrived.bytes < arrived.total:
            return False
        self._file.flush()
        if (arrived.total is not None and arrived.bytes > arrived.total) or not is_whole_mp4(
            Path(self._file.name)
        ):
            raise _Wrong("what came is not a whole MP4")
        return True


def _check_playable(clip: Path) -> None:
    try:
        probe_clip(clip)
    except MediaFailed as error:
        raise _failed("The clip was made and came whole, but it cannot be played.") from error


def _first_byte(response: httpx.Response) -> int | None:
    """Place of the first byte of a 206; None when it does not say."""
    first, dash, _ = response.headers.get("content-range", "").removeprefix("bytes ").partition("-")
    return int(first) if dash and first.isdigit() else None


def _give_up(error: Exception) -> Never:
    raise _failed(f"The clip was made, but {error}.") from error


def _wait_for_network() -> Never:
    raise ProviderPaused(
        "A finished clip cannot be fetched at present: fal's media host does not answer.",
        remedy="Nothing is lost: it is fetched as soon as the network allows.",
        retry_after_s=30.0,
    )


def _failed(what: str) -> ProviderError:
    """A clip that was made, and therefore paid for, and cannot be had."""
    return ProviderError(
        what,
        remedy="The result's address is in the take's receipt, for a complaint. A new order is charged anew.",
        charge=Charge.CERTAIN,
        safe_to_retry=False,
    )
