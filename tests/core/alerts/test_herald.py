"""Alerts told to a webhook: each once, in Slack's form, again when it was not taken; its address never."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from billing_case import written
from canned_server import Canned, CannedServer, Heard
from pydantic import SecretStr
from waiting import wait_until

from core.alerts import Alert, Herald, Kind, Severity
from core.alerts.herald import message
from core.errors import InputRefused, StillmotionError
from core.ledger import Entry
from core.providers.fal.wire import deaf
from core.server import at_work
from core.settings import Settings, read_settings
from core.studio import Studio
from core.webhook import post_text

SECRET = "T000/B000/verysecret"


class Chat:
    """A webhook that takes what it is told, or answers `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.texts: list[str] = []

    def __call__(self, heard: Heard) -> Canned:
        if self.status == 200:
            self.texts.append(json.loads(heard.body)["text"])
        return Canned(status=self.status, body=b"ok", headers={"Location": "https://fal.invalid/"})


@pytest.fixture
def chat() -> Chat:
    return Chat()


@pytest.fixture
def settings(chat: Chat, data: Path) -> Iterator[Settings]:
    data.mkdir()
    with CannedServer(chat) as server:
        yield Settings(data=data, webhook_url=SecretStr(f"{server.url}/services/{SECRET}"), fal_pace=0.001)


def alert(subject: str, what: str = "The bill drifts.") -> Alert:
    return Alert(
        kind=Kind.DRIFT, severity=Severity.WARNING, subject=subject, what=what, remedy="Refresh the prices."
    )


def rounds(herald: Herald, count: int = 1) -> None:
    """So many rounds, each of them due."""
    for _ in range(count):
        herald._next = 0.0
        herald.round(deaf)


def test_an_alert_is_told_once_by_whichever_app(settings: Settings, chat: Chat) -> None:
    found = [alert("kling_i2v")]
    for herald in (Herald(settings, lambda: found), Herald(settings, lambda: found)):
        rounds(herald, 2)
    assert len(chat.texts) == 1
    assert "The bill drifts." in chat.texts[0]
    assert "Refresh the prices." in chat.texts[0]
    found.append(alert("wan_i2v", "Another drifts."))
    rounds(Herald(settings, lambda: found))
    assert len(chat.texts) == 2
    assert "The bill drifts." not in chat.texts[1]


@pytest.mark.parametrize("status", [302, 404, 429, 500])
def test_what_was_not_taken_is_told_again(settings: Settings, chat: Chat, status: int) -> None:
    herald = Herald(settings, lambda: [alert("kling_i2v")])
    chat.status = status
    with pytest.raises(StillmotionError, match=f"answered {status}"):
        rounds(herald)
    chat.status = 200
    rounds(herald)
    assert len(chat.texts) == 1


def test_memory_that_was_spoilt_tells_once_more_rather_than_never(
    settings: Settings, chat: Chat, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    herald = Herald(settings, lambda: [alert("kling_i2v")])
    rounds(herald)
    (data / "alerts.json").write_text('{"told": ["kling"]}')
    rounds(herald, 2)
    assert len(chat.texts) == 2
    assert "alerts.forgotten" in caplog.text


def test_an_alert_that_went_away_for_a_day_is_told_when_it_comes_back(
    settings: Settings, chat: Chat, data: Path
) -> None:
    found = [alert("kling_i2v")]
    herald = Herald(settings, lambda: found)
    rounds(herald)
    found.clear()
    rounds(herald)
    found.append(alert("kling_i2v"))
    rounds(herald)
    assert len(chat.texts) == 1
    document = json.loads((data / "alerts.json").read_text())
    document["told"] = dict.fromkeys(document["told"], "2026-01-01T00:00:00+00:00")
    (data / "alerts.json").write_text(json.dumps(document))
    found.clear()
    rounds(herald)
    found.append(alert("kling_i2v"))
    rounds(herald)
    assert len(chat.texts) == 2


def test_many_at_once_are_one_message_and_words_are_no_commands() -> None:
    text = message([alert(str(number), "<!channel> & more") for number in range(14)])
    assert "<!channel>" not in text
    assert "&lt;!channel&gt; &amp; more" in text
    assert "4 more" in text


def test_the_running_app_tells_what_the_books_give(settings: Settings, chat: Chat, data: Path) -> None:
    written(data, "a", (Entry.SETTLE, "1.00", "table price"), (Entry.SETTLE, "0.80", "billing events"))
    with at_work(Studio(settings)):
        wait_until(lambda: bool(chat.texts), what="the chat to hear of it")
    assert "Kling 2.6 Pro was billed at $0.80" in chat.texts[0]


def test_a_webhook_that_never_answers_keeps_nobody_from_ending(data: Path) -> None:
    data.mkdir()
    written(data, "a", (Entry.SETTLE, "1.00", "table price"), (Entry.SETTLE, "0.80", "billing events"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(20)
        url = SecretStr(f"http://127.0.0.1:{silent.getsockname()[1]}/services/{SECRET}")
        with at_work(Studio(Settings(data=data, webhook_url=url, fal_pace=0.001))):
            line, _ = silent.accept()
        with line:
            assert not [each for each in threading.enumerate() if each.name == "stillmotion-billing"]


def test_the_address_is_a_secret_in_reprs_logs_and_errors(
    settings: Settings, chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert settings.webhook_url is not None
    post_text(settings.webhook_url, "hello")
    for url in (settings.webhook_url.get_secret_value(), f"http://127.0.0.1:9/{SECRET}"):
        chat.status = 500
        with pytest.raises(StillmotionError) as caught:
            post_text(SecretStr(url), "hello")
        assert SECRET not in f"{caught.value} {caught.value.remedy} {caught.value.__cause__}"
    assert SECRET not in repr(settings) + str(settings) + caplog.text


@pytest.mark.parametrize("url", ["http://hooks.slack.com/services/x", "ftp://x/y", "hello", "https://a b/c"])
def test_an_address_that_is_none_or_in_the_clear_is_refused_without_saying_it(url: str) -> None:
    with pytest.raises(InputRefused) as caught:
        read_settings({"STILLMOTION_WEBHOOK_URL": url})
    assert "STILLMOTION_WEBHOOK_URL" in str(caught.value)
    assert url not in str(caught.value)
