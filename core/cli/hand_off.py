"""Handing the cut over to other editing programs, whole or not at all."""

from argparse import Namespace
from pathlib import Path

from core.cli.answer import Answer, Code
from core.cli.progress_line import ProgressLine
from core.cli.stop import Stop, Stopped
from core.errors import Cancelled
from core.providers.base import Signals
from core.studio import Studio

ASKED = ("mode", "stand_in", "first_shot", "last_shot", "size", "fps")
"""Fields of Delivery that matter to a hand-off."""


def hand_off(arguments: Namespace) -> Answer:
    """The folder at --out, or a zip; what could not come along is named."""
    out = Path(arguments.out).expanduser().absolute()
    if arguments.zip and out.suffix.lower() != ".zip":
        out = out.with_name(f"{out.name}.zip")
    with Stop() as stop, ProgressLine() as line:

        def progress(fraction: float | None, stage: str) -> None:
            if stage and fraction is not None:
                line.show(f"Hand-off: {stage}", f"{fraction:.0%}")

        signals = Signals(
            cancelled=lambda: stop.asked, stopping=lambda: False, started=lambda: None, progress=progress
        )
        try:
            made = Studio.open().hand_off(
                arguments.project,
                out,
                formats=arguments.formats,
                media=arguments.media,
                zipped=arguments.zip,
                paper=arguments.paper,
                signals=signals,
                **{name: getattr(arguments, name) for name in ASKED},
            )
        except Cancelled as cancelled:
            raise Stopped("Stopped: nothing was handed over.", code=stop.code) from cancelled
    return Answer(
        facts={
            "path": str(made.path),
            "files": made.files,
            "missing": made.missing,
            "notes": made.notes,
            "events": made.events,
        },
        lines=[str(made.path), *made.files],
        asides=made.notes,
        code=Code.PARTLY if made.missing else Code.DONE,
    )
