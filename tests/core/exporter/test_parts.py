"""The cut as parts: every frame once, transitions exact, names that tell pictures apart."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputRefused
from core.exporter import Export, delivery, parts_of, plan_export
from core.exporter.parts import Effect
from core.fields import parse_transition
from core.project import FRAME_RATES, Project, ProjectId, Render, Shot, ShotId

STILL = Render(image_url="stills/a.png", sha256="0" * 64, width=96, height=54)

ways = st.sampled_from(["cut", "dissolve 0.2", "dissolve 3", "dip 0.2", "dip 5"])
shots = st.lists(st.tuples(st.integers(1, 200), ways), min_size=1, max_size=12)


def project(lengths: list[tuple[int, str]], fps: str = "25") -> Project:
    """Shots one after the other: (length in fortieths of a second, way in)."""
    at, made = 0, []
    for number, (length, way) in enumerate(lengths, start=1):
        made.append(
            Shot(
                shot_id=ShotId(f"shot_{number:03d}"),
                start=at / 40,
                end=(at + length) / 40,
                transition=parse_transition(way, "it"),
                render=STILL,
            )
        )
        at += length
    return Project(
        id=ProjectId("p"),
        title="P",
        fps=fps,
        shots=tuple(made),
        created_at="2026-01-01",
        updated_at="2026-01-01",
    )


def plan(cut: Project, **asked: object) -> Export:
    return plan_export(cut, {}, delivery(**asked))


@given(shots, st.sampled_from(sorted(FRAME_RATES)))
def test_the_parts_show_every_frame_of_the_cut_once(lengths: list[tuple[int, str]], fps: str) -> None:
    cut = project(lengths, fps)
    try:
        export = plan(cut)
    except InputRefused:  # one shot, shorter than half a frame
        return
    parts = parts_of(export)
    assert sum(part.frames for part in parts) == export.frames
    for piece in export.pieces:
        runs = [
            (window.first, window.first + window.frames)
            for part in parts
            for window in (part.windows[-1],)
            if window.piece == piece
        ]
        assert [first for first, _ in runs] == [0, *(end for _, end in runs[:-1])]
        assert runs[-1][1] == piece.frames
    for part in parts:
        assert part.frames > 0
        assert {window.frames for window in part.windows} == {part.frames}


def test_a_dissolve_begins_at_the_cut_and_leans_on_the_handle_of_the_shot_before() -> None:
    first, mixed, rest = parts_of(plan(project([(80, "cut"), (80, "dissolve 0.4")])))
    assert (first.frames, mixed.frames, rest.frames) == (50, 10, 40)
    assert mixed.effect is Effect.DISSOLVE
    outgoing, incoming = mixed.windows
    assert (outgoing.piece.shot_id, outgoing.first) == ("shot_001", 50)
    assert (incoming.piece.shot_id, incoming.first) == ("shot_002", 0)


def test_a_dip_takes_half_of_its_frames_from_each_side() -> None:
    parts = parts_of(plan(project([(80, "cut"), (80, "dip 0.4")])))
    assert [(part.effect, part.frames) for part in parts] == [
        (Effect.PLAIN, 45),
        (Effect.DIP_OUT, 5),
        (Effect.DIP_IN, 5),
        (Effect.PLAIN, 45),
    ]


def test_the_first_shot_has_no_way_in_and_the_project_s_holds_for_those_that_name_none() -> None:
    cut = project([(80, "cut"), (80, "cut"), (80, "cut")])
    own = tuple(shot.model_copy(update={"transition": None}) for shot in cut.shots)
    whole = cut.model_copy(update={"shots": own, "transition": parse_transition("dissolve 0.2", "all")})
    assert [piece.way_in_frames for piece in plan(whole).pieces] == [0, 5, 5]


def test_a_range_begins_in_the_music_where_its_first_shot_does() -> None:
    export = plan(project([(80, "cut"), (40, "cut"), (40, "cut")]), first_shot="shot_002")
    assert (export.frames, export.track_from_s, export.part_of_cut) == (50, 2.0, True)
    burnt = plan(project([(80, "cut"), (40, "cut")]), first_shot="shot_002", burn_in=True)
    assert [part.burn.first_frame for part in parts_of(burnt) if part.burn] == [50], (
        "timecode of the whole cut"
    )
    with pytest.raises(InputRefused, match="comes before"):
        plan(project([(80, "cut"), (40, "cut")]), first_shot="shot_002", last_shot="shot_001")
    with pytest.raises(InputRefused, match="not seen"):
        plan(project([(80, "cut")]), last_shot="shot_009")


def test_size_rate_and_quality_can_be_asked_for_and_slips_are_named() -> None:
    cut = project([(80, "cut")])
    export = plan(cut, size="1920x1080", fps="23.976", quality="draft")
    assert (export.size, export.frame_rate, export.frames) == ("1920x1080", Fraction(24000, 1001), 48)
    for wrong in ({"size": "720x1280"}, {"fps": "26"}, {"quality": "best"}, {"mode": "x"}, {"speed": 2}):
        with pytest.raises(InputRefused):
            plan(cut, **wrong)


def test_a_segment_is_kept_when_only_names_and_neighbours_change() -> None:
    cut = project([(80, "cut"), (80, "cut")])
    renamed = cut.model_copy(update={"title": "Q", "updated_at": datetime.now(UTC).isoformat()})
    longer = project([(80, "cut"), (90, "cut")])
    key = [part.key(plan(cut)) for part in parts_of(plan(cut))]
    assert key == [part.key(plan(renamed)) for part in parts_of(plan(renamed))]
    assert key[0] == parts_of(plan(longer))[0].key(plan(longer))
    assert key[1] != parts_of(plan(longer))[1].key(plan(longer))
    burnt = plan(cut, burn_in=True)
    assert not set(key) & {part.key(burnt) for part in parts_of(burnt)}
