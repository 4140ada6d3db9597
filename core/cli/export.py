"""Making the cut and handing it over, whole or not at all."""

import os
import secrets
import time
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from core.cli.answer import Answer
from core.cli.progress_line import ProgressLine, left_text
from core.cli.stop import Stop, Stopped
from core.errors import InputRefused, NotNow, StillmotionError, StorageFailed, disk_errors
from core.exporter import Delivery, Export, ExportState, Mode, certificate_path, write_certificate
from core.studio import Studio

LOOK_EVERY_S = 0.15
CHUNK_BYTES = 1 << 20


def export(arguments: Namespace) -> Answer:
    """The delivered file, in the project's folder and, when asked for, at --out."""
    studio = Studio.open()
    target = _checked_target(arguments.out, force=arguments.force) if arguments.out else None
    with Stop() as stop:
        asked = {name: getattr(arguments, name) for name in Delivery.model_fields}
        made = _made(studio, studio.order_export(arguments.project, **asked), stop)
        path = studio.export_file(made.project_id, made.export_id)
        certificate = studio.certificate(made.project_id, made.export_id)
        if target is not None:
            _deliver(path, target, stop, force=arguments.force)
            path = target
            certificate = certificate.model_copy(
                update={"file": os.fsencode(target.name).decode("utf-8", "replace")}
            )
            write_certificate(certificate, target)
    stand_in = "The animatic stands in" if made.stand_in is Mode.ANIMATIC else "Stills stand in"
    stand_ins = f"{stand_in} for {', '.join(made.fallbacks)}: no take is chosen there."
    return Answer(
        facts={
            "path": str(path),
            "frames": made.frames,
            "duration_s": made.duration_s,
            "size": made.size,
            "fps": made.fps,
            "bytes": made.bytes,
            "sha256": made.sha256,
            "mode": made.mode,
            "quality": made.quality,
            "burn_in": made.burn_in,
            "shots": [piece.shot_id for piece in made.pieces],
            "project_id": made.project_id,
            "export_id": made.export_id,
            "fallbacks": made.fallbacks,
            "certificate": {
                "path": str(certificate_path(path)),
                "measured_frames": certificate.measured_frames,
                "worst_cut_ms": certificate.worst_cut_ms,
                "offset_ms": certificate.sound.offset_ms if certificate.sound else None,
                "lufs": certificate.sound.lufs if certificate.sound else None,
                "true_peak_dbtp": certificate.sound.true_peak_dbtp if certificate.sound else None,
                "note": certificate.sound.note if certificate.sound else "",
            },
        },
        lines=[
            str(path),
            f"{made.frames} frames, {made.duration_s:.2f} s, {made.size}, {made.fps} fps",
            f"Certified: {certificate}",
        ],
        asides=[stand_ins] if made.fallbacks else [],
    )


def _checked_target(out: str, *, force: bool) -> Path:
    """The absolute path to deliver to. Raises before any work when it cannot be written."""
    target = Path(out).expanduser().absolute()
    if target.suffix.lower() != ".mp4":
        raise InputRefused(f"{target.name} does not end in .mp4.", remedy="The cut is an MP4: name it so.")
    with disk_errors(target):
        if not target.parent.is_dir():
            raise InputRefused(
                f"There is no folder {target.parent}.", remedy="Make it first, or choose another place."
            )
        _refuse_existing(target, force=force)
    with _writing(target), _part_of(target).open("xb") as probe:
        pass
    Path(probe.name).unlink()
    return target


def _refuse_existing(target: Path, *, force: bool) -> None:
    if target.is_dir():
        raise InputRefused(f"{target} is a folder.", remedy="Name a file in it.")
    if target.exists() and not force:
        raise InputRefused(f"{target} exists.", remedy="Choose another name, or add --force to replace it.")


def _part_of(target: Path) -> Path:
    return target.with_name(f".{os.getpid()}-{secrets.token_hex(3)}.part")


@contextmanager
def _writing(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageFailed(
            f"{target.name} cannot be written to {target.parent}: {error.strerror}.",
            remedy="Choose another place with --out; the cut itself is kept in the project.",
        ) from error


def _made(studio: Studio, order: Export, stop: Stop) -> Export:
    """The finished export. Raises what it failed with, or Stopped; then nothing half-made is left."""
    with ThreadPoolExecutor(1, "stillmotion-export") as pool, ProgressLine() as line:
        making = pool.submit(_make, studio, order)
        _watch(studio, order, making, stop, line)
        made = making.result()
    if made.state is ExportState.DONE:
        return made
    if stop.asked:
        raise Stopped("Stopped: nothing was exported.", code=stop.code)
    if made.failure is not None:
        raise StillmotionError(made.failure.what, remedy=made.failure.remedy)
    raise NotNow("The export was cancelled.", remedy="Export again when you want it.")


def _make(studio: Studio, order: Export) -> Export:
    """The export at its end, whether this process made it or the app did."""
    while (made := studio.run_export(order)).state in (ExportState.QUEUED, ExportState.RUNNING):
        time.sleep(LOOK_EVERY_S)  # somebody else is at it
    return made


def _watch(studio: Studio, order: Export, making: "Future[Export]", stop: Stop, line: ProgressLine) -> None:
    while not making.done() and not stop.asked:
        now = studio.export(order.project_id, order.export_id)
        left = f", {left_text(now.remaining_s)}" if now.remaining_s is not None else ""
        line.show(f"Export: {now.stage}", f"{now.fraction:.0%}{left}")
        stop.wait(LOOK_EVERY_S)
    if stop.asked:
        line.tell("Stopping …")
        with suppress(NotNow):  # it is finished already
            studio.cancel_export(order.project_id, order.export_id)


def _deliver(source: Path, target: Path, stop: Stop, *, force: bool) -> None:
    """Copy `source` to `target`, which is there whole or not at all."""
    part = _part_of(target)
    with _writing(target):
        try:
            with source.open("rb") as reader, part.open("xb") as writer:
                while chunk := reader.read(CHUNK_BYTES):
                    if stop.asked:
                        raise Stopped(f"Stopped: {target.name} was not written.", code=stop.code)
                    writer.write(chunk)
                writer.flush()
                os.fsync(writer.fileno())
            _refuse_existing(target, force=force)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
