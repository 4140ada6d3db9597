"""The storyboard on every model: what each asks, what it cannot do, and the cheapest mix."""

from decimal import Decimal
from pathlib import Path

import pytest
from drawing import Draw

from core.offers import Offer, Offers, Wish, edits_to, remaining
from core.project import Project
from core.studio import Studio


@pytest.fixture
def project(studio: Studio, draw: Draw) -> Project:
    """Three stills: two shots of four seconds, and one of twelve."""
    made = studio.create_project("Ascent", model="kling_i2v")
    studio.add_stills(made.id, large(draw, 2), seconds=4.0)
    return studio.add_stills(made.id, large(draw, 1), seconds=12.0).project


def large(draw: Draw, count: int) -> list[tuple[str, Path]]:
    """Stills that no model finds too small."""
    names = [f"large{number}.png" for number in range(count)]
    return [(name, draw.still(name, size=(640, 360))) for name in names]


def on(found: Offers, key: str) -> Offer:
    return next(offer for offer in found.offers if offer.model == key)


def test_every_model_is_priced_as_its_own_quote_says(studio: Studio, project: Project) -> None:
    found = studio.offers(project.id, wish=Wish(sound=True))
    for model in studio.catalogue:
        quote = studio.quote(project.id, model=model.key, sound=True)
        offer = on(found, model.key)
        assert (offer.usd, offer.usd_high) == (quote.usd, quote.usd_high)
        assert offer.paid_s == pytest.approx(sum(each.quote.paid_s for each in quote.shots))
    assert [offer.usd for offer in found.offers] == sorted(offer.usd for offer in found.offers)
    assert on(found, "kling_i2v").usd == Decimal("2.80")  # 5 + 5 + 10 s with sound at $0.14
    assert (on(found, "kling_i2v").paid_s, on(found, "kling_i2v").used_s) == (20.0, 18.0)


def test_a_model_names_the_shots_that_are_too_long_for_it(studio: Studio, project: Project) -> None:
    cannot = on(studio.offers(project.id, wish=Wish()), "kling_i2v").cannot
    assert cannot == {"longer than its longest clip, 10 s": ("shot_003",)}


def test_a_shape_that_a_model_does_not_make_is_said(studio: Studio, draw: Draw) -> None:
    square = studio.create_project("Square", aspect="square")
    studio.add_stills(square.id, large(draw, 1))
    found = studio.offers(square.id, wish=Wish())
    assert on(found, "veo31_i2v").cannot == {"square, a shape it does not make": ("shot_001",)}
    assert not on(found, "kling_i2v").cannot


def test_a_still_that_a_model_refuses_is_said_before_anything_is_ordered(studio: Studio, draw: Draw) -> None:
    strip = studio.create_project("Strip")
    studio.add_stills(strip.id, [("strip.png", draw.still("strip.png", size=(2000, 320)))])
    assert on(studio.offers(strip.id, wish=Wish()), "kling_i2v").cannot == {
        "with a still that is too narrow for it": ("shot_001",)
    }


def test_models_that_make_no_sound_cannot_do_shots_with_sound(studio: Studio, project: Project) -> None:
    found = studio.offers(project.id, ["shot_001"], wish=Wish(sound=True))
    assert on(found, "hailuo23_pro_i2v").cannot == {"without sound": ("shot_001",)}
    assert on(found, "wan27_i2v").cannot == {"perhaps without sound": ("shot_001",)}
    assert not on(studio.offers(project.id, ["shot_001"], wish=Wish()), "hailuo23_pro_i2v").cannot


def test_a_size_that_nobody_publishes_is_not_promised(studio: Studio, project: Project) -> None:
    found = studio.offers(project.id, ["shot_001"], wish=Wish(lines=720))
    assert on(found, "kling_i2v").cannot == {"of a size that is not published": ("shot_001",)}
    assert not on(found, "wan27_i2v").cannot


@pytest.mark.parametrize("wish", [Wish(), Wish(sound=True), Wish(lines=720), Wish(sound=True, lines=720)])
def test_the_mix_takes_for_each_shot_the_cheapest_paid_model_that_can_do_it(
    studio: Studio, project: Project, wish: Wish
) -> None:
    mix = studio.offers(project.id, wish=wish).mix
    for each in mix.shots:
        alone = studio.offers(project.id, [each.shot_id], wish=wish).offers
        able = [offer for offer in alone if studio.catalogue[offer.model].paid and not offer.cannot]
        assert each.quote.usd_high == min(offer.usd_high for offer in able)
        assert each.quote.model in {offer.model for offer in able}
    assert [each.shot_id for each in mix.shots] == ["shot_001", "shot_002", "shot_003"]
    assert mix.usd_high == sum((each.quote.usd_high for each in mix.shots), Decimal(0))


def test_a_shot_that_no_model_can_do_is_left_out_and_named(studio: Studio, draw: Draw) -> None:
    slow = studio.create_project("Slow")
    studio.add_stills(slow.id, large(draw, 1), seconds=4.0)
    studio.add_stills(slow.id, large(draw, 1), seconds=3600.0)
    mix = studio.offers(slow.id, wish=Wish()).mix
    assert mix.left_out == ("shot_002",)
    assert [each.shot_id for each in mix.shots] == ["shot_001"]


def test_setting_the_mix_makes_its_price_the_quote_and_setting_it_again_changes_nothing(
    studio: Studio, project: Project
) -> None:
    wish = Wish(sound=True)
    mix = studio.offers(project.id, wish=wish).mix
    outcome = studio.edit(project.id, edits_to(project, mix.choice, sound=True))
    assert not outcome.conflicts
    assert not outcome.refused
    assert studio.quote(project.id).usd_high == mix.usd_high
    assert edits_to(studio.project(project.id), mix.choice, sound=True) == []


def test_what_somebody_else_set_meanwhile_is_kept(studio: Studio, project: Project) -> None:
    theirs = edits_to(project, {project.shots[0].shot_id: "veo31_i2v"}, sound=False)
    studio.edit(project.id, theirs)
    outcome = studio.edit(project.id, edits_to(project, {project.shots[0].shot_id: "wan_i2v"}, sound=False))
    assert [conflict.theirs for conflict in outcome.conflicts] == ["veo31_i2v"]


def test_a_storyboard_without_shots_has_no_offers(studio: Studio) -> None:
    bare = studio.create_project("Bare")
    found = studio.offers(bare.id, wish=Wish())
    assert found.offers == ()
    assert not found.mix.shots
    assert remaining(bare) == []
