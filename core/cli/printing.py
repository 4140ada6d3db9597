"""How the command line speaks: answers on stdout, the rest on stderr, tables that fit the terminal."""

import io
import json
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

GAP = "  "
NARROWEST = 8
"""A table's last column is never cut below this many characters."""


def prepare_streams() -> None:
    """See that no character can make printing fail, whatever the console's code page."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def print_answer(facts: Any, lines: Iterable[str], *, as_json: bool) -> None:
    """Put the answer on stdout; a reader that has seen enough (`| head`) is no error."""
    text = json.dumps(facts, indent=1) if as_json else "\n".join(lines)
    try:
        if text:
            print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        _close_quietly(sys.stdout)


def say(*lines: str) -> None:
    """Put `lines` on stderr; when nobody reads there, the work goes on all the same."""
    try:
        for line in lines:
            print(line, file=sys.stderr)
        sys.stderr.flush()
    except OSError:
        _close_quietly(sys.stderr)


def _close_quietly(stream: TextIO) -> None:
    """Let what is still buffered for `stream` go nowhere, so that the exit does not complain either."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def table(heads: Sequence[str], rows: Sequence[Sequence[str]], *, right: str = "") -> list[str]:
    """Aligned lines; the columns named in `right` (separated by spaces) stand to the right.

    On a terminal the last column is cut where the window ends; into a file or a pipe everything goes.
    """
    lines = [heads, *rows]
    widths = [max(columns(line[index]) for line in lines) for index in range(len(heads))]
    before_last = sum(widths[:-1]) + len(GAP) * (len(heads) - 1)
    room = max(NARROWEST, line_width() - before_last) if sys.stdout.isatty() else widths[-1]
    to_right = [head in right.split() for head in heads]
    return [
        GAP.join(
            _pad(cell, width, to_right=to_right[index]) if index < len(heads) - 1 else cut(cell, room)
            for index, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]


def counted(number: int, noun: str) -> str:
    """ "1 take", "3 takes"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def line_width() -> int:
    """Characters that fit on a line of the terminal."""
    return max(20, shutil.get_terminal_size().columns - 1)


def columns(text: str) -> int:
    """Cells of a terminal that `text` takes: wide letters take two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def cut(text: str, room: int) -> str:
    """`text`, shortened with … when it takes more than `room` cells."""
    if columns(text) <= room:
        return text
    kept = text
    while kept and columns(kept) > room - 1:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _pad(text: str, width: int, *, to_right: bool) -> str:
    space = " " * (width - columns(text))
    return space + text if to_right else text + space
