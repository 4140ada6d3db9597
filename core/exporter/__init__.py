"""From the timeline to a file: segments made once, joined by copying packets, the music laid under them."""

from core.exporter.making import run_export
from core.exporter.plan import Export, ExportId, ExportState, Mode, Piece, piece_of
from core.exporter.queue import ExportQueue
from core.exporter.receipts import Exports

__all__ = [
    "Export",
    "ExportId",
    "ExportQueue",
    "ExportState",
    "Exports",
    "Mode",
    "Piece",
    "piece_of",
    "run_export",
]
