"""The bill as fal tells it: it confirms, corrects, settles and releases, once each, by lines of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from billing_case import ended, written
from fal_emulator import AccountControl
from waiting import wait_until

from core.billing.events import told
from core.errors import InputRefused, ProviderError
from core.executor import Executor
from core.ledger import Entry, ledger_of
from core.settings import Settings
from core.studio import Studio
from core.take import State, Take, TakeId


@contextmanager
def watched(studio: Studio) -> Iterator[None]:
    """Inside, the bill is read in the background."""
    billing = studio.billing.watch()
    billing.start()
    try:
        yield
    finally:
        assert billing.stop(4)


def sources(studio: Studio) -> list[str]:
    return sorted(line.source for line in studio.ledger.bill().last.values())


def test_a_bill_that_says_what_was_settled_is_one_line_more_and_never_a_second(
    studio: Studio, slots: Executor, data: Path
) -> None:
    ended(studio, studio.order_takes("ascent"))
    before = studio.costs().spent_usd
    reading = studio.billing.read_bill()
    assert [each.confirms for each in reading.applied] == [True, True]
    lines = (data / "ledger.jsonl").read_bytes().count(b"\n")
    assert studio.billing.read_bill().asked == 0
    assert (data / "ledger.jsonl").read_bytes().count(b"\n") == lines
    assert sources(studio) == ["billing events"] * 2
    assert studio.costs().spent_usd == before == Decimal("0.70")


def test_a_discount_on_the_bill_corrects_the_ledger_and_the_receipt(
    studio: Studio, account: AccountControl, slots: Executor
) -> None:
    account.conditions(percent_discount=20)
    takes = ended(studio, studio.order_takes("ascent"))
    assert studio.costs().spent_usd == Decimal("0.70")
    reading = studio.billing.read_bill()
    assert sum(each.difference_usd for each in reading.applied) == Decimal("-0.14")
    assert studio.costs().spent_usd == Decimal("0.56") == Decimal(account.record()["billed_usd"])
    assert [studio.take(take.take_id).settled_usd for take in takes] == [Decimal("0.28")] * 2
    money = studio.ledger.bill().takes[takes[0].take_id]
    assert (money.estimate_usd, money.billed_usd) == (Decimal("0.35"), Decimal("0.28"))


@pytest.mark.parametrize(("days", "corrected"), [(0.5, "0.35"), (2, "0.28"), (8, "0.35")])
def test_a_bill_that_is_corrected_later_corrects_the_ledger_once_more(
    studio: Studio, account: AccountControl, slots: Executor, data: Path, days: float, corrected: str
) -> None:
    (take,) = ended(studio, studio.order_takes("ascent", ["shot_001"]))
    assert take.request is not None
    (data / "ledger.jsonl").unlink()
    written(
        data,
        take.take_id,
        (Entry.RESERVE, "0.35", "quote"),
        (Entry.SETTLE, "0.35", "billing events"),
        request_id=take.request.request_id,
        ago=timedelta(days=days),
    )
    account.conditions(percent_discount=20)
    studio.billing.read_bill()
    studio.billing.read_bill()
    assert studio.costs().spent_usd == Decimal(corrected)


def test_a_bill_that_lags_is_asked_again_until_it_tells(
    studio: Studio, account: AccountControl, slots: Executor
) -> None:
    account.conditions(billing_lag_s=3600, percent_discount=10)
    ended(studio, studio.order_takes("ascent"))
    with watched(studio):
        wait_until(lambda: account.record()["counts"].get("billing", 0) >= 2, what="two looks at the bill")
        assert studio.costs().spent_usd == Decimal("0.70")
        account.advance(3601)
        wait_until(lambda: studio.costs().spent_usd == Decimal("0.63"), what="the bill to count")
    asked = account.record()["counts"]["billing"]
    assert sources(studio) == ["billing events"] * 2
    with watched(studio):
        assert account.record()["counts"]["billing"] == asked


def test_money_at_risk_is_settled_by_the_bill_though_the_take_was_given_up(
    studio: Studio, account: AccountControl, slots: Executor
) -> None:
    account.script({"match": {"call": "submit"}, "do": "lost_job"})
    (take,) = studio.order_takes("ascent", ["shot_001"])
    (lost,) = ended(studio, [take])
    assert lost.state is State.UNRESOLVED
    studio.give_up(take.take_id)
    assert studio.costs().at_risk_usd == Decimal("0.35")
    studio.billing.read_bill()
    assert (studio.costs().at_risk_usd, studio.costs().spent_usd) == (Decimal(0), Decimal("0.35"))
    assert studio.take(take.take_id).settled_usd == Decimal("0.35")


def test_a_refusal_that_was_charged_after_all_is_found_on_the_bill(
    studio: Studio, account: AccountControl, slots: Executor
) -> None:
    refusal = {"do": "refuse", "status": 422, "type": "no_media_generated", "charge": True}
    account.script({"match": {"call": "submit"}, **refusal})
    account.conditions(costs={"kling": 0.1})
    (take,) = ended(studio, studio.order_takes("ascent", ["shot_001"]))
    assert take.state is State.FAILED
    studio.billing.read_bill()
    assert studio.costs().spent_usd == Decimal("0.10")
    assert studio.costs().at_risk_usd == 0


def test_money_at_risk_that_the_bill_never_speaks_of_is_free_again_after_days_and_not_before(
    studio: Studio, data: Path
) -> None:
    risk = (Entry.RESERVE, "0.35", "quote"), (Entry.AT_RISK, "0.35", "the answer was lost")
    written(data, "fresh", *risk, request_id="r-1", ago=timedelta(days=2))
    written(data, "old", *risk, request_id="r-2", ago=timedelta(days=4))
    written(data, "nameless", *risk, ago=timedelta(days=4))
    reading = studio.billing.read_bill()
    assert [each.take_id for each in reading.applied] == ["old"]
    assert [each.take_id for each in reading.silent] == ["fresh"]
    bill = studio.ledger.bill()
    assert bill.last[TakeId("old")].entry is Entry.RELEASE
    assert bill.at_risk_usd == Decimal("0.70")


def test_a_bill_that_came_before_the_clip_is_what_the_receipt_says(
    studio: Studio, data: Path, request: pytest.FixtureRequest
) -> None:
    (take,) = studio.order_takes("ascent", ["shot_001"])
    written(data, take.take_id, (Entry.SETTLE, "0.30", "bill imported"))
    request.getfixturevalue("slots")
    (done,) = ended(studio, [take])
    assert done.state is State.DONE
    assert done.settled_usd == studio.costs().spent_usd == Decimal("0.30")


def test_an_event_in_another_currency_or_without_an_amount_is_named_and_counts_nowhere() -> None:
    odd: list[str] = []
    events: list[dict[str, Any]] = [
        {"request_id": "r-1", "cost_total": 0.35, "timestamp": "a"},
        {"request_id": "r-1", "cost_total": 0.35, "timestamp": "a"},
        {"request_id": "r-1", "cost_total": 0.05, "timestamp": "b"},
        {"request_id": "r-2", "cost_total": 0.35, "currency": "EUR"},
        {"request_id": "r-3", "cost_total": None},
        {"request_id": "r-4", "cost_total": "nan"},
        {"request_id": "r-5", "cost_total": -1},
        {"cost_total": 1},
    ]
    assert told(events, odd) == {"r-1": Decimal("0.40")}
    assert len(odd) == 5
    assert "EUR" in odd[0]


def test_a_take_that_was_never_sent_or_is_under_way_is_not_asked_for(studio: Studio, data: Path) -> None:
    written(data, "waiting", (Entry.RESERVE, "0.35", "quote"))
    written(data, "unsent", (Entry.RESERVE, "0.35", "quote"), (Entry.RELEASE, "0", "cancelled"))
    written(data, "free", (Entry.RESERVE, "0", "quote"), (Entry.SETTLE, "0", "table price"), request_id="r")
    assert studio.billing.read_bill().asked == 0


def test_a_lost_take_is_shown_what_was_billed_then_and_belongs_to_nobody(
    studio: Studio, account: AccountControl, slots: Executor
) -> None:
    account.script(
        {"match": {"call": "submit", "nth": 1}, "do": "drop_after"},
        {"match": {"call": "submit", "nth": 1}, "do": "lost_history"},
    )
    (lost,) = ended(studio, studio.order_takes("ascent", ["shot_001"]))
    assert lost.state is State.UNRESOLVED
    ended(studio, studio.order_takes("ascent", ["shot_002"]))
    submitted = account.record()["submits"][0]
    wait_until(lambda: bool(studio.billing.candidates()), what="the request to be billed")
    (candidate,) = studio.billing.candidates()
    assert (candidate.take_id, candidate.request_id) == (lost.take_id, submitted["request_id"])
    assert candidate.usd == Decimal("0.35")
    studio.adopt_request(lost.take_id, candidate.request_id)
    (home,) = ended(studio, [lost])
    assert home.state is State.DONE
    assert studio.billing.candidates() == []


def test_many_takes_are_asked_for_in_batches_that_fal_takes(
    studio: Studio, account: AccountControl, data: Path
) -> None:
    for number in range(51):
        written(data, f"t{number}", (Entry.SETTLE, "0.35", "table price"), request_id=f"r-{number}")
    assert len(studio.billing.read_bill().silent) == 51
    assert account.record()["counts"]["billing"] == 2


def test_a_take_from_before_lines_said_their_request_is_found_by_its_receipt(
    studio: Studio, account: AccountControl, slots: Executor, data: Path
) -> None:
    account.conditions(percent_discount=50)
    (take,) = ended(studio, studio.order_takes("ascent", ["shot_001"]))
    old = (
        f'{{"v":1,"at":"{take.changed_at.isoformat()}","entry":"settle","take_id":"{take.take_id}",'
        '"project_id":"ascent","shot_id":"shot_001","model":"kling_i2v","usd":"0.35",'
        '"source":"table price","price_as_of":"2026-11-23"}\n'
    )
    (data / "ledger.jsonl").write_text(old)
    studio.billing.read_bill()
    assert studio.costs().spent_usd == Decimal("0.175")


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "status", "status": 500, "times": None},
        {"do": "status", "status": 403, "times": None},
        {"do": "html_instead", "times": None},
        {"do": "bad_json", "times": None},
        {"do": "drop_before", "times": None},
    ],
    ids=lambda fault: f"{fault['do']}-{fault.get('status', '')}",
)
def test_a_bill_that_cannot_be_read_changes_nothing(
    studio: Studio, account: AccountControl, slots: Executor, fault: dict[str, Any]
) -> None:
    ended(studio, studio.order_takes("ascent"))
    account.script({"match": {"call": "billing"}, **fault})
    with pytest.raises(ProviderError) as caught:
        studio.billing.read_bill()
    assert caught.value.remedy
    assert sources(studio) == ["table price"] * 2


def test_the_thread_outlives_a_bill_that_cannot_be_read_and_reads_it_later(
    studio: Studio, account: AccountControl, slots: Executor, caplog: pytest.LogCaptureFixture
) -> None:
    account.script({"match": {"call": "billing"}, "do": "status", "status": 503, "times": 5})
    ended(studio, studio.order_takes("ascent"))
    with watched(studio):
        wait_until(lambda: sources(studio) == ["billing events"] * 2, what="the bill to be read after all")
    assert "billing.trouble" in caplog.text


def test_without_the_key_nothing_is_asked_and_it_is_said_what_to_do(data: Path, draw: object) -> None:
    studio = Studio(Settings(data=data))
    with pytest.raises(InputRefused, match="key"):
        studio.billing.read_bill()


def test_a_key_that_may_not_read_the_bill_is_named(
    studio: Studio, account: AccountControl, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(data, "a", (Entry.SETTLE, "0.35", "table price"), request_id="r-1")
    monkeypatch.setenv("FAL_ADMIN_KEY", account.key)
    with pytest.raises(ProviderError, match="FAL_ADMIN_KEY"):
        Studio.open().billing.read_bill()


def test_two_apps_that_read_the_same_bill_write_it_down_once(
    studio: Studio, account: AccountControl, slots: Executor, data: Path
) -> None:
    account.conditions(percent_discount=20)
    ended(studio, studio.order_takes("ascent"))
    other = Studio.open()
    with watched(studio), watched(other):
        wait_until(lambda: sources(studio) == ["billing events"] * 2, what="the bill to be read")
    told = [line for line in (data / "ledger.jsonl").read_text().splitlines() if "billing events" in line]
    assert len(told) == 2
    assert ledger_of(data).bill().spent_usd == Decimal("0.56")


def given_up(studio: Studio, account: AccountControl) -> Take:
    """A take that fal has and billed, whose answer and history were lost, and that a person gave up."""
    account.script(
        {"match": {"call": "submit", "nth": 1}, "do": "drop_after"},
        {"match": {"call": "submit", "nth": 1}, "do": "lost_history"},
    )
    (lost,) = ended(studio, studio.order_takes("ascent", ["shot_001"]))
    return studio.give_up(lost.take_id)


def days_pass(studio: Studio, take: Take) -> None:
    """Let everything that happened to the take have happened four days earlier."""
    history = tuple((state, at - timedelta(days=4)) for state, at in take.history)
    studio.store.takes.write(studio.folder("ascent"), take.model_copy(update={"history": history}))


def test_a_take_that_was_given_up_without_a_request_can_still_be_told_by_the_bill(
    studio: Studio, account: AccountControl, slots: Executor
) -> None:
    take = given_up(studio, account)
    wait_until(lambda: bool(studio.billing.candidates()), what="the request to be billed")
    (candidate,) = studio.billing.candidates()
    assert (candidate.take_id, candidate.given_up) == (take.take_id, True)
    assert studio.adopt_request(take.take_id, candidate.request_id).state is State.FAILED
    assert studio.costs().at_risk_usd == Decimal("0.35")
    studio.billing.read_bill()
    assert (studio.costs().at_risk_usd, studio.costs().spent_usd) == (Decimal(0), Decimal("0.35"))
    assert studio.billing.candidates() == []


def test_money_of_a_given_up_take_is_free_when_the_bill_had_days_and_told_of_no_such_request(
    studio: Studio, account: AccountControl, slots: Executor
) -> None:
    account.script({"match": {"call": "submit", "nth": 1}, "do": "drop_before"})
    (lost,) = ended(studio, studio.order_takes("ascent", ["shot_001"]))
    take = studio.give_up(lost.take_id)
    studio.billing.read_bill()
    assert studio.costs().at_risk_usd == Decimal("0.35")  # the bill may lag
    days_pass(studio, take)
    (freed,) = studio.billing.read_bill().applied
    assert (freed.take_id, freed.usd) == (take.take_id, Decimal(0))
    assert (studio.costs().at_risk_usd, studio.costs().spent_usd) == (Decimal(0), Decimal(0))
