"""Uploads of stills through fal-client, and the memory of them: a still is uploaded once for many takes."""

import contextlib
import hashlib
import json
import logging
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, NoReturn

import fal_client
import httpx
from fal_client.client import USER_AGENT
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from core.errors import ProviderPaused, disk_errors
from core.providers.base import Job, Signals
from core.providers.fal.still import Upload, fit_still
from core.providers.fal.wire import LOOK_EVERY_S, Wire, tls
from core.settings import Settings
from core.store.files import locked, time_name, try_lock, write_atomically

log = logging.getLogger(__name__)

KEPT_FOR = timedelta(days=6)
"""How long an address is used again. fal keeps media for at least 7 days: …/docs/model-apis/faq."""
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Pauses between tries of one upload. It costs nothing, so it may be tried again."""
UPLOAD_WITHIN_S = 30.0
"""How long fal may be silent while it takes a still."""

_uploading = threading.Lock()
"""Held for each upload of this process: the hosts that fal-client uploads to are globals of its module."""


class Kept(BaseModel):
    """An upload that fal still has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    uploaded_at: AwareDatetime
    expires_at: AwareDatetime


class Uploads(BaseModel):
    """The content of `fal_uploads.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    uploads: dict[str, Kept] = Field(default_factory=dict)
    """Account and content, hashed → where it lies."""


class Storage:
    """The stills of one account on fal's CDN, remembered in the data folder. Safe between threads."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._account = account_of(wire.settings)

    def address_of(self, job: Job, signals: Signals) -> str:
        """Where fal's models find the still of `job`; it is uploaded when it is not there yet.

        Raises ProviderError when the model does not take such a still, ProviderPaused when fal does not.
        """
        upload = fit_still(job.still, job.model.image, job.model.name)
        digest = hashlib.sha256(upload.data).hexdigest()
        path, key = _memory_of(job), f"{self._account}:{digest}"
        known = _still_kept(path, key)
        if known is not None:
            return known
        with _one_at_a_time(path, signals):
            known = _still_kept(path, key)
            if known is None:
                signals.progress(None, f"uploading the still of {job.take.shot_id}")
                known = self._upload(upload, _name_of(job, digest, upload.ending), signals)
                _remember(path, key, known)
        return known

    def forget(self, job: Job) -> None:
        """The still of `job` is no longer where it was: the next take uploads it again."""
        url, path = job.take.payload.get(job.model.image.field), _memory_of(job)
        with locked(path.with_suffix(".lock"), busy="A still is being uploaded."):
            kept = {key: one for key, one in _read(path).uploads.items() if one.url != url}
            _write(path, kept)

    def _upload(self, upload: Upload, name: str, signals: Signals) -> str:
        for pause_s in (*PAUSES_S, None):
            signals.check()
            try:
                return _checked(_upload_once(self._wire.settings, upload, name))
            except (httpx.HTTPError, fal_client.FalClientError, KeyError, ValueError, TypeError) as error:
                if pause_s is None:
                    _give_up(error)
                _refuse_forbidden(error)
                log.info("still.again", extra={"action": "still.again", "reason": type(error).__name__})
                self._wire.wait(pause_s, signals)
        raise AssertionError  # the last pause is None


def account_of(settings: Settings) -> str:
    """A name for the account: a hash of the key's first half, which does not lead back to the key."""
    key = settings.fal_key.get_secret_value() if settings.fal_key else ""
    return hashlib.sha256(f"stillmotion:{key.partition(':')[0]}".encode()).hexdigest()[:16]


def _upload_once(settings: Settings, upload: Upload, name: str) -> str:
    """One try. The hosts of fal-client 1.0.x are private globals, so its version is pinned."""
    from fal_client import client as module

    module.REST_URL, module.CDN_URL = settings.fal_rest_url, settings.fal_cdn_url
    module.QUEUE_URL_FORMAT = module.RUN_URL_FORMAT = f"{settings.fal_queue_url}/"
    module.MAX_ATTEMPTS = 1  # the pauses between our own tries end when the app does
    client = _client(settings)
    try:
        return client.upload(upload.data, upload.content_type, file_name=name)
    finally:
        client.close_connections()


@dataclass(frozen=True)
class _Client(fal_client.SyncClient):
    """fal-client reads all certificates for each upload, and never closes its connections; this one does."""

    opened: list[httpx.Client] = field(default_factory=list, repr=False)

    @cached_property
    def _client(self) -> httpx.Client:
        """What the storage that fal-client falls back to is asked with."""
        return self._open(self._auth.header_value)

    def _get_cdn_client(self) -> httpx.Client:
        token = self._token_manager.get_token()
        return self._open(f"{token.token_type} {token.token}")

    def _open(self, authorization: str) -> httpx.Client:
        client = httpx.Client(
            headers={"Authorization": authorization, "User-Agent": USER_AGENT},
            timeout=self.default_timeout,
            verify=tls(),
        )
        self.opened.append(client)
        return client

    def close_connections(self) -> None:
        """Close what an upload left open; the token is kept."""
        self.__dict__.pop("_client", None)
        while self.opened:
            self.opened.pop().close()


@lru_cache(maxsize=4)
def _client(settings: Settings) -> _Client:
    """One client for an account, so that its upload token is asked for once."""
    key = settings.fal_key.get_secret_value() if settings.fal_key else ""
    return _Client(key=key, default_timeout=UPLOAD_WITHIN_S)


def _checked(url: object) -> str:
    if not isinstance(url, str) or not url.startswith(("https://", "http://")) or len(url) > 2000:
        raise ValueError("the upload has no address")
    return url


def _status_of(error: Exception) -> int:
    response = getattr(error, "response", None)
    return response.status_code if isinstance(response, httpx.Response) else 0


def _refuse_forbidden(error: Exception) -> None:
    """Raise ProviderPaused when fal says that the key or the account is at fault."""
    if _status_of(error) == 401:
        raise bad_key() from error
    if _status_of(error) in (402, 403):
        raise ProviderPaused(
            "fal does not let this account upload: it may be locked or its balance used up.",
            remedy="Look at fal.ai/dashboard/billing, then continue the queue. Nothing was sent.",
            retry_after_s=None,
        ) from error


def bad_key() -> ProviderPaused:
    """The key is wrong."""
    return ProviderPaused(
        "fal does not accept the key.",
        remedy="Set FAL_KEY to a key from fal.ai/dashboard/keys, then continue the queue. Nothing was sent.",
        retry_after_s=None,
    )


def _give_up(error: Exception) -> NoReturn:
    raise ProviderPaused(
        "The still could not be uploaded: fal's storage does not answer as it should.",
        remedy="Nothing was sent, nothing is charged. It is tried again by itself.",
        retry_after_s=60.0,
    ) from error


def _memory_of(job: Job) -> Path:
    return job.folder.parent.parent / "fal_uploads.json"


def _name_of(job: Job, digest: str, ending: str) -> str:
    """Name of the file at fal, by which a person finds it again: project, shot, content."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", f"{job.take.project_id}_{job.take.shot_id}_{digest[:16]}{ending}")


@contextlib.contextmanager
def _one_at_a_time(path: Path, signals: Signals) -> Iterator[None]:
    """Hold the right to upload, in this process and among all on the data folder. Raises Halted."""
    while not _uploading.acquire(timeout=LOOK_EVERY_S):
        signals.check()
    try:
        while (lock := try_lock(path.with_suffix(".uploading"))) is None:
            signals.check()
            time.sleep(LOOK_EVERY_S)
        try:
            yield
        finally:
            lock.release()
    finally:
        _uploading.release()


def _still_kept(path: Path, key: str) -> str | None:
    kept = _read(path).uploads.get(key)
    return kept.url if kept and kept.expires_at > datetime.now(UTC) else None


def _remember(path: Path, key: str, url: str) -> None:
    now = datetime.now(UTC)
    fresh = Kept(url=url, uploaded_at=now, expires_at=now + KEPT_FOR)
    with locked(path.with_suffix(".lock"), busy="A still is being uploaded."):
        kept = {known: one for known, one in _read(path).uploads.items() if one.expires_at > now}
        _write(path, {**kept, key: fresh})


def _read(path: Path) -> Uploads:
    """What is remembered. A damaged file is kept aside: all that is lost is an upload, which is free."""
    with disk_errors(path):
        try:
            found: Any = json.loads(path.read_bytes())
            return Uploads.model_validate(found)
        except FileNotFoundError:
            return Uploads()
        except (ValueError, ValidationError):
            aside = path.with_name(f"{path.stem}.damaged-{time_name()}.json")
            with contextlib.suppress(FileNotFoundError):
                path.replace(aside)
            log.warning("uploads.damaged", extra={"action": "uploads.damaged", "kept_as": aside.name})
            return Uploads()


def _write(path: Path, uploads: dict[str, Kept]) -> None:
    write_atomically(path, Uploads(uploads=uploads).model_dump_json(indent=1).encode())
