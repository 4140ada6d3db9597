"""Conforming: any clip or still becomes the cut's size, rate, colours and exact frames."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from pathlib import Path

from core.editing import Fit, Framing
from core.errors import MediaFailed
from core.exporter.ffmpeg import run_ffmpeg
from core.exporter.parts import Window
from core.exporter.plan import Export, Quality
from core.media import (
    Colours,
    PictureFacts,
    broken_off,
    count_frames,
    ffmpeg,
    h264,
    picture_facts,
    upright_size,
)
from core.providers.base import Signals
from core.timeline import fitted

EARLY_S = 0.002
"""A frame of the cut shows what the clip shows at that time, or would this much later: files that count in
milliseconds are late by half of one, and slowed down by a whole one."""
HARDLY = Fraction(2, 100)
"""A picture whose shape is so little off the cut's fills the frame even when all of it is to be seen: bars of
a few lines look like a fault."""
WHITE_NITS = 203
"""Light of a white page in PQ and HLG (ITU-R BT.2408); the cut's white."""
UNTOUCHED = 0.7
"""Share of that white below which light stays as it is; what is brighter steps back to make room."""
BRIGHTEST = 5
"""Times that white, up to which highlights of a high dynamic range keep their shape: about 1000 nits."""


def conform(
    export: Export, window: Window, source: Path, result: Path, signals: Signals, *, threads: int = 0
) -> None:
    """Write the frames of `window`, taken from `source`, to the file `result`.

    Raises MediaFailed, StorageFailed, and Halted through `signals`; then `result` is not there.
    """
    if window.piece.move is None:
        _conform_clip(export, window, source, result, signals, threads)
        return
    from core.providers.animatic import render_move  # numpy and Pillow: not for those who only look

    width, height = export.frame_size
    if export.framing is Framing.FIT:
        width, height = inner_size(export.frame_size, Fraction(*upright_size(source)), Framing.FIT)
        width, height = min(width, export.frame_size[0]), min(height, export.frame_size[1])
    render_move(
        source,
        result,
        {**window.piece.move, "width": width, "height": height},
        signals=signals,
        stage="",
        lead_frames=window.piece.lead_frames,
        first=window.first,
        frames=window.frames,
        threads=threads,
        draft=export.quality is Quality.DRAFT,
        within=export.frame_size,
    )


def _conform_clip(
    export: Export, window: Window, source: Path, result: Path, signals: Signals, threads: int
) -> None:
    piece = window.piece
    what = f"{piece.source} of {piece.shot_id}"
    facts = picture_facts(source, what)
    run = run_of(export, window, facts)

    def make(run: Run) -> None:
        command = _command(export, window, source, result, facts, run, threads)
        run_ffmpeg(command, result, signals, what=what, frames=window.frames)

    try:
        try:
            make(run)
        except MediaFailed:
            if run.seek_s is None:
                raise
            make(replace(run, seek_s=None))  # some files can only be decoded whole
    except MediaFailed:
        broken = broken_off(source, facts, what, signals.check)
        if broken is None:
            raise
        raise broken from None
    made = count_frames(result)
    if made != window.frames:
        result.unlink(missing_ok=True)
        raise MediaFailed(
            f"{what} gave {made} frames instead of {window.frames}.",
            remedy="Choose another take for the shot, or make it again.",
        )


@dataclass(frozen=True, kw_only=True)
class Run:
    """Which of a clip's pictures a window shows, in frames of the cut from the clip's first picture on."""

    stands: int
    """Frames in which the first picture stands, before the clip runs."""
    first: int
    """Frame of the running clip from which pictures are needed."""
    skips: int
    """Frames of what runs and then holds that come before the window all the same."""
    stops: int | None
    """Frames after which the clip stops and its last picture stands; None: when it ends."""
    stretch: Fraction
    """How many times its own length the clip lasts."""
    loops: bool
    phase: Fraction
    """Part of a frame by which a repeat, at `first`, is further on: a clip is no whole number of frames."""
    seek_s: Fraction | None
    """Where in the file decoding may begin, in its own time; None: at its start."""


def run_of(export: Export, window: Window, facts: PictureFacts) -> Run:
    """What `window` shows of the clip with these `facts`: its lead stands, it runs, past its end it holds.

    Beyond the shot's own frames it goes on as long as it has pictures, unless a gap follows the shot: there
    the last picture stands.
    """
    piece = window.piece
    rate = export.frame_rate
    fits = fitted(piece.fit, source_s=facts.length_s, own_frames=piece.own_frames, rate=rate)
    stands = max(0, piece.lead_frames - window.first)
    first = max(0, window.first - piece.lead_frames)
    gap = piece.frames > piece.lead_frames + piece.own_frames
    if gap:
        first = min(first, piece.own_frames - 1)
    loops = fits.loops > 1 or (piece.fit is Fit.LOOP and first >= fits.plays_frames)
    phase = Fraction(0)
    if loops:
        into = first % (facts.length_s * fits.stretch * rate)
        first, phase = floor(into), into % 1
    last = floor((facts.times[-1] - facts.times[0]) * facts.tick_s * fits.stretch * rate)
    begins = first if loops else max(0, min(first, last - 1))
    return Run(
        stands=stands,
        first=begins,
        skips=first - begins,
        stops=piece.own_frames - begins if gap else None,
        stretch=fits.stretch,
        loops=loops,
        phase=phase,
        seek_s=None if loops else _seek_s(facts, begins / rate / fits.stretch),
    )


def _seek_s(facts: PictureFacts, into_s: Fraction) -> Fraction | None:
    """Where to begin decoding for what is shown from `into_s` after the first picture; None: at the start."""
    at = facts.times[0] + into_s / facts.tick_s
    shown = max(0, bisect_right(facts.times, floor(at)) - 2)  # one earlier: rates round to either side
    keys = [key for key in facts.key_times if key <= facts.times[shown]]
    return facts.times[shown] * facts.tick_s if len(keys) > 1 else None


def _command(
    export: Export,
    window: Window,
    source: Path,
    result: Path,
    facts: PictureFacts,
    run: Run,
    threads: int,
) -> list[str]:
    """The ffmpeg call that brings `source` to the size, the rate, the colours and the frames of `window`."""
    begins = "STARTPTS"
    at = []
    if run.loops:
        at = ["-stream_loop", "-1"]
    elif run.seek_s is not None:  # times stay the file's own, and what comes before is dropped by `fps`
        at = ["-copyts", "-noaccurate_seek", "-ss", f"{float(run.seek_s - facts.container_start_s):.6f}"]
        begins = f"{float(facts.times[0] * facts.tick_s):.6f}/TB"
    rate = export.frame_rate
    early_s = EARLY_S + float(run.phase / rate)
    filters = [
        *(["bwdif=mode=send_frame:deint=interlaced"] if facts.interlaced else []),
        "tpad=stop=2:stop_mode=clone",  # so that `fps` never passes over the last picture
        "settb=AVTB",
        f"setpts=(PTS-{begins})*{run.stretch.numerator}/{run.stretch.denominator}-{early_s}/TB",
        f"fps={rate}:round=up:start_time={float(run.first / rate):.9f}",
        *([f"trim=end_frame={run.stops}"] if run.stops is not None else []),
        *_picture(export, facts),
        f"tpad=start={run.stands}:start_mode=clone:stop=-1:stop_mode=clone",
        *([f"trim=start_frame={run.skips}"] if run.skips else []),
        "setpts=N",
    ]
    return [
        *(ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-xerror"),
        *("-filter_threads", str(threads), *at, "-threads", str(threads), "-i", str(source)),
        *("-map", "0:v:0", "-an", "-sn", "-dn", "-map_metadata", "-1", "-map_chapters", "-1"),
        *("-vf", ",".join(filters), "-frames:v", str(window.frames), "-fps_mode", "passthrough"),
        *(*h264(rate, draft=export.quality is Quality.DRAFT), "-threads", str(threads), str(result)),
    ]


def _picture(export: Export, facts: PictureFacts) -> list[str]:
    """Filters from the clip's size, shape and colours to the cut's."""
    frame = export.frame_size
    inner = inner_size(frame, facts.shape, export.framing)
    around = (
        f"crop={frame[0]}:{frame[1]}"
        if inner[0] >= frame[0] and inner[1] >= frame[1]
        else f"pad={frame[0]}:{frame[1]}:-1:-1"
    )
    return [
        _named(facts.colours),
        "crop=trunc(iw/2)*2:trunc(ih/2)*2:0:0",  # halved colours need even sizes
        *(["zscale=m=gbr:r=full,format=gbrap,premultiply=inplace=1,format=gbrp"] if facts.alpha else []),
        *_to_rec709(facts.colours, inner),
        around,
        "setsar=1",
        "format=yuv420p",
        "setparams=field_mode=prog:range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709",
    ]


def inner_size(frame: tuple[int, int], shape: Fraction, framing: Framing) -> tuple[int, int]:
    """(width, height), both even, to which a picture of `shape` (width by height) is scaled for `frame`."""
    width, height = frame
    off = shape * height / width
    fill = framing is Framing.FILL or abs(off - 1) < HARDLY
    by_height = fill == (off >= 1)
    scaled = (_even(height * shape), height) if by_height else (width, _even(width / shape))
    return (max(scaled[0], width), max(scaled[1], height)) if fill else scaled


def _even(pixels: Fraction) -> int:
    return max(2, 2 * floor(pixels / 2 + Fraction(1, 2)))


def _named(colours: Colours) -> str:
    """The filter that says what the numbers mean, so that nothing after it has to guess."""
    return (
        f"setparams=range={'pc' if colours.full_range else 'tv'}:colorspace={colours.matrix}"
        f":color_primaries={colours.primaries}:color_trc={colours.hdr or 'bt709'}"
    )


def _to_rec709(colours: Colours, size: tuple[int, int]) -> list[str]:
    """Filters that scale to `size` and convert to Rec. 709, limited range; highlights are tone-mapped."""
    scaled = f"zscale=w={size[0]}:h={size[1]}:filter=bicubic:dither=ordered"
    if colours.hdr is None:
        return [f"{scaled}:m=bt709:p=bt709:t=bt709:r=tv"]
    return [
        f"{scaled},zscale=t=linear:npl={WHITE_NITS},format=gbrpf32le,zscale=p=bt709",
        f"tonemap=mobius:param={UNTOUCHED}:desat=0:peak={BRIGHTEST}",
        "zscale=t=bt709:m=bt709:r=tv:dither=ordered",
    ]
