"""The gate before everything that is served: this computer only, by its own names, from its own pages.

Without a log-in, three things would let a stranger in: another computer's connection, a page of another site
that posts here, and a name of another site that its owner lets point at 127.0.0.1 (DNS rebinding).
"""

from html import escape
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from core.http_api.problems import RequestRefused, problem
from core.loopback import is_loopback

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing; a link on any page may lead here."""

TUNNEL = "Open it on the computer it runs on, or come through an SSH tunnel, at http://localhost."
OWN_PAGES = "Do it from Stillmotion's own pages, or from a program that sends no Origin header."


class Gate:
    """ASGI middleware that refuses strangers, pages and websockets alike, and says why."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer 403."""
        refusal = why_refused(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await _answer(scope["path"], refusal)(scope, receive, send)


def why_refused(scope: Scope) -> RequestRefused | None:
    """What is wrong with where a request comes from; None when nothing is."""
    client = scope.get("client")
    if client is None or not is_loopback(client[0]):
        return _refused("Stillmotion serves this computer only for now: it has no log-in yet.", remedy=TUNNEL)
    headers = Headers(scope=scope)
    hosts = headers.getlist("host")
    if len(hosts) != 1 or not _names_loopback(hosts[0]):
        shown = ", ".join(hosts)[:80]
        return _refused(f"Stillmotion does not answer to the name {shown!r}.", remedy=TUNNEL)
    if (scope["type"] == "websocket" or scope["method"] not in READING) and _is_foreign(headers, hosts[0]):
        return _refused("A page of another site asked for this.", remedy=OWN_PAGES)
    return None


def _refused(what: str, *, remedy: str) -> RequestRefused:
    return RequestRefused(what, remedy=remedy, status=403)


def _names_loopback(host: str) -> bool:
    """Whether a Host header names this computer, at any port."""
    try:
        parts = urlsplit(f"//{host}")
        name, _port = parts.hostname, parts.port
    except ValueError:
        return False
    return parts.netloc == host and "@" not in host and name is not None and is_loopback(name)


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser says that the request comes from a page that is not ours."""
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return True
    return any(_origin_host(origin) != _with_port(host) for origin in headers.getlist("origin"))


def _origin_host(origin: str) -> str | None:
    """Name and port of an Origin header; None when it is no web page's, such as "null"."""
    scheme, found, host = origin.partition("://")
    return _with_port(host) if found and scheme in ("http", "https") else None


def _with_port(host: str) -> str:
    """Name and port in one form: a browser leaves port 80 out."""
    return host.lower().removesuffix(":80").removesuffix(":443")


def _answer(path: str, refusal: RequestRefused) -> Response:
    if path == "/api" or path.startswith("/api/"):
        return problem(refusal)
    return HTMLResponse(
        "<!doctype html><title>Stillmotion</title>"
        f"<p>{escape(str(refusal))}</p><p>{escape(refusal.remedy)}</p>",
        status_code=refusal.status,
        headers={"Cache-Control": "no-store"},
    )
