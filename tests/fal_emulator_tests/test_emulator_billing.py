"""What the emulator bills is what fal's price lists say, and what the catalogue quotes."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from fal_emulator import AccountControl
from fal_emulator.billing import Clip, bill_for
from fal_emulator.caller import KLING, LTX, VEO, VEO_FAST, WAN, Caller
from fal_emulator.schemas import check_body, published

from core.catalogue import Aspect, Model, read_catalogue
from core.pricing import quote

SEEDANCE = "bytedance/seedance-2.0/image-to-video"
GROK = "xai/grok-imagine-video/v1.5/image-to-video"
HD = {"width": 1280, "height": 720}


@pytest.mark.parametrize(
    ("slug", "body", "usd"),
    [
        (KLING, {"duration": "5", "generate_audio": True}, "0.70"),
        (KLING, {"duration": "5", "generate_audio": False}, "0.35"),
        (KLING, {"duration": "5"}, "0.70"),
        (KLING, {"duration": "10", "generate_audio": True}, "1.40"),
        (KLING, {"duration": "5", "voice_ids": ["a"]}, "0.84"),
        (VEO_FAST, {"duration": "8s", "resolution": "1080p", "generate_audio": True}, "1.20"),
        (VEO, {"duration": "4s", "resolution": "720p", "generate_audio": False}, "0.80"),
        (VEO, {"resolution": "4k"}, "4.80"),
        (WAN, {"duration": "5", "resolution": "720p"}, "0.50"),
        (WAN, {"duration": "5"}, "0.75"),
        (SEEDANCE, {"duration": "4", "resolution": "480p"}, "0.55488"),
        (GROK, {"duration": 5, "resolution": "480p"}, "0.41"),
        (LTX, {"num_frames": 121, "fps": 25, "video_size": HD}, "0.2016"),
    ],
)
def test_a_job_is_billed_as_what_its_body_asks_for(
    caller: Caller, account: AccountControl, still: str, slug: str, body: dict[str, Any], usd: str
) -> None:
    result = caller.result(slug, still, **body)
    [submit] = account.record()["submits"]
    assert Decimal(submit["usd"]) == Decimal(usd)
    units = Decimal(result.headers["X-Fal-Billable-Units"])
    assert units * published()[slug].price.unit_usd == pytest.approx(Decimal(usd), abs=Decimal("1e-12"))


def test_units_are_not_seconds(caller: Caller, still: str) -> None:
    result = caller.result(VEO, still, duration="4s", generate_audio=False)
    assert result.headers["X-Fal-Billable-Units"] == "2.0"


MODELS = [model for model in read_catalogue() if model.paid]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.key)
def test_every_row_of_the_catalogue_is_an_endpoint_whose_bill_lies_within_the_quote(model: Model) -> None:
    size, aspect = (1280, 720), Aspect.HORIZONTAL
    for seconds in model.length.seconds or (2, 5, 9):
        for sound in (False, True):
            told = quote(model, needed_s=Fraction(seconds), frame_size=size, aspect=aspect, sound=sound)
            frames = model.length.frames_for(Fraction(seconds)) if model.length.form == "frames" else 0
            sent = _body(model, told.paid_s, frames, told.size, sound=sound)
            body, wrong = check_body(model.endpoint, sent)
            assert not wrong
            usd = bill_for(model.endpoint, body, Clip(*size, frames, 25, sound)).usd
            assert told.usd <= usd.quantize(Decimal("0.0001")) <= told.usd_high


def _body(model: Model, seconds: float, frames: int, size: str, *, sound: bool) -> dict[str, Any]:
    """A body by the catalogue's names, written here by hand and not by the product."""
    body: dict[str, Any] = {model.prompt.field: "x", model.image.field: "https://x/y.png", **model.fixed}
    length = model.length
    if length.form == "frames":
        body |= {"num_frames": frames, "fps": length.fps}
        body["video_size"] = HD
    elif length.field:
        text = {"seconds_text": f"{seconds:g}", "seconds_text_s": f"{seconds:g}s"}
        body[length.field] = text.get(length.form, int(seconds))
    if model.size.form == "name" and model.size.field:
        body[model.size.field] = size
    if model.sound.field:
        body[model.sound.field] = sound
    return body


def test_nothing_the_catalogue_may_send_is_unknown_to_the_endpoint() -> None:
    for model in MODELS:
        fields = published()[model.endpoint].fields
        named = [model.prompt.field, model.image.field, model.length.field, model.length.fps_field]
        named += [model.aspect.field, model.size.field, model.sound.field, *model.fixed]
        assert [name for name in named if name and name not in fields] == []


def test_every_bill_is_units_times_the_price_of_a_unit() -> None:
    for slug, endpoint in published().items():
        for tier in endpoint.price.tiers:
            units = float(tier.usd / endpoint.price.unit_usd)
            assert units * float(endpoint.price.unit_usd) == pytest.approx(float(tier.usd), abs=1e-9), slug


@pytest.mark.parametrize(("status", "charge", "billed"), [(422, False, 0), (422, True, 1), (500, True, 0)])
def test_a_failure_is_billed_only_when_the_script_says_so_and_never_from_500_up(
    caller: Caller, account: AccountControl, still: str, status: int, charge: bool, billed: int
) -> None:
    account.script({"do": "refuse", "status": status, "charge": charge})
    result = caller.result(KLING, still)
    assert result.status_code == status
    assert (float(result.headers["X-Fal-Billable-Units"]) > 0) == bool(billed)
    assert len(account.record()["billed"]) == billed
