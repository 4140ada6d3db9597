"""Every refusal says what happened, what to do, whether money may be gone and whether to try again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from canned_server import Canned, CannedServer, Heard
from fal_case import Case

from core.errors import Charge, ProviderError, ProviderPaused, SendAgain

MakeCase = Callable[..., Case]

KINDS = [
    (422, "content_policy_violation", "refused the content"),
    (422, "no_media_generated", "made no clip"),
    (422, "image_too_small", "too small"),
    (422, "image_too_large", "too many pixels"),
    (422, "image_load_error", "could not read the still"),
    (422, "file_too_large", "too large"),
    (422, "face_detection_error", "needs a face"),
    (422, "sequence_too_long", "words are too long"),
    (422, "something_new", "422, something_new"),
    (400, "downstream_service_error", "failed at its maker"),
    (500, "downstream_service_unavailable", "cannot be reached at its maker"),
    (504, "generation_timeout", "took too long"),
    (500, "internal_server_error", "failed while it worked"),
    (503, "runner_scheduling_failure", "failed while it worked"),
]


def _refused(case: Case, **rule: Any) -> ProviderError:
    case.account.script({"do": "refuse", **rule})
    case.send()
    with pytest.raises(ProviderError) as refused:
        case.follow()
    assert not isinstance(refused.value, ProviderPaused)
    assert refused.value.remedy
    assert "{" not in str(refused.value) + refused.value.remedy
    return refused.value


@pytest.mark.parametrize(("status", "kind", "says"), KINDS)
def test_a_refusal_without_units_on_the_bill_cost_nothing(
    status: int, kind: str, says: str, case: Case
) -> None:
    error = _refused(case, status=status, type=kind)
    assert says in str(error)
    assert error.charge is Charge.NONE
    assert error.safe_to_retry == (status >= 500)
    assert case.account.record()["billed_usd"] == "0.00"


def test_a_refusal_with_units_on_the_bill_was_charged(case: Case) -> None:
    error = _refused(case, status=422, type="content_policy_violation", charge=True)
    assert (error.charge, error.safe_to_retry) == (Charge.CERTAIN, False)
    assert case.account.record()["billed_usd"] != "0.00"


def test_a_refusal_whose_units_are_not_told_may_have_been_charged(case: Case) -> None:
    case.account.script(
        {"do": "refuse", "status": 422},
        {
            "match": {"call": "result"},
            "do": "status",
            "status": 422,
            "type": "no_media_generated",
            "times": None,
        },
    )
    case.send()
    with pytest.raises(ProviderError, match="made no clip") as refused:
        case.follow()
    assert (refused.value.charge, refused.value.safe_to_retry) == (Charge.POSSIBLE, False)


def test_a_slug_that_does_not_exist_costs_nothing_and_names_the_row(case: Case) -> None:
    model = case.model.model_copy(update={"endpoint": "fal-ai/no-such-model/image-to-video"})
    case.job = replace(case.job, model=model)
    case.send()
    with pytest.raises(ProviderError, match="fal has no model at fal-ai/no-such-model") as refused:
        case.follow()
    assert refused.value.charge is Charge.NONE
    assert not refused.value.safe_to_retry
    assert "Kling 2.6 Pro" in refused.value.remedy


def test_a_models_own_refusal_is_believed_though_the_status_did_not_announce_it(
    make_case: MakeCase, case: Case
) -> None:
    def say(heard: Heard) -> Canned:
        if heard.path.endswith("/status"):
            return Canned(200, b'{"status": "COMPLETED", "logs": null}')
        if heard.path.endswith("/stream"):
            return Canned(404, b"{}")
        return Canned(400, b'{"detail": [{"type": "downstream_service_error", "msg": "no"}]}')

    case.send()
    with CannedServer(say) as server:
        other = make_case(urls={"STILLMOTION_FAL_QUEUE_URL": server.url})
        other.job = replace(other.job, take=case.job.take)
        with pytest.raises(ProviderError, match="failed at its maker") as refused:
            other.follow()
    assert refused.value.charge is Charge.POSSIBLE


def test_a_result_that_is_gone_may_have_been_charged(make_case: MakeCase) -> None:
    case = make_case(pace="0.002")
    case.account.script({"match": {"call": "result"}, "do": "expired", "times": None})
    case.send()
    with pytest.raises(ProviderError, match="no longer has its result") as refused:
        case.follow()
    assert refused.value.charge is Charge.POSSIBLE


@pytest.mark.parametrize("do", ["bad_json", "html_instead"])
def test_a_result_that_stays_unreadable_fails_the_take_and_keeps_the_money_in_view(
    do: str, make_case: MakeCase
) -> None:
    case = make_case(pace="0.002")
    case.account.script({"match": {"call": "result"}, "do": do, "times": None})
    case.send()
    with pytest.raises(ProviderError, match="cannot be read") as refused:
        case.follow()
    assert refused.value.charge is not Charge.NONE
    assert not refused.value.safe_to_retry


def test_a_still_that_fal_lost_is_uploaded_anew_and_sent_once_more(make_case: MakeCase) -> None:
    first = make_case(number=1)
    first.account.conditions(media_life_s=100)
    first.run()
    first.account.advance(200)
    second = make_case(number=2)
    second.send()
    assert second.count("upload") == 1  # the address was remembered, and is dead by now
    with pytest.raises(SendAgain) as again:
        second.follow()
    assert again.value.charge is Charge.NONE
    third = make_case(number=2)
    third.run()
    assert third.count("upload") == 2
    assert [job["billed"] for job in third.account.record()["submits"]] == [True, False, True]


def test_a_still_that_fal_lost_but_charged_for_is_not_sent_again(case: Case) -> None:
    error = _refused(case, status=422, type="file_download_error", charge=True)
    assert not isinstance(error, SendAgain)
    assert error.charge is Charge.CERTAIN
