"""Making the ledger's file short."""

from argparse import Namespace

from core.cli.answer import Answer
from core.studio import Studio


def compact(_arguments: Namespace) -> Answer:
    """Where the old file is kept."""
    kept = Studio.open().ledger.compact()
    if kept is None:
        return Answer(facts={"kept": None}, lines=["There is no ledger yet."])
    return Answer(
        facts={"kept": str(kept)},
        lines=[f"The ledger is short now, to the same totals. The old file is kept: {kept}"],
    )
