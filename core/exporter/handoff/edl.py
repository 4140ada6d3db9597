"""The cut as CMX3600 edit decision lists, written for today's editing programs.

We write it ourselves, and read it back with OpenTimelineIO's adapter. The adapter's own writer divides by a
clip's speed where editing programs multiply, leaves slowed clips out of dissolves, and shortens the names of
reels until they are alike.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from core.errors import InputRefused, disk_errors
from core.exporter.handoff.cut import Cut, Event, Kind
from core.exporter.handoff.media import FOLDER, Media, MediaFile, plain_name
from core.exporter.plan import Export
from core.timeline import drops_frames, full_timecode

MOST_EVENTS = 999
"""Numbers of events have three digits: what has more events comes as several lists."""
DAY_H = 24
REEL = 8
"""Characters in the name of a reel."""


def edls(cut: Cut, media: Media, music: MediaFile | None) -> list[str]:
    """The lists, in order: one, or more for a cut of more than MOST_EVENTS events.

    Timecode counts from 00:00:00:00, in the picture and in every source; at 29.97 with drop frames, as in the
    review copies. The music is in the first list. Raises InputRefused for a cut that timecode cannot count.
    """
    refuse_too_long(cut.export)
    return [*_Writer(cut, media, music).lists()]


def refuse_too_long(export: Export) -> None:
    """Raise InputRefused for a cut that timecode cannot count."""
    if int(full_timecode(export.frames - 1, export.frame_rate).split(":")[0]) >= DAY_H:
        raise InputRefused(
            f"The cut lasts longer than {DAY_H} hours, which is as far as an EDL can count.",
            remedy="Leave the EDL out, or hand over a range of shots.",
        )


def write_edls(cut: Cut, media: Media, music: MediaFile | None, folder: Path, stem: str) -> list[str]:
    """Write the lists into `folder`; what a person should know, one sentence each."""
    lists = edls(cut, media, music)
    for number, text in enumerate(lists, start=1):
        path = folder / (f"{stem}.edl" if len(lists) == 1 else f"{stem}-part{number}.edl")
        with disk_errors(path):
            path.write_bytes(text.encode("ascii"))
    notes = []
    if len(lists) > 1:
        notes.append(
            f"The EDL comes in {len(lists)} parts, for one holds {MOST_EVENTS} events: load them in order."
        )
    if cut.clips_heard and any(event.piece and event.piece.has_sound for event in cut.events):
        notes.append("The EDL has the picture and the music; the clips' own sound is in the clips.")
    return notes


class _Writer:
    """Writes one cut."""

    def __init__(self, cut: Cut, media: Media, music: MediaFile | None) -> None:
        self._cut = cut
        self._media = media
        self._music = music
        self._reels = _reels(media)
        self._counting = "DROP FRAME" if drops_frames(cut.rate) else "NON-DROP FRAME"

    def lists(self) -> Iterator[str]:
        title = plain_name(self._cut.export.title, self._cut.export.project_id).upper()
        parts = [*_chunks(self._cut.events, MOST_EVENTS - (self._music is not None))]
        first = 0
        for number, part in enumerate(parts):
            name = title if len(parts) == 1 else f"{title}-PART{number + 1}"
            blocks = [
                self._event(index + 1, event, self._cut.events[first + index - 1] if first + index else None)
                for index, event in enumerate(part)
            ]
            if number == 0 and self._music is not None:
                blocks.append(self._music_event(len(part) + 1, self._music))
            yield "\r\n".join([f"TITLE: {name}", f"FCM: {self._counting}", "", *blocks, ""])
            first += len(part)

    def _event(self, number: int, event: Event, before: Event | None) -> str:
        source_out = event.source_in + event.source_frames
        lines = []
        if event.dissolve and before is not None:
            leaves = before.source_in + before.source_frames
            lines = [
                self._line(number, self._reel(before), "V", "C", (leaves, leaves), (event.record_in,) * 2)
            ]
        lines.append(
            self._line(
                number,
                self._reel(event),
                "V",
                f"D    {event.dissolve:03d}" if event.dissolve else "C",
                (event.source_in, source_out),
                (event.record_in, event.record_out),
            )
        )
        if event.kind is Kind.FREEZE or event.stretch != 1:
            lines.append(self._speed(event))
        if event.dissolve and before is not None and before.media is not None:
            lines.append(f"* FROM CLIP NAME:  {self._file(before).name}")
        if event.media is not None:
            role = "TO" if event.dissolve else "FROM"
            file = self._file(event)
            lines.append(f"* {role} CLIP NAME:  {file.name}")
            lines.append(f"* SOURCE FILE: {FOLDER}/{file.name}")
            if file.missing:
                lines.append("* THE FILE IS MISSING")
        if event.kind is Kind.FREEZE:
            lines.append("* * FREEZE FRAME")
        if event.opens and event.piece is not None and event.piece.title:
            lines.append(f"* TITLE: {plain_name(event.piece.title, 'title').replace('-', ' ')}")
        return "\r\n".join(lines)

    def _music_event(self, number: int, file: MediaFile) -> str:
        music = self._cut.music
        assert music is not None
        source = (music.source_in, music.source_in + music.frames)
        line = self._line(number, "MUSIC", "AA", "C", source, (0, music.frames))
        return f"{line}\r\n* FROM CLIP NAME:  {file.name}\r\n* SOURCE FILE: {FOLDER}/{file.name}"

    def _speed(self, event: Event) -> str:
        """The line that says frames of the source in a second; 0 stands."""
        speed = 0.0 if event.kind is Kind.FREEZE else float(self._cut.rate / event.stretch)
        at = self._tc(event.source_in).replace(";", ":")  # readers want colons here
        return f"M2   {self._reel(event):<{REEL}}       {speed:06.2f}                {at}"

    def _line(
        self,
        number: int,
        reel: str,
        channel: str,
        edit: str,
        source: tuple[int, int],
        record: tuple[int, int],
    ) -> str:
        times = " ".join(self._tc(frame) for frame in (*source, *record))
        return f"{number:03d}  {reel:<{REEL}} {channel:<5} {edit:<8} {times}"

    def _tc(self, frame: int) -> str:
        return full_timecode(frame, self._cut.rate)

    def _reel(self, event: Event) -> str:
        return "BL" if event.media is None else self._reels[event.media]

    def _file(self, event: Event) -> MediaFile:
        assert event.media is not None
        return self._media[event.media]


def _reels(media: Media) -> dict[tuple[str, bool], str]:
    """A name of up to eight capitals and digits for each file, each another."""
    reels: dict[tuple[str, bool], str] = {}
    taken = {"BL", "AX", "MUSIC", "BLACK", "BARS"}
    for number, (key, file) in enumerate(media.items(), start=1):
        plain = "".join(char for char in Path(file.name).stem.upper() if char.isalnum())
        short = plain.replace("SHOT", "S").replace("TAKE", "T").replace("ASCUT", "C").replace("STILL", "P")
        reel = short if short and len(short) <= REEL and short not in taken else f"R{number:07d}"
        taken.add(reel)
        reels[key] = reel
    return reels


def _chunks(events: Sequence[Event], most: int) -> Iterator[Sequence[Event]]:
    """`events` in runs of at most `most`, each beginning with a cut where there is one to begin with."""
    first = 0
    while first < len(events):
        end = min(len(events), first + most)
        if end < len(events):
            end = next((at for at in range(end, first, -1) if not events[at].dissolve), end)
        yield events[first:end]
        first = end
