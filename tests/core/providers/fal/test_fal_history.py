"""A lost request is found in fal's history, and nobody else's is taken for it."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from fal_case import Case

from core.errors import AnswerLost, InputRefused, ProviderPaused
from core.take import State

MakeCase = Callable[..., Case]


def _lose(case: Case) -> str:
    """Send a request whose answer is lost; its id, which only fal knows."""
    case.prepare()
    case.account.script({"match": {"call": "submit"}, "do": "drop_after"})
    with pytest.raises(AnswerLost):
        case.provider.submit(case.job, case.told.signals)
    case.move(State.UNRESOLVED)
    return str(case.account.record()["submits"][-1]["request_id"])


def _ended(case: Case) -> None:
    case.account.advance(5)


def test_a_lost_request_is_found_and_its_clip_comes_home(case: Case) -> None:
    request_id = _lose(case)
    _ended(case)
    found = case.provider.find(case.job, known=frozenset())
    assert found is not None
    assert found.request_id == request_id
    case.move(State.SUBMITTED, request=found)
    case.follow()
    case.collect()
    assert case.account.record()["billed_usd"] == "0.35"
    assert case.count("submit") == 1


def test_a_request_that_belongs_to_another_take_is_not_taken(case: Case) -> None:
    request_id = _lose(case)
    _ended(case)
    assert case.provider.find(case.job, known={request_id}) is None


def test_of_two_alike_the_one_that_nobody_has_is_found(make_case: MakeCase) -> None:
    first = make_case(number=1)
    first.send()
    second = make_case(number=2)
    second.job = replace(second.job, take=second.job.take)
    request_id = _lose(second)
    _ended(second)
    request = first.job.take.request
    assert request is not None
    found = second.provider.find(second.job, known={request.request_id})
    assert found is not None
    assert found.request_id == request_id


def test_a_request_with_another_body_or_of_another_time_is_not_taken(case: Case) -> None:
    _lose(case)
    _ended(case)
    take = case.job.take
    other = take.model_copy(update={"payload": {**take.payload, "prompt": "something else"}})
    assert case.provider.find(replace(case.job, take=other), known=()) is None
    early = tuple((state, at + timedelta(hours=1)) for state, at in take.history)
    late = tuple((state, at - timedelta(hours=1)) for state, at in take.history)
    for history in (early, late):
        moved = take.model_copy(update={"history": history})
        assert case.provider.find(replace(case.job, take=moved), known=()) is None


def test_a_history_that_lags_is_asked_again_later(case: Case) -> None:
    case.account.conditions(history_lag_s=100)
    request_id = _lose(case)
    _ended(case)
    assert case.provider.find(case.job, known=()) is None
    case.account.advance(200)
    found = case.provider.find(case.job, known=())
    assert found is not None
    assert found.request_id == request_id


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "drop_before"},
        {"do": "status", "status": 500},
        {"do": "status", "status": 429},
        {"do": "bad_json"},
        {"do": "html_instead"},
        {"do": "endless"},
    ],
    ids=str,
)
def test_a_history_that_cannot_be_read_finds_nothing_and_breaks_nothing(
    fault: dict[str, Any], case: Case
) -> None:
    _lose(case)
    _ended(case)
    case.account.script({"match": {"call": "history"}, "times": None, **fault})
    began = time.monotonic()
    assert case.provider.find(case.job, known=()) is None
    assert time.monotonic() - began < 40, "an answer without end was read until it timed out"


def test_a_bad_key_says_so(case: Case) -> None:
    _lose(case)
    case.account.script({"match": {"call": "history"}, "do": "status", "status": 401})
    with pytest.raises(ProviderPaused):
        case.provider.find(case.job, known=())


def test_a_take_that_was_never_sent_is_not_looked_up(case: Case) -> None:
    assert case.provider.find(case.job, known=()) is None
    assert case.account.record()["calls"] == []


def test_a_request_named_by_a_person_can_be_followed(case: Case) -> None:
    request_id = _lose(case)
    case.move(State.SUBMITTED, request=case.provider.request_called(case.job, request_id))
    case.follow()
    assert case.count("submit") == 1


@pytest.mark.parametrize("request_id", ["", "../../../x", "a b", "a?b", "x" * 200])
def test_a_name_that_is_no_request_id_is_not_made_into_an_address(request_id: str, case: Case) -> None:
    with pytest.raises(InputRefused, match="no request id"):
        case.provider.request_called(case.job, request_id)
