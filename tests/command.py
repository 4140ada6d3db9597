"""The command line as a process of its own, for tests."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Ended:
    """What a process said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def facts(self) -> Any:
        """What it said in JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """`python -m core` on the data folder `data`."""

    data: Path

    def start(self, *arguments: object) -> "subprocess.Popen[str]":
        """Begin, with pipes for all that it says."""
        environment = os.environ | {
            "STILLMOTION_DATA": str(self.data),
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONUNBUFFERED": "1",
        }
        return subprocess.Popen(
            [sys.executable, "-m", "core", *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=environment,
            cwd=self.data.parent,
        )

    def __call__(self, *arguments: object) -> Ended:
        """Run to the end."""
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, err)
