"""Progress for a person who waits: one line redrawn on a terminal, plain lines anywhere else."""

import sys

from core.cli.printing import columns, cut, line_width, say


class ProgressLine:
    """How far the work is, on stderr. Use it in a `with`, so that the line is cleared at the end."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = ""

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, *_args: object) -> None:
        self._redraw("")

    def show(self, stage: str, detail: str) -> None:
        """Say where the work is. Without a terminal, only a new `stage` is worth a line."""
        if self._terminal:
            self._redraw(cut(f"{stage} · {detail}", line_width()))
        elif stage != self._shown:
            self._shown = stage
            say(stage)

    def tell(self, *lines: str) -> None:
        """Put `lines` above the progress, to stay."""
        self._redraw("")
        say(*lines)

    def _redraw(self, line: str) -> None:
        if not self._terminal or line == self._shown:
            return
        blank = " " * (columns(self._shown) - columns(line))
        self._shown = line
        try:
            print(f"\r{line}{blank}", end="" if line else "\r", file=sys.stderr, flush=True)
        except OSError:  # nobody reads any more: the work goes on
            self._terminal = False


def left_text(seconds: float | None) -> str:
    """Remaining time for people: "about 40 s left", "about 3 min left"."""
    if seconds is None:
        return "nearly there"
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    return f"about {round(seconds / 60)} min left"
