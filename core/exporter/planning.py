"""From the storyboard to a plan: which frames of which source stand where in the cut."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from core.editing import TransitionKind
from core.errors import InputRefused
from core.exporter.parts import way_in_span
from core.exporter.plan import Delivery, Export, ExportId, Mode, Piece, Quality
from core.fields import parse_fps, parse_size
from core.project import SIZES, Project, Shot
from core.take import Take, TakeId
from core.timeline import Place, frame_at, require_shots


def delivery(**asked: Any) -> Delivery:
    """What a person asks of an export; None stands for what is usual. Raises InputRefused for a slip."""
    try:
        return Delivery.model_validate({name: value for name, value in asked.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        offered = {"mode": Mode, "quality": Quality, "stand_in": (Mode.ANIMATIC, Mode.STILLS)}.get(name)
        remedy = (
            f"Choose one of: {', '.join(offered)}."
            if offered
            else f"It has {', '.join(Delivery.model_fields)}."
        )
        raise InputRefused(f"There is no {name} {str(first['input'])[:40]!r}.", remedy=remedy) from error


def plan_export(project: Project, takes: Mapping[TakeId, Take], delivery: Delivery) -> Export:
    """What an export ordered now would be made of. Raises InputRefused when there is nothing to show."""
    cut = _as_asked(project, delivery)
    seen = require_shots(cut)
    chosen = _between(seen, delivery)
    from_s = 0.0 if chosen[0] is seen[0] else chosen[0].shot.start
    pieces = with_transitions(cut, chosen, [_piece(cut, place, delivery, takes) for place in chosen])
    frames = sum(piece.frames for piece in pieces)
    now = datetime.now(UTC)
    return Export(
        export_id=ExportId(f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"),
        project_id=cut.id,
        title=cut.title,
        mode=delivery.mode,
        delivery=delivery,
        size=cut.size,
        fps=cut.fps,
        aspect=cut.aspect,
        framing=cut.framing,
        pieces=pieces,
        part_of_cut=len(chosen) < len(seen),
        from_frame=chosen[0].first_frame,
        track=cut.track.local_path if cut.track else None,
        track_name=cut.track.source_name if cut.track else "",
        track_sha256=cut.track.sha256 if cut.track else "",
        track_from_s=from_s,
        track_end=cut.track_end,
        clip_sound=cut.clip_sound,
        loudness_lufs=cut.loudness_lufs,
        ordered_at=now,
        frames=frames,
        duration_s=round(float(frames / cut.frame_rate), 4),
    )


def _as_asked(project: Project, delivery: Delivery) -> Project:
    """The project at the size and rate of the delivery. Raises InputRefused for what is not on offer."""
    size = parse_size(delivery.size or project.size, "the export")
    fps = parse_fps(delivery.fps or project.fps, "the export")
    if size not in SIZES[project.aspect]:
        raise InputRefused(
            f"{size} is not a size for a {project.aspect} picture.",
            remedy=f"Choose one of: {', '.join(SIZES[project.aspect])}.",
        )
    return project.model_copy(update={"size": size, "fps": fps})


def _between(seen: Sequence[Place], delivery: Delivery) -> Sequence[Place]:
    """The places from the first to the last shot asked for. Raises InputRefused when that leaves none."""
    ids = [place.shot.shot_id for place in seen]
    for asked in (delivery.first_shot, delivery.last_shot):
        if asked is not None and asked not in ids:
            raise InputRefused(
                f"{asked[:60]} is not seen in the cut.", remedy=f"Choose from {ids[0]} to {ids[-1]}."
            )
    first = ids.index(delivery.first_shot) if delivery.first_shot else 0
    last = ids.index(delivery.last_shot) if delivery.last_shot else len(ids) - 1
    if last < first:
        raise InputRefused(
            f"{delivery.last_shot} comes before {delivery.first_shot}.", remedy="Name the earlier shot first."
        )
    return seen[first : last + 1]


def _piece(project: Project, place: Place, delivery: Delivery, takes: Mapping[TakeId, Take]) -> Piece:
    video = place.shot.render.video
    take = takes.get(TakeId(video.take_id)) if video and delivery.mode is Mode.ANIMATED else None
    clip = take.clip if take is not None else None
    if take is not None and clip is not None:
        return Piece(
            shot_id=place.shot.shot_id,
            source=clip.local_path,
            source_sha256=clip.sha256,
            take_id=take.take_id,
            move=None,
            source_s=clip.duration_s,
            has_sound=clip.has_audio,
            fit=place.shot.fit,
            lead_frames=place.lead_frames,
            own_frames=place.own_frames,
            frames=place.frames,
            title=place.shot.title,
        )
    shown = delivery.stand_in if delivery.mode is Mode.ANIMATED else delivery.mode
    return Piece(
        shot_id=place.shot.shot_id,
        source=place.shot.render.image_url,
        source_sha256=place.shot.render.sha256,
        move=_move_of(project, place.shot, place.own_frames, still=shown is Mode.STILLS),
        source_s=0.0,
        lead_frames=place.lead_frames,
        own_frames=place.own_frames,
        frames=place.frames,
        title=place.shot.title,
        fallback=delivery.mode is Mode.ANIMATED,
    )


def with_transitions(project: Project, places: Sequence[Place], pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """`pieces` with the ways into them, each shortened to the room that the shots on both sides leave.

    A dissolve takes room from the shot it leads into; a dip takes half from each. The first has none.
    """
    done = [*pieces[:1]]
    for place, piece in zip(places[1:], pieces[1:], strict=True):
        wanted = project.transition_into(place.shot)
        frames = frame_at(wanted.seconds, project.frame_rate)
        before = done[-1]
        if wanted.kind is TransitionKind.DISSOLVE:
            frames = min(frames, piece.frames)
        elif wanted.kind is TransitionKind.DIP:
            frames = min(frames, 2 * (before.frames - way_in_span(before)[1]), 2 * piece.frames - 1)
        if wanted.kind is not TransitionKind.CUT and frames > 0:
            piece = piece.model_copy(update={"way_in": wanted.kind, "way_in_frames": frames})
        done.append(piece)
    return tuple(done)


def _move_of(project: Project, shot: Shot, frames: int, *, still: bool) -> dict[str, Any]:
    """The camera move over a shot's still, in the words of the animatic provider."""
    width, height = project.frame_size
    return {
        "motion_prompt": "static camera" if still else shot.words,
        "energy": 0.0 if still else shot.energy,
        "width": width,
        "height": height,
        "fps": project.fps,
        "frames": frames,
        "seed": int(shot.render.sha256[:8] or "0", 16),
    }
