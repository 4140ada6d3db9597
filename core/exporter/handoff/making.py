"""The making of a hand-off: a folder, or a zip of it, that is there whole or not at all."""

import os
import secrets
import shutil
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from core.errors import InputRefused, MediaFailed, StillmotionError, disk_errors
from core.exporter.handoff.asked import Format, Sources, Wish
from core.exporter.handoff.cut import Cut, cut_of
from core.exporter.handoff.edl import refuse_too_long
from core.exporter.handoff.formats import WORDS, WRITERS, Bundle, files_of
from core.exporter.handoff.media import FOLDER, MediaChoice, MediaFile, bring, free_name, media_of
from core.exporter.handoff.shots import shots_of
from core.media import picture_facts, probe_track
from core.project import strip_control
from core.providers.base import Signals
from core.store.files import put_in_place, sync_file


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """A hand-off that is done."""

    path: Path
    """The folder, or the zip."""
    files: tuple[str, ...]
    """What is in it, by path relative to it, with forward slashes; sorted."""
    missing: tuple[str, ...]
    """Shots whose file is gone."""
    notes: tuple[str, ...]
    """What a person should know about it, one sentence each."""
    events: int
    """Events of the picture."""


def hand_over(sources: Sources, out: Path, asked: Wish, signals: Signals) -> HandedOver:
    """Make the hand-off at `out`, which must not be there yet (an empty folder is taken).

    A source that is gone is named; the rest is handed over. Raises InputRefused for what a chosen format
    cannot say, MediaFailed, StorageFailed, and Halted through `signals`; then nothing is at `out`.
    """
    _refuse_existing(out)
    if Format.EDL in asked.formats:
        refuse_too_long(sources.export)  # before anything is rendered for it
    signals.progress(0.0, "gathering the files")
    cut, music, notes = _cut_and_music(sources, signals)
    media = media_of(cut, sources.folder, sources.takes, signals, share=0.6)
    bundle = Bundle(
        sources=sources,
        cut=cut,
        media=media,
        music=music,
        asked=asked,
        shots=[*shots_of(cut, sources.project, sources.takes, media, sources.models)],
        signals=signals,
    )
    missing = [file for file in media.values() if file.missing]
    notes += [f"{file.name} is not in it: {file.missing}" for file in missing]
    lost = tuple(dict.fromkeys(shot for (shot, _), file in media.items() if file.missing))
    draft = out.with_name(f".{secrets.token_hex(6)}.part")
    try:
        with disk_errors(out):
            draft.mkdir(parents=True)
        for number, each in enumerate(asked.formats):
            signals.check()
            signals.progress(0.6 + 0.2 * number / len(asked.formats), f"writing the {WORDS[each]}")
            notes += WRITERS[each](bundle, draft)
        _write_read_me(bundle, draft / "read-me.txt", notes)
        signals.progress(0.8, "bringing the files")
        files = _finish(bundle, draft, out, asked, signals)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return HandedOver(path=out, files=files, missing=lost, notes=tuple(notes), events=len(cut.events))


def _cut_and_music(sources: Sources, signals: Signals) -> tuple[Cut, MediaFile | None, list[str]]:
    export, track = sources.export, sources.export.track
    lengths_s = _lengths_s(sources, signals)
    if track is None:
        cut = cut_of(export, None, lengths_s)
        return cut, None, [*cut.notes]
    path = sources.folder / track
    try:
        length_s = probe_track(path, path.name).duration_s
    except StillmotionError as error:
        cut = cut_of(export, None, lengths_s)
        return cut, None, [*cut.notes, f"The music is not in it: {error}"]
    cut = cut_of(export, length_s, lengths_s)
    name = free_name("music", path.suffix.lower(), set())
    return cut, MediaFile(name=name, path=path, has_audio=True) if cut.music else None, [*cut.notes]


def _lengths_s(sources: Sources, signals: Signals) -> dict[str, Fraction]:
    """How long the pictures of each clip last, read from the files: what the cut itself goes by."""
    found: dict[str, Fraction] = {}
    for piece in sources.export.pieces:
        signals.check()
        if piece.take_id is not None:
            # A clip that cannot be read keeps the plan's length; that it is missing is told elsewhere.
            with suppress(MediaFailed):
                found[piece.shot_id] = picture_facts(sources.folder / piece.source, piece.shot_id).length_s
    return found


def _write_read_me(bundle: Bundle, path: Path, notes: Sequence[str]) -> None:
    export = bundle.cut.export
    lines = [
        strip_control(export.title),
        f"{export.frames} frames at {export.fps} frames per second, {export.size}.",
        f"The files are in {FOLDER}; *_as_cut.mp4 are shots made into a file as the cut shows them,",
        "and their stills and clips lie beside them.",
        f"When your editing program asks where the files are, show it the folder {FOLDER}.",
        *notes,
    ]
    with disk_errors(path):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _finish(bundle: Bundle, draft: Path, out: Path, asked: Wish, signals: Signals) -> tuple[str, ...]:
    """Put what is in `draft`, with the files, in place at `out`; what is then in it."""
    brought = (
        [] if asked.media is MediaChoice.NONE else [file for file in files_of(bundle) if not file.missing]
    )
    if asked.zipped:
        return _zip(draft, brought, out, signals)
    for number, file in enumerate(brought):
        signals.check()
        signals.progress(0.8 + 0.2 * number / len(brought), f"bringing {file.name}")
        bring(file, draft / FOLDER, asked.media)
    files = tuple(sorted(path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file()))
    with disk_errors(out):
        if out.is_dir():
            out.rmdir()  # it is empty; when that has changed since, this refuses
        draft.rename(out)
    return files


def _zip(draft: Path, brought: Sequence[MediaFile], out: Path, signals: Signals) -> tuple[str, ...]:
    part = out.with_name(f".{os.getpid()}-{secrets.token_hex(4)}.part")
    try:
        with disk_errors(out), zipfile.ZipFile(part, "x") as package:
            for path in sorted(draft.iterdir()):
                kind = (
                    zipfile.ZIP_STORED if path.suffix in (".png", ".pdf", ".otioz") else zipfile.ZIP_DEFLATED
                )
                package.write(path, path.name, kind)
            for number, file in enumerate(brought):
                signals.check()
                signals.progress(0.8 + 0.2 * number / len(brought), f"packing {file.name}")
                package.write(file.path, f"{FOLDER}/{file.name}", zipfile.ZIP_STORED)
            files = tuple(sorted(package.namelist()))
        with disk_errors(out):
            sync_file(part)
            put_in_place(part, out)
    finally:
        with suppress(OSError):
            part.unlink()
    return files


def _refuse_existing(out: Path) -> None:
    with disk_errors(out):
        taken = out.exists() and not (out.is_dir() and not any(out.iterdir()))
    if taken:
        raise InputRefused(f"{out} is there already.", remedy="Name a folder or file that is not there yet.")
