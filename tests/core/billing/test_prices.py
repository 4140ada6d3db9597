"""Refreshed prices: what fal says beside the price list, shown before it applies."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fal_case import settings_of
from fal_emulator import AccountControl, Emulator

from core.billing.prices import PriceDiff, apply_prices, compare, refresh_prices
from core.catalogue import PRICES, Catalogue, current_catalogue, read_catalogue
from core.errors import InputRefused, NotNow, ProviderError
from core.settings import Settings
from core.studio import Studio

SOURCE = "https://api.fal.ai/v1/models/pricing"
DAY = "2027-01-02"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator() as running:
        yield running


@pytest.fixture
def account(emulator: Emulator, request: pytest.FixtureRequest) -> AccountControl:
    return emulator.account(f"prices-{request.node.name}")


@pytest.fixture
def settings(emulator: Emulator, account: AccountControl, data: Path) -> Settings:
    return settings_of(emulator.environment(account.key), data)


def told(key: str, **changes: Any) -> PriceDiff:
    """The comparison when fal says `changes` of the model `key`, and nothing of any other."""
    model = read_catalogue()[key]
    price = model.price
    item: dict[str, Any] = {"endpoint_id": model.endpoint, "unit": price.billed_in, "currency": "USD"}
    item |= {"unit_price": float(price.unit_usd) if price.unit_usd else None, **changes}
    return compare(Catalogue([model]), {model.endpoint: [item]}, as_of=DAY, source=SOURCE)


def test_a_price_that_fal_raised_raises_every_line_of_the_list_alike() -> None:
    (change,) = told("veo31_i2v", unit_price=0.5).changes
    assert [tier.usd for tier in change.after.tiers] == [
        Decimal(usd) for usd in ("0.25", "0.50", "0.25", "0.50", "0.50", "0.75")
    ]
    assert change.lines[0] == "720p, silent: $0.20 → $0.25 per second"
    assert change.lines[-1] == "a unit that fal bills (seconds): $0.40 → $0.50"
    assert (change.after.as_of, change.after.source) == (DAY, SOURCE)
    assert change.costs_else
    assert not change.remark


def test_a_price_that_stayed_gets_the_new_date_and_nothing_else() -> None:
    diff = told("wan27_i2v")
    (same,) = diff.confirmed
    assert not diff.changes
    assert same.after.tiers == same.before.tiers
    assert same.after.as_of == DAY


def test_a_megapixel_costs_what_fal_says_of_a_megapixel() -> None:
    (change,) = told("ltx2_i2v", unit_price=0.002, unit="megapixels").changes
    assert change.lines == [
        "$0.0018 → $0.002 per megapixel",
        "a unit that fal bills (megapixels): not known → $0.002",
    ]


def test_a_unit_that_is_none_of_our_lines_is_learnt_and_the_lines_keep_their_date() -> None:
    (change,) = told("wan_i2v", unit_price=0.05, unit="seconds").changes
    assert not change.costs_else
    assert change.after.unit_usd == Decimal("0.05")
    assert change.after.as_of == change.before.as_of
    assert "compare them" in change.remark


def test_the_summary_tells_new_prices_from_units_that_are_only_learnt() -> None:
    learnt, dearer = told("wan_i2v", unit_price=0.05, unit="seconds"), told("wan27_i2v", unit_price=0.2)
    assert learnt.summary.startswith("0 prices would change what takes are quoted at, 0 are confirmed; of 1 ")
    assert dearer.summary.startswith("1 price would change what takes are quoted at, 0 are confirmed; of 0 ")


def test_a_price_that_jumped_is_pointed_out() -> None:
    (change,) = told("wan27_i2v", unit_price=1).changes
    assert "10 times what it was" in change.remark


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"unit_price": 0}, "zero"),
        ({"unit_price": -0.1}, "negative"),
        ({"unit_price": None}, "missing"),
        ({"unit_price": "a lot"}, "no number"),
        ({"unit_price": float("nan")}, "no number"),
        ({"unit_price": float("inf")}, "no number"),
        ({"unit_price": True}, "no number"),
        ({"unit": "compute seconds"}, "compute seconds"),
        ({"unit": ""}, "what the price is for"),
        ({"unit": None}, "what the price is for"),
        ({"currency": "EUR"}, "EUR"),
        ({"currency": None}, "no currency"),
    ],
)
def test_a_price_that_cannot_be_used_is_named_and_left_out(changes: dict[str, Any], why: str) -> None:
    diff = told("wan27_i2v", **changes)
    assert not diff.changes
    assert not diff.confirmed
    (left_out,) = diff.left_out
    assert left_out.name == "Wan 2.7"
    assert why in left_out.why


def test_two_prices_for_one_endpoint_are_left_to_a_person() -> None:
    model = read_catalogue()["wan27_i2v"]
    items = [{"unit": "seconds", "currency": "USD", "unit_price": usd} for usd in (0.1, 0.2)]
    (left_out,) = compare(Catalogue([model]), {model.endpoint: items}, as_of=DAY, source=SOURCE).left_out
    assert "more than one" in left_out.why


def test_nothing_applies_until_it_is_applied_and_then_every_process_quotes_by_it(
    settings: Settings, account: AccountControl, data: Path
) -> None:
    account.conditions(prices={"wan/v2.7": {"unit_price": 0.12}})
    studio = Studio(settings)
    studio.create_project("Ascent", model="wan27_i2v")
    diff = refresh_prices(settings)
    assert current_catalogue(data)["wan27_i2v"].price.tiers[0].usd == Decimal("0.10")
    assert not (data / PRICES).exists()

    apply_prices(data, diff)
    assert studio.catalogue["wan27_i2v"].price.tiers[0].usd == Decimal("0.12")
    assert read_catalogue(data)["wan27_i2v"].price.source == f"{settings.fal_api_url}/models/pricing"
    assert read_catalogue(data)["kling_i2v"].price.tiers == read_catalogue()["kling_i2v"].price.tiers
    assert not refresh_prices(settings).changes


def test_a_comparison_that_is_out_of_date_is_not_applied(
    settings: Settings, account: AccountControl, data: Path
) -> None:
    account.conditions(prices={"wan/v2.7": {"unit_price": 0.12}})
    diff = refresh_prices(settings)
    account.conditions(prices={"wan/v2.7": {"unit_price": 0.15}})
    apply_prices(data, refresh_prices(settings))
    with pytest.raises(NotNow):
        apply_prices(data, diff)
    assert read_catalogue(data)["wan27_i2v"].price.tiers[0].usd == Decimal("0.15")


def test_a_newer_price_list_that_ships_later_wins_over_an_older_refresh(data: Path) -> None:
    diff = told("wan27_i2v", unit_price=0.2)
    older = [change.after.model_copy(update={"as_of": "2020-01-01"}) for change in diff.changes]
    data.mkdir()
    (data / PRICES).write_text(
        f'{{"models": [{{"key": "wan27_i2v", "price": {older[0].model_dump_json(exclude_defaults=True)}}}]}}'
    )
    assert read_catalogue(data)["wan27_i2v"] == read_catalogue()["wan27_i2v"]


def test_applied_prices_that_were_spoilt_by_hand_leave_a_running_app_with_those_before(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = current_catalogue(data)
    data.mkdir()
    (data / PRICES).write_text('{"models": [{"key": "wan_i2v", "price": {"unit": "second"}}]}')
    assert list(current_catalogue(data)) == list(before)
    assert "catalogue.kept" in caplog.text


def test_fal_is_asked_for_few_at_a_time_and_again_when_it_was_too_often(
    settings: Settings, account: AccountControl
) -> None:
    account.script({"match": {"call": "pricing", "nth": [1, 3]}, "do": "status", "status": 429})
    diff = refresh_prices(settings)
    models = [model for model in read_catalogue() if model.paid]
    assert len(diff.changes) + len(diff.confirmed) + len(diff.left_out) == len(models)
    assert account.record()["counts"]["pricing"] == -(-len(models) // 5) + 2


def test_an_endpoint_that_fal_leaves_out_is_named(settings: Settings, account: AccountControl) -> None:
    account.conditions(prices={"wan/v2.7": None})
    assert "wan27_i2v" in {each.model for each in refresh_prices(settings).left_out}


def test_a_key_that_is_missing_or_not_accepted_is_named(
    settings: Settings, emulator: Emulator, data: Path
) -> None:
    with pytest.raises(InputRefused, match="key") as caught:
        refresh_prices(Settings(data=data, fal_api_url=settings.fal_api_url))
    assert "FAL_KEY" in caught.value.remedy
    revoked = settings_of(emulator.environment("revoked"), data)
    with pytest.raises(ProviderError, match="FAL_KEY"):
        refresh_prices(revoked)


@pytest.mark.parametrize(
    "fault", [{"do": "html_instead"}, {"do": "status", "status": 500}, {"do": "drop_before"}]
)
def test_fal_that_cannot_be_read_is_an_error_with_a_remedy(
    settings: Settings, account: AccountControl, data: Path, fault: dict[str, Any]
) -> None:
    account.script({"match": {"call": "pricing"}, "times": None, **fault})
    with pytest.raises(ProviderError) as caught:
        refresh_prices(settings)
    assert caught.value.remedy
    assert not (data / PRICES).exists()
