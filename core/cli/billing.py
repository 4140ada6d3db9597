"""Prices refreshed from fal, the bill, and what it says of our estimates."""

from argparse import Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from core.billing import BillImport, Candidate, Correction, Drift, PriceDiff, Reading
from core.cli.answer import Answer
from core.cli.parser import refuse_usage
from core.cli.printing import counted, table
from core.cli.takes import usd_text
from core.pricing import dollars
from core.studio import Studio

SHOWN = 20
"""Rows of one kind that are shown; JSON has them all."""


def prices(arguments: Namespace) -> Answer:
    """What refreshing the prices would change; with --apply, they are changed."""
    books = Studio.open().billing
    diff = books.refresh_prices()
    if arguments.apply:
        books.apply_prices(diff)
    return Answer(
        facts={
            "as_of": diff.as_of,
            "applied": arguments.apply,
            "changes": [
                {
                    "model": each.model,
                    "before": each.before.model_dump(mode="json", exclude_defaults=True),
                    "after": each.after.model_dump(mode="json", exclude_defaults=True),
                    "lines": each.lines,
                    "remark": each.remark,
                }
                for each in diff.changes
            ],
            "confirmed": [each.model for each in diff.confirmed],
            "left_out": [{"model": each.model, "why": each.why} for each in diff.left_out],
        },
        lines=list(_price_lines(diff, applied=arguments.apply)),
    )


def _price_lines(diff: PriceDiff, *, applied: bool) -> Iterator[str]:
    for each in diff.changes:
        yield f"{each.name} ({each.model}), read on {each.before.as_of}"
        yield from (f"  {line}" for line in each.lines)
        if each.remark:
            yield f"  {each.remark}"
    if diff.changes:
        yield ""
    if diff.left_out:
        yield "Left out, and as they were:"
        yield from (f"  {each.name}: {each.why}" for each in diff.left_out)
        yield ""
    yield diff.summary
    if applied:
        yield "They are in force now; orders that were made stay as they were quoted."
    elif diff.changes or diff.confirmed:
        yield "Nothing was changed. Apply them with: python -m core prices refresh --apply"


def bill(arguments: Namespace) -> Answer:
    """The bill: read at fal, imported from a file, or compared with our estimates."""
    if (arguments.what == "import") != bool(arguments.file):
        refuse_usage(arguments, "a FILE goes with import, and with import alone")
    if arguments.apply and arguments.what != "import":
        refuse_usage(arguments, "--apply goes with import")
    studio = Studio.open()
    if arguments.what == "read":
        return _read(studio.billing.read_bill(), studio.billing.candidates())
    if arguments.what == "drift":
        return _drift(studio.billing.drift())
    found = studio.billing.import_bill(Path(arguments.file))
    made = studio.billing.apply_import(found) if arguments.apply else None
    return _imported(found, made)


def _read(reading: Reading, candidates: Sequence[Candidate]) -> Answer:
    said = counted(len(reading.applied), "take")
    return Answer(
        facts={
            "asked": reading.asked,
            "corrections": [_facts(each) for each in reading.applied],
            "silent": [each.take_id for each in reading.silent],
            "candidates": [
                {
                    "take_id": each.take_id,
                    "request_id": each.request_id,
                    "usd": usd_text(each.usd),
                    "at": each.at.isoformat(),
                }
                for each in candidates
            ],
        },
        lines=[
            *_correction_lines(reading.applied),
            f"The bill told of {said}; of {len(reading.silent)} it says nothing (yet).",
            *map(_candidate_line, candidates),
        ],
        asides=reading.odd,
    )


def _candidate_line(each: Candidate) -> str:
    return (
        f"{each.take_id} is at risk; {dollars(each.usd)} were billed then for a request of no take here. "
        f"If it is that one: python -m core resolve {each.take_id} --adopt {each.request_id}"
    )


def _imported(found: BillImport, made: Sequence[Correction] | None) -> Answer:
    lines = [*_correction_lines(found.corrections)]
    if found.unknown:
        lines += [f"Of no take here ({dollars(found.unknown_usd)}):"]
        lines += _some([f"  line {row.line}: {row.request_id}, {dollars(row.usd)}" for row in found.unknown])
    if found.rejected:
        lines += ["Left out:", *_some([f"  line {each.line}: {each.why}" for each in found.rejected])]
    if found.known:
        lines += [f"{counted(found.known, 'row')} a bill had said before."]
    if made is None:
        lines += [f"Nothing was changed; applied, spending would change by {dollars(found.difference_usd)}."]
        lines += ["Apply it with --apply."] if found.corrections else []
    else:
        lines += [f"{counted(len(made), 'take')} in the ledger as the bill says now."]
    return Answer(
        facts={
            "applied": None if made is None else len(made),
            "difference_usd": usd_text(found.difference_usd),
            "corrections": [_facts(each) for each in found.corrections],
            "known": found.known,
            "unknown": [
                {"line": row.line, "request_id": row.request_id, "usd": usd_text(row.usd)}
                for row in found.unknown
            ],
            "rejected": [{"line": each.line, "why": each.why} for each in found.rejected],
        },
        lines=lines,
    )


def _drift(models: Sequence[Drift]) -> Answer:
    rows = [
        (
            each.model,
            str(each.takes),
            dollars(each.estimate_usd),
            dollars(each.billed_usd),
            "" if each.share is None else f"{each.share:+.1%}",
            "over 5 %" if each.alarming else "",
        )
        for each in models
    ]
    heads = ("model", "takes", "estimate", "billed", "drift", "")
    return Answer(
        facts={
            "models": [
                {
                    "model": each.model,
                    "takes": each.takes,
                    "estimate_usd": usd_text(each.estimate_usd),
                    "billed_usd": usd_text(each.billed_usd),
                    "share": None if each.share is None else f"{each.share:.4f}",
                    "alarming": each.alarming,
                }
                for each in models
            ]
        },
        lines=table(heads, rows, right="takes estimate billed drift")
        if rows
        else ["No take was billed yet."],
    )


def _correction_lines(corrections: Sequence[Correction]) -> list[str]:
    changed = [each for each in corrections if not each.confirms]
    rows = [
        (
            each.take_id,
            each.before.model,
            f"{dollars(each.before.usd)} ({each.before.source})",
            dollars(each.usd),
        )
        for each in changed
    ]
    lines = _some(table(("take", "model", "before", "bill"), rows)) if rows else []
    confirmed = len(corrections) - len(changed)
    return [*lines, f"{counted(confirmed, 'take')} as it was known."] if confirmed else lines


def _some(lines: list[str]) -> list[str]:
    return (
        lines if len(lines) <= SHOWN + 1 else [*lines[:SHOWN], f"  … and {len(lines) - SHOWN} more (--json)"]
    )


def _facts(each: Correction) -> dict[str, Any]:
    return {
        "take_id": each.take_id,
        "model": each.before.model,
        "request_id": each.request_id,
        "before_usd": usd_text(each.before.usd),
        "before_source": each.before.source,
        "bill_usd": usd_text(each.usd),
        "confirms": each.confirms,
    }


def alerts(_arguments: Namespace) -> Answer:
    """What a person should know about money, the urgent first."""
    found = Studio.open().alerts()
    return Answer(
        facts={
            "alerts": [
                {
                    "kind": each.kind,
                    "severity": each.severity,
                    "subject": each.subject,
                    "what": each.what,
                    "remedy": each.remedy,
                }
                for each in found
            ]
        },
        lines=[line for each in found for line in (f"{each.severity}: {each.what}", f"  {each.remedy}")]
        or ["There is nothing to be told about money."],
    )
