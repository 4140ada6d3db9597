"""The contact sheet: every shot with its picture, time, words, model and cost, as PNG pages and one PDF."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps

from core.errors import InputRefused, MediaFailed, disk_errors
from core.exporter.handoff.paper import DPI, Paper
from core.exporter.handoff.sheet_page import Cell, Grid, Page, best_grid
from core.exporter.handoff.shots import ShotFacts
from core.exporter.plan import Export
from core.media import poster, thumbnail
from core.pricing import dollars
from core.project import strip_control
from core.providers.base import Signals
from core.timeline import full_timecode

CACHED_PX = (640, 1280, 2560)
"""Widths in which pictures are kept in `thumbs`: the first that is wide enough is used."""


def write_sheet(
    export: Export,
    shots: Sequence[ShotFacts],
    folder: Path,
    stem: Path,
    paper: Paper,
    signals: Signals,
) -> list[str]:
    """Write `stem`-sheet.pdf and its pages as PNG; names of shots without a picture.

    `folder` is the project's: small pictures are kept there. One page is held in memory at a time.
    Raises StorageFailed, and Halted through `signals`.
    """
    grid = best_grid(len(shots), export.frame_size, paper)
    pages = [shots[first : first + grid.cells] for first in range(0, len(shots), grid.cells)]
    book = stem.with_name(f"{stem.name}-sheet.pdf")
    bare: list[str] = []
    for number, page in enumerate(pages, start=1):
        signals.check()
        drawn = Page(paper, grid)
        drawn.head(
            strip_control(export.title),
            _facts(export, shots),
            f"{number} / {len(pages)}" if len(pages) > 1 else "",
        )
        for place, shot in enumerate(page):
            picture = _picture(shot, folder, grid)
            if picture is None:
                bare.append(shot.shot.shot_id)
            drawn.cell(place, picture, _cell(export, shot))
        digits = len(str(len(pages)))
        which = "" if len(pages) == 1 else f"-{number:0{digits}d}"
        path = stem.with_name(f"{stem.name}-sheet{which}.png")
        with disk_errors(path):
            drawn.picture.save(path, dpi=(DPI, DPI), compress_level=3)
            drawn.picture.save(book, resolution=DPI, quality=90, append=number > 1, title=export.title[:200])
    return bare


def _facts(export: Export, shots: Sequence[ShotFacts]) -> str:
    count = "1 shot" if len(shots) == 1 else f"{len(shots)} shots"
    spent = [shot.cost_usd for shot in shots if shot.cost_usd is not None]
    cost = [dollars(sum(spent[1:], spent[0]))] if spent else []
    length = full_timecode(export.frames, export.frame_rate)
    return " · ".join([count, length, export.size.replace("x", " × "), f"{export.fps} fps", *cost])


def _cell(export: Export, shot: ShotFacts) -> Cell:
    rate = export.frame_rate
    number = f" · take {shot.take_number}" if shot.take_number else ""
    cost = "" if shot.cost_usd is None else f" · {dollars(shot.cost_usd)}"
    gone = " · its file is missing" if shot.missing else ""
    return Cell(
        name=strip_control(shot.shot.shot_id),
        time=f"{full_timecode(shot.first_frame, rate)}  {float(shot.piece.frames / rate):.2f} s",
        words=strip_control(shot.words),
        source=f"{shot.shown_by}{number}{cost}{gone}",
    )


def _picture(shot: ShotFacts, folder: Path, grid: Grid) -> Image.Image | None:
    """The middle of the clip, else the still, in the shape of the cut; None when neither can be read."""
    width, height = grid.picture
    shape = shot.shot.render.width / max(1, shot.shot.render.height)
    needed = max(width, round(height * shape))
    cached = next((px for px in CACHED_PX if px >= needed), CACHED_PX[-1])
    for find in (_of_clip, _of_still):
        try:
            path = find(shot, folder, cached)
            if path is not None:
                with Image.open(path) as small:
                    return ImageOps.fit(small.convert("RGB"), grid.picture, Image.Resampling.LANCZOS)
        except (InputRefused, MediaFailed, OSError):
            continue
    return None


def _of_clip(shot: ShotFacts, folder: Path, width_px: int) -> Path | None:
    clip = shot.take.clip if shot.take else None
    if clip is None:
        return None
    return poster(folder / clip.local_path, folder / "thumbs", sha256=clip.sha256, width_px=width_px)


def _of_still(shot: ShotFacts, folder: Path, width_px: int) -> Path | None:
    render = shot.shot.render
    return thumbnail(folder / render.image_url, folder / "thumbs", sha256=render.sha256, width_px=width_px)
