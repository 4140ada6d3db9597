"""Prices, the bill and alerts on the command line."""

import json
from pathlib import Path

import pytest
from billing_case import written
from fal_emulator import Emulator

from core.cli.run import main
from core.ledger import Entry, ledger_of

SETTLED = (Entry.RESERVE, "0.35", "quote"), (Entry.SETTLE, "0.35", "table price")


@pytest.fixture
def books(data: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command line on a ledger with two settled takes."""
    data.mkdir()
    monkeypatch.setenv("STILLMOTION_DATA", str(data))
    for take in ("one", "two"):
        written(data, take, *SETTLED, request_id=f"r-{take}")
    return data


def test_prices_are_shown_first_and_applied_on_request(
    books: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Emulator(prices={"wan/v2.7": {"unit_price": 0.12}}) as emulator:
        for name, value in emulator.environment("cli-prices").items():
            monkeypatch.setenv(name, value)
        assert main(["prices", "refresh"]) == 0
        shown = capsys.readouterr().out
        assert "720p: $0.10 → $0.12 per second" in shown
        assert "Left out, and as they were:" in shown
        assert "Nothing was changed." in shown
        assert not (books / "prices.json").exists()
        assert main(["prices", "refresh", "--apply", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["applied"] is True
    assert main(["models"]) == 0
    assert "$0.12–$0.18 per second" in capsys.readouterr().out


def test_a_bill_is_shown_first_and_written_down_on_request(
    books: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.csv"
    file.write_text("request_id,cost_total\nr-one,0.30\nr-two,0.35\nelsewhere,1.20\nr-x,free\n")
    assert main(["bill", "import", str(file)]) == 0
    shown = capsys.readouterr().out
    assert "$0.35 (table price)" in shown
    assert "Of no take here ($1.20):" in shown
    assert "line 5: 'free' is no amount" in shown
    assert "spending would change by -$0.05" in shown
    assert str(ledger_of(books).bill().spent_usd) == "0.70"
    assert main(["bill", "import", str(file), "--apply", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["applied"] == 2
    assert str(ledger_of(books).bill().spent_usd) == "0.65"
    assert main(["bill", "drift"]) == 0
    assert "-7.1%" in capsys.readouterr().out


def test_alerts_are_told_here_and_by_the_doctor(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alerts"]) == 0
    assert "nothing to be told" in capsys.readouterr().out
    written(books, "one", (Entry.SETTLE, "0.10", "billing events"))
    assert main(["alerts", "--json"]) == 0
    [alert] = json.loads(capsys.readouterr().out)["alerts"]
    assert (alert["kind"], alert["subject"]) == ("drift", "kling_i2v")
    main(["doctor", "--json"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert {"name": "money", "verdict": "warn", "what": alert["what"], "remedy": alert["remedy"]} in checks


@pytest.mark.parametrize(
    "arguments",
    [("bill",), ("bill", "import"), ("bill", "read", "x.csv"), ("bill", "drift", "--apply"), ("prices",)],
)
def test_what_does_not_go_together_is_bad_usage(books: Path, arguments: tuple[str, ...]) -> None:
    assert main(list(arguments)) == 2


def test_without_the_key_the_bill_says_what_to_do(books: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bill", "read"]) == 1
    assert "FAL_ADMIN_KEY" in capsys.readouterr().err
