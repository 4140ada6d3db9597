"""Makes the sample's music bed out of arithmetic: nobody's recording, and the same sound every time.

Scored to the cut of sample.json at 100 beats a minute: a clock over the coffee, a bell for the cat, a pulse
for the suit, a climb on the pad, a drop at the Moon (12.0 s), and a long chord that thins out among galaxies.
Run `python data/sample/make_bed.py` to write bed.m4a beside this file; a name ending in .wav gives plain PCM.
"""

import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float64]
"""Samples, (n,) mono or (n, 2) stereo, full scale at ±1."""

RATE_HZ = 44_100
BEAT_S = 0.6
BEATS = 32
PEAK = 10 ** (-1.5 / 20)
"""Highest sample: −1.5 dBFS, so that what AAC adds stays below −1."""
DRIVE = 0.33
"""How hard the mix leans on the soft limiter; with PEAK it sets the loudness to about −16 LUFS."""

STEPS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
"""The notes of an octave."""
CUTS = (0, 6, 10, 14, 20, 24)
"""Beats on which the picture cuts."""
CHORDS: tuple[tuple[int, int, str], ...] = (
    (0, 6, "D2 A3 C#4 E4 F#4"),
    (6, 10, "B1 A3 C#4 D4 F#4"),
    (10, 14, "G1 B3 D4 F#4 A4"),
    (14, 17, "E2 B3 D4 F#4 G4"),
    (17, 20, "A1 B3 D4 E4 G4"),
    (20, 24, "G1 B3 D4 F#4 C#5"),
    (24, 32, "D2 A3 E4 F#4 A4"),
)
"""From beat, to beat, bass and upper voices."""
MELODY = ((6, "F#5"), (8, "E5"), (10, "D5"), (12, "F#5"), (20, "C#6"), (22, "A5"), (24, "F#5"), (27, "E5"))
"""Beat and note of the bell's tune."""


def hertz(note: str) -> float:
    """Pitch of a note such as "F#4", in equal temperament."""
    name, octave = note[:-1], int(note[-1])
    step = STEPS.index(name)
    return float(440.0 * 2 ** ((step - 9) / 12 + octave - 4))


def clock(seconds: float) -> Sound:
    """Time of each sample, in seconds."""
    return np.arange(round(seconds * RATE_HZ)) / RATE_HZ


def ease(time_s: Sound, seconds: float, attack_s: float, release_s: float) -> Sound:
    """A swell that rises over `attack_s` and is gone at `seconds`."""
    rise = np.clip(time_s / attack_s, 0, 1)
    fall = np.clip((seconds - time_s) / release_s, 0, 1)
    return np.sin(0.5 * np.pi * rise) ** 2 * np.sin(0.5 * np.pi * fall) ** 2


def saw(pitch_hz: float, time_s: Sound, cutoff_hz: float, phase: float) -> Sound:
    """A sawtooth without aliases, dulled above `cutoff_hz`."""
    out = np.zeros_like(time_s)
    for harmonic in range(1, 25):
        overtone_hz = harmonic * pitch_hz
        if overtone_hz > 9_000:
            break
        level = 1 / harmonic / (1 + (overtone_hz / cutoff_hz) ** 2)
        out += level * np.sin(2 * np.pi * overtone_hz * time_s + phase * harmonic)
    return out


def bell(pitch_hz: float, seconds: float, brightness: float) -> Sound:
    """A struck bell by frequency modulation; it loses its brightness before its voice."""
    time_s = clock(seconds)
    index = brightness * np.exp(-time_s * 7)
    struck = np.sin(2 * np.pi * pitch_hz * time_s + index * np.sin(2 * np.pi * 3.5 * pitch_hz * time_s))
    return struck * np.exp(-time_s * 4.2 / seconds) * ease(time_s, seconds, 0.003, 0.05)


def noise(seconds: float, low_hz: float, high_hz: float, seed: int) -> Sound:
    """Noise between two pitches, at an RMS of about one."""
    count = round(seconds * RATE_HZ)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    pitch_hz = np.fft.rfftfreq(count, 1 / RATE_HZ)
    spectrum *= 1 / (1 + (low_hz / np.maximum(pitch_hz, 1)) ** 4) / (1 + (pitch_hz / high_hz) ** 4)
    out = np.fft.irfft(spectrum, count)
    return out / np.sqrt(np.mean(out**2))


def thump(seconds: float, from_hz: float, to_hz: float) -> Sound:
    """A drum that falls from one pitch to another."""
    time_s = clock(seconds)
    pitch_hz = to_hz + (from_hz - to_hz) * np.exp(-time_s * 28)
    fade = np.exp(-time_s * 3 / seconds) * ease(time_s, seconds, 0.002, 0.4 * seconds)
    return np.sin(2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ) * fade


class Mix:
    """A stereo tape with a dry and a wet track."""

    def __init__(self) -> None:
        shape = (round(BEATS * BEAT_S * RATE_HZ), 2)
        self.dry: Sound = np.zeros(shape)
        self.wet: Sound = np.zeros(shape)

    def add(self, sound: Sound, beat: float, level: float, *, side: float = 0.0, wet: float = 0.3) -> None:
        """Lay a mono `sound` down at `beat`; `side` runs from −1 (left) to +1 (right)."""
        angle = (side + 1) * np.pi / 4
        start = round(beat * BEAT_S * RATE_HZ)
        stereo = level * np.outer(sound, (np.cos(angle), np.sin(angle)))[: len(self.dry) - start]
        self.dry[start : start + len(stereo)] += stereo
        self.wet[start : start + len(stereo)] += wet * stereo

    def master(self) -> Sound:
        """The finished bed: room, soft limiter, fades, and the peak where it belongs."""
        out = np.tanh(DRIVE * (self.dry + room(self.wet)))
        time_s = clock(len(out) / RATE_HZ)
        out *= ease(time_s, BEATS * BEAT_S, 0.02, 3.0)[:, None]
        return out * (PEAK / np.abs(out).max())


def room(sound: Sound) -> Sound:
    """The sound of a hall: convolution with noise that dies away, darker than it came."""
    seconds = 2.4
    count = len(sound) + round(seconds * RATE_HZ)
    decay = np.exp(-clock(seconds) * 2.6) * np.minimum(clock(seconds) / 0.02, 1)
    sides = []
    for channel, seed in enumerate((11, 12)):
        answer = noise(seconds, 180, 4_500, seed) * decay
        answer /= np.sqrt(np.sum(answer**2))
        spectrum = np.fft.rfft(sound[:, channel], count) * np.fft.rfft(answer, count)
        sides.append(np.fft.irfft(spectrum, count)[: len(sound)])
    return np.stack(sides, axis=1)


def add_pads(mix: Mix) -> None:
    """Warm detuned chords that open up towards the drop."""
    for index, (start, end, notes) in enumerate(CHORDS):
        seconds = (end - start) * BEAT_S + 0.5
        time_s = clock(seconds)
        swell = ease(time_s, seconds, 0.5 if start in (0, 24) else 0.12, 0.7)
        cutoff_hz = (1_000, 1_300, 1_700, 2_400, 3_400, 2_800, 2_000)[index]
        level = (0.03, 0.034, 0.038, 0.042, 0.048, 0.046, 0.04)[index]
        for voice, note in enumerate(notes.split()[1:]):
            for turn, cents in enumerate((-7, 0, 6)):
                pitch_hz = hertz(note) * 2 ** (cents / 1200)
                tone = saw(pitch_hz, time_s, cutoff_hz, phase=1.7 * voice + 2.1 * turn)
                mix.add(tone * swell, start, level, side=(-0.7, 0.0, 0.7)[turn], wet=0.5)


def add_bass(mix: Mix) -> None:
    """One long root under the quiet, a pulse in eighths from the suit to the drop."""
    for start, end, notes in CHORDS:
        pitch_hz = hertz(notes.split()[0])
        pulsing = 10 <= start < 20
        step = 0.5 if pulsing else end - start
        for beat in np.arange(start, end, step):
            seconds = step * BEAT_S
            time_s = clock(seconds)
            tone = np.sin(2 * np.pi * pitch_hz * time_s) + 0.45 * np.sin(4 * np.pi * pitch_hz * time_s)
            tone += 0.18 * np.sin(6 * np.pi * pitch_hz * time_s)
            swell = ease(time_s, seconds, 0.012 if pulsing else 0.06, seconds * (0.8 if pulsing else 0.4))
            mix.add(tone * swell, float(beat), 0.115, wet=0.05)


def add_bells(mix: Mix) -> None:
    """The tune, and an arpeggio that runs in eighths, doubles on the pad, and thins out at the end."""
    for beat, note in MELODY:
        mix.add(bell(hertz(note), 2.2, 1.6), beat, 0.17, side=0.15, wet=0.8)
    for start, end, notes in CHORDS[1:]:
        voices = [hertz(note) * 2 for note in notes.split()[1:]]
        step = 0.25 if 14 <= start < 20 else 0.5
        for index, beat in enumerate(np.arange(start, end, step)):
            climb = np.interp(beat, (6, 14, 20, 20.01, 26, 31), (0.05, 0.07, 0.11, 0.08, 0.065, 0.0))
            pitch_hz = voices[(0, 2, 1, 3)[index % 4]]
            side = 0.6 * (-1) ** index
            mix.add(bell(pitch_hz, 0.7, 0.9), float(beat), float(climb), side=side, wet=0.5)


def add_drums(mix: Mix) -> None:
    """A clock from the first beat; a kick and a shaker from the suit; a roll, a rise and the drop."""
    for beat in range(20):
        ticking = noise(0.03, 2_500 if beat % 2 else 1_800, 7_000, 20 + beat % 2) * np.exp(-clock(0.03) * 160)
        mix.add(ticking, beat, 0.18 if beat < 10 else 0.10, side=0.3 if beat % 2 else -0.3, wet=0.35)
    for beat in range(10, 20):
        mix.add(thump(0.32, 150, 48), beat, 0.44, wet=0.04)
        mix.add(noise(0.09, 5_000, 12_000, 30) * np.exp(-clock(0.09) * 45), beat + 0.5, 0.075, side=-0.2)
    for beat in np.arange(17, 20, 0.25):
        climb = 0.02 + 0.10 * ((beat - 17) / 3) ** 2
        mix.add(noise(0.12, 900, 6_000, 40) * np.exp(-clock(0.12) * 30), float(beat), float(climb), side=0.1)
    time_s = clock(6 * BEAT_S)
    rise = noise(6 * BEAT_S, 1_200, 7_000, 50) * (time_s / time_s[-1]) ** 3
    mix.add(rise * ease(time_s, 6 * BEAT_S, 0.1, 0.04), 14, 0.085, wet=0.5)
    mix.add(thump(1.8, 110, 36), 20, 0.72, wet=0.2)
    mix.add(noise(2.4, 3_000, 11_000, 60) * np.exp(-clock(2.4) * 2.2), 20, 0.07, wet=0.6)
    for cut in CUTS[1:]:
        mix.add(bell(hertz("D3"), 1.6, 2.5), cut, 0.09, side=-0.1, wet=0.7)
    for beat in (22, 24, 28):
        mix.add(thump(0.5, 90, 42), beat, 0.22, wet=0.2)


def make_bed() -> Sound:
    """The bed: 19.2 s of stereo."""
    mix = Mix()
    for add in (add_pads, add_bass, add_bells, add_drums):
        add(mix)
    return mix.master()


def write_wave(bed: Sound, path: Path) -> None:
    """16-bit PCM."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.round(bed * 32_767).astype("<i2").tobytes())


def main(path: Path) -> None:
    """Write the bed to `path`: PCM for .wav, else what ffmpeg makes of its name, at 160 kbit/s."""
    with tempfile.TemporaryDirectory() as folder:
        plain = path if path.suffix == ".wav" else Path(folder) / "bed.wav"
        write_wave(make_bed(), plain)
        if plain != path:
            encode = ["-c:a", "aac", "-b:a", "160k", "-map_metadata", "-1", "-fflags", "+bitexact"]
            ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
            subprocess.run(
                [
                    ffmpeg,
                    "-v",
                    "error",
                    "-y",
                    "-i",
                    str(plain),
                    *encode,
                    "-movflags",
                    "+faststart",
                    str(path),
                ],
                check=True,
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("bed.m4a"))
