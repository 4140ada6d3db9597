"""What was spent, on what, and what came of it."""

from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.cli.answer import Answer
from core.cli.parser import refuse_usage
from core.cli.printing import counted, table
from core.cli.takes import usd_text
from core.costs import CostReport, Dimension, Filters, Outcome, Sums
from core.costs.tables import as_csv, as_parquet
from core.errors import InputRefused, disk_errors
from core.pricing import CENT, dollars
from core.store.files import write_atomically
from core.studio import Studio

WRITERS = {".csv": as_csv, ".parquet": as_parquet}
"""How a file of takes is written, by its ending."""


def costs(arguments: Namespace) -> Answer:
    """The totals of the ledger, of one project or of all, as far as the filters go."""
    studio = Studio.open()
    filters = _filters(arguments)
    report = studio.costs(filters=filters)
    if filters.project_id and not report:
        studio.project(filters.project_id)  # says so when there is no such project
    saved = _save(report, arguments.out) if arguments.out else []
    return Answer(
        facts=_facts(report),
        lines=[*_totals(report.total), *_groups(report), *saved],
        asides=(*_unknown(studio, filters), *report.broken, *report.odd),
    )


def _unknown(studio: Studio, filters: Filters) -> Iterator[str]:
    """That no take is of a model or by a person who was asked for: a slip looks like nothing spent."""
    whole = studio.costs()
    for key in sorted(filters.models - set(whole.names(Dimension.MODEL))):
        yield f"No take was ever ordered on a model {key[:60]!r}."
    for name in sorted(filters.people - set(whole.names(Dimension.PERSON))):
        yield f"No take was ever ordered by {name[:60]!r}."


def _filters(arguments: Namespace) -> Filters:
    unknown = set(arguments.outcome or ()) - set(Outcome)
    if unknown:
        refuse_usage(arguments, f"--outcome takes: {', '.join(Outcome)}")
    first, last = _day(arguments, arguments.first_day), _day(arguments, arguments.last_day)
    if first and last and first > last:
        refuse_usage(arguments, f"--from {first} is after --to {last}")
    return Filters(
        project_id=arguments.project,
        models=frozenset(arguments.model or ()),
        people=frozenset(arguments.person or ()),
        outcomes=frozenset(Outcome(each) for each in arguments.outcome or ()),
        first_day=first,
        last_day=last,
    )


def _day(arguments: Namespace, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        refuse_usage(arguments, f"{text[:20] if text else text!r} is not a day such as 2026-11-26")


def _save(report: CostReport, out: str) -> list[str]:
    path = Path(out).expanduser()
    if path.suffix.lower() not in WRITERS:
        raise InputRefused(
            f"{path.name} ends neither in .csv nor in .parquet.", remedy="Name the file with one of them."
        )
    with disk_errors(path):
        write_atomically(path, WRITERS[path.suffix.lower()](report.rows()))
    return ["", f"{counted(len(report), 'take')} in {path}"]


def _totals(total: Sums) -> list[str]:
    rows = [
        ("spent", dollars(total.spent_usd)),
        ("reserved", dollars(total.reserved_usd)),
        ("at risk", dollars(total.at_risk_usd)),
        ("in the cut", dollars(total.shown_usd)),
        ("seconds nobody sees", dollars(total.trimmed_usd)),
        ("clips not used", dollars(total.spare_usd)),
        ("charged, no clip", dollars(total.lost_usd)),
    ]
    if total.usd_per_kept_s is not None:
        rows.append(("per second in the cut", dollars(total.usd_per_kept_s.quantize(CENT))))
    if total.billed:
        rows.append((f"estimate of {counted(total.billed, 'billed take')}", dollars(total.estimate_usd)))
        rows.append(("their bill", dollars(total.billed_usd)))
    return table(("", "usd"), rows)[1:]


def _groups(report: CostReport) -> list[str]:
    lines: list[str] = []
    for dimension in Dimension:
        parts = report.by(dimension)
        if dimension is Dimension.SHOT or not any(parts):  # shots are in the JSON; "" alone says nothing
            continue
        rows = [
            (name or "not known", f"{part.ordered:,}", f"{part.kept:,}", dollars(part.spent_usd))
            for name, part in parts.items()
        ]
        lines += ["", *table((dimension.value, "takes", "in the cut", "spent"), rows, right="takes")]
    return lines


def _facts(report: CostReport) -> dict[str, Any]:
    by_shot: dict[str, dict[str, str]] = {}
    for name, usd in report.spent_by(Dimension.SHOT).items():
        project_id, _, shot_id = name.partition("/")
        by_shot.setdefault(project_id, {})[shot_id] = usd_text(usd)
    return {
        **_sums_facts(report.total),
        "by_project": _texts(report.spent_by(Dimension.PROJECT)),
        "by_shot": by_shot,
        "by_model": _texts(report.spent_by(Dimension.MODEL)),
        "by_day": _texts(report.spent_by(Dimension.DAY)),
        "by_person": _texts(report.spent_by(Dimension.PERSON)),
        "models": {name: _sums_facts(part) for name, part in report.by(Dimension.MODEL).items()},
        "camera_moves": {name: _sums_facts(part) for name, part in report.by(Dimension.MOVE).items()},
        "energy": {name: _sums_facts(part) for name, part in report.by(Dimension.ENERGY).items()},
        "broken": list(report.broken),
        "odd": list(report.odd),
    }


def _sums_facts(part: Sums) -> dict[str, Any]:
    per_second = part.usd_per_kept_s
    return {
        "spent_usd": usd_text(part.spent_usd),
        "reserved_usd": usd_text(part.reserved_usd),
        "at_risk_usd": usd_text(part.at_risk_usd),
        "in_the_cut_usd": usd_text(part.shown_usd),
        "wasted_usd": usd_text(part.wasted_usd),
        "takes": part.ordered,
        "clips": part.clips,
        "kept": part.kept,
        "paid_s": round(part.paid_s, 4),
        "kept_s": round(part.kept_s, 4),
        "usd_per_kept_s": None if per_second is None else f"{per_second:.4f}",
        "billed_takes": part.billed,
        "estimate_usd": usd_text(part.estimate_usd),
        "billed_usd": usd_text(part.billed_usd),
    }


def _texts(group: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: usd_text(usd) for name, usd in group.items()}
