"""Copies of lines that cannot be read, so that no mending of the ledger can lose them."""

import json
from pathlib import Path

from core.ledger.folding import Folding
from core.ledger.writing import append_durably


def keep_aside(path: Path, folding: Folding) -> None:
    """Copy what `folding` left out to the file `path`, each line once. The ledger's lock is held.

    Raises OSError.
    """
    fresh = folding.broken[folding.kept_aside :]
    if not fresh:
        return
    kept = path.read_bytes().splitlines() if path.exists() else []
    known = {row.partition(_TEXT)[2] for row in kept}
    rows = []
    for each in fresh:
        text = json.dumps(each.text.decode(errors="replace")).encode() + b"}"
        if text not in known:
            known.add(text)
            rows.append(json.dumps({"line": each.number, "why": each.why})[:-1].encode() + _TEXT + text)
    if rows:
        append_durably(path, b"\n".join(rows) + b"\n")
    folding.kept_aside += len(fresh)


_TEXT = b', "text": '
