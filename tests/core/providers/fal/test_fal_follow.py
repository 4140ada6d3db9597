"""A request is followed by the stream while that works, by polling otherwise, and trouble never loses it."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from fal_case import Case

from core.errors import AnswerLost, Charge, Interrupted, ProviderPaused
from core.providers.base import CancelOutcome
from core.providers.fal.follow import LATEST_S, pause_after
from core.take import State

MakeCase = Callable[..., Case]
NO_STREAM: dict[str, Any] = {"match": {"call": "stream"}, "do": "status", "status": 404, "times": None}


def test_polling_asks_at_most_thirty_times_in_a_minute_of_generation() -> None:
    asked, waited_s = 1, 0.0  # the first question comes at once
    while (waited_s := waited_s + pause_after(waited_s)) <= 60:
        asked += 1
    result = 1
    assert asked + result <= 30


def test_polling_grows_rarer_up_to_five_seconds_and_is_quick_in_the_first_two() -> None:
    pauses = [pause_after(waited_s / 10) for waited_s in range(1200)]
    assert pauses == sorted(pauses)
    assert pauses[-1] == LATEST_S == 5.0
    assert pause_after(2) == pytest.approx(0.2)  # a shot of 2 s is late by a tenth of that at most


def test_the_stream_is_followed_without_a_single_poll(case: Case) -> None:
    case.send()
    case.follow()
    assert (case.count("stream"), case.count("status"), case.count("result")) == (1, 0, 1)


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "status", "status": 404},
        {"do": "status", "status": 502},
        {"do": "drop_before"},
        {"do": "truncate", "bytes": 30},
        {"do": "html_instead"},
        {"do": "endless"},
        {"do": "stall", "bytes": 10, "seconds": 5},
        {"do": "slow", "seconds": 5},
    ],
    ids=lambda fault: str(fault["do"]),
)
def test_a_stream_that_fails_in_any_way_gives_way_to_polling(fault: dict[str, Any], case: Case) -> None:
    case.send()
    case.account.script({"match": {"call": "stream"}, "times": None, **fault})
    case.follow()
    assert case.count("result") == 1
    assert case.count("submit") == 1


def test_a_stream_that_ends_too_early_gives_way_to_polling(case: Case) -> None:
    case.account.conditions(run_s=0.5)
    case.send()
    case.account.script({"match": {"call": "stream"}, "do": "truncate", "bytes": 60})
    case.follow()
    assert case.count("status") >= 1


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "status", "status": 500},
        {"do": "status", "status": 502},
        {"do": "status", "status": 429, "retry_after_s": 1},
        {"do": "drop_before"},
        {"do": "drop_after", "reset": True},
        {"do": "bad_json"},
        {"do": "html_instead"},
        {"do": "expired"},
    ],
    ids=str,
)
def test_trouble_while_asking_never_fails_a_take(fault: dict[str, Any], case: Case) -> None:
    case.send()
    case.account.script(NO_STREAM, {"match": {"call": "status"}, "times": 4, **fault})
    case.follow()
    assert case.job.take.state is State.COLLECTING
    assert case.count("status") >= 5


@pytest.mark.parametrize(
    "fault", [{"do": "status", "status": 503}, {"do": "drop_before"}, {"do": "bad_json"}], ids=str
)
def test_trouble_while_reading_the_result_never_fails_a_take(fault: dict[str, Any], case: Case) -> None:
    case.send()
    case.account.script({"match": {"call": "result"}, "times": 3, **fault})
    assert case.follow().billable_units
    assert case.count("result") == 4


def test_fal_that_gives_no_answer_for_long_pauses_the_queue(make_case: MakeCase) -> None:
    case = make_case(pace="0.004")
    case.send()
    case.account.script(
        NO_STREAM, {"match": {"call": "status"}, "do": "status", "status": 503, "times": None}
    )
    with pytest.raises(ProviderPaused) as paused:
        case.follow()
    assert paused.value.retry_after_s == 30


def test_a_result_that_cannot_be_fetched_for_long_pauses_the_queue(make_case: MakeCase) -> None:
    case = make_case(pace="0.004")
    case.send()
    case.account.script({"match": {"call": "result"}, "do": "drop_before", "times": None})
    with pytest.raises(ProviderPaused):
        case.follow()


def test_a_key_that_is_withdrawn_meanwhile_pauses_the_queue(case: Case) -> None:
    case.send()
    case.account.script(
        NO_STREAM, {"match": {"call": "status"}, "do": "status", "status": 401, "times": None}
    )
    with pytest.raises(ProviderPaused) as paused:
        case.follow()
    assert paused.value.retry_after_s is None


def test_a_request_that_fal_no_longer_knows_is_lost(make_case: MakeCase) -> None:
    case = make_case(pace="0.004")
    case.account.script({"do": "lost_job"})
    case.send()
    with pytest.raises(AnswerLost, match="does not know"):
        case.follow()
    assert case.count("status") > 3


def test_a_request_past_its_deadline_is_lost_but_asked_for_once_more(case: Case) -> None:
    case.account.conditions(run_s=1000)
    case.prepare()
    case.move(State.SUBMITTED, request=case.provider.submit(case.job, case.told.signals), ago_s=40)
    with pytest.raises(AnswerLost, match="it still may") as lost:
        case.follow()  # the deadline is 30 min at full pace, 36 s at this one
    assert lost.value.charge is Charge.POSSIBLE
    assert case.count("status") == 1


def test_a_request_that_finished_while_the_app_was_away_is_read_after_any_time(case: Case) -> None:
    case.prepare()
    case.move(State.SUBMITTED, request=case.provider.submit(case.job, case.told.signals), ago_s=100_000)
    case.follow()
    assert case.job.take.state is State.COLLECTING


@pytest.mark.parametrize("by", ["stream", "poll"])
def test_the_end_of_the_app_is_heeded_at_once(by: str, make_case: MakeCase) -> None:
    case = make_case(pace="1")
    case.account.conditions(run_s=1000)
    case.send()
    hanging = {"match": {"call": "status"}, "do": "slow", "seconds": 30, "times": None}
    if by == "poll":
        case.account.script(NO_STREAM, hanging)
    began = time.monotonic()
    case.told.stop = lambda: time.monotonic() - began > 0.3
    with pytest.raises(Interrupted):
        case.follow()
    assert time.monotonic() - began < 1.5


def test_people_hear_where_the_request_waits_and_that_it_runs(case: Case) -> None:
    case.account.conditions(queue_s=0.2, run_s=0.2)
    case.send()
    case.follow()
    assert "next in fal's queue" in case.told.stages
    assert "generating at fal" in case.told.stages
    assert case.told.began == 1


def test_people_see_it_move_though_the_stream_is_silent(make_case: MakeCase) -> None:
    case = make_case(pace="0.2")
    case.account.conditions(run_s=1)
    case.send()
    case.follow()
    assert case.count("status") == 0
    told = [fraction for fraction in case.told.fractions if fraction is not None]
    assert len(set(told)) >= 4
    assert told == sorted(told)


def test_a_take_that_is_taken_up_again_is_not_sent_again(case: Case) -> None:
    case.account.conditions(run_s=0.4)
    case.send()
    case.told.stop = lambda: True
    with pytest.raises(Interrupted):
        case.follow()
    case.told.stop = lambda: False
    case.follow()
    case.collect()
    assert case.count("submit") == 1


def test_a_cancel_while_it_waits_in_the_queue_costs_nothing(case: Case) -> None:
    case.account.conditions(queue_s=1000)
    case.send()
    assert case.provider.cancel(case.job) is CancelOutcome.REMOVED
    assert case.account.record()["billed_usd"] == "0.00"


def test_a_cancel_while_it_runs_is_only_asked_for(case: Case) -> None:
    case.account.conditions(run_s=1000)
    case.send()
    assert case.provider.cancel(case.job) is CancelOutcome.ASKED


def test_a_cancel_after_it_finished_is_too_late(case: Case) -> None:
    case.send()
    case.follow()
    assert case.provider.cancel(case.job) is CancelOutcome.TOO_LATE
    assert case.count("cancel") == 0


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"do": "cancel_race", "mode": "too_late"}, CancelOutcome.TOO_LATE),
        ({"do": "cancel_race", "mode": "ignored"}, CancelOutcome.ASKED),
        ({"do": "cancel_race", "mode": "stopped_billed"}, CancelOutcome.ASKED),
        ({"do": "drop_before"}, CancelOutcome.ASKED),
        ({"do": "status", "status": 503}, CancelOutcome.ASKED),
        ({"do": "status", "status": 404}, CancelOutcome.TOO_LATE),
    ],
    ids=str,
)
def test_a_cancel_tells_no_more_than_is_known(
    fault: dict[str, Any], outcome: CancelOutcome, case: Case
) -> None:
    case.account.conditions(run_s=1000)
    case.send()
    case.account.script({"match": {"call": "cancel"}, **fault})
    assert case.provider.cancel(case.job) is outcome


def test_a_cancel_that_comes_while_it_begins_to_run_is_only_asked_for(case: Case) -> None:
    case.account.conditions(queue_s=0.5, run_s=1000)
    case.send()
    case.account.script({"match": {"call": "cancel"}, "do": "slow", "seconds": 0.8, "before": True})
    assert case.provider.cancel(case.job) is CancelOutcome.ASKED


def test_a_cancel_that_leaves_it_waiting_in_the_queue_is_not_believed(case: Case) -> None:
    case.account.conditions(queue_s=60.0)
    case.send()
    case.account.script({"match": {"call": "cancel"}, "do": "cancel_race", "mode": "ignored"})
    assert case.provider.cancel(case.job) is CancelOutcome.ASKED


def test_a_cancel_of_what_was_never_sent_costs_nothing(case: Case) -> None:
    assert case.provider.cancel(case.job) is CancelOutcome.REMOVED
