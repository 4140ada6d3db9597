"""The record of money: nothing is lost, nothing counts twice, a torn line is survived."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_lines import line

from core.costs import CostBook, Dimension, Filters
from core.errors import StorageFailed
from core.ledger import Entry, Ledger
from core.take import TakeId


def test_a_take_is_reserved_then_settled_and_counts_once(data: Path) -> None:
    data.mkdir()
    ledger = Ledger(data)
    ledger.append(line("a", Entry.RESERVE), line("b", Entry.RESERVE))
    assert ledger.bill().reserved_usd == Decimal("1.40")
    ledger.append(line("a", Entry.SETTLE), line("a", Entry.SETTLE), line("b", Entry.RELEASE, "0"))
    bill = ledger.bill()
    assert (bill.spent_usd, bill.reserved_usd, bill.at_risk_usd) == (Decimal("0.70"), Decimal(0), Decimal(0))


def test_a_correction_is_a_later_line(data: Path) -> None:
    data.mkdir()
    ledger = Ledger(data)
    ledger.append(line("a", Entry.SETTLE, "0.70"), line("a", Entry.SETTLE, "0.65"))
    assert ledger.bill().spent_usd == Decimal("0.65")


def test_the_bill_has_the_last_word_and_our_own_estimate_stays_known(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(
        line("a", Entry.RESERVE, "1.40", minutes=0),
        line("a", Entry.SETTLE, "0.65", source="billing events", minutes=5),
        line("a", Entry.SETTLE, "0.70", source="table price", minutes=6),
    )
    money = ledger.bill().takes[TakeId("a")]
    assert (money.last.usd, money.billed_usd, money.estimate_usd) == (
        Decimal("0.65"),
        Decimal("0.65"),
        Decimal("0.70"),
    )
    assert money.first.usd == Decimal("1.40")
    assert money.ended_at is not None
    assert (money.ended_at - money.ordered_at).seconds == 360


def test_a_clock_that_jumps_back_makes_no_line_older(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(line("a", Entry.RESERVE, "0.70", minutes=60))
    ledger.append(line("a", Entry.SETTLE, "0.50", minutes=0))
    for read in (ledger, Ledger(tmp_path)):
        assert (read.bill().spent_usd, read.bill().reserved_usd) == (Decimal("0.50"), Decimal(0))
        assert not read.bill().odd


def test_nothing_is_added_when_a_transaction_fails(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)

    def fail() -> None:
        with ledger.transaction() as transaction:
            transaction.append(line("a", Entry.SETTLE))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert not ledger.bill().takes
    ledger.append(line("a", Entry.SETTLE))
    assert ledger.bill().spent_usd == Decimal("0.70")


@pytest.mark.parametrize("usd", ["-0.01", "NaN", "Infinity", "1e9"])
def test_what_is_no_amount_is_never_written(tmp_path: Path, usd: str) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        Ledger(tmp_path).append(line("a", Entry.SETTLE, "0.70"), line("b", Entry.SETTLE, usd))
    assert not Ledger(tmp_path).bill().takes


def test_lines_of_the_first_version_count(tmp_path: Path) -> None:
    old = (
        '{"v":1,"at":"2026-11-25T23:00:00Z","entry":"%s","take_id":"a","project_id":"p","shot_id":"shot_001",'
        '"model":"kling_i2v","usd":"%s","source":"table price","price_as_of":"2026-11-23"}\n'
    )
    path = tmp_path / "ledger.jsonl"
    path.write_text(old % ("reserve", "0.70") + old % ("settle", "0.35"))
    ledger = Ledger(tmp_path)
    assert (ledger.bill().spent_usd, ledger.bill().reserved_usd) == (Decimal("0.35"), Decimal(0))
    ledger.append(line("a", Entry.SETTLE, "0.40", source="billing events"))
    with path.open("a") as file:
        file.write(old % ("settle", "0.50"))  # by an app that was not brought up to date
    assert ledger.bill().spent_usd == Decimal("0.40")
    assert ledger.bill().takes[TakeId("a")].estimate_usd == Decimal("0.50")
    assert (*ledger.bill().broken, *ledger.bill().odd) == ()


def test_what_another_process_adds_is_seen(data: Path) -> None:
    data.mkdir()
    mine, theirs = Ledger(data), Ledger(data)
    mine.append(line("a", Entry.SETTLE))
    assert mine.bill().spent_usd == Decimal("0.70")
    theirs.append(line("b", Entry.SETTLE))
    assert mine.bill().spent_usd == Decimal("1.40")


entries = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.sampled_from(Entry),
        st.decimals("0", "20", places=4),
        st.sampled_from(["p", "q"]),
    ),
    max_size=30,
)


@given(entries)
@settings(deadline=None, max_examples=40)
def test_every_total_is_a_fold_of_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, Entry, Decimal, str]]
) -> None:
    data = tmp_path_factory.mktemp("ledger")
    ledger = Ledger(data)
    last: dict[str, tuple[Entry, Decimal]] = {}
    for take, entry, usd, project in history:
        ledger.append(line(f"{project}{take}", entry, str(usd), project))
        last[f"{project}{take}"] = (entry, usd)
    report = CostBook().report(ledger.bill(), [], Filters())
    assert report.spent_usd == sum((usd for entry, usd in last.values() if entry is Entry.SETTLE), Decimal(0))
    totals = [report.spent_by(dimension) for dimension in Dimension]
    assert {sum(total.values(), Decimal(0)) for total in totals} == {report.spent_usd}
    alone = [
        CostBook().report(ledger.bill(), [], Filters(project_id=project)).spent_usd for project in ("p", "q")
    ]
    assert sum(alone, Decimal(0)) == report.spent_usd


WRITER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from ledger_lines import line
from core.ledger import Entry, Ledger
for number in range(20):
    Ledger(Path(sys.argv[1])).append(line(f"{sys.argv[2]}-{number}", Entry.SETTLE, "0.01"))
"""


def test_many_processes_write_one_ledger_without_losing_a_line(data: Path) -> None:
    data.mkdir()
    here = str(Path(__file__).parents[2])
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(data), str(number), here]) for number in range(3)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    bill = Ledger(data).bill()
    assert bill.spent_usd == Decimal("0.60")
    assert not bill.broken


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from ledger_lines import line
from core.errors import StorageFailed
from core.ledger import Entry, Ledger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))
try:
    Ledger(Path(sys.argv[1])).append(line("b", Entry.SETTLE), line("c", Entry.SETTLE))
except StorageFailed as error:
    print(error.remedy)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a small disk is played by a limit that Windows has not")
def test_a_full_disk_leaves_no_half_line(data: Path) -> None:
    data.mkdir()
    Ledger(data).append(line("a", Entry.SETTLE))
    before = (data / "ledger.jsonl").read_bytes()
    here = str(Path(__file__).parents[2])
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(data), here], capture_output=True, text=True, check=True
    ).stdout
    assert "nothing was lost" in said or "try again" in said
    assert (data / "ledger.jsonl").read_bytes() == before


def test_a_ledger_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    with pytest.raises(StorageFailed):
        Ledger(blocked).append(line("a", Entry.SETTLE))
