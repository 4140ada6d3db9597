"""The costs page: what stands there is what the ledger adds up to, and what a quote would say."""

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pandas as pd
import pytest
from drawing import Draw
from streamlit.testing.v1 import AppTest
from waiting import wait_until

from core.budgets import Scope
from core.edits import Edit
from core.executor import Executor
from core.ledger import Entry, Line
from core.offers import Wish
from core.pricing import dollars, price_text
from core.project import Project, ProjectId, ShotId, Video
from core.studio import Studio
from core.take import TakeId
from pages.parts.cost_filters import day_text, today
from pages.parts.cost_watch import as_now

ENTRY = Path(__file__).parents[2] / "pages" / "_main.py"
NUMBERS = count(1)


@pytest.fixture
def project(at_work: Studio, draw: Draw) -> Project:
    """Three stills of four seconds each."""
    made = at_work.create_project("Ascent")
    stills = [(f"s{number}.png", draw.still(f"s{number}.png", size=(640, 360))) for number in range(3)]
    return at_work.add_stills(made.id, stills, seconds=4.0).project


def line(
    entry: Entry, usd: str, *, shot: str = "shot_001", model: str = "kling_i2v", project: str = "ascent"
) -> Line:
    return Line(
        at=datetime.now(UTC),
        entry=entry,
        take_id=TakeId(f"take-{next(NUMBERS)}"),
        project_id=ProjectId(project),
        shot_id=ShotId(shot),
        model=model,
        usd=Decimal(usd),
        source="table price",
        price_as_of="2026-11-23",
    )


def opened(**address: str) -> AppTest:
    """The costs page, as it first shows at an address with these choices."""
    page = AppTest.from_file(str(ENTRY), default_timeout=30)
    for name, value in address.items():
        page.query_params[name] = value
    page.run().switch_page("costs.py").run()
    assert not page.exception
    return page


def submit(page: AppTest, label: str) -> None:
    [button] = [button for button in page.button if button.label == label]
    button.click().run()
    assert not page.exception


def put_in_cut(at_work: Studio, project: Project, kept: Line) -> None:
    """Make the take of `kept` the clip of its shot."""
    video = Video(
        video_url="/clip",
        local_path="clips/a.mp4",
        duration=5.0,
        model=kept.model,
        has_audio=False,
        generated_at="2026-11-20T12:00:00+00:00",
        motion_prompt="pan",
        take_id=kept.take_id,
    )

    def choose(now: Project) -> Project:
        shots = [
            shot.model_copy(update={"render": shot.render.model_copy(update={"video": video})})
            if shot.shot_id == kept.shot_id
            else shot
            for shot in now.shots
        ]
        return now.model_copy(update={"shots": tuple(shots)})

    at_work.store.projects.edit(project.id, choose)


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def table(page: AppTest, column: str) -> pd.DataFrame:
    """The first table with a column called `column`."""
    return next(each.value for each in page.dataframe if column in each.value.columns)


def captions(page: AppTest) -> list[str]:
    return [caption.value.replace("\\", "") for caption in page.caption]


def test_the_answers_are_the_folds_of_the_ledger(at_work: Studio, project: Project) -> None:
    old = line(Entry.SETTLE, "1.40", shot="shot_002").changed(at=datetime.now(UTC) - timedelta(days=70))
    at_work.ledger.append(
        old,
        line(Entry.SETTLE, "0.35"),
        line(Entry.SETTLE, "0.2016", model="ltx2_i2v"),
        line(Entry.RESERVE, "0.70"),
        line(Entry.AT_RISK, "1.20"),
        line(Entry.SETTLE, "9.99", project="other"),
    )
    page = opened()
    assert at_work.costs(project.id).spent_usd == Decimal("1.9516")
    assert metrics(page) == {
        "What did this cut cost?": "$1.95",
        "What did we waste?": "$1.95",
        "What will the rest cost?": "free",
        "What is left to spend?": "–",
    }
    told = captions(page)
    assert "$0.55 today · $0.55 this month" in told
    assert "and $1.20 at risk in 1 take" in told
    assert "$0.70 reserved for 1 take under way" in told


def test_all_projects_together_are_one_choice_away(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"), line(Entry.SETTLE, "9.99", project="other"))
    page = opened()
    page.segmented_control(key="costs_of").set_value("all").run()
    assert metrics(page)["What did the cuts cost?"] == dollars(at_work.costs().spent_usd) == "$10.34"


def test_the_address_says_whose_costs_are_shown_and_which(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(
        line(Entry.SETTLE, "9.99", project="other"),
        line(Entry.SETTLE, "0.50", project="other", model="wan_i2v"),
        line(Entry.SETTLE, "4.00", project="other").changed(at=datetime.now(UTC) - timedelta(days=9)),
        line(Entry.AT_RISK, "3.00", project="other"),
    )
    page = opened(costs_of="All projects", days="7 days", models="Kling 2.6 Pro", outcomes="Not used")
    assert metrics(page)["What did the cuts cost?"] == "$9.99"
    assert "Only 2 choices: Kling 2.6 Pro, Not used" in captions(page)


def test_what_is_kept_trimmed_and_lost_is_told_apart(at_work: Studio, project: Project) -> None:
    bought = {"paid_s": 5.0, "used_s": 4.0}
    kept = line(Entry.SETTLE, "0.50").changed(clip=True, **bought)
    put_in_cut(at_work, project, kept)
    lost = line(Entry.SETTLE, "0.35").changed(clip=False)
    at_work.ledger.append(kept, line(Entry.SETTLE, "0.50").changed(clip=True, **bought), lost)
    page = opened()
    assert metrics(page)["What did we waste?"] == "$0.95"
    assert "70% of it: $0.50 clips not used, $0.10 trimmed, $0.35 without a clip" in captions(page)
    assert "$0.34 for each of 4.0 s in the cut" in captions(page)
    page = opened(tab="Yield and waste")
    model = table(page, "A second in the cut").iloc[0]
    assert (model["Ordered"], model["Clips"], model["In the cut"], model["No clip"]) == (3, 2, 1, 1)
    assert table(page, "Why")["Amount"].to_list() == [0.35]


def test_a_shot_just_over_a_length_sold_is_told_with_the_saving(at_work: Studio, project: Project) -> None:
    edits = [Edit(field="end", now=9.2, force=True, shot_id="shot_002")]
    at_work.edit(project.id, [*edits, Edit(field="video_model", now="kling_i2v", force=True)])
    at_work.ledger.append(line(Entry.SETTLE, "0.35"))
    row = table(opened(tab="Yield and waste"), "Cut off").iloc[0]
    assert (row["Shot"], row["Cut off"], row["To pay"], row["Saves"]) == ("shot_002", "0.20 s", "5 s", 0.35)


def test_the_takes_are_exact_and_the_dearest_can_come_first(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(
        line(Entry.SETTLE, "0.35"), line(Entry.SETTLE, "0.2016", model="ltx2_i2v"), line(Entry.RELEASE, "0")
    )
    page = opened(tab="Takes")
    assert table(page, "Amount")["Amount"].to_list() == [Decimal(0), Decimal("0.2016"), Decimal("0.35")]
    page.segmented_control(key="takes_order").set_value("dearest").run()
    assert table(page, "Amount")["Amount"].to_list() == [Decimal("0.35"), Decimal("0.2016"), Decimal(0)]
    assert [button.proto.label for button in page.get("download_button")] == ["CSV", "Parquet"]


def test_a_ticked_take_opens_its_receipt_even_when_another_came_above_it(
    at_work: Studio, project: Project
) -> None:
    [take] = at_work.order_takes(project.id, ["shot_001"], model="animatic")
    page = opened(tab="Takes")
    at_work.ledger.append(line(Entry.SETTLE, "0.35"))  # a row above, which this person has not seen
    page.session_state["cost_takes"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    for _ in range(2):  # and it stays open when the page looks again
        page.run()
        [receipt] = [each.value for each in page.markdown if take.take_id in each.value]
        assert re.search(r"Ordered \| today \d+:\d\d:\d\d \|", receipt), "a step is told to the second"


def test_projects_with_the_same_title_are_told_apart(at_work: Studio, project: Project) -> None:
    twin = at_work.create_project("Ascent")
    at_work.ledger.append(line(Entry.SETTLE, "0.35"), line(Entry.SETTLE, "0.70", project=twin.id))
    page = opened(costs_of="All projects", numbers="true", numbers_by="Project")
    spent = table(page, "Trimmed").set_index("Project")["Spent"].to_dict()
    assert spent == {"Ascent (ascent-2)": 0.70, "Ascent (ascent)": 0.35}


def test_the_numbers_behind_the_pictures_are_one_click_away(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"), line(Entry.AT_RISK, "1.20", model="wan_i2v"))
    assert not opened().dataframe
    numbers = table(opened(numbers="true", numbers_by="Model"), "Trimmed").set_index("Model")
    assert numbers["Spent"].to_dict() == {"Kling 2.6 Pro": 0.35, "Wan 2.6": 0.0}
    assert numbers["At risk"].to_dict() == {"Kling 2.6 Pro": 0.0, "Wan 2.6": 1.2}


def test_another_model_is_priced_beside_what_was_made(at_work: Studio, project: Project) -> None:
    kept = line(Entry.SETTLE, "0.50").changed(clip=True, paid_s=5.0)
    put_in_cut(at_work, project, kept)
    at_work.ledger.append(kept)
    page = opened(tab="Yield and waste")
    assert "What another model would have cost" in [heading.value for heading in page.subheader]
    assert any("each shot of the cut that has a clip (1)" in caption for caption in captions(page))


def test_budgets_are_set_shown_and_lifted(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "3.00"))
    page = opened(tab="Budgets")
    page.selectbox[1].set_value(Scope.MONTH)
    page.selectbox[2].set_value("")
    page.text_input[0].set_value("10")
    submit(page, "Set it")
    assert metrics(page)["What is left to spend?"] == "$7.00"
    assert [budget.title for budget in at_work.budgets().budgets] == ["hard limit of $10.00 a month"]
    page.text_input[1].set_value("5")
    submit(page, "Save")
    assert at_work.budgets().ask_twice_over_usd == Decimal(5)
    page.text_input[0].set_value("ten")
    submit(page, "Set it")
    assert "is not an amount of dollars" in page.error[0].proto.title
    submit(page, "Lift it")
    assert not at_work.budgets().budgets


def test_a_limit_is_set_for_a_project_by_its_title(at_work: Studio, project: Project) -> None:
    assert opened(tab="Budgets").selectbox[2].options == ["all projects", project.title]


def test_the_bill_stands_beside_the_estimate(at_work: Studio, project: Project) -> None:
    first = line(Entry.SETTLE, "1.00")
    at_work.ledger.append(first, first.changed(usd=Decimal("1.08"), source="billing events"))
    page = opened(tab="The bill")
    shown = metrics(page)
    assert (shown["We estimated"], shown["The bill says"], shown["Difference"]) == ("$1.00", "$1.08", "+8.0%")


def test_a_bill_from_a_file_is_shown_before_it_is_applied(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "1.00").changed(request_id="r-1"))
    page = opened(tab="The bill")
    bill = b"request_id,cost_total\nr-1,1.20\nr-9,3.00\nr-1,much\n"
    page.file_uploader[0].upload("bill.csv", bill).run()
    submit(page, "Look at it")
    assert at_work.costs().spent_usd == Decimal("1.00")
    assert table(page, "Before")["Bill"].to_list() == [1.2]
    told = [warning.proto.title for warning in page.warning]
    assert {"1 unknown request", "1 row cannot be used"} <= set(told)
    submit(page, "Apply to the ledger")
    assert at_work.costs().spent_usd == Decimal("1.20")
    assert page.success[0].value == "1 line added to the ledger."


def test_limits_that_cannot_be_read_leave_the_rest_of_the_page(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"))
    (at_work.settings.data / "budgets.json").write_text("{")
    page = opened()
    assert metrics(page)["What did this cut cost?"] == "$0.35"
    assert any("budgets.json cannot be read" in error.value for error in page.error)
    assert "The limits cannot be read: nothing paid is ordered" in captions(page)
    assert "No limit is set" not in captions(page)


def test_the_page_is_drawn_again_when_a_line_a_limit_or_a_cut_has_changed(
    at_work: Studio, project: Project
) -> None:
    kept = line(Entry.SETTLE, "0.35")
    for change in (
        lambda: at_work.ledger.append(kept),
        lambda: at_work.set_budget("team", Decimal(10)),
        lambda: put_in_cut(at_work, project, kept),
        lambda: (at_work.settings.data / "budgets.json").write_text("{"),
    ):
        seen = as_now()
        assert as_now() == seen
        change()
        assert as_now() != seen


def test_the_wall_shows_large_numbers_and_nothing_else(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"), line(Entry.AT_RISK, "1.20"))
    page = opened(wall="1")
    told = " ".join(html.proto.body for html in page.get("html"))
    assert "$0.35" in told
    assert "$1.20" in told
    assert not page.metric
    assert not page.tabs


def test_an_axis_writes_cents_as_cents(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"))
    charts = [json.loads(chart.proto.spec) for chart in opened().get("vega_lite_chart")]
    axes = [spec["encoding"]["y"]["axis"] for spec in charts if spec["encoding"]["y"]["field"] == "usd"]
    assert axes, "no axis of dollars"
    assert all("% 1 ? '$,.2f'" in axis["labelExpr"] for axis in axes)


def test_where_nothing_was_spent_that_is_said(at_work: Studio, project: Project) -> None:
    page = opened()
    assert [info.proto.title for info in page.info] == ["Nothing was spent on Ascent"]
    assert "is free" in page.info[0].value


def test_free_takes_are_counted(at_work: Studio, project: Project, slots: Executor) -> None:
    at_work.order_takes(project.id, ["shot_001"], model="animatic")
    wait_until(lambda: not at_work.busy(), what="the take")
    assert "So far it made 1 take." in opened().info[0].value


def test_the_page_shows_nothing_before_there_is_a_project(at_work: Studio) -> None:
    assert not opened().metric


def test_every_model_is_priced_as_its_quote_says_the_cheapest_first(
    at_work: Studio, project: Project
) -> None:
    prices = table(opened(tab="The rest"), "Price").set_index("Model")["Price"].to_dict()
    quotes = {
        model.name + (" · chosen here" if model.key == "animatic" else ""): at_work.quote(
            project.id, model=model.key
        )
        for model in at_work.catalogue
    }
    assert prices == {name: price_text(quote.usd, quote.usd_high) for name, quote in quotes.items()}
    assert prices["Kling 2.6 Pro"] == "$1.05"  # three shots, 5 s each at $0.07
    ordered = [quotes[str(name)].usd for name in prices]
    assert ordered == sorted(ordered)


def test_a_shot_longer_than_a_model_sells_is_said(at_work: Studio, draw: Draw) -> None:
    made = at_work.create_project("Long")
    at_work.add_stills(made.id, [("long.png", draw.still(size=(640, 360)))], seconds=12.0)
    cannot = table(opened(tab="The rest"), "Cannot do").set_index("Model")["Cannot do"]
    assert cannot["Kling 2.6 Pro"] == "every shot: longer than its longest clip, 10 s"


def test_one_click_sets_the_cheapest_mix_and_another_puts_back_what_was(
    at_work: Studio, project: Project
) -> None:
    page = opened(tab="The rest")
    mix = at_work.offers(project.id, wish=Wish()).mix
    page.button(key="set_mix").click().run()
    now = at_work.project(project.id)
    assert {shot.shot_id: now.model_of(shot) for shot in now.shots} == mix.choice
    assert page.button(key="set_mix").disabled
    page.button(key="unset_mix").click().run()
    now = at_work.project(project.id)
    assert {now.model_of(shot) for shot in now.shots} == {project.video_model}


def test_the_wish_for_sound_in_the_address_decides_the_prices(at_work: Studio, project: Project) -> None:
    page = opened(tab="The rest", price_sound="With sound")
    assert table(page, "Price").set_index("Model")["Price"]["Kling 2.6 Pro"] == "$2.10"


def test_prices_follow_the_storyboard(at_work: Studio, project: Project) -> None:
    page = opened(tab="The rest")
    at_work.remove_shots(project.id, ["shot_003"])
    page.run()
    assert table(page, "Price").set_index("Model")["Price"]["Kling 2.6 Pro"] == "$0.70"


def test_lines_that_cannot_be_read_are_told(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"))
    with (at_work.settings.data / "ledger.jsonl").open("a") as ledger:
        ledger.write("torn\n")
    page = opened()
    [told] = [alert for alert in (*page.error, *page.warning) if "cannot be read" in alert.value]
    assert "Line 2 of the ledger" in told.value
    assert metrics(page)["What did this cut cost?"] == "$0.35"


def test_a_project_without_stills_says_where_to_begin(at_work: Studio) -> None:
    at_work.create_project("Bare")
    page = opened(tab="The rest")
    assert [link.proto.label for link in page.get("page_link")] == ["Bring in stills"]
    assert not page.dataframe


def test_a_day_of_another_year_says_which() -> None:
    this_year = today()
    assert day_text(this_year.replace(month=11, day=3)) == "3 Nov"
    assert day_text(this_year.replace(year=this_year.year + 1, month=10, day=27)) == (
        f"27 Oct {this_year.year + 1}"
    )
