"""The calls under `/api`: what they start leads to its file, and what they refuse is told with why."""

import io
import json
import zipfile
from collections.abc import Iterator
from decimal import Decimal

import pytest
from drawing import Draw
from http_client import TestClient, client_of, followed, local
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from core.executor import Executor
from core.exporter import ExportQueue
from core.http_api.problems import guarded
from core.studio import Studio

AS_JSON = {"content-type": "application/json"}
VIDEO = "/api/project/ascent/video"


@pytest.fixture
def project(studio: Studio, draw: Draw) -> str:
    """A project of two shots of 0.2 s."""
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(2), seconds=0.2)
    return "ascent"


@pytest.fixture
def client(studio: Studio, project: str) -> TestClient:
    """A caller on this computer; nothing is at work unless the test asks for `slots`."""
    return client_of(studio)


@pytest.fixture
def exports(studio: Studio) -> Iterator[ExportQueue]:
    """The export queue, at work."""
    queue = ExportQueue(studio.settings.data)
    queue.start()
    yield queue
    assert queue.stop(), "the export queue did not end within 4 s"


def test_every_model_is_listed_with_its_price(client: TestClient, studio: Studio) -> None:
    models = client.get("/api/video/models").json()
    assert [model["key"] for model in models] == [model.key for model in studio.catalogue]
    kling = next(model for model in models if model["key"] == "kling_i2v")
    assert {"name", "endpoint", "durations", "supports_audio", "best_for", "price"} <= set(kling)
    assert kling["durations"] == "5 or 10 s"
    assert kling["price"].startswith("$")


def test_a_shot_is_ordered_followed_and_watched(client: TestClient, slots: Executor) -> None:
    answer = client.post(f"{VIDEO}/generate-shot", json={"shot_id": "shot_001", "model": "animatic"})
    assert answer.status_code == 202
    assert answer.headers["location"] == answer.json()["take_url"]
    assert int(answer.headers["retry-after"]) >= 1
    take = followed(client, answer.json()["take_url"])
    assert (take["state"], take["take_id"]) == ("done", answer.json()["take_id"])
    assert take["settled_usd"] == "0"
    assert take["clip"]["frames"] == 5
    part = client.get(take["file_url"], headers={"range": "bytes=4-11"})
    assert (part.status_code, part.content) == (206, b"ftypisom")
    assert part.headers["content-range"] == f"bytes 4-11/{take['clip']['bytes']}"


def test_a_batch_orders_every_shot_that_is_not_under_way(client: TestClient) -> None:
    first = client.post(f"{VIDEO}/generate-shot", json={"shot_id": "shot_002"}).json()
    answer = client.post(f"{VIDEO}/generate-batch", json={})
    assert answer.status_code == 202
    batch = answer.json()
    assert [take["shot_id"] for take in batch["takes"]] == ["shot_001"]
    assert batch["under_way"] == ["shot_002"]
    assert batch["total_usd"] == "0"
    assert [take["shot_id"] for take in client.get(answer.headers["location"]).json()] == ["shot_001"]
    everything = [take["take_id"] for take in client.get("/api/project/ascent/takes").json()]
    assert everything == [first["take_id"], batch["takes"][0]["take_id"]]


def test_an_order_that_is_under_way_already_is_a_conflict(client: TestClient) -> None:
    assert client.post(f"{VIDEO}/generate-batch").status_code == 202
    again = client.post(f"{VIDEO}/generate-batch")
    assert again.status_code == 409
    assert again.json()["remedy"].startswith("Wait for it, or cancel it first")


def test_a_waiting_take_is_cancelled_at_once(client: TestClient) -> None:
    ordered = client.post(f"{VIDEO}/generate-shot", json={"shot_id": "shot_001"}).json()
    answer = client.post(ordered["take_url"] + "/cancel")
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    assert answer.json()["failure"]["charge"] == "none"
    assert client.post(ordered["take_url"] + "/cancel").status_code == 409


def test_an_export_is_ordered_followed_and_saved(client: TestClient, exports: ExportQueue) -> None:
    answer = client.post(f"{VIDEO}/export-img2vid", json={"mode": "stills"})
    assert answer.status_code == 202
    export = followed(client, answer.json()["export_url"])
    assert (export["state"], export["frames"], export["fraction"]) == ("done", 10, 1.0)
    assert client.get("/api/project/ascent/exports").json() == [export]
    certificate = client.get(export["certificate_url"]).json()
    assert (certificate["measured_frames"], certificate["worst_cut_ms"]) == (10, 0.0)
    assert certificate["sha256"] == export["sha256"]
    saved = client.get(export["download_url"])
    assert len(saved.content) == export["bytes"]
    assert saved.headers["content-disposition"].startswith('attachment; filename="ascent-stills-')


def test_a_hand_off_is_ordered_followed_and_saved(client: TestClient, exports: ExportQueue) -> None:
    answer = client.post(f"{VIDEO}/hand-off", json={"formats": ["otio", "csv"], "mode": "stills"})
    assert answer.status_code == 202
    made = followed(client, answer.headers["location"])
    assert (made["state"], made["missing"], made["failure"]) == ("done", [], None)
    saved = client.get(made["download_url"])
    assert len(saved.content) == made["bytes"]
    with zipfile.ZipFile(io.BytesIO(saved.content)) as package:
        assert {"ascent.otio", "ascent-shots.csv", "media/shot_001_still.png"} <= set(package.namelist())


def test_a_hand_off_can_be_cancelled_and_slips_are_told_at_once(client: TestClient) -> None:
    assert client.post(f"{VIDEO}/hand-off", json={"formats": ["avi"]}).status_code == 422
    assert client.post(f"{VIDEO}/hand-off", json={"first_shot": "shot_009"}).status_code == 422
    ordered = client.post(f"{VIDEO}/hand-off").json()
    assert client.post(f"{VIDEO}/hand-off").status_code == 409
    url = ordered["handoff_url"]
    assert client.get(f"/app/static/handoffs/ascent/{ordered['handoff_id']}.zip").status_code == 409
    assert client.post(f"{url}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{url}/cancel").status_code == 409
    assert client.get("/api/project/ascent/hand-off/nothing").status_code == 404


def test_a_waiting_export_is_cancelled(client: TestClient, studio: Studio) -> None:
    ordered = client.post(f"{VIDEO}/export-img2vid").json()
    assert client.get(ordered["export_url"] + "/certificate").status_code == 409
    answer = client.post(ordered["export_url"] + "/cancel")
    assert answer.status_code in (200, 202)
    studio.run_export(studio.export("ascent", ordered["export_id"]))
    assert client.get(ordered["export_url"]).json()["state"] == "cancelled"
    assert client.post(ordered["export_url"] + "/cancel").status_code == 409


def test_projects_are_listed_and_shown_in_the_seeds_names(client: TestClient) -> None:
    [summary] = client.get("/api/projects").json()
    assert (summary["project_id"], summary["shots"], summary["damage"]) == ("ascent", 2, None)
    project = client.get(summary["project_url"]).json()
    assert project["aspect"] == "horizontal"
    assert [shot["shot_id"] for shot in project["shots"]] == ["shot_001", "shot_002"]
    assert project["shots"][0]["render"]["video"] is None


def test_a_damaged_project_is_named_in_the_list_and_told_when_opened(
    client: TestClient, studio: Studio
) -> None:
    (studio.folder("ascent") / "project.json").write_text("{", encoding="utf-8")
    [summary] = client.get("/api/projects").json()
    assert "damaged" in summary["damage"]["what"]
    answer = client.get("/api/project/ascent")
    assert (answer.status_code, answer.json()["kind"]) == (500, "Damaged")


def test_costs_are_strings_of_dollars(client: TestClient) -> None:
    costs = client.get("/api/costs").json()
    assert (costs["spent_usd"], costs["reserved_usd"], costs["at_risk_usd"]) == ("0", "0", "0")
    assert client.get("/api/costs?project=ascent").status_code == 200
    assert client.get("/api/costs?project=nobody").status_code == 404


def test_health_says_whether_anything_is_at_work(client: TestClient) -> None:
    assert client.get("/api/health").json() == {"status": "ok", "busy": False}
    client.post(f"{VIDEO}/generate-shot", json={"shot_id": "shot_001"})
    assert client.get("/api/health").json() == {"status": "ok", "busy": True}


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"", 422, "shot_id: Field required"),
        (b"{", 400, "not JSON"),
        (b"\xff\xfe", 400, "not JSON"),
        (b"[" * 50_000, 400, "not JSON"),
        (b"[]", 422, "object"),
        (b'{"shot_id": 1}', 422, "shot_id"),
        (b'{"shot_id": "shot_001", "modell": "animatic"}', 422, "modell"),
        (b'{"shot_id": "shot_001", "sound": "yes"}', 422, "sound"),
        (b'{"shot_id": "shot_009"}', 404, "shot_009"),
        (b'{"shot_id": "shot_001", "model": "nobody"}', 404, "nobody"),
        (b'{"shot_id": "shot_001", "model": "' + b"x" * 70_000 + b'"}', 413, "64 kB"),
    ],
)
def test_a_body_that_cannot_be_used_orders_nothing(
    client: TestClient, body: bytes, status: int, told: str
) -> None:
    answer = client.post(f"{VIDEO}/generate-shot", content=body, headers=AS_JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert told in problem["detail"]
    assert problem["remedy"]
    assert client.get("/api/project/ascent/takes").json() == []


def test_a_form_of_another_page_is_not_taken_for_json(client: TestClient) -> None:
    body = json.dumps({"shot_id": "shot_001"})
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"):
        answer = client.post(f"{VIDEO}/generate-shot", content=body, headers={"content-type": kind})
        assert answer.status_code == 415
    spelled = {"content-type": "Application/JSON; charset=utf-8"}
    assert client.post(f"{VIDEO}/generate-shot", content=body, headers=spelled).status_code == 202


def test_a_body_without_end_is_given_up(client: TestClient) -> None:
    endless = (b" " * 1024 for _ in range(1000))  # sent in chunks: no header tells how many
    answer = client.post(f"{VIDEO}/generate-batch", content=endless, headers=AS_JSON)
    assert answer.status_code == 413


def test_an_unknown_mode_is_refused_with_those_there_are(client: TestClient) -> None:
    answer = client.post(f"{VIDEO}/export-img2vid", json={"mode": "opera"})
    assert answer.status_code == 422
    assert "stills, animatic, animated" in answer.json()["remedy"]


@pytest.mark.parametrize(
    "path",
    [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/project/nobody",
        "/api/project/nobody/takes",
        "/api/project/Ascent%00",
        "/api/project/ascent/take/nothing",
        "/api/project/ascent/take/%2e%2e%2fproject",
        "/api/project/ascent/take/" + "x" * 4000,
        "/api/project/ascent/export/nothing",
        "/api/project/ascent/export/" + "x" * 4000,
        "/api/project/" + "x" * 4000,
    ],
)
def test_what_is_not_there_is_a_json_404(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["remedy"]


def test_a_wrong_method_is_told_the_right_one(client: TestClient) -> None:
    answer = client.get(f"{VIDEO}/generate-shot")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST, OPTIONS")
    assert answer.json()["remedy"] == "Use POST."
    asked = client.options("/api/projects")
    assert (asked.status_code, asked.content) == (204, b"")
    assert "GET" in asked.headers["allow"]
    assert client.head("/api/projects").status_code == 200


def test_a_fault_of_ours_is_a_500_without_its_insides(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_request: Request) -> Response:
        raise ZeroDivisionError("the insides")

    answer = local(Starlette(routes=[Route("/api/x", guarded(broken))])).get("/api/x")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "insides" not in answer.text
    assert answer.json()["remedy"]
    [logged] = caplog.records
    assert (logged.getMessage(), logged.exc_info is not None) == ("http.crashed", True)
    caplog.clear()


@pytest.fixture
def paid(studio: Studio, client: TestClient, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A caller where paid takes can be ordered; no slot is at work, so nothing is sent."""
    monkeypatch.setenv("FAL_KEY", "not-a-key")
    return client


KLING = {"model": "kling_i2v"}


def test_an_order_above_a_hard_limit_answers_402_with_what_is_left(paid: TestClient, studio: Studio) -> None:
    studio.set_budget("day", Decimal("0.50"))
    assert paid.post(f"{VIDEO}/generate-shot", json={"shot_id": "shot_001", **KLING}).status_code == 202
    answer = paid.post(f"{VIDEO}/generate-shot", json={"shot_id": "shot_002", **KLING})
    assert answer.status_code == 402
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert (told["kind"], told["left_usd"], told["asked_usd"]) == ("BudgetRefused", "0.15", "0.35")
    assert told["remedy"]
    [limit] = paid.get("/api/budgets?project=ascent").json()["budgets"]
    assert (limit["scope"], limit["committed_usd"], limit["left_usd"]) == ("day", "0.35", "0.15")


@pytest.mark.parametrize("max_usd", ["0.69", 0.69])
def test_an_order_dearer_than_it_may_be_answers_402(
    paid: TestClient, studio: Studio, max_usd: str | float
) -> None:
    answer = paid.post(f"{VIDEO}/generate-batch", json={**KLING, "max_usd": max_usd})
    assert answer.status_code == 402
    assert not studio.takes("ascent")
    assert paid.post(f"{VIDEO}/generate-batch", json={**KLING, "max_usd": "0.70"}).status_code == 202


@pytest.mark.parametrize("max_usd", ["", "lots", -1, "NaN", True])
def test_a_limit_that_is_no_amount_answers_422(paid: TestClient, studio: Studio, max_usd: object) -> None:
    answer = paid.post(f"{VIDEO}/generate-batch", json={**KLING, "max_usd": max_usd})
    assert answer.status_code == 422
    assert not studio.takes("ascent")


def test_the_ceiling_holds_over_http_and_nowhere_else(paid: TestClient, studio: Studio) -> None:
    studio.set_order_limits(ask_twice_over_usd=None, http_ceiling_usd=Decimal("0.40"))
    answer = paid.post(f"{VIDEO}/generate-batch", json={**KLING, "max_usd": "100"})
    assert answer.status_code == 402
    assert "over HTTP" in answer.json()["detail"]
    assert len(studio.order_takes("ascent", model="kling_i2v")) == 2


def test_a_large_order_over_http_has_to_say_what_it_may_cost(paid: TestClient, studio: Studio) -> None:
    studio.set_order_limits(ask_twice_over_usd=Decimal("0.50"), http_ceiling_usd=None)
    answer = paid.post(f"{VIDEO}/generate-batch", json=KLING)
    assert answer.status_code == 402
    assert "max_usd" in answer.json()["remedy"]
    assert paid.post(f"{VIDEO}/generate-batch", json={**KLING, "max_usd": "0.70"}).status_code == 202


def test_a_soft_limit_is_told_with_the_order(paid: TestClient, studio: Studio) -> None:
    studio.set_budget("team", Decimal("0.10"), hard=False)
    answer = paid.post(f"{VIDEO}/generate-shot", json={"shot_id": "shot_001", **KLING})
    assert any("soft limit" in warning for warning in answer.json()["warnings"])


def test_an_order_may_say_who_makes_it(paid: TestClient, studio: Studio) -> None:
    answer = paid.post(f"{VIDEO}/generate-shot", json={"shot_id": "shot_001", "person": " Jo  Ng ", **KLING})
    take_id = answer.json()["take_id"]
    assert studio.take(take_id).person == studio.ledger.bill().last[take_id].person == "Jo Ng"
    for name in ("x" * 81, "a\u0000b", 7):
        body = {"shot_id": "shot_002", "person": name, **KLING}
        assert paid.post(f"{VIDEO}/generate-shot", json=body).status_code == 422
