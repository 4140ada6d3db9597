"""What monitoring reads: every amount is the ledger's, in a form that its own parser takes."""

from decimal import Decimal
from pathlib import Path

import pytest
from billing_case import written
from drawing import Draw
from http_client import TestClient, client_of
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from core.ledger import Entry
from core.studio import Studio

Metrics = dict[tuple[str, ...], float]
"""(name, label, value, label, value, …), the labels by name → what is measured."""

DAY = "kind", "hard", "project", "", "scope", "day"
ASCENT = "kind", "soft", "project", "ascent", "scope", "project"


@pytest.fixture
def client(studio: Studio, draw: Draw) -> TestClient:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(2), seconds=0.2)
    return client_of(studio)


def read(client: TestClient) -> Metrics:
    """Everything that is told, as the standard's own parser reads it."""
    answer = client.get("/api/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.headers["cache-control"] == "no-store"
    return {
        (sample.name, *(part for pair in sorted(sample.labels.items()) for part in pair)): sample.value
        for family in text_string_to_metric_families(answer.text)  # type: ignore[no-untyped-call]
        for sample in family.samples
    }


def test_money_is_told_by_project_and_model_and_adds_up_to_the_ledger(
    client: TestClient, studio: Studio, data: Path
) -> None:
    written(data, "a", (Entry.SETTLE, "0.70", "table price"))
    written(data, "b", (Entry.SETTLE, "0.2016", "table price"), model="ltx2_i2v")
    written(data, "c", (Entry.RESERVE, "0.35", "quote"), project="other")
    written(data, "d", (Entry.AT_RISK, "0.50", "lost"), model="wan_i2v")
    told = read(client)
    assert told["stillmotion_spent_usd", "model", "kling_i2v", "project", "ascent"] == 0.7
    assert told["stillmotion_reserved_usd", "model", "kling_i2v", "project", "other"] == 0.35
    assert told["stillmotion_at_risk_usd", "model", "wan_i2v", "project", "ascent"] == 0.5
    spent = sum(Decimal(str(usd)) for (name, *_), usd in told.items() if name == "stillmotion_spent_usd")
    assert spent == studio.costs().spent_usd


def test_limits_alerts_and_drift_are_told(client: TestClient, studio: Studio, data: Path) -> None:
    studio.set_budget("day", Decimal(1))
    studio.set_budget("project", Decimal(5), project_id="ascent", hard=False)
    written(data, "a", (Entry.SETTLE, "1.00", "table price"), (Entry.SETTLE, "0.95", "billing events"))
    told = read(client)
    assert told["stillmotion_budget_limit_usd", *DAY] == 1
    assert told["stillmotion_budget_left_usd", *DAY] == pytest.approx(0.05)
    assert told["stillmotion_budget_left_usd", *ASCENT] == pytest.approx(4.05)
    assert told["stillmotion_drift_ratio", "model", "kling_i2v"] == -0.05
    assert told["stillmotion_alerts", "kind", "budget", "severity", "warning"] == 1


def test_takes_and_slots_are_told(client: TestClient, studio: Studio) -> None:
    takes = studio.order_takes("ascent")
    waiting = read(client)
    assert waiting["stillmotion_takes", "state", "queued"] == 2
    assert (waiting["stillmotion_slots",], waiting["stillmotion_slots_busy",]) == (2, 0)
    for take in takes:
        studio.cancel_take(take.take_id)
    assert read(client)["stillmotion_takes", "state", "cancelled"] == 2


def test_an_empty_folder_and_damaged_files_are_told_all_the_same(
    client: TestClient, studio: Studio, data: Path
) -> None:
    assert read(client)["stillmotion_ledger_broken_lines",] == 0
    (data / "budgets.json").write_text("{")
    (data / "ledger.jsonl").write_text("no line\n")
    told = read(client)
    assert told["stillmotion_ledger_broken_lines",] == 1
    assert told["stillmotion_budgets_unreadable",] == 1


def test_strangers_get_no_metrics(client: TestClient) -> None:
    assert client.get("/api/metrics", headers={"host": "evil.example"}).status_code in (400, 403, 421)
