"""Sound as samples: any file read block by block as 48 kHz stereo, at its own pace or a slower one."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.errors import MediaFailed
from core.exporter.join import SOUND_RATE_HZ, address, open_for_packets
from core.media import ffmpeg

if TYPE_CHECKING:
    import numpy as np
    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    """n×2, -1 to 1."""

FORGIVEN_S = 0.25
"""Sound that may be unreadable: junk before, between or after the music, which every player passes over."""
EARLY_BY_S = 0.5
"""A file whose sound ends this much before the file says is broken, and not merely padded."""
RUBBERBAND_LEAD_S = 0.024
"""Measured: stretched to s times its length, an attack comes this many seconds × (s - 1) too early."""
AS_IT_IS = {(SOUND_RATE_HZ, "fltp", "stereo"), (SOUND_RATE_HZ, "fltp", "mono")}
"""Sound that needs no filter: what most clips, and every cut, are encoded in."""
PIPE_BYTES = 1 << 16


class Graph:
    """A chain of libav's filters that samples are pushed through."""

    def __init__(self, *, rate_hz: int, format: str, layout: str, chain: list[tuple[str, str]]) -> None:
        from av.filter import Graph as AvGraph

        self._graph = AvGraph()
        last = self._graph.add_abuffer(
            sample_rate=rate_hz, format=format, layout=layout, time_base=Fraction(1, rate_hz)
        )
        for name, options in chain:
            following = self._graph.add(name, options)
            last.link_to(following)
            last = following
        last.link_to(self._graph.add("abuffersink"))
        self._graph.configure()

    def push(self, frame: "AudioFrame | None") -> "Iterator[AudioFrame]":
        """Frames that come out when `frame` goes in; None: the end, and all that is left."""
        import av

        self._graph.push(frame)
        while True:
            try:
                yield self._graph.pull()  # type: ignore[misc]
            except (av.BlockingIOError, av.EOFError):
                return


def frame_of(samples: "Samples", at: int) -> "AudioFrame":
    """`samples` as a frame of libav that begins at sample `at`."""
    import av
    import numpy as np

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE_HZ, at, Fraction(1, SOUND_RATE_HZ)
    return frame


def samples_of(frame: "AudioFrame") -> "Samples":
    """The samples in a frame of 32-bit floats, each channel by itself."""
    import numpy as np

    return np.asarray(frame.to_ndarray().T, np.float32)


@dataclass(frozen=True, kw_only=True)
class SoundFile:
    """A file with sound in it."""

    path: Path
    name: str
    """What a person calls it."""
    remedy: str
    """What to do when it cannot be read."""
    has_picture: bool = False
    """Whether it is a clip, whose index says what is in it."""

    def beside_picture(self) -> tuple[Fraction, Fraction]:
        """(seconds by which its sound begins after its picture, seconds that its picture lasts at least).

        Raises MediaFailed.
        """
        with closing(self._open()) as file:
            sound, picture = file.streams.audio[0], next(iter(file.streams.video), None)
            if picture is None or picture.time_base is None or sound.time_base is None:
                return Fraction(0), Fraction(0)
            late_s = (sound.start_time or 0) * sound.time_base - (picture.start_time or 0) * picture.time_base
            return late_s, (picture.duration or 0) * picture.time_base

    def read(self) -> "Iterator[Samples]":
        """Its sound from the first sample, at its own pace, in blocks of any length.

        Lead-in that an encoder put there is left out, as the file says. Raises MediaFailed where it breaks
        off.
        """
        import av
        import numpy as np

        with closing(self._open()) as file:
            stream = file.streams.audio[0]
            graph, shape = None, None
            said_s = _said_length_s(file, self.path)
            heard, lost_s = 0, Fraction(0)
            for packet in file.demux(stream):
                try:
                    frames = packet.decode()
                except av.FFmpegError as error:
                    lost_s += Fraction(packet.duration or 0) * (packet.time_base or 0) or Fraction(1, 40)
                    if lost_s > FORGIVEN_S:
                        raise self._broken(heard) from error
                    continue
                for frame in frames:
                    now = (frame.sample_rate, frame.format.name, frame.layout.name)
                    if now != shape:
                        if graph is not None:
                            for left in graph.push(None):
                                yield samples_of(left)
                        graph, shape = None, now
                        if now not in AS_IT_IS:
                            graph = _to_stereo(frame, self._chain(frame))
                    heard += frame.samples * SOUND_RATE_HZ // frame.sample_rate
                    if graph is None:
                        yield np.broadcast_to(samples_of(frame), (frame.samples, 2))
                        continue
                    for made in graph.push(frame):
                        yield samples_of(made)
            if graph is not None:
                for made in graph.push(None):
                    yield samples_of(made)
            if said_s is not None and said_s - heard / SOUND_RATE_HZ > EARLY_BY_S:
                raise self._broken(heard)

    def read_slower(self, stretch: Fraction) -> "Iterator[Samples]":
        """Its sound stretched to `stretch` times its length, its pitch kept. Raises MediaFailed."""
        import numpy as np

        with closing(self._open()) as file:
            frame = next(file.decode(file.streams.audio[0]))
            chain = [*self._chain(frame), ("aresample", f"{SOUND_RATE_HZ}"), _STEREO]
        tempo = f"{float(1 / stretch):.9f}"
        chain.append(("rubberband", f"tempo={tempo}") if _has_rubberband() else ("atempo", tempo))
        filters = ",".join(f"{name}={options}" for name, options in chain)
        late = round(RUBBERBAND_LEAD_S * (stretch - 1) * SOUND_RATE_HZ) if _has_rubberband() else 0
        yield np.zeros((late, 2), np.float32)
        command = [
            *(ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-i", address(self.path)),
            *("-map", "0:a:0", "-vn", "-af", filters, "-f", "f32le", "-c:a", "pcm_f32le", "-"),
        ]
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            try:
                while data := process.stdout.read(PIPE_BYTES):
                    yield np.frombuffer(data[: len(data) // 8 * 8], np.float32).reshape(-1, 2)
                if process.wait() != 0:
                    raise MediaFailed(f"{self.name} cannot be slowed down.", remedy=self.remedy)
            finally:
                process.kill()

    def _open(self) -> "InputContainer":
        import av

        try:
            file = open_for_packets(self.path) if self.has_picture else av.open(address(self.path))
        except (av.FFmpegError, OSError) as error:
            raise MediaFailed(f"{self.name} cannot be read.", remedy=self.remedy) from error
        if not file.streams.audio:
            file.close()
            raise MediaFailed(f"{self.name} has no sound in it.", remedy=self.remedy)
        return file

    def _chain(self, frame: "AudioFrame") -> list[tuple[str, str]]:
        """What makes two channels of the frame's. Mono is as loud on both sides; libav takes 3 dB off."""
        count = frame.layout.nb_channels
        if count == 1:
            return [("pan", "stereo|c0=c0|c1=c0")]
        if count > 2 and "channels" in frame.layout.name:  # nobody says which channel is which
            return [("pan", "stereo|c0=c0|c1=c1")]
        return []

    def _broken(self, heard: int) -> MediaFailed:
        at_s = heard // SOUND_RATE_HZ
        return MediaFailed(
            f"{self.name} breaks off at {at_s // 60}:{at_s % 60:02d}: the rest cannot be read.",
            remedy=self.remedy,
        )


_STEREO = ("aformat", "sample_fmts=fltp:channel_layouts=stereo")


def _to_stereo(frame: "AudioFrame", chain: list[tuple[str, str]]) -> Graph:
    """Brings frames like `frame` to 48 kHz stereo."""
    return Graph(
        rate_hz=frame.sample_rate,
        format=frame.format.name,
        layout=frame.layout.name,
        chain=[*chain, ("aresample", f"{SOUND_RATE_HZ}"), _STEREO],
    )


def _said_length_s(file: "InputContainer", path: Path) -> float | None:
    """How long the file itself says that its sound is; None where that is an estimate by its size."""
    stream = file.streams.audio[0]
    if file.format.name in ("mp3", "aac"):
        with path.open("rb") as raw:
            head = raw.read(1 << 20)  # a cover picture may come first
        if b"Xing" not in head and b"Info" not in head:
            return None
    if stream.duration is None or stream.time_base is None:
        return None
    return float(stream.duration * stream.time_base)


@cache
def _has_rubberband() -> bool:
    """Whether this ffmpeg can stretch sound so that its attacks stay sharp; else `atempo` has to do."""
    asked = [ffmpeg(), "-hide_banner", "-h", "filter=rubberband"]
    said = subprocess.run(asked, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return "tempo" in said.stdout


class Samplewise:
    """Blocks of any length, handed out in the lengths that are asked for; silence after their end."""

    def __init__(self, open_: "Callable[[], Iterator[Samples]]", *, skip: int = 0) -> None:
        self._blocks: Iterator[Any] = open_()
        self._left: Any = None
        self._skip = skip
        """Samples at the beginning that are passed over."""

    def take(self, count: int) -> "Samples":
        """The next `count` samples."""
        import numpy as np

        while self._skip:
            block = self._next()
            if block is None:
                self._skip = 0
                break
            passed = min(self._skip, len(block))
            self._skip -= passed
            self._left = block[passed:]
        taken: list[Any] = []
        missing = count
        while missing:
            block = self._next()
            if block is None:
                taken.append(np.zeros((missing, 2), np.float32))
                break
            taken.append(block[:missing])
            self._left = block[missing:]
            missing -= len(taken[-1])
        return np.concatenate(taken) if len(taken) != 1 else taken[0]

    def close(self) -> None:
        """Let go of the file."""
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()

    def _next(self) -> Any:
        if self._left is not None and len(self._left):
            block, self._left = self._left, None
            return block
        return next(self._blocks, None)
