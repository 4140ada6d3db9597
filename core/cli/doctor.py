"""A look at everything that the product needs: each thing ok, to be warned of, or failing, in words."""

import platform
import shutil
import subprocess
import tempfile
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from core.budgets import BudgetStore
from core.catalogue import read_catalogue
from core.cli.answer import Answer, Code
from core.cli.printing import counted, table
from core.errors import StillmotionError
from core.ledger import Entry, ledger_of
from core.media import ffmpeg
from core.pricing import dollars
from core.settings import Settings, read_settings
from core.store import SLOTS, Store
from core.store.files import try_lock
from core.studio import Studio

PACKAGES = (
    "streamlit",
    "pydantic",
    "pillow",
    "av",
    "imageio-ffmpeg",
    "moviepy",
    "numpy",
    "filelock",
    "msgspec",
)
OLD_PRICE_DAYS = 90
"""Prices older than this are to be looked at again."""
LITTLE_SPACE_BYTES = 2_000_000_000
NO_SPACE_BYTES = 200_000_000
FFMPEG_LIMIT_S = 20.0


class Verdict(StrEnum):
    """How a thing is."""

    OK = "ok"
    WARN = "warn"
    """It works, and a person should know."""
    FAIL = "fail"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What was found about one thing."""

    name: str
    verdict: Verdict
    what: str
    remedy: str = ""
    """What to do; empty when nothing is to be done."""


def doctor(_arguments: Namespace) -> Answer:
    """Every finding, and exit code 1 when something fails."""
    findings = list(_findings())
    failed = [finding for finding in findings if finding.verdict is Verdict.FAIL]
    rows = [(finding.verdict.value, finding.name, finding.what) for finding in findings]
    remedies = [f"{finding.name}: {finding.remedy}" for finding in findings if finding.remedy]
    return Answer(
        facts={
            "ok": not failed,
            "checks": [
                {"name": each.name, "verdict": each.verdict, "what": each.what, "remedy": each.remedy}
                for each in findings
            ],
        },
        lines=table(("", "thing", "found"), rows)[1:] + (["", *remedies] if remedies else []),
        code=Code.FAILED if failed else Code.DONE,
    )


def _findings() -> Iterator[Finding]:
    yield _ok("python", f"{platform.python_version()} on {platform.system()}")
    yield from _packages()
    yield _guarded("ffmpeg", _ffmpeg)
    try:
        settings = read_settings()
    except StillmotionError as error:
        yield _failing("settings", error)
        return
    yield from _keys(settings)
    data = settings.data
    yield _guarded("catalogue", lambda: _ok("catalogue", f"{len(read_catalogue(data))} models"))
    yield _guarded("data folder", lambda: _writable(data))
    yield _guarded("disk", lambda: _space(data))
    yield _guarded("locks", lambda: _locks(data))
    yield _guarded("projects", lambda: _projects(data))
    yield _guarded("receipts", lambda: _receipts(data))
    yield _guarded("ledger", lambda: _ledger(data))
    yield _guarded("budgets", lambda: _budgets(data))
    yield _guarded("reservations", lambda: _reservations(data))
    yield _guarded("prices", lambda: _prices(data))
    yield from _alerts(settings)


def _guarded(name: str, look: Callable[[], Finding]) -> Finding:
    """What `look` finds; what keeps it from looking is a finding, too."""
    try:
        return look()
    except StillmotionError as error:
        return _failing(name, error)
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        what = f"It cannot be looked at: {error}."
        return Finding(name=name, verdict=Verdict.FAIL, what=what, remedy="Check the data folder's disk.")


def _ok(name: str, what: str) -> Finding:
    return Finding(name=name, verdict=Verdict.OK, what=what)


def _failing(name: str, error: StillmotionError) -> Finding:
    return Finding(name=name, verdict=Verdict.FAIL, what=str(error), remedy=error.remedy)


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield _ok(name, version(name))
        except PackageNotFoundError:
            remedy = "Install the requirements again: python run.py"
            yield Finding(name=name, verdict=Verdict.FAIL, what="It is not installed.", remedy=remedy)


def _ffmpeg() -> Finding:
    """Whether ffmpeg really encodes: one frame of black."""
    source = ("-f", "lavfi", "-i", "color=size=64x64:rate=25:duration=0.04")
    command = [ffmpeg(), "-hide_banner", "-v", "error", "-nostdin", *source, "-c:v", "libx264"]
    made = subprocess.run(
        [*command, "-f", "null", "-"], capture_output=True, timeout=FFMPEG_LIMIT_S, check=False
    )
    if made.returncode == 0:
        return _ok("ffmpeg", "encodes H.264")
    said = made.stderr.decode("utf-8", "replace").strip().splitlines() or ["no reason given"]
    return Finding(
        name="ffmpeg", verdict=Verdict.FAIL, what=said[-1], remedy="Install the requirements again."
    )


def _keys(settings: Settings) -> Iterator[Finding]:
    without = "not set: takes are made by the app's own camera moves, for nothing"
    yield _ok("FAL_KEY", "set" if settings.fal_key else without)
    untold = "not set: costs are told by units and the price list, until a bill is imported"
    yield _ok("FAL_ADMIN_KEY", "set: the bill is read by itself" if settings.fal_admin_key else untold)
    silent = "not set: alerts about money are told here and on the Costs page only"
    yield _ok("STILLMOTION_WEBHOOK_URL", "set" if settings.webhook_url else silent)


def _writable(data: Path) -> Finding:
    if not data.exists():
        return _ok("data folder", f"{data} will be made")
    with tempfile.TemporaryFile(dir=data):
        return _ok("data folder", f"{data} can be written to")


def _space(data: Path) -> Finding:
    there = next(folder for folder in (data, *data.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free >= LITTLE_SPACE_BYTES:
        return _ok("disk", f"{free / 1e9:.1f} GB free")
    verdict = Verdict.FAIL if free < NO_SPACE_BYTES else Verdict.WARN
    return Finding(
        name="disk", verdict=verdict, what=f"{free / 1e9:.2f} GB free", remedy=f"Free some space for {data}."
    )


def _locks(data: Path) -> Finding:
    """Whether this disk's locks keep a second holder out, and how many slots are held."""
    with tempfile.TemporaryDirectory(dir=data if data.is_dir() else None, prefix=".doctor-") as folder:
        path = Path(folder) / "lock"
        held, second = try_lock(path), try_lock(path)
        for lock in filter(None, (held, second)):
            lock.release()
    if held is None or second is not None:
        return Finding(
            name="locks",
            verdict=Verdict.FAIL,
            what="They do not keep a second process out.",
            remedy="Keep the data folder on a disk whose locks work: set STILLMOTION_DATA.",
        )
    return _ok("locks", f"they hold; {_slots_at_work(data)} of {SLOTS} slots are at work")


def _slots_at_work(data: Path) -> int:
    at_work = 0
    for path in (data / "slots").glob("*.lock"):
        lock = try_lock(path)
        if lock is None:
            at_work += 1
        else:
            lock.release()
    return at_work


def _projects(data: Path) -> Finding:
    store, damaged = Store(data), []
    for project_id in store.projects.ids():
        try:
            store.projects.read(project_id)
        except StillmotionError as error:
            damaged.append(error)
    return _none_of("projects", damaged, f"{len(store.projects.ids())}, all can be opened")


def _receipts(data: Path) -> Finding:
    store = Store(data)
    folders = [store.projects.folder(project_id) for project_id in store.projects.ids()]
    damaged = [error for folder in folders for error in store.takes.damaged(folder)]
    return _none_of("receipts", damaged, f"{sum(len(store.takes.all(folder)) for folder in folders)} takes")


def _none_of(name: str, damaged: Sequence[StillmotionError], sound: str) -> Finding:
    if not damaged:
        return _ok(name, sound)
    more = f" (and {len(damaged) - 1} more)" if len(damaged) > 1 else ""
    what = f"{damaged[0]}{more}"
    return Finding(name=name, verdict=Verdict.FAIL, what=what, remedy=damaged[0].remedy)


def _ledger(data: Path) -> Finding:
    bill = ledger_of(data).bill()
    if bill.broken:
        return Finding(
            name="ledger",
            verdict=Verdict.WARN,
            what=f"{bill.broken[0]} {counted(len(bill.broken), 'such line')} left out of the totals.",
            remedy=f"Look at {data / 'ledger.jsonl'}. A line cut short by a crash may go; one that was "
            "changed counts again when it is as it was. fal's bill tells what was really spent.",
        )
    if bill.odd:
        return Finding(
            name="ledger",
            verdict=Verdict.WARN,
            what=f"{bill.odd[0]} {counted(len(bill.odd), 'line')} like that; the totals are right.",
            remedy="Nothing has to be done; `compact` puts the lines in order.",
        )
    return _ok("ledger", f"{len(bill.last)} takes in it, every line can be read")


def _budgets(data: Path) -> Finding:
    budgets = BudgetStore(data).read().budgets
    return _ok("budgets", counted(len(budgets), "limit") if budgets else "no limit is set")


def _prices(data: Path) -> Finding:
    """How old the oldest price is that orders are quoted by."""
    dates = {model.name: model.price.as_of for model in read_catalogue(data) if model.paid}
    oldest = min(dates, key=lambda name: dates[name])
    days = (datetime.now(UTC).date() - date.fromisoformat(dates[oldest])).days
    what = f"the oldest is of {dates[oldest]} ({oldest})"
    if days <= OLD_PRICE_DAYS:
        return _ok("prices", what)
    remedy = "Compare them with fal's: python -m core prices refresh"
    return Finding(name="prices", verdict=Verdict.WARN, what=what, remedy=remedy)


def _alerts(settings: Settings) -> Iterator[Finding]:
    """What a person should know about money, a finding each."""
    try:
        alerts = Studio(settings).alerts()
    except StillmotionError as error:
        yield _failing("alerts", error)
        return
    for alert in alerts:
        yield Finding(name="money", verdict=Verdict.WARN, what=alert.what, remedy=alert.remedy)
    if not alerts:
        yield _ok("money", "no alerts")


def _reservations(data: Path) -> Finding:
    """Money that is set aside for takes whose receipt was never written."""
    projects = Store(data).projects
    orphans = [
        line
        for line in ledger_of(data).bill().lines(Entry.RESERVE)
        if not (projects.folder(line.project_id) / "takes" / f"{line.take_id}.json").exists()
    ]
    if not orphans:
        return _ok("reservations", "each has its take")
    return Finding(
        name="reservations",
        verdict=Verdict.WARN,
        what=f"{dollars(sum((line.usd for line in orphans), Decimal(0)))} are reserved for no take.",
        remedy="Start the app, or order anything: both release them.",
    )
