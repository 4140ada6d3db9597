"""The cut for other editing programs: timelines, their media, a shot list, a contact sheet."""

from core.exporter.handoff.making import USUAL, Format, HandedOver, Sources, Wish, hand_over, wish
from core.exporter.handoff.media import MediaChoice

__all__ = ["USUAL", "Format", "HandedOver", "MediaChoice", "Sources", "Wish", "hand_over", "wish"]
