"""A client of the HTTP doors in the test's own process: a caller on this computer, by its own name."""

import warnings
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import StarletteDeprecationWarning
from starlette.middleware import Middleware
from waiting import wait_until

from core.http_api import Gate, routes
from core.studio import Studio
from core.take import ENDED

with warnings.catch_warnings():
    # Starlette would rather have httpx2, which the app does not need; httpx does the same for a test.
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette.testclient import TestClient

__all__ = ["HOST", "TestClient", "client_of", "clip_on_disk", "followed", "local"]

HOST = "127.0.0.1:8501"


def client_of(studio: Studio) -> TestClient:
    """The doors of `studio` behind the gate, without pages."""
    app = Starlette(routes=routes(studio), middleware=[Middleware(Gate)])
    return local(app)


def local(app: Any) -> TestClient:
    """A client of `app` that calls from this computer."""
    return TestClient(app, base_url=f"http://{HOST}", client=("127.0.0.1", 40000), follow_redirects=False)


def followed(client: TestClient, url: str) -> Any:
    """What is at `url` once its state is final."""
    final = {*(state.value for state in ENDED), "done", "failed", "cancelled"}
    wait_until(lambda: client.get(url).json()["state"] in final, what=f"{url} to end")
    return client.get(url).json()


def clip_on_disk(studio: Studio, project_id: str, take_id: str) -> Path:
    """Where a take's clip lies."""
    clip = studio.take(take_id, project_id).clip
    assert clip is not None
    return studio.folder(project_id) / clip.local_path
