"""The cut for other editing programs: timelines, their media, a shot list, a contact sheet."""

from core.exporter.handoff.asked import USUAL, Format, Sources, Wish, wish
from core.exporter.handoff.making import HandedOver, hand_over
from core.exporter.handoff.media import MediaChoice
from core.exporter.handoff.orders import HandOff, HandOffs, run_hand_off, sources_of
from core.exporter.handoff.paper import Paper

__all__ = [
    "USUAL",
    "Format",
    "HandOff",
    "HandOffs",
    "HandedOver",
    "MediaChoice",
    "Paper",
    "Sources",
    "Wish",
    "hand_over",
    "run_hand_off",
    "sources_of",
    "wish",
]
