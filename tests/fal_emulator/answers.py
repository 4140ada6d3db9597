"""What the emulator says to one call, and the ways of saying it badly."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

from fal_emulator.faults import Rule

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = dict[str, Any]

PIECE = 64 * 1024
PETABYTE = 10**15
TICK_S = 0.02

WEB_PAGE = (
    b"<html>\r\n<head><title>%s</title></head>\r\n"
    b"<body><center><h1>%s</h1></center><hr><center>nginx</center></body>\r\n</html>\r\n"
)


@dataclass(frozen=True)
class Answer:
    """One answer: a body at once, or pieces as they come."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    pieces: AsyncIterator[bytes] | None = None
    length: int | None = None
    """Content-Length when it is not that of the body; -1 for none."""


def json_answer(content: object, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    """`content` as JSON."""
    body = json.dumps(content).encode()
    return Answer(status, body, {"Content-Type": "application/json", **(headers or {})})


def platform_error(status: int, kind: str, message: str) -> Answer:
    """An error in the queue's and the storage's form."""
    return json_answer({"detail": message, "error_type": kind}, status, {"X-Fal-Error-Type": kind})


def api_error(status: int, kind: str, message: str) -> Answer:
    """An error in the form of api.fal.ai."""
    return json_answer({"error": {"type": kind, "message": message}}, status)


def scripted_error(rule: Rule, *, api: bool) -> Answer:
    """The answer that a rule of the kind `status` gives, in fal's form for that status."""
    if rule.status == 502:
        title = b"502 Bad Gateway"
        return Answer(502, WEB_PAGE % (title, title), {"Content-Type": "text/html", "Server": "nginx"})
    kind, message = {
        401: ("authentication_error", "Cannot access application. Authentication is required."),
        403: ("forbidden", "User is locked. Reason: Exhausted balance."),
        404: ("not_found", "Not found"),
        422: ("content_policy_violation", "The content could not be processed."),
        429: ("rate_limit", "Too many requests"),
        503: ("runner_scheduling_failure", "No runner could be scheduled"),
        504: ("request_timeout", "Request timed out"),
    }.get(rule.status, ("internal_error", "Internal server error"))
    kind, message = rule.type or kind, rule.message or message
    if api:
        answer = api_error(rule.status, kind, message)
    elif rule.status == 422:
        entry = {"loc": ["body"], "msg": message, "type": kind, "url": f"https://docs.fal.ai/errors/#{kind}"}
        answer = json_answer({"detail": [entry]}, 422)
    else:
        answer = platform_error(rule.status, kind, message)
    after = {"Retry-After": f"{rule.retry_after_s:g}"} if rule.retry_after_s is not None else {}
    return replace(answer, headers={**answer.headers, **after})


def spoiled(answer: Answer, rule: Rule) -> Answer:
    """`answer` after what `rule` does to answers."""
    title = b"Sign in"
    page = Answer(200, WEB_PAGE % (title, title), {"Content-Type": "text/html"})
    spoil: dict[str, Callable[[], Answer]] = {
        "bad_json": lambda: replace(answer, status=200, body=answer.body[: len(answer.body) // 2] or b"{"),
        "html_instead": lambda: page,
        "expired": lambda: platform_error(404, "not_found", "Not found"),
        "truncate": lambda: _truncated(answer, rule),
        "no_length": lambda: replace(answer, length=-1),
        "endless": lambda: replace(answer, length=-1),
        "huge_length": lambda: replace(answer, length=PETABYTE),
    }
    return spoil[rule.do]() if rule.do in spoil else answer


def _truncated(answer: Answer, rule: Rule) -> Answer:
    if rule.silent:
        return replace(answer, body=answer.body[: rule.bytes])
    return replace(answer, length=len(answer.body))


class Line:
    """The connection of one call: sends an answer, or ends without one."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._transport: asyncio.Transport = scope["state"]["transport"]

    async def drop(self, *, reset: bool = False) -> None:
        """End the connection; the client gets no answer, or no rest of it."""
        if reset:
            linger = struct.pack("ii", 1, 0)
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._transport.abort()
        else:
            self._transport.close()
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def abandon(self) -> None:
        """End the connection because the server ends."""
        self._transport.abort()
        await asyncio.sleep(0)  # lets the server hear of it, which it would complain about otherwise
        await asyncio.sleep(0)

    async def send(self, answer: Answer, rule: Rule | None = None) -> None:
        """Send `answer`, its body as `rule` will have it."""
        length = len(answer.body) if answer.length is None else answer.length
        headers = dict(answer.headers)
        if answer.pieces is None and length >= 0:
            headers["Content-Length"] = str(length)
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": answer.status, "headers": raw})
        if await self._send_body(answer, rule):
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        else:
            await self.drop(reset=bool(rule and rule.reset))

    async def _send_body(self, answer: Answer, rule: Rule | None) -> bool:
        """Send the body; whether that was all of it."""
        sent = 0
        stop = rule.bytes if rule and rule.do in ("truncate", "stall") and not rule.silent else None
        async for piece in _pieces(answer, endless=bool(rule and rule.do == "endless")):
            if self._transport.is_closing():
                return False
            if stop is not None and sent + len(piece) >= stop:
                await self._send_piece(piece[: stop - sent])
                if rule and rule.do == "truncate":
                    return False
                await self.wait(rule.seconds if rule else 0)
                piece, sent, stop = piece[stop - sent :], stop, None
            await self._send_piece(piece)
            sent += len(piece)
        return answer.length is None or answer.length <= sent

    async def _send_piece(self, piece: bytes) -> None:
        if piece:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})

    async def wait(self, seconds: float) -> None:
        """Wait `seconds`, but no longer than the client does."""
        end_s = asyncio.get_running_loop().time() + seconds
        while not self._transport.is_closing() and asyncio.get_running_loop().time() < end_s:
            await asyncio.sleep(TICK_S)


async def _pieces(answer: Answer, *, endless: bool) -> AsyncIterator[bytes]:
    if answer.pieces is not None:
        async for piece in answer.pieces:
            yield piece
    for start in range(0, len(answer.body), PIECE):
        yield answer.body[start : start + PIECE]
    while endless:
        yield b"\0" * PIECE
        await asyncio.sleep(0.001)
