"""Each fault, as a plain HTTP client sees it, and what it leaves in the record."""

import time
from collections.abc import Iterator

import httpx
import pytest
from fal_emulator import DOES, AccountControl, Emulator, Rule
from fal_emulator.caller import KLING, WAN, Caller, picture


@pytest.fixture
def clip(caller: Caller, still: str) -> str:
    """Address of a finished clip."""
    return str(caller.result(KLING, still).json()["video"]["url"])


@pytest.fixture
def hasty(emulator: Emulator, account: AccountControl) -> Iterator[Caller]:
    """A caller who waits 0.2 s for each byte."""
    with Caller(emulator.url, account.key, timeout_s=0.2) as one:
        yield one


def test_a_call_dropped_before_it_was_accepted_leaves_no_submit(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.script({"match": {"call": "submit"}, "do": "drop_before"})
    with pytest.raises(httpx.RemoteProtocolError):
        caller.submit(KLING, still)
    record = account.record()
    assert record["submits"] == []
    assert record["counts"]["submit"] == 1
    assert caller.submit(KLING, still).status_code == 200


@pytest.mark.parametrize(("reset", "error"), [(False, httpx.RemoteProtocolError), (True, httpx.ReadError)])
def test_a_call_dropped_after_it_was_accepted_runs_and_is_billed(
    caller: Caller, account: AccountControl, still: str, reset: bool, error: type[Exception]
) -> None:
    account.script({"match": {"call": "submit"}, "do": "drop_after", "reset": reset})
    with pytest.raises(error):
        caller.submit(KLING, still)
    account.advance(1)
    record = account.record()
    assert [submit["state"] for submit in record["submits"]] == ["COMPLETED"]
    assert record["billed_usd"] == "0.70"
    assert record["calls"][-1]["fault"] == "drop_after"


def test_a_slow_answer_to_a_submit_is_an_accepted_submit(
    hasty: Caller, account: AccountControl, still: str
) -> None:
    account.script({"match": {"call": "submit"}, "do": "slow", "seconds": 5})
    began_s = time.monotonic()
    with pytest.raises(httpx.ReadTimeout):
        hasty.submit(KLING, still)
    assert time.monotonic() - began_s < 2
    assert len(account.record()["submits"]) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 422, 429, 500, 502, 503, 504])
def test_an_error_status_instead_of_a_submit(
    caller: Caller, account: AccountControl, still: str, status: int
) -> None:
    account.script({"match": {"call": "submit"}, "do": "status", "status": status, "retry_after_s": 1.5})
    answer = caller.submit(KLING, still)
    assert answer.status_code == status
    if status == 502:
        assert "nginx" in answer.text
        assert answer.headers["content-type"] == "text/html"
    elif status == 422:
        assert answer.json()["detail"][0]["type"] == "content_policy_violation"
    else:
        assert answer.json()["error_type"]
        assert answer.headers["Retry-After"] == "1.5"
    assert account.record()["submits"] == []


def test_an_error_status_can_hide_that_the_submit_was_accepted(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.script({"match": {"call": "submit"}, "do": "status", "status": 502, "after": True})
    assert caller.submit(KLING, still).status_code == 502
    assert len(account.record()["submits"]) == 1


def test_the_platform_refuses_in_its_own_form(caller: Caller, account: AccountControl) -> None:
    account.script({"match": {"call": "pricing"}, "do": "status", "status": 429})
    assert caller.api("models/pricing", endpoint_id=KLING).json()["error"]["type"] == "rate_limit"


def test_an_answer_that_is_no_json(caller: Caller, account: AccountControl, still: str) -> None:
    account.script({"match": {"call": "submit"}, "do": "bad_json"})
    answer = caller.submit(KLING, still)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".+"):
        answer.json()
    assert len(account.record()["submits"]) == 1


def test_a_download_that_ends_early(caller: Caller, account: AccountControl, clip: str) -> None:
    account.script({"match": {"call": "download"}, "do": "truncate", "bytes": 1000})
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        caller.http.get(clip)
    assert len(caller.http.get(clip).content) > 1000


def test_a_download_that_ends_early_and_does_not_say_so(
    caller: Caller, account: AccountControl, clip: str
) -> None:
    account.script({"match": {"call": "download"}, "do": "truncate", "bytes": 1000, "silent": True})
    answer = caller.http.get(clip)
    assert len(answer.content) == int(answer.headers["Content-Length"]) == 1000


def test_a_download_that_stalls(hasty: Caller, caller: Caller, account: AccountControl, clip: str) -> None:
    account.script({"match": {"call": "download"}, "do": "stall", "bytes": 1000, "seconds": 5})
    got: list[bytes] = []
    with hasty.http.stream("GET", clip) as answer, pytest.raises(httpx.ReadTimeout):
        got.extend(answer.iter_raw())
    assert len(b"".join(got)) == 1000
    account.script({"match": {"call": "download"}, "do": "stall", "bytes": 1000, "seconds": 0.05})
    assert len(caller.http.get(clip).content) > 1000


def test_a_download_that_never_ends(caller: Caller, account: AccountControl, clip: str) -> None:
    account.script({"match": {"call": "download"}, "do": "endless"})
    got = 0
    with caller.http.stream("GET", clip) as answer:
        assert "Content-Length" not in answer.headers
        for piece in answer.iter_raw():
            got += len(piece)
            if got > 1_000_000:
                break
    assert got > 1_000_000


def test_a_download_without_a_length_and_one_with_an_absurd_one(
    caller: Caller, account: AccountControl, clip: str
) -> None:
    account.script(
        {"match": {"call": "download"}, "do": "no_length"},
        {"match": {"call": "download"}, "do": "huge_length"},
    )
    whole = caller.http.get(clip)
    assert "Content-Length" not in whole.headers
    with caller.http.stream("GET", clip) as answer:
        assert int(answer.headers["Content-Length"]) == 10**15
        with pytest.raises(httpx.RemoteProtocolError):
            answer.read()


def test_a_web_page_instead_of_a_clip_and_a_clip_that_is_gone(
    caller: Caller, account: AccountControl, clip: str
) -> None:
    account.script(
        {"match": {"call": "download"}, "do": "html_instead"},
        {"match": {"call": "download"}, "do": "expired"},
    )
    page = caller.http.get(clip)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html")
    assert caller.http.get(clip).status_code == 404
    assert caller.http.get(clip).headers["content-type"] == "video/mp4"


def test_a_clip_of_another_length_than_asked_is_billed_as_asked(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.script({"do": "wrong_duration", "seconds": 2})
    video = caller.result(WAN, still, duration="5", resolution="720p").json()["video"]
    assert (video["duration"], video["num_frames"]) == (2.0, 60)
    assert account.record()["billed_usd"] == "0.50"


def test_a_result_that_points_elsewhere_or_has_a_path_for_a_name(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.script({"do": "foreign_url", "url": "file:///etc/passwd"}, {"do": "evil_name"})
    told = caller.submit(KLING, still).json()
    caller.finished(told)
    assert caller.call("GET", told["response_url"]).json()["video"]["url"] == "file:///etc/passwd"
    assert caller.call("GET", told["response_url"]).json()["video"]["file_name"] == "../../../evil.mp4"


def test_a_job_that_history_lost_and_one_that_the_queue_lost(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.script({"match": {"nth": 1}, "do": "lost_history"}, {"match": {"nth": 2}, "do": "lost_job"})
    first, second = (caller.submit(KLING, still).json() for _ in range(2))
    assert caller.finished(first)["status"] == "COMPLETED"
    assert caller.call("GET", second["status_url"]).status_code == 404
    account.advance(1)
    items = caller.api("models/requests/by-endpoint", endpoint_id=KLING).json()["items"]
    assert [item["request_id"] for item in items] == [second["request_id"]]
    assert len(account.record()["billed"]) == 2


@pytest.mark.parametrize(
    ("mode", "answered", "ended_in", "billed"),
    [
        ("too_late", 400, 200, True),
        ("ignored", 202, 200, True),
        ("stopped", 202, 499, False),
        ("stopped_billed", 202, 499, True),
    ],
)
def test_a_cancel_that_races_with_the_end_of_the_job(
    caller: Caller, account: AccountControl, still: str, mode: str, answered: int, ended_in: int, billed: bool
) -> None:
    account.conditions(run_s=5)
    account.script({"do": "cancel_race", "mode": mode})
    told = caller.submit(KLING, still).json()
    assert caller.call("PUT", told["cancel_url"]).status_code == answered
    account.advance(10)
    [submit] = account.record()["submits"]
    assert (submit["status_code"], submit["billed"]) == (ended_in, billed)


def test_a_stream_may_break_off(caller: Caller, account: AccountControl, still: str) -> None:
    account.conditions(run_s=100)
    account.script({"match": {"call": "stream"}, "do": "truncate", "bytes": 20})
    told = caller.submit(KLING, still).json()
    with pytest.raises(httpx.RemoteProtocolError):
        caller.call("GET", told["status_url"] + "/stream")


@pytest.mark.parametrize("call", ["token", "upload"])
def test_an_upload_may_be_dropped_at_either_step(caller: Caller, account: AccountControl, call: str) -> None:
    account.script({"match": {"call": call}, "do": "drop_before"})
    with pytest.raises(httpx.RemoteProtocolError):
        caller.upload(picture())
    assert account.record()["uploads"] == []


def test_rules_choose_by_call_model_file_and_number(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.script(
        {"match": {"call": "submit", "model": "wan/"}, "do": "status", "status": 503},
        {
            "match": {"call": ["submit", "status"], "file": "take_0042", "nth": [2, 3]},
            "do": "status",
            "status": 429,
        },
    )
    other = caller.upload(picture(), "other.png").json()["access_url"]
    assert caller.submit(KLING, other).status_code == 200
    assert caller.submit(WAN, still).status_code == 503
    assert [caller.submit(KLING, still).status_code for _ in range(3)] == [429, 429, 200]
    assert [line["used"] for line in account.record()["script"]] == [1, 2]


def test_a_script_for_all_accounts_counts_in_each_for_itself() -> None:
    with Emulator(rules=[{"match": {"call": "pricing"}, "do": "status", "status": 500}]) as emulator:
        for key in ("one", "two"):
            with Caller(emulator.url, key) as caller:
                codes = [caller.api("models/pricing", endpoint_id=KLING).status_code for _ in range(2)]
                assert codes == [500, 200]


@pytest.mark.parametrize(
    "rule", [{"do": "explode"}, {"do": "slow", "secnods": 3}, {"match": {"call": "result"}, "do": "refuse"}]
)
def test_a_script_that_means_nothing_is_refused(account: AccountControl, rule: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="refuses script"):
        account.script(rule)


def test_every_fault_of_the_vocabulary_makes_a_rule() -> None:
    assert [Rule.model_validate({"do": do}).do for do in DOES] == list(DOES)
