"""What was spent, is reserved and is at risk."""

from argparse import Namespace
from collections.abc import Mapping
from decimal import Decimal

from core.cli.answer import Answer
from core.cli.printing import table
from core.cli.takes import usd_text
from core.pricing import dollars
from core.studio import Studio


def costs(arguments: Namespace) -> Answer:
    """The totals of the ledger, of one project or of all."""
    studio = Studio.open()
    report = studio.costs(arguments.project)
    if arguments.project and not report.lines:
        studio.project(arguments.project)  # says so when there is no such project
    totals = {"spent": report.spent_usd, "reserved": report.reserved_usd, "at risk": report.at_risk_usd}
    by_shot: dict[str, dict[str, str]] = {}
    for (project_id, shot_id), usd in report.by_shot.items():
        by_shot.setdefault(project_id, {})[shot_id] = usd_text(usd)
    lines = table(("", "usd"), [(name, dollars(usd)) for name, usd in totals.items()])[1:]
    for title, group in (
        ("project", report.by_project),
        ("model", report.by_model),
        ("day", report.by_day),
    ):
        if group:
            lines += ["", *table((title, "spent"), [(name, dollars(usd)) for name, usd in group.items()])]
    return Answer(
        facts={
            **{f"{name.replace(' ', '_')}_usd": usd_text(usd) for name, usd in totals.items()},
            "by_project": _texts(report.by_project),
            "by_shot": by_shot,
            "by_model": _texts(report.by_model),
            "by_day": _texts(report.by_day),
            "broken": list(report.broken),
        },
        lines=lines,
        asides=report.broken,
    )


def _texts(group: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: usd_text(usd) for name, usd in group.items()}
