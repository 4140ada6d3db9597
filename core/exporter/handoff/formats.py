"""The formats of a hand-off: each writes its files into a folder. What only one needs is loaded by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from core.exporter.handoff.asked import Format, Sources, Wish
from core.exporter.handoff.cut import Cut
from core.exporter.handoff.edl import write_edls
from core.exporter.handoff.media import Media, MediaChoice, MediaFile
from core.exporter.handoff.shots import ShotFacts
from core.providers.base import Signals


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


def files_of(bundle: Bundle) -> list[MediaFile]:
    """Every file that events or the music come from."""
    return [*bundle.media.values(), *([bundle.music] if bundle.music else [])]


NO_OTIO = (
    "OpenTimelineIO does not come for this version of Python, so there is no .otio: take the EDL or the "
    "FCPXML, or start Stillmotion with Python 3.13."
)
"""It is compiled for each version, some time after that is out; nothing else in the app needs it."""


def _write_otio(bundle: Bundle, folder: Path) -> list[str]:
    if find_spec("opentimelineio") is None:
        return [NO_OTIO]
    from core.exporter.handoff.otio_file import timeline, write_otio

    made = timeline(bundle.cut, bundle.media, bundle.music, bundle.asked.media)
    write_otio(made, folder / f"{bundle.stem}.otio")
    return []


def _write_otioz(bundle: Bundle, folder: Path) -> list[str]:
    if find_spec("opentimelineio") is None:
        return [NO_OTIO]
    from core.exporter.handoff.otio_file import timeline, write_otioz

    made = timeline(bundle.cut, bundle.media, bundle.music, MediaChoice.LINK)
    write_otioz(made, files_of(bundle), folder / f"{bundle.stem}.otioz")
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
