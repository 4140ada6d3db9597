"""A ledger that was torn, edited or mixed up: what is wrong is named and kept, and the rest counts."""

import json
import os
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_lines import file_lines, line, told, write_file

from core.ledger import BILL_SOURCES, Entry, Ledger
from core.take import TakeId


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger of three lines: `a` reserved and settled, `b` settled; $1.40 are spent."""
    ledger = Ledger(tmp_path)
    ledger.append(line("a", Entry.RESERVE, "0.80"), line("a", Entry.SETTLE), line("b", Entry.SETTLE))
    return ledger


@pytest.mark.parametrize(
    "torn", [b'{"v":1,"at":"20', b'{"v":2,"at":"20', b"\xff\xfe garbage", b"{}", b"[]", b"7"]
)
def test_a_torn_last_line_is_survived_and_the_next_stands_alone(
    ledger: Ledger, tmp_path: Path, torn: bytes
) -> None:
    with (tmp_path / "ledger.jsonl").open("ab") as file:
        file.write(torn)
    assert ledger.bill().spent_usd == Decimal("1.40")
    ledger.append(line("c", Entry.SETTLE))
    for read in (ledger, Ledger(tmp_path)):
        assert read.bill().spent_usd == Decimal("2.10")
        assert len(read.bill().broken) == 1
        assert "Line 4 " in read.bill().broken[0]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"v":2,"at":"2026', "it is torn, or not JSON"),
        (b'{"v":2}', "it was changed by hand: its checksum does not fit"),
        (b'{"v":3,"at":"2026-11-02T00:00:00Z"}', "another version of Stillmotion wrote it"),
        (b"[1]", "it is something else than a line of the ledger"),
        (b'{"v":1,"entry":"settle"}', "its “at” is missing or cannot be used"),
    ],
)
def test_why_a_line_is_left_out_is_said_in_words_for_people(
    ledger: Ledger, tmp_path: Path, text: bytes, why: str
) -> None:
    write_file(tmp_path, [*file_lines(tmp_path), text])
    [told] = ledger.bill().broken
    assert told.startswith(f"Line 4 of the ledger cannot be read: {why}")


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b'"usd":"0.70"', b'"usd":"0.07"'),
        (b'"entry":"settle"', b'"entry":"release"'),
        (b'"p"', b'"q"'),
        (b'"step":2', b'"step":9'),
        (b',"check"', b' ,"check"'),
        (b'"v":2', b'"v":1 '),
        (b'"v":2', b'"v":3'),
    ],
)
def test_a_line_that_was_changed_by_hand_is_named_and_does_not_count(
    ledger: Ledger, tmp_path: Path, was: bytes, now: bytes
) -> None:
    lines = file_lines(tmp_path)
    assert was in lines[1]
    lines[1] = lines[1].replace(was, now)
    write_file(tmp_path, lines)
    bill = ledger.bill()
    assert (bill.spent_usd, bill.reserved_usd) == (Decimal("0.70"), Decimal("0.80"))
    assert len(bill.broken) == 1
    assert bill.broken[0].startswith("Line 2 of the ledger cannot be read")


def test_a_change_in_the_middle_is_seen_by_who_has_read_it_before(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.bill().spent_usd == Decimal("1.40")
    path = tmp_path / "ledger.jsonl"
    with path.open("r+b") as file:  # in place, and as long as before
        text = file.read().replace(b'"usd":"0.70"', b'"usd":"0.07"', 1)
        file.seek(0)
        file.write(text)
    os.utime(path, ns=(1, 1))
    assert ledger.bill().spent_usd == Decimal("0.70")
    assert len(ledger.bill().broken) == 1


def test_another_currency_is_named_and_never_summed(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(line("c", Entry.SETTLE, "5").changed(currency="EUR"))
    bill = ledger.bill()
    assert bill.spent_usd == Decimal("1.40")
    assert "EUR" in bill.broken[0]


@pytest.mark.parametrize("usd", ['"-1"', '"NaN"', '"Infinity"', '"1e30"', "null", "true", '"ten"'])
def test_an_old_line_with_no_amount_in_it_is_left_out(ledger: Ledger, tmp_path: Path, usd: str) -> None:
    with (tmp_path / "ledger.jsonl").open("a") as file:
        file.write(
            '{"v":1,"at":"2026-11-25T23:00:00Z","entry":"settle","take_id":"c","project_id":"p",'
            f'"shot_id":"s","model":"m","usd":{usd},"source":"table price","price_as_of":"2026-11-23"}}\n'
        )
    assert ledger.bill().spent_usd == Decimal("1.40")
    assert len(ledger.bill().broken) == 1


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b" \r\n\r\n"])
def test_what_editors_put_around_lines_spoils_none(ledger: Ledger, tmp_path: Path, newline: bytes) -> None:
    before = told(ledger.bill())
    text = b"\xef\xbb\xbf" + newline.join(file_lines(tmp_path)) + newline
    (tmp_path / "ledger.jsonl").write_bytes(text)
    ledger.append(line("c", Entry.SETTLE, "0.10"))
    for read in (ledger, Ledger(tmp_path)):
        assert read.bill().spent_usd == Decimal("1.50")
        assert (*read.bill().broken, *read.bill().odd) == ()
    assert before != told(ledger.bill())


def test_a_file_that_is_no_ledger_is_named_and_left_as_it_is(ledger: Ledger, tmp_path: Path) -> None:
    strange = bytes(range(11, 256)) * 20_000  # five million bytes without an end of a line
    (tmp_path / "ledger.jsonl").write_bytes(strange)
    assert not ledger.bill().takes
    ledger.append(line("c", Entry.SETTLE, "0.10"))
    assert ledger.bill().spent_usd == Decimal("0.10")
    assert len(ledger.bill().broken) == 1
    assert (tmp_path / "ledger.jsonl").read_bytes().startswith(strange)


def test_a_doubled_line_is_named_and_counts_once(ledger: Ledger, tmp_path: Path) -> None:
    lines = file_lines(tmp_path)
    write_file(tmp_path, [*lines, lines[0], lines[2]])
    bill = ledger.bill()
    assert (bill.spent_usd, bill.reserved_usd) == (Decimal("1.40"), Decimal(0))
    assert [each.partition(";")[0] for each in bill.odd] == [
        "Line 4 of the ledger is there twice",
        "Line 5 of the ledger is there twice",
    ]
    assert not bill.broken


def test_a_moved_line_is_named_and_counts_where_it_belongs(ledger: Ledger, tmp_path: Path) -> None:
    before = told(ledger.bill())
    lines = file_lines(tmp_path)
    write_file(tmp_path, [lines[1], lines[2], lines[0]])
    assert told(ledger.bill()) != ()
    money = ledger.bill().takes[TakeId("a")]
    assert (money.first.usd, money.last.usd) == (Decimal("0.80"), Decimal("0.70"))
    assert ledger.bill().odd == (
        "Line 3 of the ledger stands after a later one of take a; it counts where it belongs.",
    )
    ledger.append(line("a", Entry.SETTLE, "0.60"))
    assert ledger.bill().spent_usd == Decimal("1.30")
    assert before != told(ledger.bill())


def test_two_copies_of_a_data_folder_laid_together_are_named_where_they_contradict(
    ledger: Ledger, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    write_file(copy, file_lines(tmp_path))
    ledger.append(line("b", Entry.SETTLE, "0.90"))
    Ledger(copy).append(line("b", Entry.SETTLE, "0.10"))
    write_file(tmp_path, [*file_lines(tmp_path), *file_lines(copy)])
    bill = ledger.bill()
    assert bill.takes[TakeId("b")].last.usd == Decimal("0.90")
    assert "contradicts" in bill.odd[-1]


def test_what_cannot_be_read_is_kept_aside_once_and_stays_in_the_ledger(
    ledger: Ledger, tmp_path: Path
) -> None:
    lines = file_lines(tmp_path)
    spoilt = lines[1].replace(b'"0.70"', b'"9.70"')
    write_file(tmp_path, [lines[0], b"\xff torn", spoilt, lines[2]])
    ledger.append(line("c", Entry.SETTLE))
    Ledger(tmp_path).append(line("d", Entry.SETTLE))
    kept = [json.loads(row) for row in (tmp_path / "ledger.aside.jsonl").read_text().splitlines()]
    assert [row["line"] for row in kept] == [2, 3]
    assert kept[1]["text"] == spoilt.decode()
    assert "changed by hand" in kept[1]["why"]
    assert file_lines(tmp_path)[1:3] == [b"\xff torn", spoilt]


def test_a_ledger_that_was_taken_away_is_empty_and_begins_anew(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.bill().takes
    (tmp_path / "ledger.jsonl").rename(tmp_path / "elsewhere")
    assert not ledger.bill().takes
    ledger.append(line("c", Entry.SETTLE))
    assert ledger.bill().spent_usd == Decimal("0.70")


steps = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from(Entry),
        st.decimals("0", "9", places=4),
        st.sampled_from(["quote", "table price", *sorted(BILL_SOURCES)]),
        st.integers(-500, 500),
    ),
    min_size=1,
    max_size=20,
)


@given(steps, st.randoms(use_true_random=False), st.sets(st.integers(0, 19)), st.booleans())
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_shuffled_ledger_with_lines_twice_comes_to_the_same(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[str, Entry, Decimal, str, int]],
    random: "st.randoms",  # type: ignore[valid-type]
    twice: set[int],
    piecemeal: bool,
) -> None:
    data = tmp_path_factory.mktemp("ledger")
    ledger = Ledger(data)
    for take, entry, usd, source, minutes in history:
        ledger.append(line(take, entry, usd, source=source, minutes=minutes))
    lines = file_lines(data)
    mixed = [*lines, *(lines[number] for number in twice if number < len(lines))]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    elsewhere = tmp_path_factory.mktemp("mixed")
    reader = Ledger(elsewhere)
    if piecemeal:  # as lines arrive one by one, or all at once
        for number in range(len(mixed)):
            with (elsewhere / "ledger.jsonl").open("ab") as file:
                file.write(mixed[number] + b"\n")
            reader.bill()
    else:
        write_file(elsewhere, mixed)
    assert told(reader.bill()) == told(ledger.bill())
    assert not reader.bill().broken
    assert sum("twice" in each for each in reader.bill().odd) == len(mixed) - len(lines)


@given(steps, st.data())
@settings(deadline=None, max_examples=60)
def test_of_a_spoilt_ledger_every_whole_line_counts_and_every_other_is_named(
    tmp_path_factory: pytest.TempPathFactory,
    history: list[tuple[str, Entry, Decimal, str, int]],
    draw: st.DataObject,
) -> None:
    data = tmp_path_factory.mktemp("ledger")
    ledger = Ledger(data)
    for take, entry, usd, source, minutes in history:
        ledger.append(line(take, entry, usd, source=source, minutes=minutes))
    lines = file_lines(data)
    spoilt = draw.draw(st.sets(st.integers(0, len(lines) - 1)))
    for number in spoilt:
        place = draw.draw(st.integers(0, len(lines[number]) - 1))
        lines[number] = lines[number][:place] + b"#" + lines[number][place + 1 :]
    write_file(data, lines)
    alone = tmp_path_factory.mktemp("alone")
    write_file(alone, [text for number, text in enumerate(lines) if number not in spoilt])
    assert told(Ledger(data).bill()) == told(Ledger(alone).bill())
    named = [int(each.split()[1]) for each in ledger.bill().broken]
    assert named == sorted(number + 1 for number in spoilt)
