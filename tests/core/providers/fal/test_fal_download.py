"""A clip comes home whole or not at all, from fal's hosts alone, whatever the other side sends."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from canned_server import Canned, CannedServer, Heard
from fal_case import Case

from core.errors import Charge, Interrupted, ProviderError, ProviderPaused
from core.media import probe_clip
from core.providers.fal.hosts import PinnedTransport, is_queue_url
from core.providers.fal.mp4 import is_whole_mp4
from core.settings import Settings
from core.take import State

MakeCase = Callable[..., Case]


@pytest.fixture
def finished(case: Case) -> Case:
    """A take whose clip waits at fal."""
    case.send()
    case.follow()
    return case


def _fails(case: Case, match: str) -> None:
    """The clip cannot be had: it was paid for, and nothing is left lying about."""
    with pytest.raises(ProviderError, match=match) as failed:
        case.collect()
    assert not isinstance(failed.value, ProviderPaused)
    assert (failed.value.charge, failed.value.safe_to_retry) == (Charge.CERTAIN, False)
    assert "receipt" in failed.value.remedy
    assert not case.clip.exists()


@pytest.mark.parametrize("times", [1, 3])
def test_a_download_that_is_cut_off_goes_on_where_it_stopped(times: int, finished: Case) -> None:
    finished.account.script({"match": {"call": "download"}, "do": "truncate", "bytes": 700, "times": times})
    clip = finished.collect()
    ranges = [told["range"] for told in finished.account.record()["downloads"]]
    assert ranges == [None, *(f"bytes={700 * number}-" for number in range(1, times + 1))]
    assert is_whole_mp4(clip)
    assert probe_clip(clip).frames > 0


def test_a_download_that_stalls_goes_on_where_it_stopped(make_case: MakeCase) -> None:
    case = make_case(pace="0.02")
    case.send()
    case.follow()
    case.account.script({"match": {"call": "download"}, "do": "stall", "bytes": 700, "seconds": 30})
    assert is_whole_mp4(case.collect())
    assert case.account.record()["downloads"][-1]["range"] == "bytes=700-"


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "drop_before"},
        {"do": "status", "status": 503},
        {"do": "status", "status": 429},
        {"do": "html_instead"},
        {"do": "expired"},
        {"do": "truncate", "bytes": 900, "silent": True},
        {"do": "no_length"},
    ],
    ids=str,
)
def test_a_passing_fault_does_not_lose_the_clip(fault: dict[str, Any], finished: Case) -> None:
    finished.account.script({"match": {"call": "download"}, **fault})
    assert probe_clip(finished.collect()).frames > 0


@pytest.mark.parametrize(
    ("fault", "match"),
    [
        ({"do": "html_instead"}, "a web page came in its place"),
        ({"do": "bad_json"}, "not a whole MP4"),
        ({"do": "expired"}, "no longer has the clip"),
        ({"do": "truncate", "bytes": 900, "silent": True}, "not a whole MP4"),
        ({"do": "huge_length"}, "longer than"),
    ],
    ids=str,
)
def test_what_stays_wrong_fails_the_take_with_its_reason(
    fault: dict[str, Any], match: str, finished: Case
) -> None:
    finished.account.script({"match": {"call": "download"}, "times": None, **fault})
    _fails(finished, match)


def test_a_body_without_end_is_cut_short(make_case: MakeCase) -> None:
    case = make_case(provider={"largest_clip_bytes": 2_000_000})
    case.send()
    case.follow()
    case.account.script({"match": {"call": "download"}, "do": "endless"})
    _fails(case, "longer than 0.002 GB")


def test_media_hosts_that_stay_away_leave_the_take_where_it_is(finished: Case) -> None:
    finished.account.script({"match": {"call": "download"}, "do": "drop_before", "times": None})
    with pytest.raises(ProviderPaused, match="cannot be fetched at present") as paused:
        finished.collect()
    assert paused.value.retry_after_s == 30
    assert not finished.clip.exists()
    finished.account.script()
    assert probe_clip(finished.collect()).frames > 0


def test_the_end_of_the_app_is_heeded_in_the_middle_of_a_download(make_case: MakeCase) -> None:
    case = make_case(pace="1")
    case.send()
    case.follow()
    case.account.script({"match": {"call": "download"}, "do": "stall", "bytes": 700, "seconds": 30})
    began = time.monotonic()
    case.told.stop = lambda: "bringing the clip home" in case.told.stages
    with pytest.raises(Interrupted):
        case.collect()
    assert time.monotonic() - began < 1.5
    assert not case.clip.exists()


def test_a_name_with_a_path_in_it_goes_nowhere(case: Case, data: Path) -> None:
    case.account.script({"do": "evil_name"})
    before = {path for path in data.parent.rglob("*") if path.is_file()}
    clip = case.run()
    fresh = {path for path in data.parent.rglob("*") if path.is_file()} - before
    assert {path.name for path in fresh if path.suffix == ".mp4"} == {clip.name}


HOSTILE = [
    "file:///etc/passwd",
    "ftp://v3.fal.media/clip.mp4",
    "http://169.254.169.254/latest/meta-data",
    "http://v3.fal.media/clip.mp4",
    "http://127.0.0.1:1/clip.mp4",
    "https://evil.example/clip.mp4",
    "https://fal.media.evil.example/clip.mp4",
    "https://evilfal.media/clip.mp4",
    "https://v3.fal.media@evil.example/clip.mp4",
    "https://user:word@v3.fal.media/clip.mp4",
    "https://v3.fal.media:8443/clip.mp4",
    "https://evil.example\\.fal.media/clip.mp4",
    "https://v3.fal.media\r\nHost: evil.example/",
    "https://[::1",
    "//evil.example/clip.mp4",
    "",
    "data:video/mp4;base64,AAAA",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_an_address_that_is_not_fals_is_not_opened(url: str, case: Case) -> None:
    case.account.script({"do": "foreign_url", "url": url})
    case.send()
    case.follow()
    _fails(case, "address that is not opened")
    assert case.account.record()["downloads"] == []


@pytest.mark.parametrize(
    "result", [{}, {"video": None}, {"video": []}, {"video": {"url": 7}}, {"videos": [{}]}]
)
def test_a_result_of_another_shape_fails_with_its_reason(result: dict[str, Any], finished: Case) -> None:
    finished.job = type(finished.job)(
        take=finished.job.take.model_copy(update={"result": result}),
        model=finished.model,
        folder=finished.job.folder,
    )
    _fails(finished, "names no clip")


def _collects_from(make_case: MakeCase, say: Callable[[Heard], Canned]) -> tuple[Case, CannedServer]:
    server = CannedServer(say)
    case = make_case(urls={"STILLMOTION_FAL_CDN_URL": server.url})
    for state in (State.SUBMITTING, State.SUBMITTED):
        case.move(state)
    case.move(State.COLLECTING, result={"video": {"url": f"{server.url}/clip.mp4"}})
    return case, server


@pytest.mark.parametrize(
    "to",
    [
        "http://169.254.169.254/x",
        "https://evil.example/clip.mp4",
        "file:///etc/passwd",
        "http://localhost:1/",
    ],
)
def test_a_redirect_does_not_lead_to_where_an_address_may_not(to: str, make_case: MakeCase) -> None:
    case, server = _collects_from(make_case, lambda _: Canned(302, headers={"Location": to}))
    with server:
        _fails(case, "address that is not opened")
    assert len(server.heard) == 1


def test_redirects_without_end_are_left(make_case: MakeCase) -> None:
    case, server = _collects_from(make_case, lambda _: Canned(302, headers={"Location": "/clip.mp4"}))
    with server:
        _fails(case, "without end")
    assert len(server.heard) == 4


def test_a_redirect_within_fals_hosts_is_followed_and_the_key_is_not_shown(
    make_case: MakeCase, finished: Case
) -> None:
    content = finished.collect().read_bytes()

    def say(heard: Heard) -> Canned:
        moved = heard.path == "/clip.mp4"
        return Canned(302, headers={"Location": "/moved.mp4"}) if moved else Canned(200, content)

    case, server = _collects_from(make_case, say)
    with server:
        assert case.collect().read_bytes() == content
    assert not any("authorization" in (name.lower() for name in heard.headers) for heard in server.heard)


def test_a_clip_that_does_not_decode_fails_with_its_reason(make_case: MakeCase) -> None:
    boxes = [(b"ftyp", b"isom\0\0\0\0isom"), (b"moov", b"\0" * 40), (b"mdat", b"\0" * 4000)]
    content = b"".join((len(body) + 8).to_bytes(4, "big") + kind + body for kind, body in boxes)
    case, server = _collects_from(make_case, lambda _: Canned(200, content))
    with server:
        _fails(case, "cannot be played")


def test_a_host_that_forgets_where_it_was_is_begun_anew(make_case: MakeCase, finished: Case) -> None:
    content = finished.collect().read_bytes()
    answers = iter([Canned(200, content[:500], {"Content-Length": str(len(content))}), Canned(200, content)])
    case, server = _collects_from(make_case, lambda _: next(answers))
    with server:
        assert case.collect().read_bytes() == content


def test_another_piece_than_was_asked_for_is_not_taken(make_case: MakeCase, finished: Case) -> None:
    content = finished.collect().read_bytes()
    total = len(content)

    def say(heard: Heard) -> Canned:
        if heard.headers.get("Range") == "bytes=500-":
            return Canned(
                206, content[300 : total - 200], {"Content-Range": f"bytes 300-{total - 201}/{total}"}
            )
        if len(server.heard) == 1:
            return Canned(200, content[:500], {"Content-Length": str(total)})
        return Canned(200, content)

    case, server = _collects_from(make_case, say)
    with server:
        assert case.collect().read_bytes() == content


def test_a_name_that_leads_into_a_private_network_is_refused() -> None:
    async def fetch(url: str) -> None:
        async with httpx.AsyncClient(transport=PinnedTransport(httpx.AsyncHTTPTransport())) as client:
            await client.get(url)

    for host in ("10.0.0.1", "169.254.169.254", "192.168.1.1", "[fd00::1]", "0.0.0.0"):
        with pytest.raises(httpx.ConnectError, match="private network"):
            asyncio.run(fetch(f"https://{host}/clip.mp4"))


def test_the_key_goes_to_the_queue_alone() -> None:
    settings = Settings()
    assert is_queue_url("https://queue.fal.run/fal-ai/x/requests/1", settings)
    assert is_queue_url("https://queue.falrun.com/fal-ai/x/requests/1", settings)
    for url in (
        *HOSTILE,
        "https://v3.fal.media/x",
        "https://fal.run.evil.example/",
        "http://queue.fal.run/x",
        None,
    ):
        assert not is_queue_url(url, settings)


def test_a_file_cut_anywhere_is_no_whole_mp4(finished: Case, tmp_path: Path) -> None:
    content = finished.collect().read_bytes()
    cut = tmp_path / "cut.mp4"
    for length in [*range(0, len(content), 97), len(content) - 1]:
        cut.write_bytes(content[:length])
        assert not is_whole_mp4(cut), length
    cut.write_bytes(b"\0" * 4000)
    assert not is_whole_mp4(cut)
    assert is_whole_mp4(finished.clip)
