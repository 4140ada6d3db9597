"""Reports: whatever the filter, the parts come to the whole; kept, spare and lost are told apart."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pyarrow.parquet as pq
import pytest
from drawing import Draw
from hypothesis import given, settings
from hypothesis import strategies as st

from core.costs import CostBook, Dimension, Filters, Outcome, pace_of, trims
from core.costs.tables import as_csv, as_parquet
from core.edits import Edit
from core.ledger import Bill, Entry, Ledger, Line
from core.ledger.folding import Folding
from core.ledger.lines import ready_to_append, sealed
from core.project import ProjectId, ShotId
from core.studio import Studio
from core.take import TakeId

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NUMBERS = count(1)
MODELS = ("kling_i2v", "wan_i2v", "animatic")


def line(entry: Entry, usd: str, take: str = "", **said: object) -> Line:
    facts: dict[str, object] = {
        "at": NOW,
        "take_id": TakeId(take or f"take-{next(NUMBERS)}"),
        "project_id": ProjectId("ascent"),
        "shot_id": ShotId("shot_001"),
        "model": "kling_i2v",
        "source": "table price",
        "price_as_of": "2026-11-19",
        **said,
    }
    return Line(entry=entry, usd=Decimal(usd), **facts)  # type: ignore[arg-type]


def folded(*lines: Line) -> Bill:
    steps: dict[str, int] = {}
    texts = []
    for each in lines:
        steps[each.take_id] = steps.get(each.take_id, 0) + 1
        texts.append(sealed(ready_to_append(each, steps[each.take_id])))
    folding = Folding()
    folding.add([b"\n".join(texts)] if texts else [])
    return folding.bill


HISTORIES = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.sampled_from(list(Entry)),
        st.decimals("0", "9", places=4),
        st.sampled_from(MODELS),
        st.sampled_from(["p", "q"]),
        st.integers(0, 3),
        st.sampled_from([None, True, False]),
        st.sampled_from(["table price", "billing events"]),
    ),
    max_size=40,
)


def told(history: list[tuple[int, Entry, Decimal, str, str, int, bool | None, str]]) -> list[Line]:
    return [
        line(
            entry,
            str(usd),
            f"{project}{model}{take}",
            model=model,
            project_id=project,
            at=NOW + timedelta(days=day),
            clip=clip,
            source=source,
        )
        for take, entry, usd, model, project, day, clip, source in history
    ]


@settings(max_examples=60, deadline=None)
@given(history=HISTORIES, split=st.integers(0, 40))
def test_every_cut_through_any_history_comes_to_the_same_totals(
    history: list[tuple[int, Entry, Decimal, str, str, int, bool | None, str]], split: int
) -> None:
    lines = told(history)
    bill, earlier = folded(*lines), folded(*lines[:split])
    book = CostBook()
    book.report(earlier, [], Filters())  # so that the rest is added to what is known
    report = book.report(bill, [], Filters())
    for entry, usd in (
        (Entry.SETTLE, report.spent_usd),
        (Entry.RESERVE, report.reserved_usd),
        (Entry.AT_RISK, report.at_risk_usd),
    ):
        assert usd == bill.sum_of(entry)
    for dimension in Dimension:
        parts = report.by(dimension).values()
        assert sum((part.spent_usd for part in parts), Decimal(0)) == report.spent_usd
        assert sum(part.ordered for part in parts) == len(bill.takes)
    total = report.total
    assert total.shown_usd + total.trimmed_usd + total.spare_usd + total.lost_usd == total.spent_usd
    assert sum(report.outcomes().values()) == len(bill.takes)
    fresh = CostBook().report(bill, [], Filters())
    assert all(fresh.by(dimension) == report.by(dimension) for dimension in Dimension)


@settings(max_examples=40, deadline=None)
@given(history=HISTORIES)
def test_filters_split_the_whole_without_rest(
    history: list[tuple[int, Entry, Decimal, str, str, int, bool | None, str]],
) -> None:
    bill, book = folded(*told(history)), CostBook()
    whole = book.report(bill, [], Filters()).spent_usd
    for filters in (
        [Filters(project_id=name) for name in ("p", "q")],
        [Filters(models=frozenset({name})) for name in MODELS],
        [Filters(outcomes=frozenset({outcome})) for outcome in Outcome],
        [Filters(last_day=date(2026, 11, 21)), Filters(first_day=date(2026, 11, 22))],
    ):
        parts = [book.report(bill, [], each).spent_usd for each in filters]
        assert sum(parts, Decimal(0)) == whole


def test_amounts_finer_than_a_billionth_and_larger_than_a_register_stay_exact() -> None:
    fine, large = "0.0000000000001", "1000000"
    bill = folded(line(Entry.SETTLE, fine), *(line(Entry.SETTLE, large) for _ in range(3)))
    assert CostBook().report(bill, [], Filters()).spent_usd == Decimal("3000000.0000000000001")
    many = folded(*(line(Entry.SETTLE, large) for _ in range(10_000)))
    assert CostBook().report(many, [], Filters()).spent_usd == Decimal(10_000_000_000)


def test_a_kept_take_pays_for_what_is_seen_and_for_what_is_trimmed(studio: Studio, draw: Draw) -> None:
    made = studio.create_project("Ascent")
    studio.add_stills(made.id, draw.stills(1), seconds=4.0)
    bought = {"paid_s": 5.0, "used_s": 4.0, "clip": True}
    lines = [
        line(Entry.SETTLE, "0.50", "kept", **bought),
        line(Entry.SETTLE, "0.50", "spare", **bought),
        line(Entry.SETTLE, "0.35", "lost", clip=False),
        line(Entry.AT_RISK, "0.70", "doubt"),
        line(Entry.RELEASE, "0", "free", clip=False),
    ]
    bill, book = folded(*lines), CostBook()
    project = studio.project(made.id)
    cut = project.model_copy(update={"shots": (in_cut(project.shots[0], "kept"),)})
    total = book.report(bill, [cut], Filters(project_id="ascent")).total
    assert (total.shown_usd, total.trimmed_usd) == (Decimal("0.40"), Decimal("0.10"))
    assert (total.spare_usd, total.lost_usd) == (Decimal("0.50"), Decimal("0.35"))
    assert total.wasted_usd == Decimal("0.95")
    assert total.usd_per_kept_s == Decimal("1.35") / 4
    assert (total.ordered, total.clips, total.kept, total.kept_share) == (5, 2, 1, 0.5)
    other = book.report(bill, [project], Filters(project_id="ascent")).total
    assert (other.kept, other.spare_usd) == (0, Decimal("1.00"))  # nothing is chosen any more


def in_cut(shot: object, take_id: str) -> object:
    video = {
        "video_url": "/clip",
        "local_path": "clips/a.mp4",
        "duration": 5.0,
        "model": "kling_i2v",
        "has_audio": False,
        "generated_at": "2026-11-20T12:00:00+00:00",
        "motion_prompt": "pan",
        "take_id": take_id,
    }
    kept = shot.model_dump() | {"render": shot.render.model_dump() | {"video": video}}  # type: ignore[attr-defined]
    return type(shot).model_validate(kept)  # type: ignore[attr-defined]


def test_the_bill_stands_beside_the_estimate() -> None:
    bill = folded(
        line(Entry.SETTLE, "0.50", "a"),
        line(Entry.SETTLE, "0.60", "a", source="billing events"),
        line(Entry.SETTLE, "9.00", "not billed yet"),
    )
    total = CostBook().report(bill, [], Filters()).total
    assert (total.billed, total.estimate_usd, total.billed_usd) == (1, Decimal("0.50"), Decimal("0.60"))
    assert total.drift == pytest.approx(0.2)
    assert total.spent_usd == Decimal("9.60")


def test_a_lost_take_that_only_the_bill_knows_gave_no_clip_until_it_is_brought_home() -> None:
    lost = [line(Entry.RESERVE, "0.70", "a"), line(Entry.AT_RISK, "0.70", "a")]
    billed = [*lost, line(Entry.SETTLE, "0.70", "a", source="billing events")]
    assert CostBook().report(folded(*billed), [], Filters()).outcomes()[Outcome.LOST] == 1
    home = [*billed, line(Entry.SETTLE, "0.70", "a", clip=True)]
    assert CostBook().report(folded(*home), [], Filters()).outcomes()[Outcome.SPARE] == 1


def test_free_takes_buy_no_seconds() -> None:
    bought = {"clip": True, "paid_s": 5.0}
    bill = folded(line(Entry.SETTLE, "0.35", "a", **bought), line(Entry.SETTLE, "0", "b", **bought))
    assert CostBook().report(bill, [], Filters()).total.paid_s == 5.0


def test_the_dearest_takes_come_first_and_the_newest_otherwise() -> None:
    bill = folded(line(Entry.SETTLE, "1", "a"), line(Entry.SETTLE, "3", "b"), line(Entry.SETTLE, "2", "c"))
    report = CostBook().report(bill, [], Filters())
    assert [row.money.first.take_id for row in report.rows()] == ["c", "b", "a"]
    assert [row.money.first.take_id for row in report.rows(dearest=True, most=2)] == ["b", "c"]


def test_spending_is_told_apart_by_two_at_once() -> None:
    bill = folded(
        line(Entry.SETTLE, "1", model="kling_i2v"),
        line(Entry.SETTLE, "2", model="wan_i2v"),
        line(Entry.SETTLE, "4", model="wan_i2v", at=NOW + timedelta(days=1)),
        line(Entry.RESERVE, "8", model="wan_i2v"),
    )
    found = CostBook().report(bill, [], Filters()).spent_by_two(Dimension.DAY, Dimension.MODEL)
    assert found == {
        ("2026-11-20", "kling_i2v"): Decimal(1),
        ("2026-11-20", "wan_i2v"): Decimal(2),
        ("2026-11-21", "wan_i2v"): Decimal(4),
    }


def test_the_pace_says_when_money_runs_out() -> None:
    days = {"2026-11-01": Decimal(100), "2026-11-15": Decimal(7), "2026-11-20": Decimal(7)}
    pace = pace_of(days, date(2026, 11, 20))
    assert (pace.usd_per_day, pace.days) == (Decimal(1), 14)
    assert pace.runs_out_on(Decimal("3.5"), date(2026, 11, 20)) == date(2026, 11, 23)
    assert pace.runs_out_on(Decimal(0), date(2026, 11, 20)) == date(2026, 11, 20)
    young = pace_of({"2026-11-20": Decimal(7)}, date(2026, 11, 20))
    assert (young.usd_per_day, young.days) == (Decimal(7), 1)
    assert pace_of({}, date(2026, 11, 20)).runs_out_on(Decimal(1), date(2026, 11, 20)) is None


def test_a_shot_just_over_a_length_sold_says_what_a_trim_saves(studio: Studio, draw: Draw) -> None:
    made = studio.create_project("Ascent", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(3), seconds=4.0)
    edits = [Edit(field="end", now=9.2, force=True, shot_id="shot_002")]  # from 4 s: 5.2 s
    studio.edit(made.id, edits)
    [trim] = trims(studio.catalogue, studio.project(made.id))
    assert (trim.shot_id, trim.paid_s, trim.shorter_s) == ("shot_002", 10.0, 5.0)
    assert trim.cut_s == pytest.approx(0.2)
    assert trim.saving_usd == Decimal("0.35")


def test_tables_for_spreadsheets_hold_every_take_and_no_formula() -> None:
    bill = folded(
        line(Entry.SETTLE, "0.2016", "a", person="=HYPERLINK(1)", paid_s=5.0, clip=True),
        line(Entry.RESERVE, "0.70", "b"),
    )
    rows = CostBook().report(bill, [], Filters()).rows()
    read = list(csv.DictReader(io.StringIO(as_csv(rows).decode())))
    assert [each["take"] for each in read] == ["b", "a"]
    assert [each["usd"] for each in read] == ["0.70", "0.2016"]
    assert read[1]["person"] == "'=HYPERLINK(1)"
    table = pq.read_table(io.BytesIO(as_parquet(rows)))
    assert table.column("usd").to_pylist() == [Decimal("0.70"), Decimal("0.2016")]
    assert table.column("ordered_at").to_pylist()[0] == NOW


def test_a_report_follows_the_ledger_as_it_grows(studio: Studio) -> None:
    ledger: Ledger = studio.ledger
    assert studio.costs().spent_usd == 0
    ledger.append(line(Entry.SETTLE, "0.35", "a"), line(Entry.RESERVE, "0.70", "b"))
    assert (studio.costs().spent_usd, studio.costs().reserved_usd) == (Decimal("0.35"), Decimal("0.70"))
    ledger.append(line(Entry.SETTLE, "0.70", "b"))
    assert (studio.costs().spent_usd, studio.costs().reserved_usd) == (Decimal("1.05"), Decimal(0))
    assert studio.costs() is studio.costs()
