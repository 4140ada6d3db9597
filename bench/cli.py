"""How soon the command line answers: a whole process, from the start to the last line.

Run with `python -m bench.cli`; exits with 1 when the limit is missed. Figures are medians of five runs.
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
RUNS = 5
LIMIT_S = 0.5


def main() -> int:
    """Print a line per verb; 0 when `models` keeps its limit."""
    kept = _report("models") <= LIMIT_S
    _report("projects")
    return 0 if kept else 1


def _report(verb: str) -> float:
    took_s = statistics.median(_seconds(verb) for _ in range(RUNS))
    print(f"python -m core {verb}: {took_s:.2f} s of {LIMIT_S} s allowed = {took_s / LIMIT_S:.2f}")
    return took_s


def _seconds(verb: str) -> float:
    started = time.perf_counter()
    command = [sys.executable, "-m", "core", verb]
    subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    raise SystemExit(main())
