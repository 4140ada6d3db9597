"""The making of a hand-off: a folder, or a zip of it, that is there whole or not at all."""

import os
import secrets
import shutil
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import TypeVar

from core.errors import InputRefused, MediaFailed, StillmotionError, disk_errors
from core.exporter.handoff.cut import Cut, cut_of
from core.exporter.handoff.edl import refuse_too_long, write_edls
from core.exporter.handoff.media import (
    FOLDER,
    Media,
    MediaChoice,
    MediaFile,
    bring,
    free_name,
    media_of,
)
from core.exporter.handoff.paper import Paper
from core.exporter.handoff.shots import ShotFacts, shots_of
from core.exporter.plan import Export
from core.media import picture_facts, probe_track
from core.project import Project, strip_control
from core.providers.base import Signals
from core.store.files import put_in_place, sync_file
from core.take import Take, TakeId

Word = TypeVar("Word", bound=StrEnum)


class Format(StrEnum):
    """What a hand-off may hold."""

    OTIO = "otio"
    """OpenTimelineIO: a timeline that points at the files in `media`."""
    OTIOZ = "otioz"
    """The same as one package with the files in it."""
    EDL = "edl"
    """CMX3600: the oldest list that everything reads."""
    FCPXML = "fcpxml"
    """For Final Cut Pro and DaVinci Resolve."""
    CSV = "csv"
    """The shot list."""
    SHEET = "sheet"
    """The contact sheet: PNG pages and a PDF."""


USUAL = (Format.OTIO, Format.EDL, Format.FCPXML, Format.CSV, Format.SHEET)
"""What is handed over when nothing is named. (A package would hold every file a second time.)"""


@dataclass(frozen=True, kw_only=True)
class Sources:
    """What a hand-off is made from."""

    export: Export
    """The plan of the cut."""
    project: Project
    takes: Mapping[TakeId, Take]
    folder: Path
    """The project's folder."""
    models: Mapping[str, str]
    """Key of a model → its name for people."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person asks of a hand-off."""

    formats: tuple[Format, ...] = USUAL
    media: MediaChoice = MediaChoice.LINK
    zipped: bool = False
    """One zip instead of a folder."""
    paper: Paper = Paper.A4
    """What the contact sheet is laid out for."""


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


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """All that the formats are written from."""

    sources: Sources
    cut: Cut
    media: Media
    music: MediaFile | None
    asked: Wish
    shots: Sequence[ShotFacts]
    signals: Signals

    @property
    def stem(self) -> str:
        """How its files are called, without the ending."""
        return self.sources.project.id


def wish(
    *,
    formats: Sequence[str] | None = None,
    media: str | None = None,
    zipped: bool = False,
    paper: str | None = None,
) -> Wish:
    """What a person asks, of words; None stands for what is usual. Raises InputRefused for a slip."""
    chosen = USUAL if formats is None else tuple(_one_of(Format, each, "format") for each in formats)
    if not chosen:
        raise InputRefused("No format is named.", remedy=f"Choose from: {', '.join(Format)}.")
    choice = MediaChoice.LINK if media is None else _one_of(MediaChoice, media, "way with media")
    on = Paper.A4 if paper is None else _one_of(Paper, paper, "paper")
    return Wish(formats=tuple(dict.fromkeys(chosen)), media=choice, zipped=zipped, paper=on)


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


def _write_otio(bundle: Bundle, folder: Path) -> list[str]:
    from core.exporter.handoff.otio_file import timeline, write_otio

    made = timeline(bundle.cut, bundle.media, bundle.music, bundle.asked.media)
    write_otio(made, folder / f"{bundle.stem}.otio")
    return []


def _write_otioz(bundle: Bundle, folder: Path) -> list[str]:
    from core.exporter.handoff.otio_file import timeline, write_otioz

    made = timeline(bundle.cut, bundle.media, bundle.music, MediaChoice.LINK)
    write_otioz(made, _files(bundle), folder / f"{bundle.stem}.otioz")
    return []


def _write_edl(bundle: Bundle, folder: Path) -> list[str]:
    return write_edls(bundle.cut, bundle.media, bundle.music, folder, bundle.stem)


def _write_fcpxml(bundle: Bundle, folder: Path) -> list[str]:
    from core.exporter.handoff.fcpxml import fcpxml, write_fcpxml

    text = fcpxml(bundle.cut, bundle.media, bundle.music, bundle.asked.media)
    write_fcpxml(text, folder / f"{bundle.stem}.fcpxml")
    return []


def _write_csv(bundle: Bundle, folder: Path) -> list[str]:
    from core.exporter.handoff.shot_list import write_shot_list

    write_shot_list(bundle.shots, bundle.cut.rate, folder / f"{bundle.stem}-shots.csv")
    return []


def _write_sheet(bundle: Bundle, folder: Path) -> list[str]:
    from core.exporter.handoff.contact_sheet import write_sheet

    bare = write_sheet(
        bundle.cut.export,
        bundle.shots,
        bundle.sources.folder,
        folder / bundle.stem,
        bundle.asked.paper,
        bundle.signals,
    )
    return [f"{shot_id} has no picture on the contact sheet." for shot_id in bare]


WRITERS: Mapping[Format, Callable[[Bundle, Path], list[str]]] = {
    Format.OTIO: _write_otio,
    Format.OTIOZ: _write_otioz,
    Format.EDL: _write_edl,
    Format.FCPXML: _write_fcpxml,
    Format.CSV: _write_csv,
    Format.SHEET: _write_sheet,
}
"""Each writes its files into a folder, and returns what a person should know, one sentence each."""
WORDS = {
    Format.OTIO: "timeline",
    Format.OTIOZ: "package",
    Format.EDL: "EDL",
    Format.FCPXML: "FCPXML",
    Format.CSV: "shot list",
    Format.SHEET: "contact sheet",
}
"""What each format is called while it is written."""


def _files(bundle: Bundle) -> list[MediaFile]:
    """Every file that events or the music come from."""
    return [*bundle.media.values(), *([bundle.music] if bundle.music else [])]


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
    brought = [] if asked.media is MediaChoice.NONE else [file for file in _files(bundle) if not file.missing]
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


def _one_of(kind: type[Word], each: str, what: str) -> Word:
    try:
        return kind(each.strip().lower())
    except ValueError as error:
        raise InputRefused(
            f"There is no {what} {each[:40]!r}.", remedy=f"Choose from: {', '.join(kind)}."
        ) from error
