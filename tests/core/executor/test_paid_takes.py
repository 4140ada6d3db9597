"""Takes that cost money, against the emulator: sent once, never lost, and the bill always right."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from drawing import Draw
from fal_emulator import AccountControl, Emulator
from waiting import wait_until

from core.errors import NotNow
from core.executor import Executor
from core.ledger import Entry
from core.studio import Studio
from core.take import OPEN, State, Take

KEY = "paid-takes"


@pytest.fixture(scope="module")
def emulator() -> Iterator[Emulator]:
    with Emulator(process=False, run_s=0.05) as running:
        yield running


@pytest.fixture
def account(
    emulator: Emulator, data: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AccountControl:
    """An account of this test's own, in force through the environment."""
    key = f"{KEY}-{request.node.name}"
    for name, value in {
        **emulator.environment(key),
        "STILLMOTION_DATA": str(data),
        "STILLMOTION_FAL_PACE": "0.05",
    }.items():
        monkeypatch.setenv(name, value)
    return emulator.account(key)


@pytest.fixture
def project(account: AccountControl, draw: Draw) -> tuple[Studio, str]:
    """A studio with the account's key, and a project of two shots of 4 s to be made by Kling, silent."""
    studio = Studio.open()
    studio.create_project("Ascent", model="kling_i2v")
    stills = [
        (name, draw.still(name, size=(640, 360), color=color))
        for name, color in (("a.png", "teal"), ("b.png", "navy"))
    ]
    studio.add_stills("ascent", stills, seconds=4)
    return studio, "ascent"


@pytest.fixture
def slots(project: tuple[Studio, str]) -> Iterator[Executor]:
    executor = Executor(project[0].settings.data)
    executor.start()
    yield executor
    assert executor.stop()


def ended(studio: Studio, take: Take) -> Take:
    wait_until(lambda: studio.take(take.take_id).state not in OPEN, what="the take to end")
    return studio.take(take.take_id)


def submits(account: AccountControl) -> int:
    return len(account.record()["submits"])


def test_what_is_spent_is_what_is_billed(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    for take in studio.order_takes(name):
        assert ended(studio, take).state is State.DONE
    assert submits(account) == 2
    assert studio.costs().spent_usd == Decimal("0.70") == Decimal(str(account.record()["billed_usd"]))


def test_a_take_is_settled_by_what_fal_counted_where_the_price_of_a_unit_is_known(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    (veo,) = studio.order_takes(name, ["shot_001"], model="veo31_i2v")
    (kling,) = studio.order_takes(name, ["shot_002"])
    done = ended(studio, veo)
    assert done.billable_units == Decimal("2.0")  # of 4 s: a unit is no second
    assert done.settled_usd == Decimal("0.80")
    assert ended(studio, kling).settled_usd == Decimal("0.35")
    sources = {line.model: line.source for line in studio.ledger.bill().last.values()}
    assert sources == {"veo31_i2v": "billable units", "kling_i2v": "table price"}


def test_units_that_come_to_another_amount_than_was_quoted_are_told(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    (studio.settings.data / "prices.json").write_text(
        '{"models": [{"key": "kling_i2v", "price": {"unit": "second", "as_of": "2099-01-01",'
        '"source": "test", "tiers": [{"usd": "0.07"}], "unit_usd": "0.10", "billed_in": "seconds"}}]}'
    )
    (take,) = studio.order_takes(name, ["shot_001"])
    done = ended(studio, take)
    assert done.settled_usd == studio.costs().spent_usd == Decimal("0.50")
    assert "fal counted 5.0 units: $0.50, where $0.35 was quoted." in done.warnings


@pytest.mark.parametrize("gone", ["the key", "the model"])
def test_a_paid_take_outlives_a_start_without(
    project: tuple[Studio, str], account: AccountControl, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    studio, name = project
    account.conditions(queue_s=30.0)
    before = Executor(studio.settings.data)
    before.start()
    (take,) = studio.order_takes(name, ["shot_001"])
    wait_until(lambda: studio.take(take.take_id).state is State.SUBMITTED, what="it to wait at fal")
    assert before.stop()

    with monkeypatch.context() as changed:
        if gone == "the key":
            changed.setenv("FAL_KEY", "")
        else:
            path = studio.settings.data / "projects" / name / "takes" / f"{take.take_id}.json"
            path.write_text(path.read_text().replace('"kling_i2v"', '"gone_i2v"'))
        without = Executor(studio.settings.data)
        without.start()
        if gone == "the key":
            wait_until(lambda: bool(studio.pauses()), what="the queue to wait for a key")
            assert studio.take(take.take_id).state is State.SUBMITTED
            assert studio.ledger.bill().reserved_usd == Decimal("0.35")
        else:
            wait_until(lambda: studio.take(take.take_id).state is State.FAILED, what="it to end")
            assert studio.ledger.bill().at_risk_usd == Decimal("0.35")
        assert without.stop()


def test_a_lost_answer_is_found_and_never_sent_again(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    account.script({"match": {"call": "submit"}, "do": "drop_after"})
    (take,) = studio.order_takes(name, ["shot_001"])
    wait_until(lambda: studio.take(take.take_id).state is State.DONE, what="the clip to come home")
    assert studio.take(take.take_id).time_of(State.UNRESOLVED) is not None
    assert submits(account) == 1
    assert studio.costs().at_risk_usd == 0
    assert studio.costs().spent_usd == Decimal("0.35")


def test_what_cannot_be_found_stays_at_risk_until_a_person_settles_it(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    account.script(
        {"match": {"call": "submit"}, "do": "drop_after"},
        {"match": {"call": "submit"}, "do": "lost_history"},
    )
    (take,) = studio.order_takes(name, ["shot_001"])
    doubtful = ended(studio, take)
    assert doubtful.state is State.UNRESOLVED
    assert doubtful.failure is not None
    assert studio.costs().at_risk_usd == Decimal("0.35")
    assert studio.unresolved(name) == [doubtful]

    (submitted,) = account.record()["submits"]
    studio.adopt_request(take.take_id, submitted["request_id"])
    wait_until(lambda: studio.take(take.take_id).state is State.DONE, what="the clip to come home")
    assert studio.costs().at_risk_usd == 0
    assert submits(account) == 1


def test_a_take_that_is_given_up_stays_shown_as_at_risk(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    account.script(
        {"match": {"call": "submit"}, "do": "drop_after"},
        {"match": {"call": "submit"}, "do": "lost_history"},
    )
    (take,) = studio.order_takes(name, ["shot_001"])
    assert ended(studio, take).state is State.UNRESOLVED
    assert studio.give_up(take.take_id).state is State.FAILED
    assert studio.costs().at_risk_usd == Decimal("0.35")
    with pytest.raises(NotNow):
        studio.give_up(take.take_id)


def test_a_request_belongs_to_one_take(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    (first,) = studio.order_takes(name, ["shot_001"])
    done = ended(studio, first)
    assert done.request is not None
    with pytest.raises(NotNow, match="belongs to"):
        studio.bring_in(name, "shot_001", done.request.request_id)


def test_a_clip_made_elsewhere_is_brought_in(
    project: tuple[Studio, str], account: AccountControl, slots: Executor, tmp_path: Path
) -> None:
    studio, name = project
    (first,) = studio.order_takes(name, ["shot_001"])
    made = ended(studio, first)
    assert made.request is not None
    (studio.folder(name) / "takes" / f"{made.take_id}.json").unlink()
    take = studio.bring_in(name, "shot_002", made.request.request_id)
    brought = ended(studio, take)
    assert brought.state is State.DONE
    assert submits(account) == 1


@pytest.mark.parametrize(
    ("conditions", "says"), [({"locked": "Exhausted balance"}, "balance"), ({"locked": "Admin lock"}, "lock")]
)
def test_a_locked_account_lets_the_queue_wait_and_goes_on_when_told(
    project: tuple[Studio, str],
    account: AccountControl,
    slots: Executor,
    conditions: dict[str, str],
    says: str,
) -> None:
    studio, name = project
    account.conditions(**conditions)
    takes = studio.order_takes(name)
    wait_until(lambda: bool(studio.pauses()), what="the provider to be paused")
    (pause,) = studio.pauses()
    assert says in (pause.what + pause.remedy).lower()
    wait_until(
        lambda: {studio.take(take.take_id).state for take in takes} == {State.QUEUED}, what="both to wait"
    )
    assert submits(account) == 0
    account.conditions(locked=None)
    studio.resume(pause.provider)
    assert {ended(studio, take).state for take in takes} == {State.DONE}
    assert submits(account) == 2


def test_a_free_take_goes_on_while_the_provider_waits(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    account.conditions(locked="Exhausted balance")
    (paid,) = studio.order_takes(name, ["shot_001"])
    wait_until(lambda: bool(studio.pauses()), what="the provider to be paused")
    (free,) = studio.order_takes(name, ["shot_002"], model="animatic")
    assert ended(studio, free).state is State.DONE
    assert studio.take(paid.take_id).state is State.QUEUED
    studio.cancel_take(paid.take_id)
    assert ended(studio, paid).state is State.CANCELLED
    assert not list(studio.ledger.bill().lines(Entry.RESERVE))


def test_a_take_cancelled_in_fals_queue_costs_nothing(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    account.conditions(queue_s=30.0)
    (take,) = studio.order_takes(name, ["shot_001"])
    wait_until(lambda: studio.take(take.take_id).state is State.SUBMITTED, what="it to wait at fal")
    studio.cancel_take(take.take_id)
    cancelled = ended(studio, take)
    assert cancelled.state is State.CANCELLED
    assert cancelled.failure is not None
    assert cancelled.failure.charge == "none"
    assert studio.costs().at_risk_usd == studio.costs().spent_usd == 0


def test_a_take_cancelled_too_late_is_paid_for_and_brought_home(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    account.conditions(run_s=0.5)
    (take,) = studio.order_takes(name, ["shot_001"])
    wait_until(lambda: studio.take(take.take_id).state is State.RUNNING, what="fal to begin")
    studio.cancel_take(take.take_id)
    done = ended(studio, take)
    assert done.state is State.DONE
    assert any("too late" in warning or "running already" in warning for warning in done.warnings)
    assert studio.costs().spent_usd == Decimal("0.35") == Decimal(str(account.record()["billed_usd"]))


def test_a_dead_upload_costs_one_fresh_upload_and_no_failed_take(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    account.script(
        {"match": {"call": "submit"}, "do": "refuse", "status": 422, "type": "file_download_error"}
    )
    (take,) = studio.order_takes(name, ["shot_001"])
    done = ended(studio, take)
    assert done.state is State.DONE, done.failure
    assert submits(account) == 2
    assert len(account.record()["uploads"]) == 2
    assert studio.costs().spent_usd == Decimal("0.35")


def test_content_that_is_refused_says_whether_it_was_charged(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    account.script(
        {
            "match": {"call": "submit"},
            "do": "refuse",
            "status": 422,
            "type": "content_policy_violation",
            "charge": True,
        }
    )
    (take,) = studio.order_takes(name, ["shot_001"])
    failed = ended(studio, take)
    assert failed.state is State.FAILED
    assert failed.failure is not None
    assert failed.failure.charge in ("certain", "possible")
    assert studio.costs().spent_usd + studio.costs().at_risk_usd == Decimal("0.35")


def test_a_charged_refusal_is_settled_by_the_units_that_fal_tells(
    project: tuple[Studio, str], account: AccountControl, slots: Executor
) -> None:
    studio, name = project
    refusal = {"do": "refuse", "status": 422, "type": "content_policy_violation", "charge": True}
    account.script({"match": {"call": "submit"}, **refusal})
    (take,) = studio.order_takes(name, ["shot_001"], model="veo31_i2v")
    failed = ended(studio, take)
    assert failed.state is State.FAILED
    assert failed.billable_units == Decimal("2.0")
    (line,) = studio.ledger.bill().last.values()
    assert (line.entry, line.usd, line.source) == (Entry.SETTLE, Decimal("0.80"), "billable units")


def test_the_key_is_in_no_file_and_no_log(
    project: tuple[Studio, str],
    account: AccountControl,
    slots: Executor,
    data: Path,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    studio, name = project
    account.script({"match": {"call": "submit"}, "do": "drop_after"})
    for take in studio.order_takes(name):
        wait_until(lambda take=take: studio.take(take.take_id).state is State.DONE, what="it to be done")  # type: ignore[misc]
    key = f"{KEY}-{request.node.name}"
    assert key not in caplog.text
    for path in data.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path
