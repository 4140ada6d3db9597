"""Tables and progress as people see them."""

import io
import os
import subprocess
import sys

import pytest

from core.cli.printing import columns, counted, cut, say, table
from core.cli.progress_line import ProgressLine, left_text

DRAW_PROGRESS = """
from core.cli.progress_line import ProgressLine
with ProgressLine() as line:
    line.show("1 of 3 ended, 2 running", "33%")
    line.tell("The disk is full.")
    line.show("2 of 3 ended", "66%")
"""


def test_columns_stand_under_their_heads_and_numbers_to_the_right() -> None:
    rows = [("a", "3.00", "one"), ("shot_002", "12.00", "two")]
    assert table(("shot", "end", "words"), rows, right="end") == [
        "shot        end  words",
        "a          3.00  one",
        "shot_002  12.00  two",
    ]


def test_wide_letters_take_two_cells_and_marks_none() -> None:
    assert [columns(text) for text in ("abc", "日本", "e\u0301")] == [3, 4, 1]
    lines = table(("name", "x"), [("日本", "1"), ("abcd", "1")])
    assert lines[1:] == ["日本  1", "abcd  1"]


@pytest.mark.parametrize(("room", "expected"), [(9, "push in a"), (5, "push…"), (1, "…")])
def test_text_is_cut_to_the_room_there_is(room: int, expected: str) -> None:
    assert cut("push in a", room) == expected


def test_one_is_not_plural() -> None:
    assert [counted(number, "take") for number in (0, 1, 2)] == ["0 takes", "1 take", "2 takes"]


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "nearly there"), (0.2, "about 1 s left"), (200.0, "about 3 min left")]
)
def test_remaining_time_is_told_in_round_numbers(seconds: float | None, text: str) -> None:
    assert left_text(seconds) == text


def test_without_a_terminal_only_news_is_worth_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressLine() as line:
        for detail in ("1%", "2%", "3%"):
            line.show("1 running", detail)
        line.show("1 ended", "100%")
    assert capsys.readouterr().err.splitlines() == ["1 running", "1 ended"]


def test_a_stderr_that_nobody_reads_does_not_stop_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with io.TextIOWrapper(io.FileIO(writer, "w"), write_through=True) as unread:
        monkeypatch.setattr(sys, "stderr", unread)
        say("one", "two")
        monkeypatch.undo()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pseudo-terminals of this kind")
def test_on_a_terminal_one_line_is_redrawn_and_cleared() -> None:
    ours, theirs = os.openpty()
    done = subprocess.run([sys.executable, "-c", DRAW_PROGRESS], stderr=theirs, check=False)
    os.close(theirs)
    seen = os.read(ours, 4096).decode()
    os.close(ours)
    assert done.returncode == 0
    assert screen(seen) == ["The disk is full.", ""]
    assert "1 of 3 ended, 2 running · 33%" in seen


def screen(text: str) -> list[str]:
    """What stands on a terminal after `text`: a carriage return begins the line again."""
    lines = []
    for line in text.split("\n"):
        cells: list[str] = []
        for part in line.rstrip("\r").split("\r") if line != "\r" else [""]:
            cells[: len(part)] = part
        lines.append("".join(cells).rstrip())
    return lines
