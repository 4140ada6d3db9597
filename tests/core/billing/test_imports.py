"""A bill exported by hand: shown first, applied as lines of its own, and nothing in it is guessed."""

import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from billing_case import written
from hypothesis import given
from hypothesis import strategies as st

from core.billing import BillImport, Books
from core.billing.bill_file import read_rows
from core.errors import InputRefused, NotFound
from core.ledger import Entry
from core.settings import Settings
from core.studio import Studio

KLING = "fal-ai/kling-video/v2.6/pro/image-to-video"
SETTLED = (Entry.RESERVE, "0.35", "quote"), (Entry.SETTLE, "0.35", "table price")


@pytest.fixture
def books(data: Path) -> Books:
    """A ledger with two settled takes of Kling, one at risk and one under way."""
    data.mkdir()
    written(data, "one", *SETTLED, request_id="r-1")
    written(data, "two", *SETTLED, request_id="r-2")
    written(data, "risky", SETTLED[0], (Entry.AT_RISK, "0.35", "lost"), request_id="r-3")
    return Studio(Settings(data=data)).billing


def csv(*rows: str, head: str = "request_id,endpoint_id,cost_total") -> bytes:
    return "\n".join((head, *rows)).encode()


def reasons(found: BillImport) -> list[str]:
    return [f"{each.line}: {each.why}" for each in found.rejected]


def test_nothing_changes_until_it_is_applied_and_then_each_take_has_what_the_bill_says(
    books: Books, data: Path
) -> None:
    found = books.import_bill(csv(f"r-1,{KLING},0.30", f"r-2,{KLING},0.35", f"r-3,{KLING},0.40"))
    assert [(each.take_id, each.usd, each.confirms) for each in found.corrections] == [
        ("one", Decimal("0.30"), False),
        ("two", Decimal("0.35"), True),
        ("risky", Decimal("0.40"), False),
    ]
    assert found.difference_usd == Decimal("0.35")
    assert Studio(Settings(data=data)).costs().spent_usd == Decimal("0.70")
    books.apply_import(found)
    costs = Studio(Settings(data=data)).costs()
    assert (costs.spent_usd, costs.at_risk_usd) == (Decimal("1.05"), Decimal(0))
    assert {line.source for line in costs.lines} == {"bill imported"}
    assert not (data / "projects").exists()  # a bill brings back no project that was removed


@pytest.mark.parametrize(
    "content",
    [
        b"sep=;\nrequest_id;cost_total\nr-1;0.33\n",
        b"Billing export\r\n\r\nAccount: team\r\nrequest_id,cost_total\r\nr-1,0.33\r\n",
        "Request ID\tCost (USD)\r\nr-1\t0.33\r\n".encode("utf-16"),
        b'\xef\xbb\xbf"request_id";"cost_total"\r\n"r-1";"0.33"\r\n',
    ],
    ids=["separator named", "lines above", "UTF-16", "mark and quotes"],
)
def test_what_spreadsheets_add_to_a_bill_is_no_obstacle(books: Books, content: bytes) -> None:
    [found] = books.import_bill(content).corrections
    assert (found.take_id, found.usd) == ("one", Decimal("0.33"))


def test_a_row_is_named_by_its_line_in_the_file_whatever_stands_above(books: Books) -> None:
    found = books.import_bill(b"Bill of May\n\nrequest_id,cost_total\nr-1,0.33\nr-2,?\n")
    assert reasons(found) == ["5: '?' is no amount"]


def test_a_bill_that_is_imported_again_changes_nothing(books: Books, data: Path) -> None:
    bill = csv(f"r-1,{KLING},0.30")
    found = books.import_bill(bill)
    assert len(books.apply_import(found)) == 1
    assert books.apply_import(found) == []
    again = books.import_bill(bill)
    assert (again.known, again.corrections) == (1, ())


def test_requests_of_others_are_listed_with_their_sum_and_change_nothing(books: Books) -> None:
    found = books.import_bill(csv(f"elsewhere,{KLING},0.30", f"other,{KLING},1.20"))
    assert [row.request_id for row in found.unknown] == ["elsewhere", "other"]
    assert found.unknown_usd == Decimal("1.50")
    assert not found.corrections


def test_a_row_that_comes_twice_counts_once_and_two_amounts_for_one_request_count_not_at_all(
    books: Books,
) -> None:
    found = books.import_bill(
        csv(f"r-1,{KLING},0.30", f"r-1,{KLING},0.30", f"r-2,{KLING},0.35", f"r-2,{KLING},0.50")
    )
    assert [each.take_id for each in found.corrections] == ["one"]
    assert reasons(found) == [
        "3: request r-1 stands on line 2 already",
        "4: request r-2 has several rows with different amounts",
        "5: request r-2 has several rows with different amounts",
    ]


def test_a_row_for_another_model_than_the_take_was_made_with_is_left_out(books: Books) -> None:
    found = books.import_bill(csv("r-1,fal-ai/veo3.1/image-to-video,0.30"))
    assert "made with fal-ai/kling-video" in reasons(found)[0]
    assert not found.corrections


def test_a_take_under_way_is_left_to_its_end(data: Path) -> None:
    written(data, "running", (Entry.SETTLE, "0", "x"), (Entry.RESERVE, "0.35", "adopted"), request_id="r-4")
    written(data, "again", (Entry.AT_RISK, "0.35", "lost"), request_id="r-5")
    books = Studio(Settings(data=data)).billing
    found = books.import_bill(csv(f"r-5,{KLING},0.30"))
    written(data, "again", (Entry.RESERVE, "0.35", "found"), request_id="r-5")
    assert books.apply_import(found) == []


def test_two_currencies_are_never_summed(books: Books) -> None:
    head = "request_id,amount,currency"
    found = books.import_bill(csv("r-1,0.30,USD", "r-2,0.30,EUR", "r-3,€0.30,USD", head=head))
    assert [each.take_id for each in found.corrections] == ["one"]
    assert reasons(found) == [
        "3: it is in EUR, and only US dollars are summed",
        "4: it names two currencies, EUR and USD",
    ]


@pytest.mark.parametrize(
    ("amount", "why"),
    [
        ("", "missing"),
        ("free", "no amount"),
        ("-0.30", "negative"),
        ("nan", "no amount"),
        ("1e400", "too large"),
        ("99999999", "too large"),
        ('"0,30"', "with a point"),
        ('"1,234"', "without a comma"),
        ("0.3.0", "no amount"),
        ("£0.30", "GBP"),
        ("0.30 EUR", "EUR"),
    ],
)
def test_an_amount_that_is_not_sure_is_named_by_its_line(amount: str, why: str) -> None:
    used, rejected = read_rows(csv(f"r-1,{KLING},{amount}", f"r-2,{KLING},0.35"))
    assert [row.request_id for row in used] == ["r-2"]
    assert [each.line for each in rejected] == [2]
    assert why in rejected[0].why


@pytest.mark.parametrize(
    "content",
    [
        b"Request ID;Endpoint;Cost (USD)\nr-1;x;1,234.50\n",
        b"\xef\xbb\xbfrequest_id\tcost_total\tunit_price\r\nr-1\t1234.5\t0.07\r\n",
        b"request_id,cost_subtotal,cost_discount,cost_total\n\nr-1,2000,765.5,1234.5\n",
        b"request_id,cost\nr-1,$1234.50\n",
        b"request_id,amount\nr-1,1234.50 USD\n",
        b"request_id,cost_estimate_nano_usd\nr-1,1234500000000\n",
        b'{"billing_events": [{"request_id": "r-1", "cost_total": 1234.5}], "next_cursor": null}',
        b'[{"requestId": "r-1", "total_cost": "1234.50"}]',
        b'{"data": [{"Request ID": "r-1", "Amount": 1234.50, "currency": "usd"}]}',
    ],
)
def test_the_forms_in_which_bills_are_exported_all_say_the_same(content: bytes) -> None:
    [row], rejected = read_rows(content)
    assert (row.request_id, row.usd, rejected) == ("r-1", Decimal("1234.5"), [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe",
        b"hello",
        b"date,cost_total\n2026-11-23,0.35\n",
        b"request_id,units\nr-1,5\n",
        b"request_id,cost_total,cost_total\nr-1,1,2\n",
        b'{"billing_events": [',
        b'{"prices": []}',
        b'{"billing_events": {"request_id": "r-1"}}',
        b"[" * 100_000,
    ],
)
def test_a_file_that_is_no_bill_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(InputRefused) as caught:
        read_rows(content)
    assert caught.value.remedy


def test_rows_of_another_shape_are_named_and_the_rest_counts() -> None:
    content = json.dumps(
        [{"request_id": "r-1", "cost_total": 0.35}, 7, {"cost_total": 1}, {"request_id": True}]
    )
    used, rejected = read_rows(content.encode())
    assert len(used) == 1
    assert [each.line for each in rejected] == [2, 3, 4]


def test_a_row_with_more_cells_than_columns_is_not_guessed_at() -> None:
    used, rejected = read_rows(b"request_id,cost_total\nr-1,0,35\n")
    assert not used
    assert [each.line for each in rejected] == [2]


def test_a_file_that_is_not_there_is_said_so(books: Books, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        books.import_bill(tmp_path / "bill.csv")


@given(
    st.lists(st.decimals(0, 9, places=4), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 8), st.decimals(0, 9, places=9)), max_size=12),
)
def test_after_any_bill_each_take_costs_what_the_bill_says_once_or_what_it_did_before(
    estimates: list[Decimal], rows: list[tuple[int, Decimal]]
) -> None:
    with TemporaryDirectory() as folder:
        data = Path(folder)
        for number, usd in enumerate(estimates):
            written(data, f"t{number}", (Entry.SETTLE, str(usd), "table price"), request_id=f"r-{number}")
        studio = Studio(Settings(data=data))
        found = studio.billing.import_bill(csv(*(f"r-{number},,{usd}" for number, usd in rows)))
        studio.billing.apply_import(found)
        said: dict[int, set[Decimal]] = {}
        for number, usd in rows:
            said.setdefault(number, set()).add(usd)
        expected = [
            next(iter(said[number])) if len(said.get(number, ())) == 1 else usd
            for number, usd in enumerate(estimates)
        ]
        assert studio.ledger.bill().spent_usd == sum(expected)
        assert len(found.unknown) + len(found.rejected) + len(found.corrections) + found.known == len(rows)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_file_makes_it_stumble(content: bytes) -> None:
    try:
        used, _ = read_rows(content)
    except InputRefused:
        return
    assert all(row.usd >= 0 for row in used)


@given(st.lists(st.tuples(st.integers(0, 3), st.decimals(0, 99, places=4)), max_size=12))
def test_every_row_is_used_or_named_or_known_and_none_twice(rows: list[tuple[int, Decimal]]) -> None:
    used, rejected = read_rows(csv(*(f"r-{number},{KLING},{usd}" for number, usd in rows)))
    assert len(used) + len(rejected) == len(rows)
    assert [row.usd for row in used] == [usd for _, usd in rows]
