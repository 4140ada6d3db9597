"""The gate: who may come in, and what those who may not are told."""

import pytest
from http_client import HOST, TestClient, local
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocket

from core.http_api import Gate


async def hello(_request: Request) -> Response:
    return PlainTextResponse("hello")


async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text("hello")
    await websocket.close()


ROUTES = [
    Route("/", hello, methods=["GET", "POST"]),
    Route("/api/x", hello, methods=["GET", "POST"]),
    WebSocketRoute("/talk", talk),
]
APP = Starlette(routes=ROUTES, middleware=[Middleware(Gate)])


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.8.7", "::1", "::ffff:127.0.0.1"])
def test_this_computer_comes_in(client: str) -> None:
    assert TestClient(APP, base_url=f"http://{HOST}", client=(client, 1)).get("/").text == "hello"


@pytest.mark.parametrize(
    "client", ["192.168.1.7", "10.0.0.1", "::ffff:10.0.0.1", "2001:db8::1", "testclient"]
)
def test_another_computer_is_refused_with_the_reason(client: str) -> None:
    answer = TestClient(APP, base_url=f"http://{HOST}", client=(client, 1)).get("/api/x")
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "this computer only" in answer.json()["detail"]
    assert "SSH tunnel" in answer.json()["remedy"]


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:1", "LOCALHOST:8501", "127.0.0.1", "127.1.2.3:9", "[::1]:8501"]
)
def test_names_of_this_computer_are_answered(host: str) -> None:
    assert local(APP).get("/", headers={"host": host}).text == "hello"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example@127.0.0.1",
        "127.0.0.1/evil.example",
        "127.0.0.1:99999",
        "192.168.1.7:8501",
        "0.0.0.0:8501",
        "[::1",
        "",
    ],
)
def test_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    answer = local(APP).get("/", headers={"host": host})
    assert answer.status_code == 403
    assert "does not answer to the name" in answer.text


def test_a_refused_page_shows_the_name_as_text() -> None:
    answer = local(APP).get("/", headers={"host": "<script>alert(1)</script>"})
    assert answer.status_code == 403
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://127.0.0.1:8502"},
        {"origin": f"ftp://{HOST}"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": f"http://{HOST}", "sec-fetch-site": "cross-site"},
    ],
)
def test_a_page_of_another_site_changes_nothing(headers: dict[str, str]) -> None:
    client = local(APP)
    assert client.post("/api/x", headers=headers).status_code == 403
    assert "another site" in client.post("/api/x", headers=headers).json()["detail"]
    assert client.get("/", headers=headers).status_code == 200, "a link may lead here"


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        (HOST, {}),
        (HOST, {"origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}),
        ("localhost:8501", {"origin": "http://localhost:8501"}),
        ("localhost", {"origin": "http://localhost:80"}),
        ("[::1]:8501", {"origin": "http://[::1]:8501"}),
    ],
)
def test_our_own_pages_and_programs_may_change_things(host: str, headers: dict[str, str]) -> None:
    assert local(APP).post("/api/x", headers={"host": host, **headers}).status_code == 200


def test_a_websocket_of_our_own_page_is_opened() -> None:
    with local(APP).websocket_connect("/talk", headers={"host": HOST, "origin": f"http://{HOST}"}) as talking:
        assert talking.receive_text() == "hello"


@pytest.mark.parametrize(
    "headers", [{"host": HOST, "origin": "http://evil.example"}, {"host": "evil.example"}]
)
def test_a_websocket_of_another_site_is_refused(headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDenialResponse) as refusal,
        local(APP).websocket_connect("/talk", headers=headers),
    ):
        pass
    assert refusal.value.status_code == 403
