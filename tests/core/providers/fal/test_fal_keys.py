"""The key reaches fal and nothing else: no log, no repr, no file, no error."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from fal_case import CATALOGUE, Case

from core.errors import Charge, ProviderError, StillmotionError
from core.providers import provider_of
from core.providers.fal import FalProvider


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Every logger there is, at its most talkative."""
    with caplog.at_level(logging.DEBUG):
        yield caplog


def test_the_key_is_in_no_log_repr_or_file(
    case: Case, data: Path, everything_logged: pytest.LogCaptureFixture
) -> None:
    case.account.script(
        {"match": {"call": "stream"}, "do": "drop_before"},
        {"match": {"call": "status"}, "do": "status", "status": 503},
        {"match": {"call": "download"}, "do": "truncate", "bytes": 500},
    )
    errors: list[StillmotionError] = []
    case.run()
    case.account.script({"match": {"call": "submit"}, "do": "status", "status": 401})
    try:
        case.provider.submit(case.job, case.told.signals)
    except StillmotionError as error:
        errors.append(error)
    lines = [repr(vars(record)) + record.getMessage() for record in everything_logged.records]
    told = [line for line in lines if "/_emulator/" not in line]  # the test's own calls name the account
    told += [repr(case.provider), repr(vars(case.provider)), repr(case.job), case.job.take.model_dump_json()]
    told += [repr(error) + str(error) + error.remedy + repr(error.__cause__) for error in errors]
    told += [path.read_bytes().decode("latin-1") for path in data.rglob("*") if path.is_file()]
    assert len(errors) == 1
    assert len(told) > 10
    account, _, secret = case.account.key.partition(":")
    assert not [text for text in told if secret in text or account in text]


def test_without_a_key_a_paid_model_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "")
    with pytest.raises(ProviderError, match="no key for fal") as refused:
        provider_of(CATALOGUE["kling_i2v"])
    assert refused.value.charge is Charge.NONE
    assert "FAL_KEY" in refused.value.remedy
    assert "Animatic" in refused.value.remedy


def test_with_a_key_a_paid_model_is_ordered_at_fal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "id:word")
    provider = provider_of(CATALOGUE["kling_i2v"])
    assert isinstance(provider, FalProvider)
    assert provider.paid
    assert not provider_of(CATALOGUE["animatic"]).paid
