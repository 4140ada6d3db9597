"""The embedded provider: the app's own camera moves over a still. Needs no key, costs nothing."""

from collections.abc import Container
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np

from core.media import upright_size
from core.project import FRAME_RATES, width_and_height
from core.providers.animatic.moves import read_moves
from core.providers.animatic.path import camera_path
from core.providers.animatic.render import render_clip
from core.providers.base import Answer, CancelOutcome, Job, Signals
from core.take import Request


class Animatic:
    """Renders a take in the slot's own thread; being free, it starts anew after an interruption."""

    paid = False

    def prepare(self, job: Job, _signals: Signals) -> dict[str, Any]:
        """The words, the energy and the shape of the clip: all that decides its pixels."""
        width, height = width_and_height(job.take.size)
        return {
            "motion_prompt": job.take.motion_prompt,
            "energy": job.take.energy,
            "width": width,
            "height": height,
            "fps": job.take.fps,
            "frames": job.take.frames,
            "seed": crc32(job.take.still_sha256.encode()),
        }

    def submit(self, job: Job, _signals: Signals) -> Request:
        """Nothing to send: the work is done while it is followed."""
        return Request(request_id=f"animatic-{job.take.take_id}")

    def follow(self, job: Job, signals: Signals) -> Answer:
        """Render the clip beside its final place; `collect` moves it there."""
        draft = _draft(job)
        draft.parent.mkdir(parents=True, exist_ok=True)
        signals.started()
        render_move(
            job.still,
            draft,
            job.take.payload,
            signals=signals,
            stage=f"Moving the camera over {job.take.shot_id}",
        )
        return Answer(result={"draft": draft.name})

    def collect(self, job: Job, clip: Path, signals: Signals) -> None:
        """Put the rendered clip in place; render it again when an interruption left none."""
        draft = _draft(job)
        if not draft.exists():
            self.follow(job, signals)
        draft.replace(clip)

    def cancel(self, job: Job) -> CancelOutcome:
        """Forget what was rendered."""
        _draft(job).unlink(missing_ok=True)
        return CancelOutcome.REMOVED

    def request_called(self, _job: Job, request_id: str) -> Request:
        """Never asked, either."""
        return Request(request_id=request_id)

    def find(self, _job: Job, *, known: Container[str]) -> Request | None:  # noqa: ARG002
        """Never asked: a free take that was interrupted is simply begun again."""
        return None


def render_move(
    still: Path,
    clip: Path,
    payload: dict[str, Any],
    *,
    signals: Signals,
    stage: str,
    lead_frames: int = 0,
    first: int = 0,
    frames: int | None = None,
    threads: int = 0,
    draft: bool = False,
    within: tuple[int, int] | None = None,
) -> None:
    """Render the camera move that `payload` describes over `still` into the file `clip`, or leave none.

    The first picture stands for `lead_frames` before the move, the last one for as long as needed after it.
    Of all that, `frames` are rendered from frame `first` on, counted from 0; None: all up to the move's end.
    `threads`, `draft` and `within` are those of `core.media.encode.encoder`.
    Raises Halted through `signals`, MediaFailed or StorageFailed.
    """
    rate = FRAME_RATES[payload["fps"]]
    frame_size = (payload["width"], payload["height"])
    boxes = camera_path(
        read_moves(payload["motion_prompt"]),
        energy=payload["energy"],
        still_size=upright_size(still),
        frame_size=frame_size,
        frames=payload["frames"],
        fps=rate,
        seed=payload["seed"],
    )
    end = lead_frames + len(boxes) if frames is None else first + frames
    held = np.pad(boxes, ((lead_frames, max(0, end - lead_frames - len(boxes))), (0, 0)), mode="edge")
    render_clip(
        still,
        clip,
        held[first:end],
        frame_size=frame_size,
        fps=rate,
        on_progress=lambda fraction: signals.progress(fraction, stage),
        check=signals.check,
        threads=threads,
        draft=draft,
        within=within,
    )


def _draft(job: Job) -> Path:
    return job.folder / "clips" / f".{job.take.take_id}.draft.mp4"
