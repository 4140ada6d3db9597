"""The queue speaks as https://fal.ai/docs/documentation/model-apis/inference/queue.md says."""

import json
import time

import httpx
import pytest
from fal_emulator import AccountControl, Emulator
from fal_emulator.caller import KLING, LTX, VEO, WAN, Caller, picture


def test_submit_answers_addresses_of_owner_and_app_without_the_subpath(caller: Caller, still: str) -> None:
    told = caller.submit(KLING, still)
    assert told.status_code == 200
    base = f"/fal-ai/kling-video/requests/{told.json()['request_id']}"
    assert httpx.URL(told.json()["response_url"]).path == base
    assert httpx.URL(told.json()["status_url"]).path == f"{base}/status"
    assert httpx.URL(told.json()["cancel_url"]).path == f"{base}/cancel"
    assert told.json()["queue_position"] == 0


def test_addresses_built_with_the_subpath_lead_nowhere(caller: Caller, still: str) -> None:
    request_id = caller.submit(KLING, still).json()["request_id"]
    assert caller.call("GET", f"/{KLING}/requests/{request_id}/status").status_code == 404


def test_a_job_waits_runs_and_completes_and_its_clip_can_be_fetched(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.freeze()
    account.conditions(queue_s=10, run_s=10)
    told = caller.submit(WAN, still, duration="5", resolution="720p").json()
    status = caller.call("GET", told["status_url"])
    assert (status.status_code, status.json()["status"], status.json()["queue_position"]) == (
        202,
        "IN_QUEUE",
        0,
    )
    account.advance(11)
    status = caller.call("GET", told["status_url"], params={"logs": "1"})
    assert (status.status_code, status.json()["status"], status.json()["logs"]) == (202, "IN_PROGRESS", [])
    assert caller.call("GET", told["response_url"]).status_code == 400
    account.advance(10)
    caller.finished(told)
    status = caller.call("GET", told["status_url"])
    assert status.status_code == 200
    assert status.json()["logs"] is None
    assert status.json()["metrics"]["inference_time"] == pytest.approx(10)
    result = caller.call("GET", told["response_url"])
    assert float(result.headers["X-Fal-Billable-Units"]) * 0.05 == pytest.approx(0.50)
    assert result.headers["x-fal-request-id"] == told["request_id"]
    video = result.json()["video"]
    assert (video["duration"], video["num_frames"], video["height"]) == (5.0, 150, 720)
    clip = caller.http.get(video["url"])
    assert len(clip.content) == video["file_size"] == int(clip.headers["Content-Length"])


def test_kling_and_veo_tell_neither_length_nor_seed(caller: Caller, still: str) -> None:
    for slug in (KLING, VEO):
        result = caller.result(slug, still).json()
        assert set(result) == {"video"}
        assert set(result["video"]) == {"url", "content_type", "file_name", "file_size"}


def test_the_stream_tells_the_same_as_the_status_until_it_is_completed(caller: Caller, still: str) -> None:
    told = caller.submit(KLING, still).json()
    stream = caller.call("GET", told["status_url"] + "/stream", params={"logs": "1"})
    assert stream.headers["content-type"].startswith("text/event-stream")
    events = [json.loads(line[6:]) for line in stream.text.splitlines() if line.startswith("data: ")]
    assert events[-1] == caller.call("GET", told["status_url"], params={"logs": "1"}).json()
    assert [event["status"] for event in events][-1] == "COMPLETED"


def test_two_jobs_of_an_account_run_at_once_and_the_third_waits_its_turn(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.freeze()
    account.conditions(run_s=10)
    told = [caller.submit(KLING, still).json() for _ in range(4)]
    states = [caller.call("GET", one["status_url"]).json() for one in told]
    assert [one["status"] for one in states] == ["IN_PROGRESS", "IN_PROGRESS", "IN_QUEUE", "IN_QUEUE"]
    assert [one.get("queue_position") for one in states] == [None, None, 0, 1]
    account.advance(10.5)
    submits = account.record()["submits"]
    assert [one["state"] for one in submits] == ["COMPLETED", "COMPLETED", "IN_PROGRESS", "IN_PROGRESS"]
    assert submits[2]["started"] == submits[0]["ended"]


def test_a_queue_that_is_longer_than_asked_for_answers_429(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.conditions(run_s=100)
    for _ in range(3):
        caller.submit(KLING, still)
    body = {"prompt": "x", "start_image_url": still}
    assert caller.call("POST", f"/{KLING}?fal_max_queue_length=1", json=body).status_code == 429
    assert len(account.record()["submits"]) == 3


def test_a_job_that_waited_past_its_start_timeout_ends_in_504_unbilled(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.freeze()
    account.conditions(run_s=100)
    caller.submit(KLING, still)
    caller.submit(KLING, still)
    told = caller.submit(KLING, still, headers={"X-Fal-Request-Timeout": "30"}).json()
    account.advance(101)
    result = caller.call("GET", told["response_url"])
    assert (result.status_code, result.json()["error_type"]) == (504, "request_timeout")
    assert result.headers["X-Fal-Request-Timeout-Type"] == "user"
    assert len(account.record()["billed"]) == 2


def test_a_wrong_slug_is_accepted_and_its_result_is_404_for_nothing(
    caller: Caller, account: AccountControl, still: str
) -> None:
    told = caller.submit("fal-ai/wan/v2.6/image-to-video", still)
    assert told.status_code == 200
    assert caller.call("GET", told.json()["status_url"]).json()["status"] == "COMPLETED"
    result = caller.call("GET", told.json()["response_url"])
    assert (result.status_code, result.json()) == (404, {"detail": "Path /v2.6/image-to-video not found"})
    assert float(result.headers["X-Fal-Billable-Units"]) == 0
    assert account.record()["billed"] == []


def test_an_unknown_request_is_404(caller: Caller) -> None:
    base = "/fal-ai/kling-video/requests/00000000-0000-0000-0000-000000000000"
    assert caller.call("GET", f"{base}/status").status_code == 404
    assert caller.call("GET", base).status_code == 404
    assert caller.call("PUT", f"{base}/cancel").json() == {"status": "NOT_FOUND"}


@pytest.mark.parametrize(
    ("slug", "body", "field", "kind"),
    [
        (KLING, {"duration": "5s"}, "duration", "literal_error"),
        (KLING, {"duration": 5}, "duration", "literal_error"),
        (VEO, {"duration": "8"}, "duration", "literal_error"),
        (VEO, {"resolution": "1440p"}, "resolution", "literal_error"),
        (LTX, {"num_frames": 482}, "num_frames", "less_than_equal"),
        (LTX, {"num_frames": 8}, "num_frames", "greater_than_equal"),
        (WAN, {"prompt": "x" * 801}, "prompt", "sequence_too_long"),
        (WAN, {"prompt": None}, "prompt", "string_type"),
    ],
)
def test_a_body_that_does_not_fit_the_schema_ends_as_a_422_of_the_model(
    caller: Caller, still: str, slug: str, body: dict[str, object], field: str, kind: str
) -> None:
    told = caller.submit(slug, still, **body)
    assert told.status_code == 200
    status = caller.finished(told.json())
    assert status["error_type"] == kind
    result = caller.call("GET", told.json()["response_url"])
    assert result.status_code == 422
    assert result.json()["detail"][0]["loc"][:2] == ["body", field]
    assert result.json()["detail"][0]["type"] == kind
    assert float(result.headers["X-Fal-Billable-Units"]) == 0


def test_refusals_can_be_had_at_the_submit_instead(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.conditions(refuse_at="submit")
    assert caller.submit(KLING, still, duration="7").status_code == 422
    assert account.record()["submits"] == []


def test_a_still_that_is_not_there_or_too_small_is_refused_by_its_type(caller: Caller, still: str) -> None:
    def refusal(url: str) -> str:
        return str(caller.result(KLING, url).json()["detail"][0]["type"])

    assert refusal(still + "x") == "file_download_error"
    assert refusal("https://example.com/cat.png") == "file_download_error"
    assert refusal(caller.upload(b"no picture").json()["access_url"]) == "image_load_error"
    assert refusal(caller.upload(picture((290, 400))).json()["access_url"]) == "image_too_small"


def test_unknown_fields_are_ignored_as_fal_does_and_noted_for_tests(
    caller: Caller, account: AccountControl, still: str
) -> None:
    assert caller.result(KLING, still, generate_audoi=False).status_code == 200
    [submit] = account.record()["submits"]
    assert submit["unknown_fields"] == ["generate_audoi"]
    assert submit["usd"] == "0.70"


def test_cancelling_what_waits_is_free_and_what_runs_finishes_and_is_billed(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.freeze()
    account.conditions(run_s=10)
    runs, _, waits = (caller.submit(KLING, still).json() for _ in range(3))
    for told in (runs, waits):
        answer = caller.call("PUT", told["cancel_url"])
        assert (answer.status_code, answer.json()) == (202, {"status": "CANCELLATION_REQUESTED"})
    account.advance(11)
    submits = account.record()["submits"]
    assert [(one["cancelled"], one["status_code"], one["billed"]) for one in submits] == [
        ("running", 200, True),
        ("", 200, True),
        ("queued", 499, False),
    ]
    answer = caller.call("PUT", runs["cancel_url"])
    assert (answer.status_code, answer.json()) == (400, {"status": "ALREADY_COMPLETED"})


def test_a_running_job_may_stop_when_asked_and_is_then_not_billed(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.conditions(run_s=100, cancel_running="stops")
    told = caller.submit(KLING, still).json()
    caller.call("PUT", told["cancel_url"])
    assert caller.finished(told)["error_type"] == "client_cancelled"
    assert account.record()["billed"] == []


def test_bad_keys_are_401_and_a_locked_account_is_403_before_anything_is_queued(
    emulator: Emulator, caller: Caller, account: AccountControl, still: str
) -> None:
    with Caller(emulator.url, "revoked-key") as stranger:
        assert stranger.submit(KLING, still).status_code == 401
        assert (
            stranger.api("models/pricing", endpoint_id=KLING).json()["error"]["type"] == "authorization_error"
        )
    assert caller.http.post(f"/{KLING}", json={}).status_code == 401
    account.conditions(locked="Exhausted balance.")
    refused = caller.submit(KLING, still)
    assert refused.status_code == 403
    assert refused.json()["detail"].startswith("User is locked. Reason: Exhausted balance.")
    assert account.record()["submits"] == []


def test_an_account_is_locked_when_its_credits_are_used_up(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.conditions(balance_usd="0.70")
    assert caller.result(KLING, still).status_code == 200
    assert caller.submit(KLING, still).status_code == 403


def test_accounts_do_not_see_each_other(emulator: Emulator, caller: Caller, still: str) -> None:
    told = caller.submit(KLING, still).json()
    with Caller(emulator.url, "somebody-else") as stranger:
        assert stranger.call("GET", told["status_url"]).status_code == 404
        assert stranger.call("PUT", told["cancel_url"]).status_code == 404
    assert emulator.account("somebody-else").record()["submits"] == []


def test_the_admin_key_is_of_the_same_account(caller: Caller, admin: Caller, still: str) -> None:
    told = caller.submit(KLING, still).json()
    assert admin.call("GET", told["status_url"]).status_code in (200, 202)


def test_reset_begins_the_account_anew(caller: Caller, account: AccountControl, still: str) -> None:
    caller.submit(KLING, still)
    account.script({"do": "drop_before", "times": None})
    account.reset()
    assert account.record()["submits"] == []
    assert caller.submit(KLING, still).status_code == 200
    assert len(account.record()["submits"]) == 1


def test_500_submits_and_500_looks_take_a_few_seconds_at_most(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.conditions(concurrency=1000)
    began_s = time.monotonic()
    told = [caller.submit(KLING, still).json() for _ in range(500)]
    states = {caller.call("GET", one["status_url"]).status_code for one in told}
    assert time.monotonic() - began_s < 15
    assert states <= {200, 202}
    assert len({one["request_id"] for one in told}) == len(account.record()["submits"]) == 500
