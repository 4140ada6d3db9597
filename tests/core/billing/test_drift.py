"""Estimates beside the bill, model by model."""

from decimal import Decimal
from pathlib import Path

import pytest
from billing_case import written

from core.billing import drift
from core.ledger import Entry, ledger_of


def settled(data: Path, take: str, estimate: str, billed: str | None, model: str = "kling_i2v") -> None:
    lines = [(Entry.RESERVE, estimate, "quote"), (Entry.SETTLE, estimate, "table price")]
    lines += [(Entry.SETTLE, billed, "billing events")] if billed is not None else []
    written(data, take, *lines, model=model)


@pytest.fixture(autouse=True)
def _folder(data: Path) -> None:
    data.mkdir()


def test_only_takes_that_were_estimated_and_billed_are_compared(data: Path) -> None:
    settled(data, "a", "0.35", "0.35")
    settled(data, "b", "0.35", "0.42")
    settled(data, "c", "9.99", None)
    (kling,) = drift(ledger_of(data).bill())
    assert (kling.takes, kling.estimate_usd, kling.billed_usd) == (2, Decimal("0.70"), Decimal("0.77"))
    assert kling.share == Decimal("0.1")
    assert kling.alarming


@pytest.mark.parametrize(
    ("billed", "alarming"), [("1.05", False), ("0.95", False), ("1.06", True), ("0.94", True)]
)
def test_over_five_percent_either_way_alarms(data: Path, billed: str, alarming: bool) -> None:
    settled(data, "a", "1.00", billed)
    assert drift(ledger_of(data).bill())[0].alarming is alarming


def test_the_largest_difference_comes_first_and_free_models_are_not_there(data: Path) -> None:
    settled(data, "a", "1.00", "1.10", model="wan_i2v")
    settled(data, "b", "1.00", "0.50", model="kling_i2v")
    settled(data, "c", "0", "0", model="animatic")
    assert [each.model for each in drift(ledger_of(data).bill())] == ["kling_i2v", "wan_i2v"]


def test_what_was_thought_to_be_free_and_was_billed_alarms(data: Path) -> None:
    settled(data, "a", "0", "0.35")
    (kling,) = drift(ledger_of(data).bill())
    assert kling.share is None
    assert kling.alarming
