"""What every test of a page may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.studio import Studio, the_studio


@pytest.fixture
def at_work(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    """The studio that pages use, on the test's own data folder."""
    monkeypatch.setenv("STILLMOTION_DATA", str(data))
    the_studio.cache_clear()
    yield the_studio()
    the_studio.cache_clear()
