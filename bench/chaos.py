"""Kills at random, for longer than the tests have: any fault, up to three kills each, and the books compared.

`python3 run.py bench chaos` (or `bench --chaos`) plays 600 cases from a new seed, which it prints.
`python -m bench.chaos --seed S --cases N` plays others; `--only 17` plays one of them again.
"""

import argparse
import itertools
import secrets
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from chaos.cases import NEVER, Case, endless
from chaos.play import Outcome, Stage

CASES = 600


def main(arguments: Sequence[str] = ()) -> int:
    """Print what fal took and billed beside what was meant and is here; 1 when a case went wrong."""
    options = argparse.ArgumentParser(description="Kills processes at random and compares the books.")
    options.add_argument("--seed", default=secrets.token_hex(3))
    options.add_argument("--cases", type=int, default=CASES)
    options.add_argument("--only", type=int)
    asked = options.parse_args(arguments)
    if sys.platform == "win32":
        print("chaos: not on Windows, which has neither fork nor kill -9")
        return 0
    cases = list(itertools.islice(endless(asked.seed), asked.only or asked.cases))
    if asked.only:
        cases = cases[-1:]
    print(f"chaos: {len(cases)} cases from seed {asked.seed}", flush=True)
    began = time.monotonic()
    outcomes = _play(cases)
    print(f"chaos: {len(outcomes)} cases in {time.monotonic() - began:.0f} s", *_lines(outcomes), sep="\n")
    return int(any(outcome.problems for outcome in outcomes))


def _play(cases: list[Case]) -> list[Outcome]:
    """The outcome of each; what is wrong is printed as it is found."""
    outcomes = []
    with (
        tempfile.TemporaryDirectory(prefix="chaos-") as name,
        Stage(Path(name)) as stage,
        stage.playing(cases) as playing,
    ):
        for future in playing.values():
            outcomes.append(future.result())
            if outcomes[-1].problems:
                print(outcomes[-1].case, *outcomes[-1].problems, sep="\n    ", flush=True)
    return outcomes


def _lines(outcomes: list[Outcome]) -> list[str]:
    """The sums, as ratios: each must be 1.00, or say what else became of the rest."""
    meant, accepted = sum(one.meant for one in outcomes), sum(one.accepted for one in outcomes)
    billed, clips = sum(one.billed for one in outcomes), sum(one.clips for one in outcomes)
    hidden = sum(one.hidden for one in outcomes)
    killed = [one for one in outcomes if one.case.kill != NEVER]
    met = sum(one.met for one in killed)
    wrong = sum(bool(one.problems) for one in outcomes)
    return [
        f"takes sent twice: {sum(one.sent_again for one in outcomes)} of {accepted} sent ({meant} ordered)",
        f"billed, and neither here nor shown at risk: {hidden} of {billed} billed ({clips} clips here)",
        f"processes killed: {sum(one.killed for one in outcomes)}; met the state they were to die in: "
        f"{met} / {len(killed)} = {met / max(len(killed), 1):.2f}",
        f"cases that went wrong: {wrong} of {len(outcomes)}",
    ]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
