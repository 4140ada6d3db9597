"""How long an export takes: against encoding twice, MoviePy, ffmpeg by hand, and a bare copy; and its memory.

Twenty clips of the kinds that four models deliver, made from the sample's stills and kept in `bench/out/`.
All but the last measurement make the same cut of 66 s: 1280×720 at 25 frames per second, with music.
Run with `python -m bench.export`; exits with 1 when a limit is missed. It takes some minutes.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.load import finished_take
from core.editing import ClipSound
from core.edits import Edit
from core.exporter import Export, ExportState
from core.media import ffmpeg, h264, probe_clip, sha256_of, upright_size
from core.project import FRAME_RATES, Project, ProjectId, Render, Shot, ShotId, Video
from core.providers.animatic import render_move
from core.providers.base import Signals
from core.settings import Settings
from core.store import now_text
from core.studio import Studio
from core.take import Clip

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent / "data" / "sample"
CLIPS = HERE / "out" / "clips"
SHOT_S = 3.3
KINDS = (
    ("1280x720", "25", 121, True),  # ltx
    ("1928x1076", "24", 121, False),  # kling
    ("1920x1080", "24", 96, True),  # veo
    ("1280x720", "30", 150, False),  # wan
    ("1920x1080", "30", 150, True),  # wan, large
    ("1280x720", "24", 192, True),  # veo, long
)
"""Size, rate, frames, and whether there is sound, of what the models deliver."""
QUIET = Signals(
    cancelled=lambda: False, stopping=lambda: False, started=lambda: None, progress=lambda *_: None
)
RUN = [ffmpeg(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
FILL = "scale=1280:720:force_original_aspect_ratio=increase:flags=bicubic,crop=1280:720,setsar=1,fps=25"
MUSIC = ["-stream_loop", "-1", "-i", str(SAMPLE / "bed.m4a")]
AAC = ["-c:a", "aac", "-b:a", "192k", "-ar", "48000"]
MEMORY_MB = 400


def main() -> int:
    """Print a line per measurement; 0 when every limit is kept."""
    if sys.platform != "linux":
        print("export: its memory and its cores are read from /proc, which only Linux has")
        return 0
    clips = make_clips()
    with tempfile.TemporaryDirectory(dir=HERE / "out") as name:
        folder = Path(name)
        studio, project = storyboard(folder / "data", clips, [SHOT_S] * len(clips))
        with busy_cores() as cores:
            cold = timed("a cold export", lambda: exported(studio, project))
        ready = median("an export with its segments ready", lambda: exported(studio, project), 3)
        edits = [Edit(shot_id="shot_007", field="energy", now=0.9, force=True)]
        edits.append(Edit(shot_id="shot_007", field="end", now=6.5 * SHOT_S, force=True))
        studio.edit(project, edits)
        changed = timed("an export after one changed shot", lambda: exported(studio, project))
        bare = median("a bare copy and the sound", lambda: copied(studio, project, folder / "bare.mp4"), 3)
        hand = timed("ffmpeg by hand", lambda: by_hand(clips, folder))
        twice = timed("encoded twice", lambda: encoded_twice(clips, folder))
        shutil.rmtree(folder / "data")
        few_s, _ = many(folder / "few", clips, 20)
        many_s, memory = many(folder / "many", clips, 200)
        moviepy = timed("MoviePy", lambda: by_moviepy(clips, folder / "moviepy.mp4"))
    share_s = cold.s / len(clips) + ready.s
    kept = [
        at_least("cold export against trimming and encoding, then joining and encoding", twice.s / cold.s, 5),
        at_least("cold export against MoviePy's concatenate_videoclips", moviepy.s / cold.s, 3),
        at_most("cold export against ffmpeg by hand, two at once", cold.s / hand.s, 1.15),
        at_most("export with segments ready against a bare copy and the sound", ready.s / bare.s, 1.5),
        at_most("export after one changed shot against its share and the join", changed.s / share_s, 1.5),
        at_least("cold export: share of the two cores that others left to it", cores.busy, 0.9),
        at_most("200 clips against 20 clips: processor for a frame", many_s / few_s, 1.15),
        at_most("200 clips: resident memory, all processes, MB", memory.most_mb, MEMORY_MB),
        at_most("200 clips: memory at the end against the beginning", memory.growth, 1.15),
    ]
    in_cpu = {
        "encoding twice": twice.cpu_s / cold.cpu_s,
        "MoviePy": moviepy.cpu_s / cold.cpu_s,
        "by hand": cold.cpu_s / hand.cpu_s,
        "ready, a bare copy": ready.cpu_s / bare.cpu_s,
    }
    print("the same in seconds of processor, which other work on the machine hardly changes:", end=" ")
    print(", ".join(f"{rival} {ratio:.2f}" for rival, ratio in in_cpu.items()))
    return 0 if all(kept) else 1


def at_least(what: str, value: float, limit: float) -> bool:
    print(f"{what}: {value:.2f} of at least {limit:g} = {limit / value:.2f}", flush=True)
    return value >= limit


def at_most(what: str, value: float, limit: float) -> bool:
    print(f"{what}: {value:.2f} of {limit:g} allowed = {value / limit:.2f}", flush=True)
    return value <= limit


@dataclass(frozen=True)
class Took:
    """How long work took."""

    s: float
    """Seconds by the clock."""
    cpu_s: float
    """Seconds of processor, of this process and those it started."""

    def __str__(self) -> str:
        return f"{self.s:.1f} s ({self.cpu_s:.1f} s of processor)"


def timed(what: str, work: Callable[[], object]) -> Took:
    began, cpu_began = time.perf_counter(), sum(os.times()[:4])
    work()
    took = Took(time.perf_counter() - began, sum(os.times()[:4]) - cpu_began)
    print(f"({what}: {took})", flush=True)
    return took


def median(what: str, work: Callable[[], object], runs: int) -> Took:
    return sorted((timed(what, work) for _ in range(runs)), key=lambda took: took.s)[runs // 2]


# The clips and the storyboard


def make_clips() -> list[Path]:
    """The twenty clips, made once."""
    CLIPS.mkdir(parents=True, exist_ok=True)
    stills = sorted((SAMPLE / "stills").iterdir())
    words = ("slow push in", "pan left", "crane up", "orbit right", "handheld")
    made = []
    for number in range(20):
        size, fps, frames, sound = KINDS[number % len(KINDS)]
        path = CLIPS / f"{number:02d}.mp4"
        made.append(path)
        if path.exists():
            continue
        draft = path.with_suffix(".draft.mp4")
        width, height = map(int, size.split("x"))
        move = {"motion_prompt": words[number % 5], "energy": 0.6, "width": width, "height": height}
        still = stills[number % len(stills)]
        render_move(
            still,
            draft,
            {**move, "fps": fps, "frames": frames, "seed": number},
            signals=QUIET,
            stage="",
        )
        tone = ["-f", "lavfi", "-i", f"sine=frequency={200 + 20 * number}:sample_rate=48000"]
        heard = [
            *tone,
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-c:a",
            "aac",
            "-t",
            f"{float(frames / FRAME_RATES[fps]):.3f}",
        ]
        grain = ["-vf", "noise=alls=3:allf=t", "-c:v", "libx264", "-preset", "veryfast", "-bf", "3"]
        whole = path.with_suffix(".whole.mp4")
        run([*RUN, "-i", str(draft), *(heard if sound else []), *grain, "-crf", "19", str(whole)])
        draft.unlink()
        whole.replace(path)
    return made


def storyboard(data: Path, clips: Sequence[Path], lengths: Sequence[float]) -> tuple[Studio, str]:
    """A studio with a project whose shots show `clips` in turn, one for each of `lengths` in seconds."""
    studio = Studio(Settings(data=data))
    still = next((SAMPLE / "stills").iterdir())
    width, height = upright_size(still)
    empty = Project(
        id=ProjectId("draft"),
        title="Cut",
        clip_sound=ClipSound.DROP,
        loudness_lufs=None,
        created_at=now_text(),
        updated_at=now_text(),
    )
    at, shots, takes = 0.0, [], []
    facts = {clip: (probe_clip(clip), sha256_of(clip)) for clip in clips}
    for number, length in enumerate(lengths):
        clip = clips[number % len(clips)]
        seen, digest = facts[clip]
        shot = Shot(
            shot_id=ShotId(f"shot_{number + 1:03d}"),
            start=round(at, 4),
            end=round(at + length, 4),
            render=Render(image_url=f"stills/{still.name}", sha256="0" * 64, width=width, height=height),
        )
        take = finished_take(empty, shot, number)
        made = Clip(
            local_path=f"clips/{clip.name}",
            sha256=digest,
            bytes=clip.stat().st_size,
            width=seen.width,
            height=seen.height,
            duration_s=seen.duration_s,
            fps=seen.fps,
            frames=seen.frames,
            has_audio=seen.has_audio,
        )
        video = Video(
            video_url="",
            local_path=made.local_path,
            duration=seen.duration_s,
            model="animatic",
            has_audio=seen.has_audio,
            generated_at=now_text(),
            motion_prompt="",
            take_id=take.take_id,
        )
        shots.append(shot.model_copy(update={"render": shot.render.model_copy(update={"video": video})}))
        takes.append(take.model_copy(update={"clip": made}))
        at += length
    project = studio.store.projects.create(empty.model_copy(update={"shots": tuple(shots)}))
    folder = studio.folder(project.id)
    (folder / "takes").mkdir()
    for take in takes:
        receipt = take.model_copy(update={"project_id": project.id})
        (folder / "takes" / f"{take.take_id}.json").write_text(
            receipt.model_dump_json(indent=1, exclude_none=True)
        )
    shutil.copytree(CLIPS, folder / "clips")
    track = folder / "bed.m4a"
    run([*RUN, *MUSIC, "-t", str(at), "-c", "copy", str(track)])
    studio.set_track(project.id, track, "bed.m4a")
    return studio, project.id


# The ways to a file


def exported(studio: Studio, project: str) -> Export:
    """An export as the product makes it, from the order to the certificate."""
    export = studio.run_export(studio.order_export(project))
    if export.state is not ExportState.DONE:
        raise AssertionError(export.failure)
    return export


def copied(studio: Studio, project: str, result: Path) -> None:
    """The segments that are there, joined by copying, and the music encoded: the least there is to do."""
    listing = result.with_suffix(".txt")
    segments = sorted((studio.folder(project) / "segments").glob("*.mp4"))[:20]
    listing.write_text("\n".join(f"file '{path}'" for path in segments))
    joined_by_copying(listing, result)


def joined_by_copying(listing: Path, result: Path) -> None:
    inputs = ["-f", "concat", "-safe", "0", "-i", str(listing), *MUSIC]
    run([*RUN, *inputs, "-map", "0:v", "-map", "1:a", "-c:v", "copy", *AAC, *WHOLE, str(result)])


WHOLE = ["-t", str(20 * SHOT_S), "-movflags", "+faststart"]


def by_hand(clips: Sequence[Path], folder: Path) -> None:
    """Each clip by one ffmpeg call with the product's recipe, two at once; then joined by copying."""
    filters = ["-vf", FILL, "-an", "-t", str(SHOT_S), *h264(FRAME_RATES["25"]), "-threads", "1"]

    def conform(clip: Path) -> Path:
        result = folder / f"hand-{clip.name}"
        run([*RUN, "-threads", "1", "-i", str(clip), *filters, str(result)])
        return result

    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(conform, clips))
    listing = folder / "hand.txt"
    listing.write_text("\n".join(f"file '{path}'" for path in made))
    joined_by_copying(listing, folder / "hand.mp4")


def encoded_twice(clips: Sequence[Path], folder: Path) -> None:
    """What tools do that trim and encode each clip, as it is, and then join and encode the whole again."""
    made = [folder / f"twice-{clip.name}" for clip in clips]
    for clip, result in zip(clips, made, strict=True):
        run([*RUN, "-i", str(clip), "-t", str(SHOT_S), "-an", "-c:v", "libx264", str(result)])
    inputs = [word for path in made for word in ("-i", str(path))]
    scaled = ";".join(f"[{number}:v]{FILL}[v{number}]" for number in range(len(made)))
    rows = "".join(f"[v{number}]" for number in range(len(made)))
    graph = ["-filter_complex", f"{scaled};{rows}concat=n={len(made)}[v]", "-map", "[v]"]
    heard = ["-map", f"{len(made)}:a", *AAC, *WHOLE]
    run([*RUN, *inputs, *MUSIC, *graph, *heard, "-c:v", "libx264", str(folder / "twice.mp4")])


def by_moviepy(clips: Sequence[Path], result: Path) -> None:
    """The cut as MoviePy's users write it."""
    from moviepy import AudioFileClip, VideoFileClip, concatenate_videoclips

    shown = []
    for clip in clips:
        picture = VideoFileClip(str(clip), audio=False).subclipped(0, SHOT_S)
        scaled = picture.resized(height=720)
        shown.append(scaled.cropped(x_center=scaled.w / 2, y_center=360, width=1280, height=720))
    cut = concatenate_videoclips(shown)
    with AudioFileClip(str(SAMPLE / "bed.m4a")) as music:
        heard = music.subclipped(0, min(music.duration, cut.duration))
        cut.with_audio(heard).write_videofile(
            str(result), fps=25, codec="libx264", temp_audiofile_path=str(result.parent), logger=None
        )
    for each in shown:
        each.close()


def run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


# Many clips, their memory, and the cores


def many(data: Path, clips: Sequence[Path], count: int) -> tuple[float, "Memory"]:
    """Seconds of processor for a frame of a cold export of `count` short shots, and the memory it took."""
    studio, project = storyboard(data, clips, [0.8 + 0.04 * (number // 20) for number in range(count)])
    with watched_memory() as memory:
        took = timed(f"{count} clips", lambda: exported(studio, project))
    frames = studio.exports(project)[0].frames
    shutil.rmtree(data)
    return took.cpu_s / frames, memory


@dataclass
class Memory:
    """Memory of this process and those it started, in MB, looked at ten times a second."""

    seen: list[float]

    @property
    def most_mb(self) -> float:
        return max(self.seen, default=0.0)

    @property
    def growth(self) -> float:
        """The most in the last quarter against the most in the second one, after all is loaded."""
        quarter = max(1, len(self.seen) // 4)
        return max(self.seen[-quarter:]) / max(self.seen[quarter : 2 * quarter] or self.seen)


@contextmanager
def watched_memory() -> Iterator[Memory]:
    memory, ended = Memory([]), threading.Event()

    def watch() -> None:
        while not ended.wait(0.1):
            memory.seen.append(_resident_mb())

    watcher = threading.Thread(target=watch, name="memory")
    watcher.start()
    try:
        yield memory
    finally:
        ended.set()
        watcher.join()


def _resident_mb() -> float:
    """What is resident of this process and those it started; what several of them share counts once."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (folder / "stat").read_text().rpartition(")")[2].split()
            parents.setdefault(int(words[1]), []).append(int(folder.name))
    family = [os.getpid()]
    for process in family:
        family += parents.get(process, [])
    return sum(map(_own_and_share_kb, family)) * 1024 / 1e6


def _own_and_share_kb(process: int) -> int:
    with suppress(OSError):  # it has ended
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


@dataclass
class Cores:
    """How much of what the other processes left of the cores was used."""

    busy: float = 0.0


@contextmanager
def busy_cores() -> Iterator[Cores]:
    cores = Cores()
    idle, own, began = _idle_s(), sum(os.times()[:4]), time.perf_counter()
    yield cores
    took_s = time.perf_counter() - began
    left_s, used_s = _idle_s() - idle, sum(os.times()[:4]) - own
    print(f"(this machine was busy for {1 - left_s / took_s / (os.cpu_count() or 1):.0%} of the cold run)")
    cores.busy = used_s / (used_s + left_s)


def _idle_s() -> float:
    words = Path("/proc/stat").read_text().split(maxsplit=6)
    return (int(words[4]) + int(words[5])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
