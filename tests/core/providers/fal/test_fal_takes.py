"""The whole way of a take at the emulator, by the stream and by polling."""

import pytest
from fal_case import Case

from core.media import probe_clip


def test_a_take_comes_home_and_is_charged_once(case: Case) -> None:
    clip = case.run()
    record = case.account.record()
    assert probe_clip(clip).duration_s == pytest.approx(5, abs=0.1)
    assert len(record["submits"]) == 1
    assert record["billed_usd"] == "0.35"
    assert record["submits"][0]["unknown_fields"] == []
    assert case.told.began == 1


def test_the_units_that_fal_bills_are_read_from_the_result(case: Case) -> None:
    case.send()
    answer = case.follow()
    assert answer.billable_units is not None
    assert f"{float(answer.billable_units)}" == f"{float(case.account.record()['submits'][0]['units'])}"
