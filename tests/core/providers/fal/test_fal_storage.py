"""A still is looked at, then uploaded once for however many takes it gets."""

import io
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fal_case import Case, draw_still, settings_of
from fal_emulator import Emulator
from PIL import Image

from core.catalogue import ImageRule
from core.errors import Charge, Interrupted, ProviderError, ProviderPaused
from core.providers.fal import FalProvider
from core.providers.fal.still import fit_still

MakeCase = Callable[..., Case]


def test_a_still_is_uploaded_once_for_many_takes_and_models(make_case: MakeCase) -> None:
    cases = [make_case(number=1), make_case(number=2), make_case("veo31_i2v", number=3)]
    for case in cases:
        case.prepare()
    assert cases[0].count("upload") == 1
    assert len({case.job.take.payload[case.model.image.field] for case in cases}) == 1


def test_two_slots_that_need_a_still_at_once_upload_it_once(make_case: MakeCase) -> None:
    cases = [make_case(number=number) for number in range(1, 5)]
    cases[0].account.script({"match": {"call": "upload"}, "do": "slow", "seconds": 0.3, "times": None})
    threads = [threading.Thread(target=case.prepare) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert cases[0].count("upload") == 1
    assert all(case.job.take.payload for case in cases)


def test_another_still_and_another_account_are_uploaded_for_themselves(
    make_case: MakeCase, fal: Emulator, data: Path
) -> None:
    make_case().prepare()
    other = make_case(still="b.png", still_size=(700, 400))
    other.prepare()
    assert other.count("upload") == 2
    stranger = make_case()
    stranger.provider = FalProvider(settings_of(fal.environment("somebody:else"), data))
    stranger.prepare()
    assert len(fal.account("somebody:else").record()["uploads"]) == 1


def test_an_address_that_is_too_old_is_not_used(make_case: MakeCase, data: Path) -> None:
    case = make_case()
    case.prepare()
    memory = data / "fal_uploads.json"
    kept = json.loads(memory.read_text())
    for one in kept["uploads"].values():
        one["expires_at"] = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    memory.write_text(json.dumps(kept))
    make_case().prepare()
    assert case.count("upload") == 2


def test_the_memory_of_uploads_survives_and_names_no_key(make_case: MakeCase, data: Path) -> None:
    case = make_case()
    case.prepare()
    text = (data / "fal_uploads.json").read_text()
    assert json.loads(text)["schema_version"] == 1
    assert case.account.key.partition(":")[0] not in text
    assert case.account.key.partition(":")[2] not in text


def test_a_damaged_memory_is_kept_aside_and_costs_one_upload(make_case: MakeCase, data: Path) -> None:
    case = make_case()
    case.prepare()
    (data / "fal_uploads.json").write_text('{"uploads": [')
    make_case().prepare()
    assert case.count("upload") == 2
    assert [path.read_text() for path in data.glob("fal_uploads.damaged-*.json")] == ['{"uploads": [']


def test_the_file_at_fal_can_be_found_again_by_project_and_shot(case: Case) -> None:
    case.prepare()
    (upload,) = case.account.record()["uploads"]
    assert upload["name"].startswith("ascent_shot_001_")
    assert upload["name"].endswith(f"{upload['sha256'][:16]}.png")


@pytest.mark.parametrize(
    "fault",
    [
        {"match": {"call": "upload"}, "do": "status", "status": 503},
        {"match": {"call": "upload"}, "do": "drop_after"},
        {"match": {"call": "upload"}, "do": "bad_json"},
        {"match": {"call": "token"}, "do": "status", "status": 500},
        {"match": {"call": "token"}, "do": "html_instead"},
    ],
    ids=str,
)
def test_an_upload_that_goes_wrong_is_simply_done_again(fault: dict[str, Any], case: Case) -> None:
    case.account.script({**fault, "times": 2})
    case.prepare()
    assert case.job.take.payload


def test_storage_that_stays_away_pauses_the_queue(make_case: MakeCase) -> None:
    case = make_case(pace="0.002")
    case.account.script(
        {"match": {"call": ["token", "upload"]}, "do": "status", "status": 503, "times": None}
    )
    with pytest.raises(ProviderPaused) as paused:
        case.prepare()
    assert paused.value.retry_after_s == 60


@pytest.mark.parametrize(("status", "says"), [(401, "does not accept the key"), (403, "locked")])
def test_a_key_that_may_not_upload_pauses_the_queue_at_once(status: int, says: str, case: Case) -> None:
    case.account.script({"match": {"call": "token"}, "do": "status", "status": status, "times": None})
    with pytest.raises(ProviderPaused, match=says) as paused:
        case.prepare()
    assert paused.value.retry_after_s is None
    assert case.count("token") == 1


def test_the_end_of_the_app_is_heeded_between_two_tries(make_case: MakeCase) -> None:
    case = make_case(pace="1")
    case.account.script({"match": {"call": "token"}, "do": "status", "status": 503, "times": None})
    case.told.stop = lambda: case.count("token") > 0
    with pytest.raises(Interrupted):
        case.prepare()


@pytest.mark.parametrize(
    ("rule", "size", "match"),
    [
        (ImageRule(field="image_url", min_side_px=300), (640, 299), "too small"),
        (ImageRule(field="image_url", max_side_px=600), (601, 300), "too large"),
        (ImageRule(field="image_url", max_ratio=2.5), (1000, 399), "too narrow"),
        (ImageRule(field="image_url", max_mb=0.000001), (64, 64), "MB of at most"),
    ],
)
def test_a_still_beyond_a_models_limits_is_refused(
    rule: ImageRule, size: tuple[int, int], match: str, tmp_path: Path
) -> None:
    with pytest.raises(ProviderError, match=match) as refused:
        fit_still(draw_still(tmp_path, size=size), rule, "Some Model")
    assert (refused.value.charge, refused.value.safe_to_retry) == (Charge.NONE, False)
    assert "Some Model" in str(refused.value)


def test_a_still_beyond_the_limits_is_not_uploaded(make_case: MakeCase) -> None:
    case = make_case(still="tiny.png", still_size=(500, 200))
    with pytest.raises(ProviderError, match="too small for Kling"):
        case.prepare()
    assert case.account.record()["calls"] == []


def test_a_still_within_the_limits_goes_byte_for_byte(tmp_path: Path) -> None:
    still = draw_still(tmp_path, "a.webp")
    fitted = fit_still(still, ImageRule(field="image_url", formats=("JPEG", "WEBP")), "Some Model")
    assert (fitted.data, fitted.content_type, fitted.ending) == (still.read_bytes(), "image/webp", ".webp")


def test_a_format_that_the_model_does_not_name_is_brought_into_one_that_it_does(tmp_path: Path) -> None:
    still = draw_still(tmp_path, "a.webp")
    for formats, wanted in ((("JPEG",), "JPEG"), (("JPEG", "PNG"), "PNG")):
        fitted = fit_still(still, ImageRule(field="image_url", formats=formats), "Some Model")
        with Image.open(io.BytesIO(fitted.data)) as picture:
            assert (picture.format, picture.size) == (wanted, (640, 360))


def test_a_file_that_is_no_picture_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "a.png"
    broken.write_bytes(b"<html>")
    with pytest.raises(ProviderError, match="cannot be read as a picture"):
        fit_still(broken, ImageRule(field="image_url"), "Some Model")
