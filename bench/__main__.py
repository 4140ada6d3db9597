"""Runs the benchmarks, each in a fresh process so that none warms another: all, or those named.

A benchmark is a module of this folder with a `main() -> int`: 0 when it held its limit. `--chaos` is `chaos`.
"""

import ast
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def benchmarks() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("_") and has_main(path))


def has_main(path: Path) -> bool:
    """Whether a module defines `main`, told from its text: importing it could be what it measures."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(isinstance(part, ast.FunctionDef) and part.name == "main" for part in body)


def held_its_limit(name: str) -> bool:
    code = f"import sys; from bench.{name} import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code], cwd=HERE.parent, check=False).returncode == 0


def main(names: list[str]) -> int:
    """0 when every benchmark held its limit, 1 when one missed it, 2 for a name that is none."""
    known = benchmarks()
    if strangers := [name for name in names if name not in known]:
        print(f"There is no benchmark {', '.join(strangers)}.", f"There is: {', '.join(known)}.", sep="\n")
        return 2
    verdicts = [judge(name) for name in names or known]
    print("", *(line for _, line in verdicts), sep="\n")
    return 0 if all(held for held, _ in verdicts) else 1


def judge(name: str) -> tuple[bool, str]:
    """Whether a benchmark held its limit, and the line that says so."""
    print(f"== {name}", flush=True)
    started_s = time.monotonic()
    held = held_its_limit(name)
    return (
        held,
        f"{name}: {'held its limit' if held else 'MISSED its limit'} ({time.monotonic() - started_s:.0f} s)",
    )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # and the benchmark with us
    sys.exit(main([name.removeprefix("--") for name in sys.argv[1:]]))
