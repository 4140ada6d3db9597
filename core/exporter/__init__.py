"""From the timeline to a file: segments made once, joined by copying packets, the sound laid under them."""

from core.exporter.ahead import SegmentsAhead
from core.exporter.certificate import Certificate, CutPoint, SoundFacts, certificate_path, write_certificate
from core.exporter.making import run_export
from core.exporter.parts import Part, Window, parts_of, way_in_span
from core.exporter.plan import Delivery, Export, ExportId, ExportState, Mode, Piece, Quality
from core.exporter.planning import delivery, plan_export
from core.exporter.queue import ExportQueue
from core.exporter.receipts import Exports, order_export
from core.exporter.segments import made_ahead

__all__ = [
    "Certificate",
    "CutPoint",
    "Delivery",
    "Export",
    "ExportId",
    "ExportQueue",
    "ExportState",
    "Exports",
    "Mode",
    "Part",
    "Piece",
    "Quality",
    "SegmentsAhead",
    "SoundFacts",
    "Window",
    "certificate_path",
    "delivery",
    "made_ahead",
    "order_export",
    "parts_of",
    "plan_export",
    "run_export",
    "way_in_span",
    "write_certificate",
]
