"""One call as it came in, and who is to answer it."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from fal_emulator.accounts import Account
from fal_emulator.answers import Answer, Receive, Scope
from fal_emulator.faults import CallKind, Plan


@dataclass(frozen=True)
class Call:
    """One HTTP request, read whole."""

    method: str
    path: str
    """Decoded, with its leading slash."""
    query: dict[str, list[str]]
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes

    @property
    def base_url(self) -> str:
        """Address under which the caller sees the emulator."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    def asked(self, name: str) -> str | None:
        """The query's `name`, the last if there are several."""
        return self.query[name][-1] if name in self.query else None

    def asked_list(self, name: str) -> list[str]:
        """Every value of the query's `name`: repeated, or parted by commas."""
        return [part for value in self.query.get(name, []) for part in value.split(",") if part]

    def json(self) -> Any:
        """The body. Raises ValueError when it is not JSON."""
        return json.loads(self.body or b"null")


@dataclass(frozen=True)
class Route:
    """Who answers a call, and what scripts may know of it."""

    kind: CallKind
    account: Account
    handle: Callable[[Plan], Awaitable[Answer]]
    model: str = ""
    file: str = ""
    admin: bool = False
    request_id: str = ""


async def read_call(scope: Scope, receive: Receive) -> Call | None:
    """The request of `scope`, once its body is here; None when its sender left before that."""
    pieces = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        pieces.append(message.get("body", b""))
        more = message.get("more_body", False)
    return Call(
        method=scope["method"],
        path=unquote(scope["path"]),
        query=parse_qs(scope["query_string"].decode(), keep_blank_values=True),
        headers={name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]},
        body=b"".join(pieces),
    )
