"""A ledger made short: the same totals, the old file kept, and nothing lost when it is killed."""

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_lines import file_lines, line, told, write_file

from core.ledger import BILL_SOURCES, Entry, Ledger
from core.take import TakeId


def test_the_short_ledger_comes_to_the_same_and_the_old_one_is_kept(tmp_path: Path) -> None:
    ledger, other = Ledger(tmp_path), Ledger(tmp_path)
    ledger.append(line("a", Entry.RESERVE), *(line("a", Entry.SETTLE, f"0.{n:02}") for n in range(30)))
    ledger.append(line("b", Entry.RESERVE), line("b", Entry.AT_RISK), line("b", Entry.RELEASE, "0"))
    before, long = told(other.bill()), file_lines(tmp_path)
    kept = ledger.compact()
    assert kept is not None
    assert kept.read_bytes().splitlines() == long
    assert len(file_lines(tmp_path)) == 4
    assert told(ledger.bill()) == told(other.bill()) == told(Ledger(tmp_path).bill()) == before
    other.append(line("a", Entry.SETTLE, "0.99"))
    assert ledger.bill().spent_usd == Decimal("0.99")
    assert kept.read_bytes().splitlines() == long


def test_what_cannot_be_read_stays_and_is_named_afterwards_too(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append(line("a", Entry.SETTLE), line("b", Entry.SETTLE))
    write_file(tmp_path, [b"{ torn", *file_lines(tmp_path)])
    ledger.compact()
    assert ledger.bill().spent_usd == Decimal("1.40")
    assert [each.split()[1] for each in ledger.bill().broken] == ["3"]


def test_without_a_ledger_there_is_nothing_to_make_short(tmp_path: Path) -> None:
    assert Ledger(tmp_path).compact() is None
    assert not list(tmp_path.glob("ledger*.jsonl"))


steps = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from(Entry),
        st.decimals("0", "9", places=4),
        st.sampled_from(["quote", "table price", *sorted(BILL_SOURCES)]),
        st.booleans(),
    ),
    max_size=20,
)


@given(steps)
@settings(deadline=None, max_examples=25)
def test_a_ledger_that_is_made_short_now_and_then_tells_the_same_as_one_that_never_is(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, Entry, Decimal, str, bool]]
) -> None:
    short, long = Ledger(tmp_path_factory.mktemp("short")), Ledger(tmp_path_factory.mktemp("long"))
    for minutes, (take, entry, usd, source, compacted) in enumerate(history):
        for ledger in (short, long):
            ledger.append(line(take, entry, usd, source=source, minutes=minutes))
        if compacted:
            short.compact()
    amounts = [
        [
            (take_id, money.first.usd, money.last.usd, money.last.entry, money.billed_usd, money.estimate_usd)
            for take_id, money in ledger.bill().takes.items()
        ]
        for ledger in (short, long)
    ]
    assert amounts[0] == amounts[1]
    assert short.bill().spent_usd == long.bill().spent_usd
    assert (*short.bill().broken, *short.bill().odd) == ()


WRITER = """
import sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from ledger_lines import line
from core.ledger import Entry, Ledger
ledger = Ledger(Path(sys.argv[1]))
number = 0
while True:
    number += 1
    take = f"{sys.argv[3]}-{number}"
    ledger.append(line(take, Entry.RESERVE), line(take, Entry.SETTLE))
    print(number, flush=True)
    ledger.compact()
    print("short", flush=True)
"""


@pytest.mark.parametrize("lines_seen", [1, 2, 6, 9])
def test_killed_in_the_middle_of_it_nothing_that_was_appended_is_lost(
    tmp_path: Path, lines_seen: int
) -> None:
    Ledger(tmp_path).append(*(line(f"old-{number}", Entry.SETTLE) for number in range(500)))
    here = str(Path(__file__).parents[2])
    acknowledged = 0
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), here, f"w{lines_seen}"],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        for _ in range(lines_seen):
            said = writer.stdout.readline()
            acknowledged = int(said) if said.strip().isdigit() else acknowledged
        writer.kill()
        rest = writer.stdout.read().split()
    acknowledged = max([acknowledged, *(int(each) for each in rest if each.isdigit())])
    bill = Ledger(tmp_path).bill()
    written = {take_id for take_id in bill.takes if take_id.startswith("w")}
    assert {TakeId(f"w{lines_seen}-{number}") for number in range(1, acknowledged + 1)} <= written
    assert len(written) <= acknowledged + 1
    assert len(bill.takes) - len(written) == 500
    assert not bill.broken
    survivor = Ledger(tmp_path)
    before = told(survivor.bill())
    survivor.compact()
    assert told(survivor.bill()) == before
    alive = [path for path in tmp_path.glob("ledger-*.jsonl") if path.samefile(tmp_path / "ledger.jsonl")]
    assert not alive
