"""Segments: the parts of the cut as files, made once, named by content, kept while their pixels stand."""

import secrets
from pathlib import Path

from core.errors import MediaFailed, NotFound, disk_errors
from core.exporter.parts import Part, parts_of
from core.exporter.picture.compose import compose
from core.exporter.picture.conform import conform
from core.exporter.plan import Export, Piece
from core.media import sha256_of
from core.providers.base import Signals
from core.store.files import put_in_place, sync_file


def segment_path(export: Export, folder: Path, part: Part) -> Path:
    """Where the segment of `part` is, or will be."""
    return folder / "segments" / f"{part.key(export)}.mp4"


def made_ahead(export: Export, folder: Path) -> tuple[int, int]:
    """How many segments of `export` are there already, and of how many."""
    paths = [segment_path(export, folder, part) for part in parts_of(export)]
    return sum(path.exists() for path in paths), len(paths)


def make_segment(export: Export, folder: Path, part: Part, signals: Signals, *, threads: int = 0) -> Path:
    """The segment of `part`, from the cache in `folder`/segments or made now with `threads` (0: all cores).

    Raises MediaFailed, StorageFailed, NotFound for a source that is gone, and Halted through `signals`.
    """
    path = segment_path(export, folder, part)
    if path.exists():
        return path
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}-{secrets.token_hex(4)}.mp4")
    try:
        if part.composed:
            plain = [Part(windows=(window,)) for window in part.windows]
            made = [make_segment(export, folder, each, signals, threads=threads) for each in plain]
            compose(export, part, made, draft, signals, threads=threads)
        else:
            source = require_source(folder, part.windows[0].piece)
            conform(export, part.windows[0], source, draft, signals, threads=threads)
        with disk_errors(path):
            sync_file(draft)  # a cut-short one would spoil every later cut of this shot
            put_in_place(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def require_source(folder: Path, piece: Piece) -> Path:
    """The file behind `piece`, there and unchanged. Raises NotFound or MediaFailed."""
    source = folder / piece.source
    if not source.exists():
        raise NotFound(
            f"{piece.source} of {piece.shot_id} is gone.",
            remedy="Bring it back, or choose another take for the shot.",
        )
    if sha256_of(source) != piece.source_sha256:
        raise MediaFailed(
            f"{piece.source} of {piece.shot_id} was changed since it was made.",
            remedy="Bring the file back as it was, or choose another take for the shot.",
        )
    return source
