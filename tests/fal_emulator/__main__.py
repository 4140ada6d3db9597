"""`python -m fal_emulator`: an emulator as a process, for rehearsals and for tests that kill things."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from fal_emulator.accounts import Conditions
from fal_emulator.faults import Rule
from fal_emulator.server import Server


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; 0, or 2 when an argument cannot be used."""
    asked = _parser().parse_args(arguments)
    try:
        server = Server(
            port=asked.port,
            conditions=Conditions.model_validate(_conditions(asked)),
            rules=[Rule.model_validate(rule) for rule in _rules(asked)],
            folder=asked.data,
        )
    except (ValidationError, ValueError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps({"url": server.url}) + "\n")
    sys.stdout.flush()
    server.serve()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fal_emulator", description="A fal.ai of your own.")
    parser.add_argument("--port", type=int, default=0, help="loopback port; 0 takes a free one")
    parser.add_argument(
        "--data", type=Path, help="folder that keeps the rendered clips; default: a passing one"
    )
    parser.add_argument("--script", type=Path, help="JSON file: a list of rules, or {rules, conditions}")
    parser.add_argument("--speed", type=float, help="how many times faster than life; default 1")
    parser.add_argument(
        "--run-s", type=float, help="seconds each job runs; default: as long as its model's do"
    )
    parser.add_argument("--clips", choices=["preview", "full"], help="thumbnails (default) or the size asked")
    parser.add_argument("--conditions", type=json.loads, default={}, help="more conditions, as JSON")
    parser.add_argument("--rules", type=json.loads, default=[], help="more rules, as JSON")
    return parser


def _script(asked: argparse.Namespace) -> Any:
    return json.loads(asked.script.read_text(encoding="utf-8")) if asked.script else []


def _rules(asked: argparse.Namespace) -> list[Any]:
    script = _script(asked)
    return [*(script.get("rules", []) if isinstance(script, dict) else script), *asked.rules]


def _conditions(asked: argparse.Namespace) -> dict[str, Any]:
    script = _script(asked)
    named = {"speed": asked.speed, "run_s": asked.run_s, "clips": asked.clips}
    return {
        **(script.get("conditions", {}) if isinstance(script, dict) else {}),
        **asked.conditions,
        **{name: value for name, value in named.items() if value is not None},
    }


if __name__ == "__main__":
    sys.exit(main())
