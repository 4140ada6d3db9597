"""Which addresses are fal's: the key goes to these alone, and clips come from these alone.

A provider's answer names addresses. One that leads to another scheme, to a stranger or into a private
network is refused, also when it hides behind a redirect or a name that resolves there.
"""

import asyncio
import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

import httpx

from core.catalogue import Model
from core.errors import InputRefused
from core.loopback import is_loopback
from core.project import strip_control
from core.settings import Settings
from core.take import Request

QUEUE_HOSTS = ("fal.run", "falrun.com")
"""Queue and its backup: https://fal.ai/docs/documentation/model-apis/inference/queue.md."""
MEDIA_HOSTS = ("fal.media",)
"""Clips come from v3.fal.media, v3b.fal.media and their siblings."""
REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
"""What may be part of an address as a request's id; fal's are UUIDs."""
NAMESPACES = ("workflows", "comfy")
"""First parts of an endpoint's name that do not count as its owner; from fal-client's source."""


class Refused(Exception):
    """An address that is not to be opened; says why, for people."""


def is_queue_url(url: object, settings: Settings) -> bool:
    """Whether the key may be sent to `url`: the configured queue, or fal's own over https."""
    parts = _split(url)
    if parts is None:
        return False
    return _same_origin(parts, settings.fal_queue_url) or _is_https_of(parts, QUEUE_HOSTS)


def check_media_url(url: object, settings: Settings) -> None:
    """Raise Refused unless a clip may be fetched from `url`."""
    parts = _split(url)
    if parts is None:
        raise Refused("it is not an address")
    if any(_same_origin(parts, own) for own in _configured(settings)):
        return
    if parts.scheme != "https":
        raise Refused(f"it is not https but {parts.scheme[:20] or 'nothing'}")
    if not _is_https_of(parts, MEDIA_HOSTS):
        raise Refused(f"{(parts.hostname or 'its host')[:60]} is not one of fal's media hosts")


def urls_of(request_id: str, model: Model, settings: Settings) -> dict[str, str]:
    """The follow-up addresses as fal documents them: owner and app, without the subpath.

    For a request found in the history, and when fal returned addresses that cannot be trusted.
    """
    parts = model.endpoint.split("/")
    application = "/".join(parts[: 3 if parts[0] in NAMESPACES else 2])
    base = f"{settings.fal_queue_url}/{application}/requests/{request_id}"
    return {"status_url": f"{base}/status", "response_url": base, "cancel_url": f"{base}/cancel"}


def request_for(request_id: str, model: Model, settings: Settings) -> Request:
    """The request called `request_id`, with addresses of our own making. Raises InputRefused."""
    if not REQUEST_ID.fullmatch(request_id):
        raise InputRefused(
            f"{strip_control(request_id)[:60]!r} is no request id of fal.",
            remedy="Copy the id from fal.ai/dashboard/requests: letters, digits and dashes.",
        )
    return Request(request_id=request_id, urls=urls_of(request_id, model, settings))


class PinnedTransport(httpx.AsyncBaseTransport):
    """Looks a name up once, shuns private addresses, and connects to the very address it looked at.

    So a name cannot point elsewhere a moment later. Raises ConnectError: the clip is there, the way is not.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer `request` from a public address, or from this computer when it was asked by that name."""
        host = request.url.host
        if not is_loopback(host):
            address = await _public_address(host, request.url.port or 443)
            request.url = request.url.copy_with(host=address)
            request.extensions = {**request.extensions, "sni_hostname": host}
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


async def _public_address(host: str, port: int) -> str:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise httpx.ConnectError(f"{host} was not found") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(ipaddress.ip_address(one.split("%")[0]).is_global for one in addresses):
        raise httpx.ConnectError(f"{host} leads into a private network")  # as a hotel's network may have it
    return addresses[0]


def _split(url: object) -> SplitResult | None:
    """The parts of an address without user, password, blanks or control characters; None otherwise."""
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return None if parts.username or parts.password else parts


def _same_origin(parts: SplitResult, own: str) -> bool:
    ours = urlsplit(own)
    return (parts.scheme, parts.hostname, parts.port) == (ours.scheme, ours.hostname, ours.port)


def _is_https_of(parts: SplitResult, hosts: tuple[str, ...]) -> bool:
    name = (parts.hostname or "").rstrip(".")
    ours = any(name == host or name.endswith(f".{host}") for host in hosts)
    return ours and parts.scheme == "https" and parts.port in (None, 443)


def _configured(settings: Settings) -> tuple[str, ...]:
    return settings.fal_cdn_url, settings.fal_rest_url, settings.fal_queue_url
