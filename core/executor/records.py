"""What a take leaves elsewhere: a line in the ledger, and the clip that its shot records."""

from decimal import Decimal
from functools import lru_cache

from core.ledger import Entry, Line, utc_now
from core.links import clip_url
from core.project import Project, Video
from core.store import now_text
from core.take import Clip, Take


def line_for(take: Take, entry: Entry, usd: Decimal, source: str, *, clip: bool | None = None) -> Line:
    """A line of the ledger about `take`; `clip` says whether it gave one, once it ended."""
    return Line(
        at=utc_now(),
        entry=entry,
        take_id=take.take_id,
        project_id=take.project_id,
        shot_id=take.shot_id,
        model=take.model,
        usd=usd,
        source=source,
        price_as_of=take.quote.price_as_of,
        person=take.person,
        request_id=take.request.request_id if take.request else "",
        batch_id=take.batch_id,
        sound=take.quote.sound,
        paid_s=take.quote.paid_s,
        used_s=take.quote.used_s,
        move=_first_move(take.motion_prompt),
        energy=take.energy,
        clip=clip,
    )


@lru_cache(maxsize=1024)
def _first_move(motion_prompt: str) -> str:
    from core.providers.animatic.moves import read_moves  # only where money is written down

    return read_moves(motion_prompt)[0].move.value


def video_of(take: Take, clip: Clip) -> Video:
    """What a shot records of its chosen take."""
    return Video(
        video_url=clip_url(take.project_id, take.take_id),
        local_path=clip.local_path,
        duration=clip.duration_s,
        model=take.model,
        has_audio=clip.has_audio,
        generated_at=now_text(),
        motion_prompt=take.motion_prompt,
        take_id=take.take_id,
    )


def with_clip(project: Project, take: Take, clip: Clip) -> Project:
    """`project` with the take's clip as its shot's; as it is when the shot is gone."""
    video = video_of(take, clip)
    shots = tuple(
        shot.model_copy(update={"render": shot.render.model_copy(update={"video": video})})
        if shot.shot_id == take.shot_id
        else shot
        for shot in project.shots
    )
    return project.model_copy(update={"shots": shots})
