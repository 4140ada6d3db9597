"""Files by address: parts of them, their headers, and what is never given out."""

from pathlib import Path

import pytest
from drawing import Draw
from http_client import TestClient, client_of, clip_on_disk
from waiting import wait_until

from core.executor import Executor
from core.links import clip_url, poster_url, still_url, thumb_url
from core.settings import Settings
from core.studio import Studio


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> tuple[Studio, str, str]:
    """A studio, the hash of its still and the id of a take that is done: made once for all tests here."""
    folder = tmp_path_factory.mktemp("files")
    studio = Studio(Settings(data=folder / "data"))
    studio.create_project("Ascent")
    studio.add_stills("ascent", Draw(folder).stills(1), seconds=0.2)
    executor = Executor(studio.settings.data)
    executor.start()
    [take] = studio.order_takes("ascent")
    wait_until(lambda: studio.take(take.take_id).clip is not None, what="the take")
    assert executor.stop()
    return studio, studio.project("ascent").shots[0].render.sha256, take.take_id


@pytest.fixture
def client(shot: tuple[Studio, str, str]) -> TestClient:
    return client_of(shot[0])


def test_a_clip_comes_whole_in_parts_and_as_headers(
    client: TestClient, shot: tuple[Studio, str, str]
) -> None:
    studio, _, take_id = shot
    url, whole = clip_url("ascent", take_id), clip_on_disk(studio, "ascent", take_id).read_bytes()
    answer = client.get(url)
    assert (answer.content, answer.headers["content-type"]) == (whole, "video/mp4")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert client.get(url, headers={"range": "bytes=0-9"}).content == whole[:10]
    assert client.get(url, headers={"range": "bytes=-7"}).content == whole[-7:]
    assert client.get(url, headers={"range": f"bytes={len(whole) - 3}-"}).content == whole[-3:]
    beyond = client.get(url, headers={"range": f"bytes={len(whole)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(whole)}")
    headers = client.head(url)
    assert (headers.content, headers.headers["content-length"]) == (b"", str(len(whole)))


def test_a_known_clip_is_not_sent_again(client: TestClient, shot: tuple[Studio, str, str]) -> None:
    url = clip_url("ascent", shot[2])
    etag = client.get(url).headers["etag"]
    again = client.get(url, headers={"if-none-match": f'"other", W/{etag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(url, headers={"if-none-match": '"other"'}).status_code == 200


def test_pictures_are_jpegs_that_never_change(client: TestClient, shot: tuple[Studio, str, str]) -> None:
    _, sha256, take_id = shot
    for url in (thumb_url("ascent", sha256), still_url("ascent", sha256), poster_url("ascent", take_id)):
        answer = client.get(url)
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.content.startswith(b"\xff\xd8\xff")


@pytest.mark.parametrize(
    "path",
    [
        "/app/static",
        "/app/static/",
        "/app/static/clips/ascent/nothing.mp4",
        "/app/static/clips/ascent/%2e%2e%2f%2e%2e%2fproject.mp4",
        "/app/static/clips/..%2f..%2fetc/passwd.mp4",
        "/app/static/clips/ascent/..\\..\\project.mp4",
        "/app/static/exports/ascent/%2e%2e.mp4",
        "/app/static/thumbs/ascent/0.jpg",
        "/app/static/thumbs/ascent/%00.jpg",
        "/app/static/project.json",
    ],
)
def test_nothing_else_is_given_out(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (307, 404)
    assert "project.json" not in answer.text or path.endswith("project.json")
    assert answer.headers.get("cache-control", "no-store") == "no-store"


def test_a_clip_that_was_deleted_is_a_404(client: TestClient, shot: tuple[Studio, str, str]) -> None:
    studio, _, take_id = shot
    path = clip_on_disk(studio, "ascent", take_id)
    aside = path.rename(path.with_suffix(".aside"))
    try:
        answer = client.get(clip_url("ascent", take_id))
        path.mkdir()
        assert client.get(clip_url("ascent", take_id)).status_code == 404
        path.rmdir()
    finally:
        aside.rename(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


def test_a_clip_that_leads_out_of_the_project_is_not_given_out(
    client: TestClient, shot: tuple[Studio, str, str], tmp_path: Path
) -> None:
    studio, _, take_id = shot
    secret = tmp_path / "secret"
    secret.write_text("secret", encoding="utf-8")
    path = clip_on_disk(studio, "ascent", take_id)
    aside = path.rename(path.with_suffix(".aside"))
    try:
        path.symlink_to(secret)
        assert client.get(clip_url("ascent", take_id)).status_code == 404
        path.unlink()
    finally:
        aside.rename(path)


def test_a_damaged_receipt_is_told(client: TestClient, shot: tuple[Studio, str, str]) -> None:
    studio, _, take_id = shot
    receipt = studio.folder("ascent") / "takes" / f"{take_id}.json"
    good = receipt.read_bytes()
    receipt.write_bytes(b"{")
    answer = client.get(clip_url("ascent", take_id))
    receipt.write_bytes(good)
    assert (answer.status_code, answer.json()["kind"]) == (500, "Damaged")
