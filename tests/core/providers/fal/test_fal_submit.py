"""A paid request is sent once: only what surely was not taken is sent again."""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from canned_server import Canned, CannedServer, Heard
from fal_case import Case
from fal_emulator import Emulator

from core.errors import AnswerLost, Cancelled, Charge, ProviderError, ProviderPaused

MakeCase = Callable[..., Case]

LOST: dict[str, dict[str, Any]] = {
    "dropped after it was taken": {"do": "drop_after"},
    "reset after it was taken": {"do": "drop_after", "reset": True},
    "dropped before it was seen": {"do": "drop_before"},
    "half an answer": {"do": "truncate", "bytes": 40},
    "broken JSON": {"do": "bad_json"},
    "a web page": {"do": "html_instead"},
    "an answer without end": {"do": "endless"},
    "an answer that stops": {"do": "stall", "bytes": 10, "seconds": 3},
    "silence": {"do": "slow", "seconds": 3},
    "500": {"do": "status", "status": 500, "after": True},
    "502": {"do": "status", "status": 502},
    "503": {"do": "status", "status": 503},
    "504": {"do": "status", "status": 504},
    "408": {"do": "status", "status": 408},
    "409": {"do": "status", "status": 409, "type": "conflict"},
    "302": {"do": "status", "status": 302},
}


@pytest.mark.parametrize("how", LOST)
def test_a_lost_answer_is_never_sent_again(how: str, make_case: MakeCase) -> None:
    case = make_case(provider={"answer_within_s": 0.5})
    case.prepare()
    case.account.script({"match": {"call": "submit"}, "times": None, **LOST[how]})
    with pytest.raises(AnswerLost) as lost:
        case.submit()
    assert lost.value.charge is Charge.POSSIBLE
    assert not lost.value.safe_to_retry
    assert lost.value.remedy
    assert case.count("submit") == 1


def test_fal_that_comes_back_while_we_wait_gets_the_request_once(make_case: MakeCase, case: Case) -> None:
    case.prepare()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    late = make_case(urls={"STILLMOTION_FAL_QUEUE_URL": f"http://127.0.0.1:{port}"})
    late.job = replace(late.job, take=case.job.take)
    started: list[Emulator] = []

    def start_fal() -> bool:
        if not started and "waiting for fal to take the request" in late.told.stages:
            started.append(Emulator(port=port))
            started[0].__enter__()
        return False

    late.told.cancel = start_fal
    try:
        late.submit()
        assert len(started[0].account(case.account.key).record()["submits"]) == 1
    finally:
        for emulator in started:
            emulator.__exit__(None, None, None)


def test_fal_that_stays_out_of_reach_pauses_the_queue(make_case: MakeCase, case: Case) -> None:
    case.prepare()
    away = make_case(urls={"STILLMOTION_FAL_QUEUE_URL": "http://127.0.0.1:1"}, pace="0.002")
    away.job = replace(away.job, take=case.job.take)
    with pytest.raises(ProviderPaused, match="cannot be reached") as paused:
        away.submit()
    assert paused.value.retry_after_s == 60
    assert paused.value.charge is Charge.NONE


def test_a_rate_limit_is_waited_for_as_told(make_case: MakeCase) -> None:
    case = make_case(pace="0.1")
    case.prepare()
    case.account.script(
        {"match": {"call": "submit"}, "do": "status", "status": 429, "retry_after_s": 5, "times": 2}
    )
    case.submit()
    times = [call["at_s"] for call in case.account.record()["calls"] if call["call"] == "submit"]
    assert len(times) == 3
    assert all(later - sooner >= 0.5 for sooner, later in pairwise(times))
    assert len(case.account.record()["submits"]) == 1


def test_a_rate_limit_without_end_pauses_the_queue(make_case: MakeCase) -> None:
    case = make_case(pace="0.001")
    case.prepare()
    case.account.script({"match": {"call": "submit"}, "do": "status", "status": 429, "times": None})
    with pytest.raises(ProviderPaused, match="no more requests"):
        case.submit()
    assert case.account.record()["submits"] == []


def test_a_retry_after_of_a_day_is_not_slept_through(make_case: MakeCase) -> None:
    case = make_case(pace="0.001")
    case.prepare()
    case.account.script(
        {"match": {"call": "submit"}, "do": "status", "status": 429, "retry_after_s": 86400, "times": None}
    )
    began = time.monotonic()
    with pytest.raises(ProviderPaused):
        case.submit()
    assert time.monotonic() - began < 5


def test_a_bad_key_pauses_the_queue_until_somebody_acts(make_case: MakeCase) -> None:
    case = make_case()
    case.prepare()
    case.account.script({"match": {"call": "submit"}, "do": "status", "status": 401})
    with pytest.raises(ProviderPaused, match="does not accept the key") as paused:
        case.submit()
    assert paused.value.retry_after_s is None
    assert "FAL_KEY" in paused.value.remedy
    assert case.count("submit") == 1


@pytest.mark.parametrize("reason", ["Exhausted balance. Top up your balance.", "Admin lock"])
def test_a_locked_account_pauses_the_queue_and_says_why(case: Case, reason: str) -> None:
    case.prepare()
    case.account.conditions(locked=reason)
    with pytest.raises(ProviderPaused) as paused:
        case.submit()
    assert reason in str(paused.value)
    assert paused.value.retry_after_s is None
    assert case.account.record()["submits"] == []


def test_what_fal_refuses_at_once_costs_nothing_and_is_not_sent_again(case: Case) -> None:
    case.prepare()
    case.job = replace(
        case.job,
        take=case.job.take.model_copy(update={"payload": {**case.job.take.payload, "duration": "7"}}),
    )
    case.account.conditions(refuse_at="submit")
    with pytest.raises(ProviderError) as refused:
        case.submit()
    assert not isinstance(refused.value, AnswerLost | ProviderPaused)
    assert (refused.value.charge, refused.value.safe_to_retry) == (Charge.NONE, False)
    assert case.count("submit") == 1


def test_cancelling_while_fal_is_waited_for_sends_nothing(make_case: MakeCase) -> None:
    case = make_case(pace="1")
    case.prepare()
    case.account.script({"match": {"call": "submit"}, "do": "status", "status": 429, "times": None})
    case.told.cancel = lambda: "waiting for fal to take the request" in case.told.stages
    with pytest.raises(Cancelled):
        case.submit()
    assert case.account.record()["submits"] == []


def test_an_app_that_ends_while_fal_is_waited_for_puts_the_take_back(make_case: MakeCase) -> None:
    case = make_case(pace="1")
    case.prepare()
    case.account.script({"match": {"call": "submit"}, "do": "status", "status": 429, "times": None})
    case.told.stop = lambda: "waiting for fal to take the request" in case.told.stages
    with pytest.raises(ProviderPaused) as paused:
        case.submit()
    assert paused.value.retry_after_s == 0


def test_the_end_of_the_app_does_not_break_off_a_request_under_way(case: Case) -> None:
    case.prepare()
    case.account.script({"match": {"call": "submit"}, "do": "slow", "seconds": 0.6})
    began = time.monotonic()
    case.told.stop = lambda: time.monotonic() - began > 0.2
    case.submit()
    assert case.told.stop()
    assert case.job.take.request is not None


def test_what_was_cancelled_during_its_upload_is_not_sent(case: Case) -> None:
    case.prepare()
    case.told.cancel = lambda: True
    with pytest.raises(Cancelled):
        case.submit()
    case.told.cancel, case.told.stop = lambda: False, lambda: True
    with pytest.raises(ProviderPaused):
        case.submit()
    assert case.count("submit") == 0


def _accepts(base: str) -> Callable[[Heard], Canned]:
    def say(heard: Heard) -> Canned:
        urls = dict.fromkeys(("status_url", "response_url", "cancel_url"), f"{base}/requests/abc")
        return Canned(200, json.dumps({"request_id": "abc-1", **urls}).encode())

    return say


@pytest.mark.parametrize(
    "base",
    [
        "https://evil.example/fal-ai",
        "http://169.254.169.254",
        "file:///etc",
        "https://queue.fal.run.evil.example",
    ],
)
def test_the_key_is_never_sent_to_an_address_that_is_not_fals(
    base: str, make_case: MakeCase, case: Case
) -> None:
    case.prepare()
    with CannedServer(_accepts(base)) as server:
        other = make_case(urls={"STILLMOTION_FAL_QUEUE_URL": server.url})
        other.job = replace(other.job, take=case.job.take)
        other.submit()
    request = other.job.take.request
    assert request is not None
    assert request.request_id == "abc-1"
    assert request.urls["status_url"] == f"{server.url}/fal-ai/kling-video/requests/abc-1/status"
    assert all(url.startswith(server.url) for url in request.urls.values())


@pytest.mark.parametrize("told", [{}, {"request_id": 7}, {"request_id": "../../x"}, {"request_id": ""}, []])
def test_an_answer_without_a_usable_id_counts_as_lost(told: object, make_case: MakeCase, case: Case) -> None:
    case.prepare()
    with CannedServer(lambda _: Canned(200, json.dumps(told).encode())) as server:
        other = make_case(urls={"STILLMOTION_FAL_QUEUE_URL": server.url})
        other.job = replace(other.job, take=case.job.take)
        with pytest.raises(AnswerLost):
            other.submit()
        assert len(server.heard) == 1
