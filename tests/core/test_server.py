"""Getting ready and ending, without a server."""

import logging
import threading
from pathlib import Path

import pytest
from drawing import Draw
from waiting import wait_until

from core.errors import StorageFailed
from core.logs import shown_in_terminal
from core.loopback import is_loopback
from core.server import at_work, prepare, setbacks
from core.settings import Settings
from core.studio import Studio


def test_a_new_data_folder_gets_the_sample_once(studio: Studio) -> None:
    prepare(studio)
    prepare(studio)
    assert [summary.shots > 0 for summary in studio.projects()] == [True]
    assert setbacks() == ()


def test_what_fails_while_getting_ready_is_told_and_stops_nobody(tmp_path: Path) -> None:
    studio = Studio(Settings(data=tmp_path / "data"))
    (tmp_path / "data").write_text("in the way", encoding="utf-8")
    prepare(studio)
    assert setbacks()
    assert all(error.remedy for error in setbacks())
    assert any(isinstance(error, StorageFailed) for error in setbacks())
    prepare(Studio(Settings(data=tmp_path / "other")))
    assert setbacks() == ()


def test_takes_and_exports_are_made_inside_and_nothing_runs_after(studio: Studio, draw: Draw) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(1), seconds=0.2)
    [take] = studio.order_takes("ascent")
    export = studio.order_export("ascent", mode="stills")
    with at_work(studio):
        wait_until(lambda: studio.take(take.take_id).state == "done", what="the take")
        wait_until(lambda: studio.export("ascent", export.export_id).state == "done", what="the export")
    assert not [each.name for each in threading.enumerate() if each.name.startswith("stillmotion-")]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "localhost", "LOCALHOST."]
)
def test_these_addresses_are_this_computer(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "192.168.0.1", "::ffff:8.8.8.8", "localhost.example", "", "1"]
)
def test_these_are_not(address: str) -> None:
    assert not is_loopback(address)


def test_a_warning_is_one_line_with_all_that_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    with shown_in_terminal():
        logging.getLogger("core.x").warning("take.failed", extra={"action": "take.failed", "take_id": "t-1"})
    assert capsys.readouterr().err.endswith("WARNING take.failed take_id=t-1\n")
