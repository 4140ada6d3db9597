"""The shot list as CSV: one row for each shot in the cut, for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

from core.errors import disk_errors
from core.exporter.handoff.media import FOLDER
from core.exporter.handoff.shots import ShotFacts
from core.project import strip_control
from core.timeline import full_timecode

COLUMNS = (
    *("shot", "title", "start", "end", "start_s", "end_s", "frames", "camera", "energy", "environment"),
    *("elements", "motion_prompt", "shown_by", "take", "take_id", "cost_usd", "file"),
)
"""Names in the first row. `end` is where the next shot begins."""
FORMULAS = ("=", "+", "-", "@")
"""What a spreadsheet would calculate when a text begins with it."""


def write_shot_list(shots: Iterable[ShotFacts], rate: Fraction, path: Path) -> None:
    """Write the list to the new file `path`, as UTF-8 with the mark that Excel looks for."""
    table = io.StringIO(newline="")
    rows = csv.writer(table)
    rows.writerow(COLUMNS)
    for each in shots:
        rows.writerow(_row(each, rate))
    with disk_errors(path):
        path.write_bytes(table.getvalue().encode("utf-8-sig", "replace"))


def _row(each: ShotFacts, rate: Fraction) -> list[str]:
    start_s, end_s = each.seconds(rate)
    cost = each.cost_usd
    texts = {
        "shot": each.shot.shot_id,
        "title": each.shot.title,
        "camera": each.shot.camera_language,
        "environment": each.shot.environment,
        "elements": ", ".join(each.shot.symbolic_elements),
        "motion_prompt": each.words,
        "shown_by": each.shown_by,
        "take_id": each.piece.take_id or "",
        "file": f"{FOLDER}/{each.file}" if each.file and not each.missing else "",
    }
    facts = {
        "start": full_timecode(each.first_frame, rate),
        "end": full_timecode(each.end_frame, rate),
        "start_s": f"{start_s:.3f}",
        "end_s": f"{end_s:.3f}",
        "frames": str(each.piece.frames),
        "energy": f"{each.shot.energy:g}",
        "take": str(each.take_number or ""),
        "cost_usd": "" if cost is None else f"{cost:f}",
    }
    row = {**facts, **{name: _text(value) for name, value in texts.items()}}
    return [row[name] for name in COLUMNS]


def _text(value: str) -> str:
    """`value` on one line, and never a formula."""
    plain = strip_control(value).strip()
    return f"'{plain}" if plain.startswith(FORMULAS) else plain
