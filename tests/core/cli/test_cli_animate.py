"""`animate` beside others who order takes on the same data folder."""

import json
from pathlib import Path

import pytest
from drawing import Draw

from core.cli import main
from core.ledger import Entry
from core.orders import quote_shots
from core.studio import Studio
from core.take import State


@pytest.fixture
def film(studio: Studio, draw: Draw, monkeypatch: pytest.MonkeyPatch) -> Studio:
    """A studio with a project `film` of two short shots, on the data folder of the command line."""
    monkeypatch.setenv("STILLMOTION_DATA", str(studio.settings.data))
    studio.create_project("Film")
    studio.add_stills("film", draw.stills(2), seconds=0.2)
    return studio


def test_a_take_that_was_ordered_before_is_waited_for_and_not_ordered_again(
    film: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    [before] = film.order_takes("film", ["shot_002"])
    assert main(["animate", "film", "--json"]) == 0
    said = capsys.readouterr()
    takes = json.loads(said.out)["takes"]
    assert [take["shot_id"] for take in takes] == ["shot_002", "shot_001"]
    assert takes[0]["take_id"] == before.take_id
    assert len(film.takes("film")) == 2
    assert "Under way already, and waited for: 1 take." in said.err


def test_when_every_shot_is_under_way_all_are_waited_for(film: Studio) -> None:
    film.order_takes("film")
    assert main(["animate", "film"]) == 0
    assert [take.state for take in film.takes("film").values()] == [State.DONE, State.DONE]


def test_nothing_missing_is_nothing_to_do(film: Studio, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["animate", "film"]) == 0
    assert main(["animate", "film", "--missing"]) == 0
    assert main(["animate", "film", "--failed"]) == 0
    assert len(film.takes("film")) == 2


def test_money_that_a_crash_left_reserved_is_released(film: Studio) -> None:
    [shot] = film.project("film").shots[:1]
    [take] = film.order_takes("film", [shot.shot_id])
    film.cancel_take(take.take_id)
    line = film.ledger.bill().last[take.take_id]
    price = quote_shots(film.catalogue, film.project("film"), [shot], model="kling_i2v").usd
    lost = line.changed(entry=Entry.RESERVE, usd=price, take_id="never-written")
    film.ledger.append(lost)
    assert main(["animate", "film"]) == 0
    assert film.ledger.bill().reserved_usd == 0


def test_a_waiting_take_can_be_cancelled_and_cannot_be_chosen(
    film: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    [take, _] = film.order_takes("film")
    assert main(["choose", take.take_id]) == 1
    assert main(["cancel", take.take_id]) == 0
    assert film.take(take.take_id).state is State.CANCELLED
    assert main(["cancel", take.take_id]) == 1
    assert "has ended already" in capsys.readouterr().err


def test_a_damaged_receipt_is_named_beside_the_takes(
    film: Studio, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [take, _] = film.order_takes("film")
    (data / "projects" / "film" / "takes" / f"{take.take_id}.json").write_text("{")
    assert main(["takes", "film", "--json"]) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)["takes"]) == 1
    assert take.take_id in said.err
    assert main(["doctor"]) == 1
