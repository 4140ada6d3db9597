"""What a finished job gives: its clip on the CDN, and the result that names it."""

from fal_emulator.accounts import Account
from fal_emulator.billing import Clip
from fal_emulator.clips import Clips
from fal_emulator.jobs import Job
from fal_emulator.schemas import Body, published
from fal_emulator.storage import Storage


class Outputs:
    """Makes results. Its methods belong to one event loop."""

    def __init__(self, storage: Storage, clips: Clips) -> None:
        self._storage, self._clips = storage, clips

    def begin(self, account: Account, job: Job) -> bool:
        """Whether the clip of `job` lies there; it is begun when nobody has yet."""
        if job.still is None or job.clip is None:
            return True
        return self._clips.begin(job.still.data, job.clip, account.conditions.clips).done()

    async def result(self, base_url: str, account: Account, job: Job) -> Body:
        """What the model gives for `job`: File or VideoFile, and what its endpoint adds."""
        assert job.still is not None
        assert job.clip is not None
        path = await self._clips.begin(job.still.data, job.clip, account.conditions.clips)
        life_s = job.media_life_s or account.conditions.media_life_s
        until_s = (job.ended_s or 0) + life_s / account.conditions.speed if life_s else None
        address = self._storage.keep_output(account, job.request_id, path, expires_s=until_s)
        output = published()[job.endpoint].output
        told: Body = {
            "video": {
                "url": base_url + address,
                "content_type": "video/mp4",
                "file_name": "output.mp4",
                "file_size": path.stat().st_size,
                **(_facts(job.clip) if output.file == "VideoFile" else {}),
            }
        }
        if output.seed:
            told["seed"] = job.body.get("seed", int(job.request_id[:7], 16))
        if output.prompt:
            told[output.prompt] = job.body.get("prompt")
        return told


def _facts(clip: Clip) -> Body:
    return {
        "width": clip.width,
        "height": clip.height,
        "fps": clip.fps,
        "duration": clip.seconds,
        "num_frames": clip.frames,
    }
