"""Uploads and downloads, also as fal-client 1.0.3 itself makes them."""

import socket
from collections.abc import Iterator
from pathlib import Path

import fal_client
import httpx
import pytest
from fal_client import client as fal_client_module
from fal_emulator import AccountControl, Emulator
from fal_emulator.caller import KLING, Caller, picture


@pytest.fixture
def fal(
    emulator: Emulator, account: AccountControl, monkeypatch: pytest.MonkeyPatch
) -> Iterator[fal_client.SyncClient]:
    """fal's own client, pointed at the emulator through its module's private names."""
    monkeypatch.setattr(fal_client_module, "QUEUE_URL_FORMAT", f"{emulator.url}/")
    monkeypatch.setattr(fal_client_module, "REST_URL", emulator.url)
    monkeypatch.setattr(fal_client_module, "CDN_URL", emulator.url)
    opened: list[httpx.Client] = []
    opens = fal_client.SyncClient._get_cdn_client

    def noted(self: fal_client.SyncClient) -> httpx.Client:
        opened.append(opens(self))
        return opened[-1]

    # It leaves the connections of its uploads open, which would fail whichever test comes after.
    monkeypatch.setattr(fal_client.SyncClient, "_get_cdn_client", noted)
    client = fal_client.SyncClient(key=account.key)
    yield client
    for one in [*opened, client._client]:
        one.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A still as a file."""
    path = tmp_path / "take_0042 é.png"
    path.write_bytes(picture())
    return path


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
def test_fal_client_uploads_submits_waits_and_cancels(
    fal: fal_client.SyncClient, account: AccountControl, tmp_path: Path, repository: str
) -> None:
    file = tmp_path / "take_0042.png"
    file.write_bytes(picture())
    url = fal.upload_file(file, repository=repository)  # type: ignore[arg-type]
    assert url.endswith("_take_0042.png")
    assert httpx.get(url).content == file.read_bytes()
    handle = fal.submit(KLING, {"prompt": "x", "start_image_url": url, "duration": "5"})
    result = handle.get(interval=0.01)
    assert httpx.get(result["video"]["url"]).status_code == 200
    with pytest.raises(fal_client.FalClientHTTPError, match="ALREADY_COMPLETED"):
        handle.cancel()
    assert fal.get_handle(KLING, handle.request_id).get() == result
    record = account.record()
    assert [upload["name"] for upload in record["uploads"]] == ["take_0042.png"]
    assert len(record["submits"]) == 1


def test_fal_client_uploads_large_files_in_parts(
    fal: fal_client.SyncClient, account: AccountControl, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    monkeypatch.setattr(fal_client_module, "MULTIPART_THRESHOLD", 10)
    monkeypatch.setattr(fal_client_module, "MULTIPART_CHUNK_SIZE", 500)
    ascii_named = file.rename(file.with_name("large.png"))
    url = fal.upload_file(ascii_named)
    assert httpx.get(url).content == ascii_named.read_bytes()
    assert len(account.record()["uploads"]) == 1


def test_the_uploaded_name_ends_the_address_and_shows_in_the_submit(
    caller: Caller, account: AccountControl, still: str
) -> None:
    assert still.endswith("_take_0042.png")
    caller.submit(KLING, still)
    assert account.record()["submits"][0]["file"].endswith("_take_0042.png")


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b.png", "..\\b.png"])
def test_a_name_with_a_path_in_it_loses_the_path(caller: Caller, name: str) -> None:
    url = caller.upload(picture(), name).json()["access_url"]
    assert ".." not in httpx.URL(url).path
    assert caller.http.get(url).status_code == 200


def test_an_upload_needs_a_token(caller: Caller) -> None:
    headers = {"Authorization": "Bearer stolen"}
    assert caller.http.post("/files/upload", content=b"x", headers=headers).status_code == 401


def test_a_file_can_be_fetched_in_ranges_and_asked_for_its_head(caller: Caller, still: str) -> None:
    whole = caller.http.get(still)
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = caller.http.get(still, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.content)}"
    rest = caller.http.get(still, headers={"Range": "bytes=10-", "If-Range": whole.headers["ETag"]})
    assert rest.content == whole.content[10:]
    changed = caller.http.get(still, headers={"Range": "bytes=10-", "If-Range": '"another"'})
    assert (changed.status_code, changed.content) == (200, whole.content)
    assert caller.http.get(still, headers={"Range": f"bytes={len(whole.content)}-"}).status_code == 416
    head = caller.http.head(still)
    assert (head.headers["Content-Length"], head.content) == (str(len(whole.content)), b"")


def test_files_go_when_their_time_is_over(caller: Caller, account: AccountControl) -> None:
    account.freeze()
    account.conditions(media_life_s=60)
    url = caller.upload(picture()).json()["access_url"]
    assert caller.http.get(url).status_code == 200
    account.advance(61)
    assert caller.http.get(url).status_code == 404


def test_an_upload_whose_sender_dies_on_the_way_leaves_nothing(
    emulator: Emulator, caller: Caller, account: AccountControl
) -> None:
    token = caller.call("POST", "/storage/auth/token", json={}).json()["token"]
    host = httpx.URL(emulator.url)
    with socket.create_connection((host.host, host.port or 0)) as line:
        head = f"POST /files/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        line.sendall(f"{head}Content-Length: 1000\r\n\r\nhalf".encode())
    assert caller.call("GET", "/v1/models").status_code == 200
    record = account.record()
    assert (record["uploads"], record["counts"]) == ([], {"token": 1, "models": 1})


def test_downloads_are_counted_by_the_job_that_made_the_clip(
    caller: Caller, account: AccountControl, still: str
) -> None:
    url = caller.result(KLING, still).json()["video"]["url"]
    caller.http.get(url)
    record = account.record()
    assert [one["request_id"] for one in record["downloads"]] == [record["submits"][0]["request_id"]]
