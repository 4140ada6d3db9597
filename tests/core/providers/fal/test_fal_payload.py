"""What is sent fits what fal publishes, for everything that can be ordered, and leaves no price to a default.

`published.json` holds the schemas as read from fal's pages; it is not made from our catalogue.
"""

import json
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # comes without types, and only with the tests
import pytest
from fal_case import CATALOGUE, draw_still, take_of

from core.catalogue import Aspect, Model
from core.errors import Charge, ProviderError
from core.providers.fal.payload import payload_for
from core.take import Take

SCHEMAS: dict[str, Any] = json.loads((Path(__file__).parent / "published.json").read_text("utf-8"))["schemas"]
PAID = [model.key for model in CATALOGUE if model.paid]
STILL_URL = "https://v3.fal.media/files/b/x/ascent_shot_001.png"
SIZES = {
    Aspect.HORIZONTAL: [(1280, 720), (1920, 1080), (3840, 2160)],
    Aspect.VERTICAL: [(720, 1280), (1080, 1920)],
    Aspect.SQUARE: [(720, 720), (1080, 1080)],
}
NEEDED_S = ("0.4", "1", "2.04", "3", "4.9", "5", "5.04", "6", "7.5", "8", "9", "10", "14.2", "15", "29", "40")


@pytest.fixture
def still(tmp_path: Path) -> Path:
    """A still to order takes of."""
    return draw_still(tmp_path)


def _ordered(model: Model, still: Path, needed_s: str, aspect: Aspect, **more: Any) -> Take:
    return take_of(model, still, still.parent.parent, needed_s=float(needed_s), aspect=aspect, **more)


def _seconds(body: dict[str, Any]) -> float | None:
    if "num_frames" in body:
        return float(Fraction(body["num_frames"]) / Fraction(body["fps"]))
    return float(str(body["duration"]).removesuffix("s")) if "duration" in body else None


@pytest.mark.parametrize("key", PAID)
def test_every_order_fits_the_published_schema(key: str, still: Path) -> None:
    model = CATALOGUE[key]
    validator = jsonschema.Draft202012Validator(SCHEMAS[model.endpoint])
    for needed_s, aspect, sound in product(NEEDED_S, Aspect, (False, True)):
        for size in SIZES[aspect]:
            take = _ordered(model, still, needed_s, aspect, size=size, sound=sound)
            body = payload_for(model, take, STILL_URL)
            faults = [error.message for error in validator.iter_errors(body)]
            assert not faults, (needed_s, aspect, sound, size)


@pytest.mark.parametrize("key", PAID)
def test_the_length_sent_is_the_shortest_published_that_covers_the_shot_and_is_what_was_quoted(
    key: str, still: Path
) -> None:
    model = CATALOGUE[key]
    published = SCHEMAS[model.endpoint]["properties"].get("duration", {})
    sold = [float(str(one).removesuffix("s")) for one in published.get("enum", []) if one != "auto"]
    sold = sold or [float(one) for one in range(published.get("minimum", 0), published.get("maximum", 0) + 1)]
    for needed_s in NEEDED_S:
        take = _ordered(model, still, needed_s, Aspect.HORIZONTAL)
        seconds = _seconds(payload_for(model, take, STILL_URL))
        if seconds is None:
            continue
        assert seconds == pytest.approx(take.quote.paid_s)
        if "num_frames" in SCHEMAS[model.endpoint]["properties"]:
            assert float(needed_s) <= seconds < max(float(needed_s) + 8 / 25, 0.37) or seconds > 19
        else:
            covering = [length for length in sold if length >= float(needed_s)]
            assert seconds == (covering[0] if covering else sold[-1])


@pytest.mark.parametrize("key", PAID)
def test_sound_is_off_unless_asked_for(key: str, still: Path) -> None:
    model = CATALOGUE[key]
    fields = [name for name in SCHEMAS[model.endpoint]["required"] if "audio" in name]
    for sound in (False, True):
        body = payload_for(model, _ordered(model, still, "5", Aspect.HORIZONTAL, sound=sound), STILL_URL)
        assert [body[name] for name in fields] == [sound for _ in fields]


@pytest.mark.parametrize("key", PAID)
def test_a_shape_is_sent_or_said_to_be_impossible(key: str, still: Path) -> None:
    model = CATALOGUE[key]
    names = {Aspect.HORIZONTAL: "16:9", Aspect.VERTICAL: "9:16", Aspect.SQUARE: "1:1"}
    for aspect, name in names.items():
        take = _ordered(model, still, "5", aspect, size=SIZES[aspect][0])
        body = payload_for(model, take, STILL_URL)
        if model.aspect.field:
            asked = body[model.aspect.field]
            assert asked == name or (model.aspect.note in take.quote.notes and "16:9" in model.aspect.note)
        elif "video_size" in body:
            assert (body["video_size"]["width"], body["video_size"]["height"]) == SIZES[aspect][0]


def test_veo_has_no_square_and_says_what_happens_instead(still: Path) -> None:
    take = _ordered(CATALOGUE["veo31_i2v"], still, "5", Aspect.SQUARE, size=(1080, 1080))
    assert payload_for(CATALOGUE["veo31_i2v"], take, STILL_URL)["aspect_ratio"] == "16:9"
    assert any("cropped back to a square" in note for note in take.quote.notes)


def test_the_size_sent_is_the_one_that_was_quoted(still: Path) -> None:
    model = CATALOGUE["veo31_i2v"]
    for size, name in [((1280, 720), "720p"), ((1920, 1080), "1080p"), ((3840, 2160), "4k")]:
        take = _ordered(model, still, "5", Aspect.HORIZONTAL, size=size)
        assert payload_for(model, take, STILL_URL)["resolution"] == take.quote.size == name


@pytest.mark.parametrize("change", [{"duration_s": 7.0}, {"duration_s": 5.5}])
def test_a_length_that_is_no_longer_sold_is_not_sent(still: Path, change: dict[str, Any]) -> None:
    model = CATALOGUE["kling_i2v"]
    take = _ordered(model, still, "5", Aspect.HORIZONTAL).model_copy(update=change)
    with pytest.raises(ProviderError, match="no longer listed") as refused:
        payload_for(model, take, STILL_URL)
    assert refused.value.charge is Charge.NONE


def test_a_size_or_frame_count_that_is_no_longer_sold_is_not_sent(still: Path) -> None:
    wan = CATALOGUE["wan_i2v"]
    take = _ordered(wan, still, "5", Aspect.HORIZONTAL)
    other = take.quote.model_copy(update={"size": "480p"})
    with pytest.raises(ProviderError, match="480p"):
        payload_for(wan, take.model_copy(update={"quote": other}), STILL_URL)
    ltx = CATALOGUE["ltx2_i2v"]
    take = _ordered(ltx, still, "5", Aspect.HORIZONTAL)
    with pytest.raises(ProviderError, match="frames"):
        payload_for(ltx, take.model_copy(update={"duration_s": take.duration_s + 0.04}), STILL_URL)
