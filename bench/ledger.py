"""The ledger with 100,000 lines: how soon it is folded and appended to, and how much memory that takes.

Run with `python -m bench.ledger`; exits with 1 when a limit is missed. Times are medians; of the cold folds,
each in a process of its own after its imports, it is the best, since it waits for nothing but its turn on the
processor. An append is on the disk when it returns.
"""

import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from core.ledger import Bill, Entry, Ledger, Line, TakeMoney
from core.project import ProjectId, ShotId
from core.take import TakeId

TAKES = 50_000
"""Each with two lines: set aside, and settled, released or at risk."""
RUNS = 5
APPENDS = 50
LIMITS = {
    "fold of 100,000 lines, cold": (300.0, "ms"),
    "fold when ten were added": (5.0, "ms"),
    "append, durable": (5.0, "ms"),
    "memory, at its peak": (150.0, "MB"),
}

COLD = """
import sys, time
from pathlib import Path
from core.ledger import Ledger
def resident_mb(field):
    text = Path("/proc/self/status").read_text() if sys.platform == "linux" else f"{field}: 0"
    return int(text.split(field + ":")[1].split()[0]) / 1024
ledger, before_mb = Ledger(Path(sys.argv[1])), resident_mb("VmRSS")
began = time.perf_counter()
bill = ledger.bill()
took_ms = 1000 * (time.perf_counter() - began)
print(took_ms, resident_mb("VmHWM") - before_mb, len(bill.takes), len(bill.broken))
"""


def main() -> int:
    """Print a line per figure; 0 when all keep their limits."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        write_history(Ledger(data), TAKES)
        colds = [_cold(data) for _ in range(RUNS)]
        found = {
            "fold of 100,000 lines, cold": min(took_ms for took_ms, _ in colds),
            "memory, at its peak": max(memory_mb for _, memory_mb in colds),
            **_warm(data),
        }
    for name, (limit, unit) in LIMITS.items():
        print(f"{name}: {found[name]:.2f} {unit} of {limit:g} {unit} allowed = {found[name] / limit:.2f}")
    return 0 if all(found[name] <= limit for name, (limit, _) in LIMITS.items()) else 1


def write_history(ledger: Ledger, takes: int) -> None:
    """A history of `takes` takes over 200 days, as the product writes it."""
    start = datetime.now(UTC) - timedelta(days=200)
    lines = []
    for number in range(takes):
        at = start + timedelta(days=200 * number / takes)
        order = _order(number, at)
        entry = Entry.AT_RISK if number % 211 == 0 else Entry.RELEASE if number % 37 == 0 else Entry.SETTLE
        end = order.changed(
            at=at + timedelta(seconds=90),
            entry=entry,
            usd=Decimal(0) if entry is Entry.RELEASE else order.usd,
            source="table price",
            request_id=secrets.token_hex(16),
            clip=entry is Entry.SETTLE,
        )
        lines += [order, end]
    ledger.append(*lines)


def _order(number: int, at: datetime) -> Line:
    return Line(
        at=at,
        entry=Entry.RESERVE,
        take_id=TakeId(f"{at:%Y%m%d-%H%M%S}-{number // 30:04x}-{number:05d}"),
        project_id=ProjectId(f"project-{number // 2500}"),
        shot_id=ShotId(f"shot_{number % 300:03d}"),
        model=("kling_i2v", "veo31_i2v", "ltx2_i2v")[number % 3],
        usd=(Decimal("0.35"), Decimal("1.20"), Decimal("0.2016"))[number % 3],
        source="quote",
        price_as_of="2026-11-23",
        person=("director", "editor", "producer")[number % 3],
        batch_id=f"{at:%Y%m%d-%H%M%S}-{number // 30:04x}",
        sound=number % 3 == 1,
        paid_s=5.0,
        used_s=3.2,
        move="push_in",
        energy=0.4,
    )


def _cold(data: Path) -> tuple[float, float]:
    """Milliseconds and megabytes of a first fold, in a fresh process."""
    ended = subprocess.run(
        [sys.executable, "-c", COLD, str(data)], capture_output=True, text=True, check=True
    )
    took_ms, memory_mb, takes, broken = ended.stdout.split()
    if (takes, broken) != (str(TAKES), "0"):
        raise RuntimeError(f"{takes} takes and {broken} broken lines were read")
    return float(took_ms), float(memory_mb)


def _warm(data: Path) -> dict[str, float]:
    """Milliseconds of an append and of a fold of ten, on a ledger that was read before."""
    ledger, other = Ledger(data), Ledger(data)
    takes = list(ledger.bill().takes.values())
    appends = [_timed_ms(partial(ledger.append, _corrected(money))) for money in takes[:APPENDS]]
    folds = []
    for number in range(RUNS):
        known = ledger.bill()
        other.append(*(_corrected(money) for money in takes[10 * number : 10 * number + 10]))
        folds.append(_timed_ms(ledger.bill))
        _see_that_it_read(ledger.bill(), known)
    return {
        "append, durable": statistics.median(appends),
        "fold when ten were added": statistics.median(folds),
    }


def _corrected(money: TakeMoney) -> Line:
    return money.last.changed(entry=Entry.SETTLE, usd=Decimal("0.40"), source="billing events")


def _see_that_it_read(bill: Bill, known: Bill) -> None:
    if bill is known:
        raise RuntimeError("the lines that were added were not read")


def _timed_ms(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


if __name__ == "__main__":
    raise SystemExit(main())
