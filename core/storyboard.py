"""What people do to a storyboard: bring stills and music, plan cuts, remove. Files first, then the record."""

import io
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.beats import find_beats
from core.errors import InputRefused, StillmotionError, disk_errors
from core.fields import parse_seconds
from core.media import Still, probe_track, sha256_of, shown_name, take_in_still
from core.project import Project, Render, Shot, Track, next_shot_ids
from core.store import Store
from core.store.files import draft_beside, put_in_place, sync_file
from core.timeline import (
    SnapPlan,
    on_beats,
    on_grid,
    parse_bpm,
    parse_every,
    parse_max_shift,
    parse_offset,
    plan_snap,
)

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".avif", ".jfif")
"""Files of a folder that are tried as stills."""
TRACK_ENDINGS = (".mp3", ".wav", ".m4a", ".aac", ".flac", ".ogg", ".opus", ".aif", ".aiff", ".mp4")
"""Endings that a piece of music may have."""
LARGEST_TRACK_BYTES = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What became of the stills that were brought."""

    project: Project
    shots: tuple[Shot, ...]
    """One new shot for each still that could be used."""
    notes: tuple[str, ...]
    """What was done to stills on the way in."""
    refused: tuple[StillmotionError, ...]
    """Why the others could not be used."""


def add_stills(
    store: Store,
    project_id: str,
    sources: Sequence[tuple[str, Path | bytes]],
    *,
    seconds: float,
    max_megapixels: float,
) -> Brought:
    """Append a shot of `seconds` for each (name, picture); a bad picture is named and the rest go on."""
    seconds = parse_seconds(seconds, "the new shots")
    if seconds <= 0:
        raise InputRefused("A shot of 0 seconds is not seen.", remedy="Give the new shots some seconds.")
    folder = store.projects.folder(project_id)
    store.projects.read(project_id)
    stills: list[Still] = []
    refused: list[StillmotionError] = []
    for name, source in sources:
        try:
            stills.append(take_in_still(source, name, folder / "stills", max_megapixels=max_megapixels))
        except InputRefused as error:
            refused.append(error)
    added: list[Shot] = []

    def append(project: Project) -> Project:
        added[:] = _new_shots(project, folder, stills, seconds)
        return project.model_copy(update={"shots": (*project.shots, *added)}) if added else project

    project = store.projects.edit(project_id, append)
    notes = tuple(note for still in stills for note in still.notes)
    return Brought(project=project, shots=tuple(added), notes=notes, refused=tuple(refused))


def _new_shots(project: Project, folder: Path, stills: Sequence[Still], seconds: float) -> list[Shot]:
    begin = max((shot.end for shot in project.shots), default=0.0)
    return [
        Shot(
            shot_id=shot_id,
            start=parse_seconds(begin + number * seconds, shot_id),
            end=parse_seconds(begin + (number + 1) * seconds, shot_id),
            render=Render(
                image_url=still.path.relative_to(folder).as_posix(),
                sha256=still.sha256,
                width=still.width,
                height=still.height,
                source_name=still.source_name,
            ),
        )
        for number, (shot_id, still) in enumerate(
            zip(next_shot_ids(project, len(stills)), stills, strict=True)
        )
    ]


def pictures_in(folder: Path) -> list[tuple[str, Path]]:
    """(name, path) of every picture file directly in `folder`, by name. Raises InputRefused."""
    folder = folder.expanduser()
    if not folder.is_dir():
        raise InputRefused(
            f"There is no folder {folder}.", remedy="Give the full path of a folder with pictures."
        )
    with disk_errors(folder):
        found = [
            (entry.name, Path(entry.path))
            for entry in os.scandir(folder)
            if entry.is_file() and entry.name.lower().endswith(PICTURE_ENDINGS) and entry.name[0] != "."
        ]
    if not found:
        raise InputRefused(
            f"There are no pictures in {folder}.", remedy="Choose a folder with JPEG, PNG or WebP files."
        )
    return sorted(found, key=lambda named: _natural(named[0]))


def _natural(name: str) -> list[tuple[bool, int, str]]:
    """A key that puts shot2 before shot10."""
    parts: list[tuple[bool, int, str]] = []
    digits = ""
    for char in f"{name.lower()}\0":
        if char.isdecimal():
            digits += char
            continue
        if digits:
            parts.append((False, int(digits), ""))
            digits = ""
        parts.append((True, 0, char))
    return parts


def remove_shots(store: Store, project_id: str, shot_ids: Iterable[str]) -> Project:
    """Take shots out of the storyboard. Their stills, takes and clips stay on the disk."""
    gone = set(shot_ids)

    def remove(project: Project) -> Project:
        for shot_id in gone:
            project.shot(shot_id)
        return project.model_copy(
            update={"shots": tuple(shot for shot in project.shots if shot.shot_id not in gone)}
        )

    return store.projects.edit(project_id, remove)


def plan_cuts(
    folder: Path,
    project: Project,
    *,
    bpm: float | str | None,
    offset: float | str,
    every: float | str,
    max_shift: float | str,
) -> SnapPlan:
    """Where the cuts of `project` would go, onto a tempo, or onto the beats of its music when `bpm` is None.

    Raises InputRefused for numbers that make no grid, and what `find_beats` raises.
    """
    offset_s, step, most_s = parse_offset(offset), parse_every(every), parse_max_shift(max_shift)
    if bpm is not None:
        nearest = on_grid(parse_bpm(bpm), offset_s, step)
    else:
        heard = find_beats(folder, project).beats_s
        nearest = on_beats([round(beat_s + offset_s, 4) for beat_s in heard], step)
    return plan_snap(project, nearest, max_shift_s=most_s)


def set_track(store: Store, project_id: str, source: Path | bytes, name: str) -> Project:
    """Lay a piece of music under the cut. Raises InputRefused when it cannot be played."""
    folder = store.projects.folder(project_id)
    store.projects.read(project_id)
    shown = shown_name(name)
    size = (
        source.stat().st_size
        if isinstance(source, Path) and source.is_file()
        else len(source)
        if isinstance(source, bytes)
        else 0
    )
    if not size:
        raise InputRefused(
            f"{shown} is empty, or not a file.", remedy="Choose an MP3, WAV, M4A, FLAC or OGG file."
        )
    if size > LARGEST_TRACK_BYTES:
        raise InputRefused(f"{shown} is {size / 1e6:.0f} MB.", remedy="Bring a track of at most 1000 MB.")
    track = _stored_track(folder, source, shown)
    return store.projects.edit(project_id, lambda project: project.model_copy(update={"track": track}))


def _stored_track(folder: Path, source: Path | bytes, shown: str) -> Track:
    target = folder / "audio"
    ending = Path(shown).suffix.lower()
    arriving = draft_beside(target / "track").with_suffix(ending if ending in TRACK_ENDINGS else ".bin")
    with disk_errors(target):
        target.mkdir(parents=True, exist_ok=True)
        try:
            with arriving.open("xb") as file:
                _copy(source, file)
            sync_file(arriving)
            facts = probe_track(arriving, shown)
            digest = sha256_of(arriving)
            path = target / f"track-{digest[:12]}{arriving.suffix}"
            put_in_place(arriving, path)
        finally:
            arriving.unlink(missing_ok=True)
    return Track(local_path=f"audio/{path.name}", source_name=shown, sha256=digest, duration=facts.duration_s)


def _copy(source: Path | bytes, file: IO[bytes]) -> None:
    with source.open("rb") if isinstance(source, Path) else io.BytesIO(source) as reader:
        shutil.copyfileobj(reader, file)


def remove_track(store: Store, project_id: str) -> Project:
    """Take the music away from the cut; the file stays on the disk."""
    return store.projects.edit(project_id, lambda project: project.model_copy(update={"track": None}))
