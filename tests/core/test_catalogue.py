"""The catalogue: what ships, what a row must say, and what a person's own rows may change."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.catalogue import Aspect, Model, read_catalogue
from core.errors import Damaged, NotFound
from core.pricing import rate_text
from core.settings import CHECKOUT, SHIPPED_DATA

SEEDS_FOUR = ["ltx2_i2v", "kling_i2v", "veo31_i2v", "wan_i2v"]
MODELS_PAGE = CHECKOUT / "docs" / "models.md"
SIZES_FOR_PEOPLE = {"any": "the project's", "pixels": "the project's", "fixed": "unpublished"}
SOUNDS_FOR_PEOPLE = {"choice": "off or on", "never": "never", "always": "always", "unknown": "unpublished"}


def shipped_row(key: str) -> dict[str, Any]:
    document = json.loads((SHIPPED_DATA / "models.json").read_text(encoding="utf-8"))
    row: dict[str, Any] = next(row for row in document["models"] if row["key"] == key)
    return row


def lay_over(data: Path, *rows: dict[str, Any]) -> Path:
    (data / "models.json").write_text(json.dumps({"schema_version": 1, "models": rows}), encoding="utf-8")
    return data


def table_line(model: Model) -> str:
    """The line of docs/models.md for `model`."""
    sizes = ", ".join(model.size.short_side_px) or SIZES_FOR_PEOPLE[model.size.form]
    cells = [
        model.name,
        f"`{model.key}`",
        f"`{model.endpoint}`",
        model.length.lengths(),
        sizes,
        SOUNDS_FOR_PEOPLE[model.sound.kind],
        rate_text(model.price),
        model.confidence,
    ]
    return f"| {' | '.join(cells)} |"


def test_the_animatic_comes_first_and_the_seeds_four_follow_under_their_own_keys() -> None:
    assert [model.key for model in read_catalogue()][:5] == ["animatic", *SEEDS_FOUR]


@pytest.mark.parametrize("model", read_catalogue(), ids=lambda model: model.key)
def test_every_row_stands_in_the_table_of_the_models_page(model: Model) -> None:
    assert table_line(model) in MODELS_PAGE.read_text(encoding="utf-8").splitlines()


def test_the_table_of_the_models_page_has_no_row_that_is_not_offered() -> None:
    offered = MODELS_PAGE.read_text(encoding="utf-8").split("## Left out")[0]
    lines = [line for line in offered.splitlines() if line.startswith("| ") and "`" in line]
    assert len(lines) == len(read_catalogue())


@pytest.mark.parametrize("model", read_catalogue(), ids=lambda model: model.key)
def test_every_row_says_what_it_is_best_for_and_where_its_time_and_price_come_from(model: Model) -> None:
    assert model.best_for
    assert model.generation_note or model.key in SEEDS_FOUR
    assert model.price.source.startswith("https://fal.ai/models/") or not model.paid


@pytest.mark.parametrize("model", read_catalogue(), ids=lambda model: model.key)
def test_a_paid_request_leaves_no_costly_field_to_the_providers_default(model: Model) -> None:
    if not model.paid:
        return
    depends_on = {name for tier in model.price.tiers for name in tier.when}
    assert model.length.field or model.length.form == "fixed"
    assert model.size.field or "size" not in depends_on
    assert model.sound.field or "sound" not in depends_on


@pytest.mark.parametrize("model", read_catalogue(), ids=lambda model: model.key)
def test_a_shape_that_a_model_cannot_make_is_explained(model: Model) -> None:
    unsold = [aspect for aspect in Aspect if model.aspect.field and aspect not in model.aspect.values]
    assert not unsold or (model.aspect.note and model.aspect.otherwise)


def test_a_model_that_is_not_there_is_answered_with_those_that_are() -> None:
    with pytest.raises(NotFound) as caught:
        read_catalogue()["sora_i2v"]
    assert "kling_i2v" in caught.value.remedy
    assert "animatic" in caught.value.remedy


def test_a_row_of_ones_own_changes_that_price_and_no_other(tmp_path: Path) -> None:
    price = shipped_row("wan_i2v")["price"] | {"tiers": [{"usd": "0.05"}], "as_of": "2027-01-02"}
    ours = read_catalogue(lay_over(tmp_path, {"key": "wan_i2v", "price": price}))
    assert ours["wan_i2v"].price.tiers[0].usd == Decimal("0.05")
    assert ours["wan_i2v"].price.as_of == "2027-01-02"
    shipped = read_catalogue()
    assert [model for model in ours if model.key != "wan_i2v"] == [
        model for model in shipped if model.key != "wan_i2v"
    ]
    assert ours["wan_i2v"].length == shipped["wan_i2v"].length


def test_a_new_model_is_a_new_row(tmp_path: Path) -> None:
    row = shipped_row("kling_i2v") | {"key": "kling9_i2v", "endpoint": "fal-ai/kling-video/v9/image-to-video"}
    ours = read_catalogue(lay_over(tmp_path, row))
    assert [model.key for model in ours][-1] == "kling9_i2v"
    assert len(ours) == len(read_catalogue()) + 1


def test_a_data_folder_without_rows_of_its_own_gives_the_shipped_catalogue(tmp_path: Path) -> None:
    assert list(read_catalogue(tmp_path)) == list(read_catalogue())


def test_a_damaged_row_is_named_with_its_file(tmp_path: Path) -> None:
    lay_over(tmp_path, {"key": "wan_i2v", "price": {"unit": "second"}})
    with pytest.raises(Damaged) as caught:
        read_catalogue(tmp_path)
    assert "'wan_i2v'" in str(caught.value)
    assert str(tmp_path / "models.json") in str(caught.value)


def test_an_unknown_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match=r"size\.colour"):
        read_catalogue(lay_over(tmp_path, {"key": "kling_i2v", "size": {"form": "fixed", "colour": "red"}}))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", '{"rows": []}', '{"models": {}}', '{"models": [1]}', '{"models": null}', '"\\ud800"'],
)
def test_a_file_that_is_no_catalogue_is_reported_and_left_as_it_was(tmp_path: Path, text: str) -> None:
    (tmp_path / "models.json").write_text(text, encoding="utf-8")
    with pytest.raises(Damaged, match=r"models\.json"):
        read_catalogue(tmp_path)
    assert (tmp_path / "models.json").read_text(encoding="utf-8") == text


def test_a_file_that_is_not_text_is_reported(tmp_path: Path) -> None:
    (tmp_path / "models.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Damaged, match="cannot be read"):
        read_catalogue(tmp_path)


def test_a_file_of_a_later_version_is_not_guessed_at(tmp_path: Path) -> None:
    (tmp_path / "models.json").write_text('{"schema_version": 2, "models": []}', encoding="utf-8")
    with pytest.raises(Damaged, match="schema_version 2"):
        read_catalogue(tmp_path)


def test_two_rows_with_one_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Damaged, match="same key"):
        read_catalogue(lay_over(tmp_path, {"key": "wan_i2v"}, {"key": "wan_i2v"}))


def wan(**changes: Any) -> dict[str, Any]:
    return {"key": "wan_i2v", **changes}


def wan_price(**changes: Any) -> dict[str, Any]:
    return wan(price=shipped_row("wan_i2v")["price"] | changes)


AT_720P = {"when": {"size": "720p"}, "usd": "0.10"}
AT_1080P = {"when": {"size": "1080p"}, "usd": "0.15"}
BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a price of nothing": (wan_price(tiers=[{"usd": "0"}]), "usd"),
    "a price below zero": (wan_price(tiers=[{"usd": "-0.10"}]), "usd"),
    "a price without a number": (wan_price(tiers=[{"when": {}}]), "usd"),
    "no price": (wan_price(tiers=[]), "tiers"),
    "a paid model called free": (wan_price(unit="free", tiers=[]), "price"),
    "a size without a price": (wan_price(tiers=[AT_720P]), "no price for size 1080p"),
    "a price for a size not sold": (
        wan_price(tiers=[AT_720P, AT_1080P, {"when": {"size": "8k"}, "usd": "9"}]),
        "size 8k never counts",
    ),
    "a price hidden by the one above": (wan_price(tiers=[{"usd": "0.10"}, AT_1080P]), "never counts"),
    "a price without a date": (wan_price(as_of="lately"), "as_of"),
    "a price without a source": (wan_price(source=""), "source"),
    "a range that is called exact": (wan_price(spread="0.1"), "not exact"),
    "no range although not exact": (wan_price(exact=False, note="who knows"), "not exact"),
    "a range without a reason": (wan_price(exact=False, spread="0.1"), "note"),
    "megapixels of an unknown number of frames": (
        wan_price(unit="megapixel", tiers=[{"usd": "0.1"}]),
        "megapixels",
    ),
    "a field sent twice": (wan(fixed={"duration": "15"}), "duration"),
    "lengths out of order": (
        wan(length={"form": "seconds_text", "field": "duration", "seconds": [10, 5]}),
        "rise",
    ),
    "no lengths": (wan(length={"form": "seconds_text", "field": "duration"}), "lengths"),
    "a length that is never sent": (wan(length={"form": "seconds_text", "seconds": [5]}), "field"),
    "any length from a paid model": (wan(length={"form": "any"}), "certain lengths"),
    "frames without a rate": (
        wan(length={"form": "frames", "field": "n", "frames_min": 9, "frames_max": 99}),
        "fps",
    ),
    "a choice of sound that cannot be sent": (wan(sound={"kind": "choice"}), "sound"),
    "unknown sound without a word about it": (wan(sound={"kind": "unknown"}), "note"),
    "sizes that cannot be sent": (wan(size={"form": "name", "short_side_px": {"720p": 720}}), "size"),
    "shapes without an answer for the square": (
        wan(aspect={"field": "aspect_ratio", "values": {"horizontal": "16:9"}}),
        "otherwise",
    ),
    "a generation that ends before it starts": (wan(generation_s=[60, 40]), "generation_s"),
    "a row of low confidence": (wan(confidence="low"), "confidence"),
    "an endpoint with a host": (wan(endpoint="https://elsewhere.example/x"), "endpoint"),
}


@pytest.mark.parametrize(("row", "named"), BROKEN.values(), ids=BROKEN.keys())
def test_a_row_that_could_cost_money_by_mistake_is_refused(
    tmp_path: Path, row: dict[str, Any], named: str
) -> None:
    with pytest.raises(Damaged, match=named) as caught:
        read_catalogue(lay_over(tmp_path, row))
    assert "'wan_i2v'" in str(caught.value)


def test_a_free_model_of_fal_is_refused_even_under_a_new_key(tmp_path: Path) -> None:
    row = shipped_row("animatic") | {"key": "gift_i2v", "provider": "fal"}
    with pytest.raises(Damaged, match="price"):
        read_catalogue(lay_over(tmp_path, row))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("animatic", "any"),
        ("kling_i2v", "5 or 10 s"),
        ("veo31_i2v", "4, 6 or 8 s"),
        ("wan27_i2v", "2–15 s"),
        ("ltx2_i2v", "0.4–19.2 s"),
        ("hailuo23_pro_i2v", "6 s"),
    ],
)
def test_the_lengths_sold_are_told_in_words(key: str, words: str) -> None:
    assert read_catalogue()[key].length.lengths() == words
