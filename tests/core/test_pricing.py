"""Quotes: the amounts that must come out, and what holds for every model, shot and size."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.catalogue import Aspect, Model, read_catalogue
from core.pricing import Quote, dollars, price_text, quote, rate_text, tidy

MODELS = list(read_catalogue())
HD = (1280, 720)
FRAME_SIZES = {
    Aspect.HORIZONTAL: [(640, 360), (1280, 720), (1920, 1080), (3840, 2160)],
    Aspect.VERTICAL: [(360, 640), (720, 1280), (1080, 1920), (2160, 3840)],
    Aspect.SQUARE: [(480, 480), (1080, 1080), (4320, 4320)],
}


def priced(
    key: str,
    needed_s: Fraction | float,
    *,
    sound: bool = False,
    size: tuple[int, int] = HD,
    aspect: Aspect = Aspect.HORIZONTAL,
) -> Quote:
    return quote(
        read_catalogue()[key], needed_s=Fraction(needed_s), frame_size=size, aspect=aspect, sound=sound
    )


class Published(NamedTuple):
    key: str
    needed_s: Fraction
    sound: bool
    usd: str


@pytest.mark.parametrize(
    "case",
    [
        Published("animatic", Fraction(5), False, "0"),
        Published("kling_i2v", Fraction(5), True, "0.70"),
        Published("kling_i2v", Fraction(5), False, "0.35"),
        Published("veo31_fast_i2v", Fraction(8), True, "1.20"),
        Published("veo31_i2v", Fraction(4), False, "0.80"),
        Published("wan_i2v", Fraction(5), False, "0.50"),
        Published("ltx2_i2v", Fraction(121, 25), False, "0.2016"),
        Published("ltx2_distilled_i2v", Fraction(121, 25), False, "0.0896"),
        Published("kling3_pro_i2v", Fraction(5), False, "0.56"),
        Published("wan27_i2v", Fraction(2), False, "0.20"),
        Published("hailuo23_standard_i2v", Fraction(7), False, "0.56"),
        Published("hailuo23_pro_i2v", Fraction(3), False, "0.49"),
    ],
    ids=lambda case: f"{case.key}-{case.usd}",
)
def test_a_published_price_comes_out_to_the_digit(case: Published) -> None:
    quoted = priced(case.key, case.needed_s, sound=case.sound)
    assert str(quoted.usd) == case.usd
    assert quoted.usd_high == quoted.usd
    assert quoted.exact


@pytest.mark.parametrize(
    ("key", "needed_s", "high"),
    [("seedance25_i2v", 4, "1.9866"), ("grok_imagine15_i2v", 1, "0.15"), ("gemini_omni11_i2v", 3, "0.306")],
)
def test_a_price_that_fal_leaves_open_is_a_range_and_says_why(key: str, needed_s: int, high: str) -> None:
    quoted = priced(key, needed_s)
    assert not quoted.exact
    assert str(quoted.usd_high) == high
    assert quoted.notes[0].startswith("The price is a range: ")
    assert quoted.price_text.startswith("about $")


def test_a_quote_reads_as_json_the_way_it_reads_to_people() -> None:
    dumped = priced("kling_i2v", 3, sound=True).model_dump(mode="json")
    assert (dumped["usd"], dumped["paid_s"], dumped["used_s"]) == ("0.70", 5.0, 3.0)
    assert priced("animatic", 3).model_dump(mode="json")["usd"] == "0"


def test_a_shot_longer_than_the_longest_clip_is_told_so() -> None:
    quoted = priced("veo31_i2v", Fraction("9.5"))
    assert (quoted.paid_s, quoted.used_s) == (8.0, 8.0)
    assert "Veo 3.1 sells at most 8 s: the shot is 1.5 s longer." in quoted.notes


def test_a_square_picture_from_veo_comes_with_what_happens_instead() -> None:
    notes = priced("veo31_i2v", 4, size=(720, 720), aspect=Aspect.SQUARE).notes
    assert any("16:9 or 9:16 only" in note and "a third" in note for note in notes)
    assert not priced("veo31_i2v", 4).notes


def test_a_frame_larger_than_the_largest_size_is_told_so() -> None:
    notes = priced("seedance20_i2v", 4, size=(1920, 1080)).notes
    assert "Seedance 2.0 goes up to 720 lines: the clip is enlarged to 1080." in notes


def test_a_length_that_nobody_publishes_is_said_in_the_quote() -> None:
    assert any("about 6 s" in note for note in priced("hailuo23_pro_i2v", 4).notes)


@pytest.mark.parametrize("key", ["animatic", "hailuo23_pro_i2v", "wan_i2v", "gemini_omni11_i2v"])
def test_sound_that_cannot_be_bought_is_not_charged_and_is_said(key: str) -> None:
    silent, asked = priced(key, 4), priced(key, 4, sound=True)
    assert asked.usd == silent.usd
    assert not asked.sound
    assert set(asked.notes) - set(silent.notes)


def test_the_size_that_is_bought_is_named() -> None:
    assert priced("veo31_i2v", 4, size=(1080, 1920), aspect=Aspect.VERTICAL).size == "1080p"
    assert priced("ltx2_i2v", 4).size == "1280x720"
    assert priced("kling_i2v", 4).size == "unpublished"


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.key)
def test_whatever_can_be_asked_for_has_a_price(model: Model) -> None:
    lengths = [Fraction(seconds) for seconds in model.length.seconds] or [Fraction(1), Fraction(10)]
    for aspect, sizes in FRAME_SIZES.items():
        for size in sizes:
            for needed_s in lengths:
                for sound in (False, True):
                    quoted = quote(model, needed_s=needed_s, frame_size=size, aspect=aspect, sound=sound)
                    assert (quoted.usd > 0) == model.paid


shots = st.fractions(min_value=Fraction(1, 25), max_value=40, max_denominator=60)
frames = st.sampled_from([(aspect, size) for aspect, sizes in FRAME_SIZES.items() for size in sizes])


@given(st.sampled_from(MODELS), shots, frames, st.booleans())
def test_a_quote_never_pays_less_than_nothing_nor_for_less_than_is_used(
    model: Model, needed_s: Fraction, frame: tuple[Aspect, tuple[int, int]], sound: bool
) -> None:
    aspect, size = frame
    quoted = quote(model, needed_s=needed_s, frame_size=size, aspect=aspect, sound=sound)
    assert 0 <= quoted.usd <= quoted.usd_high
    assert quoted.exact == (quoted.usd == quoted.usd_high)
    assert quoted.paid_s >= quoted.used_s > 0
    assert quoted.used_s == min(float(needed_s), quoted.paid_s)


@given(st.sampled_from(MODELS), shots)
def test_the_shortest_length_that_covers_the_shot_is_bought(model: Model, needed_s: Fraction) -> None:
    bought = model.length.shortest_covering(needed_s)
    if model.length.form == "any":
        assert bought == needed_s
        return
    rule = model.length
    counts = range(rule.frames_min, rule.frames_max + 1, rule.frames_step)
    sold = (
        [Fraction(frames, rule.fps) for frames in counts] if rule.fps else list(map(Fraction, rule.seconds))
    )
    assert bought == min((length for length in sold if length >= needed_s), default=max(sold))


@given(st.sampled_from(MODELS), shots, shots, st.booleans())
def test_a_longer_shot_never_costs_less(model: Model, one: Fraction, other: Fraction, sound: bool) -> None:
    shorter, longer = (
        quote(model, needed_s=needed_s, frame_size=HD, aspect=Aspect.HORIZONTAL, sound=sound)
        for needed_s in sorted((one, other))
    )
    assert shorter.usd <= longer.usd
    assert shorter.usd_high <= longer.usd_high
    assert shorter.paid_s <= longer.paid_s


@pytest.mark.parametrize(
    ("usd", "words"),
    [
        ("0", "$0"),
        ("0.0000", "$0"),
        ("0.7", "$0.70"),
        ("0.7000", "$0.70"),
        ("0.2016", "$0.2016"),
        ("0.09024", "$0.09024"),
        ("12", "$12.00"),
        ("1234.5", "$1,234.50"),
        ("-1.5", "-$1.50"),
    ],
)
def test_an_amount_is_written_as_people_write_it(usd: str, words: str) -> None:
    assert dollars(Decimal(usd)) == words


@given(st.decimals(min_value=-1_000_000, max_value=1_000_000, places=6))
def test_tidying_an_amount_changes_no_value(usd: Decimal) -> None:
    assert tidy(usd) == usd


@pytest.mark.parametrize(
    ("usd", "usd_high", "words"),
    [
        ("0", "0", "free"),
        ("0.70", "0.70", "$0.70"),
        ("1.892", "1.9866", "about $1.89–$1.99"),
        ("0.03", "0.0306", "about $0.03–$0.0306"),
        ("0", "0.50", "about $0–$0.50"),
    ],
)
def test_a_price_is_told_as_one_amount_or_as_a_range(usd: str, usd_high: str, words: str) -> None:
    assert price_text(Decimal(usd), Decimal(usd_high)) == words


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("animatic", "free"),
        ("ltx2_i2v", "$0.0018 per megapixel"),
        ("kling_i2v", "$0.07–$0.14 per second"),
        ("hailuo23_pro_i2v", "$0.49 per clip"),
        ("h3_max_i2v", "about $0.05–$0.16 per second"),
    ],
)
def test_a_price_list_fits_on_one_line(key: str, words: str) -> None:
    assert rate_text(read_catalogue()[key].price) == words
