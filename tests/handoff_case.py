"""Plans of cuts for tests of the hand-off, what is seen on each of their frames, and what was read back."""

import wave
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from hypothesis import strategies as st

from core.editing import Fit, TransitionKind
from core.exporter import Export, Piece, delivery, plan_export
from core.exporter.handoff.cut import Cut
from core.exporter.handoff.media import MediaFile
from core.fields import parse_transition
from core.project import FRAME_RATES, Project, ProjectId, Render, Shot, ShotId, Track
from core.timeline import fitted


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One shot of a made-up cut."""

    frames: int = 40
    gap: int = 0
    """Frames after it in which nothing else begins; below 0: the next begins that much earlier."""
    clip: int = 40
    """Frames of its clip; 0: it has none, so that a still stands in."""
    fit: Fit = Fit.AUTO
    way: str = "cut"
    """The way into it, its seconds given in frames: "dissolve 10"."""
    title: str = ""


def plan(
    shots: Sequence[Asked], *, fps: str = "25", lead: int = 0, music: bool = False, **asked: object
) -> Export:
    """An export of `shots`, which begin after `lead` frames. Clips are called shot_001.mp4 and so on."""
    rate = FRAME_RATES[fps]
    at, made = lead, []
    for number, shot in enumerate(shots, start=1):
        kind, _, count = shot.way.partition(" ")
        way = kind if kind == "cut" else f"{kind} {min(10.0, _seconds(int(count), rate))}"
        made.append(
            Shot(
                shot_id=ShotId(f"shot_{number:03d}"),
                start=_seconds(at, rate),
                end=_seconds(at + shot.frames, rate),
                transition=parse_transition(way, "it"),
                fit=shot.fit,
                title=shot.title,
                render=Render(image_url=f"stills/{number}.png", sha256=f"{number:064d}", width=96, height=54),
            )
        )
        at += max(1, shot.frames + shot.gap)
    project = Project(
        id=ProjectId("ascent"),
        title="Ascent",
        fps=fps,
        shots=tuple(made),
        track=Track(local_path="audio/bed.wav", source_name="bed.wav", sha256="0" * 64, duration=600)
        if music
        else None,
        created_at="2026-01-01",
        updated_at="2026-01-01",
    )
    export = plan_export(project, {}, delivery(**{"stand_in": "stills", **asked}))
    return export.model_copy(
        update={"pieces": tuple(_with_clip(piece, shots, rate) for piece in export.pieces)}
    )


def _with_clip(piece: Piece, shots: Sequence[Asked], rate: Fraction) -> Piece:
    shot = shots[int(piece.shot_id[5:]) - 1]
    if not shot.clip:
        return piece
    clip = {"take_id": f"t-{piece.shot_id}", "source": f"clips/{piece.shot_id}.mp4", "move": None}
    return piece.model_copy(
        update={**clip, "source_s": _seconds(shot.clip, rate), "fit": shot.fit, "fallback": False}
    )


def _seconds(frames: int, rate: Fraction) -> float:
    return round(float(frames / rate), 4)


def silence(path: Path, seconds: float) -> Path:
    """A piece of music in which nothing is heard."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(16_000 * seconds)))
    return path


def files_of(cut: Cut, folder: Path = Path("/nowhere")) -> dict[tuple[str, bool], MediaFile]:
    """A file for every event of `cut`, without one on the disk."""
    files = {}
    for event in cut.events:
        if event.media is not None and event.piece is not None:
            shot, rendered = event.media
            ending = "_as_cut.mp4" if rendered else Path(event.piece.source).suffix
            files[event.media] = MediaFile(name=f"{shot}{ending}", path=folder / event.piece.source)
    return files


_ways = st.one_of(
    st.just("cut"), st.builds("{} {}".format, st.sampled_from(["dissolve", "dip"]), st.integers(1, 40))
)
_asked = st.builds(
    Asked,
    frames=st.integers(1, 60),
    gap=st.sampled_from([0, 0, 0, 7, -7]),
    clip=st.sampled_from([0, 1, 8, 24, 40, 41, 50, 90]),
    fit=st.sampled_from(Fit),
    way=_ways,
)
exports = st.builds(
    plan,
    st.lists(_asked, min_size=1, max_size=8),
    fps=st.sampled_from(sorted(FRAME_RATES)),
    lead=st.sampled_from([0, 0, 5]),
    music=st.booleans(),
)
"""Cuts of every rate, fit and transition, with gaps, overlaps and clips too short."""

Picture = tuple[str, float | None]
"""What is seen: the shot with the ending of its file, and the frame of the file; None where any will do."""
_Frame = tuple[Picture | None, Picture | None]


@dataclass(frozen=True, kw_only=True)
class ReadEvent:
    """An event as a format says it, in frames at the cut's rate."""

    name: str | None
    """Name of its file; None for black."""
    record_in: int
    frames: int
    source_in: float = 0
    speed: float = 1
    """Frames of the source in a frame of the cut; 0 stands."""
    dissolve: int = 0
    available: int | None = None
    """Frames that the source is said to have; None: not said, or without end."""


def seen_in(events: Sequence[ReadEvent]) -> Iterator[_Frame]:
    """For every frame: what is seen, and what shows through it, growing less; None for black or nothing."""
    before: ReadEvent | None = None
    at = 0
    for event in events:
        assert event.record_in == at, f"{event} does not begin where the one before ends"
        for number in range(event.frames):
            mixed = None
            if number < event.dissolve:
                assert before is not None
                mixed = _picture(before, before.frames + number)
            yield _picture(event, number), mixed
        at += event.frames
        before = event


def _picture(event: ReadEvent, number: int) -> Picture | None:
    if event.name is None:
        return None
    if event.name.endswith(".png"):
        return event.name, None
    position = event.source_in + number * event.speed
    if event.available is not None:
        assert position <= event.available - 0.5, f"{event} has no frame {position}"
    return event.name, position


def shown_by(export: Export, rendered: Mapping[str, bool]) -> Iterator[_Frame]:
    """For every frame of the plan what `seen_in` should give. Knows nothing of events: only of the plan.

    `rendered` says which shots come as a file of their own.
    """
    for index, piece in enumerate(export.pieces):
        after = export.pieces[index + 1] if index + 1 < len(export.pieces) else None
        for offset in range(piece.frames):
            now = _of_piece(export, piece, offset, rendered)
            if piece.way_in is TransitionKind.DISSOLVE and offset < piece.way_in_frames:
                before = export.pieces[index - 1]
                yield now, _of_piece(export, before, before.frames + offset, rendered)
            elif (
                after
                and after.way_in is TransitionKind.DIP
                and offset >= piece.frames - after.way_in_frames // 2
            ):
                yield None, now
            elif (
                piece.way_in is TransitionKind.DIP and offset < piece.way_in_frames - piece.way_in_frames // 2
            ):
                yield now, None
            else:
                yield now, None


def _of_piece(export: Export, piece: Piece, offset: int, rendered: Mapping[str, bool]) -> Picture:
    if rendered[piece.shot_id]:
        return f"{piece.shot_id}_as_cut.mp4", offset
    if piece.take_id is None:
        return f"{piece.shot_id}.png", None
    name = f"{piece.shot_id}.mp4"
    rate = export.frame_rate
    source_s = Fraction(repr(piece.source_s))
    fit = fitted(piece.fit, source_s=source_s, own_frames=piece.own_frames, rate=rate)
    has = max(1, int(source_s * rate + Fraction(1, 2)))
    plays = max(1, int(source_s * rate * fit.stretch + Fraction(1, 2)))
    at = offset - piece.lead_frames
    if at < 0:
        return name, 0
    stands = piece.frames > piece.lead_frames + piece.own_frames and at >= piece.own_frames
    at = min(at, piece.own_frames - 1) if stands else at
    if piece.fit is Fit.LOOP:
        return name, float((at + rate * Fraction(2, 1000)) % (source_s * rate) // 1)
    if at >= plays:
        return name, has - 1
    return name, float(at / fit.stretch // 1 if stands else at / fit.stretch)


def assert_same(export: Export, cut: Cut, events: Sequence[ReadEvent], *, within: float = 0.51) -> None:
    """Fail unless `events` show what the plan shows, frame by frame; positions `within` so many frames."""
    rendered: dict[str, bool] = {
        piece.shot_id: (piece.shot_id, True) in [event.media for event in cut.events]
        for piece in export.pieces
    }
    told = sum("dip to black" in note for note in cut.notes)
    planned, read = list(shown_by(export, rendered)), list(seen_in(events))
    assert len(planned) == len(read) == export.frames
    other = [frame for frame in range(export.frames) if not _alike(planned[frame], read[frame], within)]
    # A dip without room for both halves is told, and only the frame that lacks room may differ.
    assert len(other) <= told, f"frame {other[0]}: {read[other[0]]} instead of {planned[other[0]]}"


def _alike(one: _Frame, other: _Frame, within: float) -> bool:
    return all(_same(first, second, within) for first, second in zip(one, other, strict=True))


def _same(one: Picture | None, other: Picture | None, within: float) -> bool:
    if one is None or other is None:
        return one is other
    if one[1] is None or other[1] is None:
        return one[0] == other[0]
    return one[0] == other[0] and abs(one[1] - other[1]) <= within
