"""The provider that animates stills on fal.ai: upload once, order once, follow, bring the clip home."""

from collections.abc import Container
from pathlib import Path
from typing import Any

from core.providers.base import Answer, CancelOutcome, Job, Signals
from core.providers.fal import download, follow, history, queue
from core.providers.fal.hosts import request_for
from core.providers.fal.payload import payload_for
from core.providers.fal.storage import Storage
from core.providers.fal.wire import Wire
from core.settings import Settings
from core.take import Request

ANSWER_WITHIN_S = 60.0
"""How long fal may be silent before an answer counts as lost."""
LARGEST_CLIP_BYTES = 2_000_000_000
"""No clip is longer; a minute of 4k at the highest bitrate on offer is a tenth of it."""


class FalProvider:
    """Works for the account of `settings`. Holds nothing open; safe between threads."""

    paid = True

    def __init__(
        self,
        settings: Settings,
        *,
        answer_within_s: float = ANSWER_WITHIN_S,
        largest_clip_bytes: int = LARGEST_CLIP_BYTES,
    ) -> None:
        self._wire = Wire(settings, answer_within_s=answer_within_s)
        self._largest_clip_bytes = largest_clip_bytes

    def prepare(self, job: Job, signals: Signals) -> dict[str, Any]:
        """The body of the request. The still is checked against the model's limits, then uploaded once."""
        return payload_for(job.model, job.take, Storage(self._wire).address_of(job, signals))

    def submit(self, job: Job, signals: Signals) -> Request:
        """Send the body with one POST; see `queue.submit`."""
        return queue.submit(self._wire, job, signals)

    def follow(self, job: Job, signals: Signals) -> Answer:
        """Wait for the result by the stream or by polling; see `follow.follow`."""
        return follow.follow(self._wire, job, signals)

    def collect(self, job: Job, clip: Path, signals: Signals) -> None:
        """Bring the clip to `clip`; see `download.collect`."""
        download.collect(self._wire, job, clip, signals, largest_bytes=self._largest_clip_bytes)

    def cancel(self, job: Job) -> CancelOutcome:
        """Ask fal to end it, and say how far it had got."""
        return queue.cancel(self._wire, job)

    def request_called(self, job: Job, request_id: str) -> Request:
        """The request with this id, with the addresses that fal documents."""
        return request_for(request_id, job.model, self._wire.settings)

    def find(self, job: Job, *, known: Container[str]) -> Request | None:
        """The request that an unresolved take became, from fal's history."""
        return history.find(self._wire, job, known=known)
