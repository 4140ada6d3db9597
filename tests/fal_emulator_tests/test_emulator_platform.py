"""The platform API: prices, history, billing."""

from datetime import UTC, datetime, timedelta

import pytest
from fal_emulator import AccountControl
from fal_emulator.caller import KLING, VEO, Caller


def test_prices_are_told_per_endpoint_with_their_unit(caller: Caller) -> None:
    prices = caller.api("models/pricing", endpoint_id=f"{KLING},{VEO}").json()["prices"]
    assert prices[0] == {"endpoint_id": KLING, "unit_price": 0.07, "unit": "seconds", "currency": "USD"}
    assert prices[1]["unit_price"] == 0.40
    assert caller.api("models/pricing", endpoint_id="fal-ai/nothing").json()["error"]["type"] == "not_found"
    assert caller.api("models/pricing").status_code == 400


def test_an_estimate_multiplies_units(caller: Caller) -> None:
    asked = {"estimate_type": "unit_price", "endpoints": {KLING: {"unit_quantity": 10}}}
    told = caller.call("POST", "/v1/models/pricing/estimate", json=asked)
    assert told.json() == {"estimate_type": "unit_price", "total_cost": 0.7, "currency": "USD"}


def test_the_history_finds_a_job_by_its_stills_name_once_it_has_ended_and_the_lag_is_over(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.freeze()
    account.conditions(run_s=10, history_lag_s=60)
    told = caller.submit(KLING, still).json()

    def found() -> list[str]:
        items = caller.api("models/requests/by-endpoint", endpoint_id=KLING, expand="payloads").json()[
            "items"
        ]
        return [one["request_id"] for one in items if still in one["json_input"].values()]

    assert found() == []
    account.advance(11)
    assert found() == []
    account.advance(60)
    assert found() == [told["request_id"]]


def test_the_history_tells_the_output_of_a_job_whose_result_nobody_fetched(
    caller: Caller, account: AccountControl, still: str
) -> None:
    told = caller.submit(KLING, still).json()
    account.advance(1)
    history = caller.api("models/requests/by-endpoint", endpoint_id=KLING, expand="payloads")
    [item] = history.json()["items"]
    assert item["json_output"] == caller.call("GET", told["response_url"]).json()


def test_the_history_can_be_made_to_show_what_has_not_ended(
    caller: Caller, account: AccountControl, still: str
) -> None:
    account.conditions(run_s=100, history_finished_only=False)
    caller.submit(KLING, still)
    [item] = caller.api("models/requests/by-endpoint", endpoint_id=KLING).json()["items"]
    assert (item["ended_at"], item["status_code"]) == (None, None)
    assert "json_input" not in item


def test_a_job_sent_without_storing_its_payload_cannot_be_found_by_it(caller: Caller, still: str) -> None:
    caller.finished(caller.submit(KLING, still, headers={"X-Fal-Store-IO": "0"}).json())
    [item] = caller.api("models/requests/by-endpoint", endpoint_id=KLING, expand="payloads").json()["items"]
    assert item.get("json_input") is None


def test_the_history_filters_and_comes_in_pages(caller: Caller, account: AccountControl, still: str) -> None:
    account.script({"match": {"nth": 2}, "do": "refuse", "status": 422})
    told = [caller.submit(KLING, still).json() for _ in range(3)]
    for one in told:
        caller.finished(one)

    def page(**asked: object) -> dict[str, object]:
        told: dict[str, object] = caller.api("models/requests/by-endpoint", endpoint_id=KLING, **asked).json()
        return told

    assert len(page(status="user_error")["items"]) == 1  # type: ignore[arg-type]
    assert len(page(request_id=told[0]["request_id"])["items"]) == 1  # type: ignore[arg-type]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert page(start=later)["items"] == []
    first = page(limit=2)
    second = page(limit=2, cursor=first["next_cursor"])
    assert (len(first["items"]), first["has_more"]) == (2, True)  # type: ignore[arg-type]
    assert (len(second["items"]), second["has_more"]) == (1, False)  # type: ignore[arg-type]
    assert caller.api("models/requests/by-endpoint", endpoint_id=KLING, limit=101).status_code == 400


@pytest.mark.parametrize("path", ["models/billing-events", "models/usage", "account/billing"])
def test_billing_is_for_admin_keys(caller: Caller, admin: Caller, path: str) -> None:
    assert caller.api(path).status_code == 403
    assert caller.api(path).json()["error"]["message"]
    assert admin.api(path).status_code == 200


def test_a_billing_event_comes_after_the_lag_with_the_discount_in(
    caller: Caller, admin: Caller, account: AccountControl, still: str
) -> None:
    account.freeze()
    account.conditions(run_s=10, billing_lag_s=900, percent_discount=10)
    told = caller.submit(KLING, still).json()
    account.advance(11)
    assert admin.api("models/billing-events").json()["billing_events"] == []
    account.advance(900)
    [event] = admin.api("models/billing-events", request_id=told["request_id"]).json()["billing_events"]
    assert (event["cost_subtotal"], event["cost_discount"], event["cost_total"]) == (0.7, 0.07, 0.63)
    assert event["output_units"] * event["unit_price"] == pytest.approx(0.7)
    assert event["cost_estimate_nano_usd"] == 630_000_000
    credits = admin.api("account/billing", expand="credits").json()["credits"]
    assert credits == {"current_balance": 999.37, "currency": "USD"}


def test_a_failed_job_has_no_billing_event(
    caller: Caller, admin: Caller, account: AccountControl, still: str
) -> None:
    account.script({"do": "refuse", "status": 500})
    caller.finished(caller.submit(KLING, still).json())
    assert admin.api("models/billing-events").json()["billing_events"] == []
