"""Uploads and the files that the CDN serves: the still on its way in, the clip on its way out.

Protocol from fal-client 1.0.3's source: a token, then the bytes; or, as its fallback, an address to put them.
Addresses are public, and end in the uploaded file's name, so that a name can be found again.
"""

import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from fal_emulator.accounts import Account, Accounts, utc
from fal_emulator.answers import Answer, json_answer, platform_error
from fal_emulator.calls import Call, Route
from fal_emulator.faults import Plan

TOKEN_LIFE_S = 3600.0
UNSAFE = re.compile(r"[^\w.\- ]")


@dataclass
class Kept:
    """One file on the CDN."""

    account: Account
    name: str
    content_type: str
    path: Path | None = None
    data: bytes = b""
    expires_s: float | None = None
    """Unix time of the account's clock."""
    clip_of: str = ""
    """Request id of the job that made it; empty for an upload."""
    parts: dict[int, bytes] = field(default_factory=dict)

    def read(self) -> bytes:
        """Its bytes."""
        return self.path.read_bytes() if self.path else self.data

    @property
    def gone(self) -> bool:
        """Whether its time is over."""
        return self.expires_s is not None and self.account.clock.now_s() >= self.expires_s


class Storage:
    """Answers what rest.fal.ai and v3.fal.media answer."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._files: dict[str, Kept] = {}
        """Path on the CDN → file."""
        self._tokens: dict[str, tuple[Account, float]] = {}
        self._outputs: dict[str, str] = {}

    def route(self, call: Call) -> Route | Answer:
        """Who answers `call`; at once, when it is nobody's."""
        if call.path in ("/storage/auth/token", "/storage/upload/initiate") and call.method == "POST":
            return self._keyed(call)
        if call.path.startswith("/files/upload") and call.method == "POST":
            return self._tokened(call, partial(self._upload, call), call.headers.get("x-fal-file-name", ""))
        if "/multipart/" in call.path and call.method in ("PUT", "POST"):
            return self._tokened(call, partial(self._part, call))
        kept = self._files.get(call.path)
        if kept is None:
            return platform_error(404, "not_found", "File not found")
        kind = "download" if call.method in ("GET", "HEAD") else "upload"
        handle = partial(self._serve if kind == "download" else self._put, call, kept)
        job = kept.account.line.jobs.get(kept.clip_of)
        return Route(
            "download" if kind == "download" else "upload",
            kept.account,
            handle,
            model=job.endpoint if job else "",
            file=job.file if job else kept.name,
            request_id=kept.clip_of,
        )

    def fetch(self, address: str) -> bytes | None:
        """The file at `address`, as a model reads it; None when it is not ours, or gone."""
        kept = self._files.get(unquote(urlsplit(address).path))
        return kept.read() if kept and not kept.gone and (kept.path or kept.data) else None

    def keep_output(self, account: Account, request_id: str, path: Path, *, expires_s: float | None) -> str:
        """Path on the CDN of the clip at `path`; the same each time for one request."""
        if request_id not in self._outputs:
            kept = Kept(account, "output.mp4", "video/mp4", path, expires_s=expires_s, clip_of=request_id)
            self._outputs[request_id] = self._keep(kept)
        return quote(self._outputs[request_id])

    def _keep(self, kept: Kept) -> str:
        shelf = hashlib.sha256(kept.account.name.encode()).hexdigest()[:8]
        path = f"/files/b/{shelf}/{secrets.token_urlsafe(12)}_{kept.name}"
        self._files[path] = kept
        return path

    def _keyed(self, call: Call) -> Route | Answer:
        owner = self._accounts.by_header(call.headers.get("authorization", ""))
        if owner is None:
            return platform_error(401, "authentication_error", "No user found for Key ID and Secret")
        account, admin = owner
        if call.path == "/storage/auth/token":
            return Route("token", account, partial(self._token, call, account), admin=admin)
        return Route("upload", account, partial(self._initiate, call, account), admin=admin)

    def _tokened(self, call: Call, handle: Any, name: str = "") -> Route | Answer:
        token = call.headers.get("authorization", "").removeprefix("Bearer ")
        account, until_s = self._tokens.get(token, (None, 0.0))
        if account is None or time.time() >= until_s:
            return platform_error(401, "authentication_error", "Invalid or expired token")
        return Route("upload", account, partial(handle, account), file=unquote(name))

    async def _token(self, call: Call, account: Account, plan: Plan) -> Answer:
        token, until_s = secrets.token_urlsafe(24), time.time() + TOKEN_LIFE_S
        self._tokens[token] = (account, until_s)
        told = {"token": token, "token_type": "Bearer", "base_url": call.base_url, "expires_at": utc(until_s)}
        return json_answer(told)

    async def _upload(self, call: Call, account: Account, plan: Plan) -> Answer:
        path = self._take_in(call, account, unquote(call.headers.get("x-fal-file-name", "")), call.body)
        told = {"access_url": call.base_url + quote(path)}
        if call.path.endswith("/multipart"):
            told["uploadId"] = secrets.token_urlsafe(8)
        return json_answer(told)

    def _take_in(self, call: Call, account: Account, name: str, data: bytes, kind: str | None = None) -> str:
        name = UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]) or "upload.bin"
        life = json.loads(call.headers.get("x-fal-object-lifecycle", "{}")).get("expiration_duration_seconds")
        life_s = life or account.conditions.media_life_s
        expires_s = account.clock.now_s() + life_s / account.conditions.speed if life_s else None
        content_type = kind or call.headers.get("content-type", "application/octet-stream")
        path = self._keep(Kept(account, name, content_type, data=data, expires_s=expires_s))
        if data:
            self._note(account, path, name, data)
        return path

    def _note(self, account: Account, path: str, name: str, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        at = utc(account.clock.now_s())
        account.uploads.append({"path": path, "name": name, "bytes": len(data), "sha256": sha256, "at": at})

    async def _initiate(self, call: Call, account: Account, plan: Plan) -> Answer:
        asked = call.json() or {}
        name, kind = str(asked.get("file_name") or ""), str(asked.get("content_type") or "") or None
        url = call.base_url + quote(self._take_in(call, account, name, b"", kind))
        return json_answer({"upload_url": url, "file_url": url})

    async def _put(self, call: Call, kept: Kept, plan: Plan) -> Answer:
        if call.method != "PUT" or kept.clip_of:
            return platform_error(405, "bad_request", "Method Not Allowed")
        kept.data = call.body
        self._note(kept.account, call.path, kept.name, kept.data)
        return Answer(200)

    async def _part(self, call: Call, account: Account, plan: Plan) -> Answer:
        path, _, rest = call.path.partition("/multipart/")
        kept, step = self._files.get(path), rest.rpartition("/")[2]
        if kept is None or kept.account is not account:
            return platform_error(404, "not_found", "File not found")
        if step != "complete":
            kept.parts[int(step)] = call.body
            return Answer(200, headers={"ETag": f'"{hashlib.md5(call.body).hexdigest()}"'})
        kept.data = b"".join(kept.parts[number] for number in sorted(kept.parts))
        kept.parts.clear()
        self._note(account, path, kept.name, kept.data)
        return json_answer({})

    async def _serve(self, call: Call, kept: Kept, plan: Plan) -> Answer:
        if kept.gone or not (kept.path or kept.data):
            return platform_error(404, "not_found", "File not found")
        data = kept.read()
        etag = f'"{hashlib.md5(data).hexdigest()}"'
        headers = {"Content-Type": kept.content_type, "ETag": etag, "Accept-Ranges": "bytes"}
        asked = call.headers.get("range")
        whole = asked is None or call.headers.get("if-range", etag) != etag
        span = (0, len(data)) if whole else _span(asked or "", len(data))
        if span is None:
            return Answer(416, headers={"Content-Range": f"bytes */{len(data)}"})
        start, stop = span
        told = {"path": call.path, "request_id": kept.clip_of, "method": call.method, "range": asked}
        kept.account.downloads.append({**told, "bytes": stop - start, "at": utc(kept.account.clock.now_s())})
        if whole:
            return Answer(200, data, headers)
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{len(data)}"
        return Answer(206, data[start:stop], headers)


def _span(asked: str, length: int) -> tuple[int, int] | None:
    """(first byte, one past the last) of one Range; None when it cannot be met."""
    match = re.fullmatch(r"bytes=(\d*)-(\d*)", asked.strip())
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return (max(length - int(last), 0), length) if int(last) else None
    start, stop = int(first), min(int(last) + 1 if last else length, length)
    return (start, stop) if start < stop else None
