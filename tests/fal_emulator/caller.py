"""Somebody who calls fal over plain HTTP, without retries: what the emulator's own tests speak with."""

import io
import time
from types import TracebackType
from typing import Any, Self

import httpx
from PIL import Image

from fal_emulator.schemas import published

KLING = "fal-ai/kling-video/v2.6/pro/image-to-video"
VEO = "fal-ai/veo3.1/image-to-video"
VEO_FAST = "fal-ai/veo3.1/fast/image-to-video"
WAN = "wan/v2.6/image-to-video"
LTX = "fal-ai/ltx-2-19b/image-to-video"

DEADLINE_S = 20.0
POLL_S = 0.01

Json = dict[str, Any]


def picture(size: tuple[int, int] = (640, 360)) -> bytes:
    """A still as a PNG."""
    file = io.BytesIO()
    Image.new("RGB", size, "teal").save(file, "PNG")
    return file.getvalue()


class Caller:
    """One key's caller. Close it, or use it in a `with`."""

    def __init__(self, url: str, key: str, *, timeout_s: float = 10.0) -> None:
        self._headers = {"Authorization": f"Key {key}"}
        self.http = httpx.Client(base_url=url, timeout=timeout_s, trust_env=False, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    def call(self, method: str, url: str, **options: Any) -> httpx.Response:
        """One call with the key. Raises httpx.TransportError when there is no answer."""
        headers = {**self._headers, **options.pop("headers", {})}
        return self.http.request(method, url, headers=headers, **options)

    def api(self, path: str, **query: Any) -> httpx.Response:
        """One GET of the platform API."""
        return self.call("GET", f"/v1/{path}", params=query)

    def upload(self, data: bytes, name: str = "still.png") -> httpx.Response:
        """The upload of `data` in fal's two steps."""
        token = self.call("POST", "/storage/auth/token?storage_type=fal-cdn-v3", json={})
        if token.is_error:
            return token
        headers = {"Authorization": f"Bearer {token.json()['token']}", "X-Fal-File-Name": name}
        headers["Content-Type"] = "image/png"
        return self.http.post("/files/upload", content=data, headers=headers)

    def submit(self, slug: str, still_url: str, **body: Any) -> httpx.Response:
        """The submit of a job for the still at `still_url`."""
        headers = body.pop("headers", {})
        field = published()[slug].still if slug in published() else "image_url"
        return self.call(
            "POST", f"/{slug}", json={"prompt": "slow push in", field: still_url, **body}, headers=headers
        )

    def finished(self, told: Json) -> Json:
        """The last status of the job that a submit `told` of, once it is completed."""
        end_s = time.monotonic() + DEADLINE_S
        while time.monotonic() < end_s:
            status: Json = self.call("GET", told["status_url"]).json()
            if status.get("status") == "COMPLETED":
                return status
            time.sleep(POLL_S)
        raise AssertionError(f"{told['request_id']} was not completed within {DEADLINE_S:g} s")

    def result(self, slug: str, still_url: str, **body: Any) -> httpx.Response:
        """Submit, wait, and the result."""
        told = self.submit(slug, still_url, **body).json()
        self.finished(told)
        return self.call("GET", told["response_url"])
