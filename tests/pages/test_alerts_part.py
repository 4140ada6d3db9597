"""Alerts on a page: the urgent first, with what to do, and words that Markdown leaves alone."""

from datetime import timedelta
from pathlib import Path

import pytest
from billing_case import written
from streamlit.testing.v1 import AppTest

from core.ledger import Entry
from core.studio import Studio

LOST = (Entry.RESERVE, "0.35", "quote"), (Entry.AT_RISK, "0.35", "the answer was lost")


def _page() -> None:
    from pages.parts.alerts import show_alerts

    show_alerts()


@pytest.fixture
def books(at_work: Studio, data: Path) -> Path:
    data.mkdir(exist_ok=True)
    return data


def shown() -> AppTest:
    page = AppTest.from_function(_page, default_timeout=30).run()
    assert not page.exception
    return page


def test_quiet_books_show_nothing(books: Path) -> None:
    page = shown()
    assert not page.error
    assert not page.warning


def test_the_urgent_comes_first_each_with_what_to_do(books: Path) -> None:
    written(books, "a", (Entry.SETTLE, "1.00", "table price"), (Entry.SETTLE, "0.80", "billing events"))
    written(books, "b", *LOST, ago=timedelta(days=24))
    page = shown()
    assert "Settle the takes" in page.error[0].value
    assert "Refresh the prices" in page.warning[0].value


def test_many_alerts_fold_away(books: Path) -> None:
    for day in range(7):
        written(books, f"t{day}", *LOST, ago=timedelta(days=23, hours=24 * day + 1))
    page = shown()
    assert page.expander[0].label == "5 more to know about money"
    assert len(page.error) + len(page.warning) == 7
