"""Loudness by EBU R128: measured as sound goes by, and held below a true peak."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.exporter.join import SOUND_RATE_HZ
from core.exporter.sound.pcm import Graph, SoundFile, frame_of, samples_of
from core.record import Record

if TYPE_CHECKING:
    from core.exporter.sound.pcm import Samples

GATE_LUFS = -70.0
"""What is quieter does not count as sound."""


class Loudness(Record):
    """How loud a sound is, as measured."""

    lufs: float | None
    """Integrated loudness; None when it is silent, or shorter than the 0.4 s that a measurement takes."""
    true_peak_dbtp: float | None
    """Highest true peak; None when it is silent."""
    note: str = ""
    """Why it is not as loud as was asked; "" when it is, or nothing was asked."""


class Meter:
    """Measures what goes by."""

    def __init__(self) -> None:
        self._graph = Graph(
            rate_hz=SOUND_RATE_HZ, format="fltp", layout="stereo", chain=[("ebur128", "metadata=1:peak=true")]
        )
        self._said: dict[str, str] = {}
        self._at = 0
        self._peak = 0.0

    def hear(self, samples: "Samples") -> None:
        """Measure `samples`, which follow those before."""
        import numpy as np

        self._peak = max(self._peak, float(np.abs(samples).max(initial=0)))
        for frame in self._graph.push(frame_of(samples, self._at)):
            self._said = dict(frame.metadata) or self._said
        self._at += len(samples)

    def result(self) -> Loudness:
        """The measurement at the end."""
        for frame in self._graph.push(None):
            self._said = dict(frame.metadata) or self._said
        lufs = float(self._said.get("lavfi.r128.I", GATE_LUFS))
        peak = max(float(self._said.get("lavfi.r128.true_peak", 0)), self._peak)
        return Loudness(
            lufs=lufs if lufs > GATE_LUFS else None,
            true_peak_dbtp=round(_db(peak), 3) if peak > 1e-7 else None,
        )


def measure(file: Path) -> Loudness:
    """How loud the sound in `file` is. Raises MediaFailed."""
    meter = Meter()
    for samples in SoundFile(path=file, name="The sound of the cut", remedy="Export again.").read():
        meter.hear(samples)
    return meter.result()


def held_below(blocks: "Iterator[Samples]", ceiling_dbtp: float) -> "Iterator[Samples]":
    """`blocks`, as many samples, their true peaks below the ceiling: quieter only around the peaks.

    It looks at four times the samples, so that it sees the peaks between them.
    """
    limit = f"limit={10 ** (ceiling_dbtp / 20):.6f}:level=false:attack=5:release=80:latency=true"
    graph = Graph(
        rate_hz=SOUND_RATE_HZ,
        format="fltp",
        layout="stereo",
        chain=[
            ("aresample", str(4 * SOUND_RATE_HZ)),
            ("alimiter", limit),
            ("aresample", str(SOUND_RATE_HZ)),
            ("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
        ],
    )
    at = 0
    for block in blocks:
        for frame in graph.push(frame_of(block, at)):
            yield samples_of(frame)
        at += len(block)
    for frame in graph.push(None):
        yield samples_of(frame)


def _db(factor: float) -> float:
    from math import log10

    return 20 * log10(factor)
