"""The costs page: what stands there is what the ledger adds up to, and what a quote would say."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pandas as pd
import pytest
from drawing import Draw
from streamlit.testing.v1 import AppTest
from waiting import wait_until

from core.executor import Executor
from core.ledger import Entry, Line
from core.offers import Wish
from core.pricing import dollars, price_text
from core.project import Project, ProjectId, ShotId
from core.studio import Studio
from core.take import TakeId

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


def opened() -> AppTest:
    """The costs page, as it first shows."""
    page = AppTest.from_file(str(ENTRY), default_timeout=30).run().switch_page("costs.py").run()
    assert not page.exception
    return page


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def table(page: AppTest, column: str) -> pd.DataFrame:
    """The first table with a column called `column`."""
    return next(each.value for each in page.dataframe if column in each.value.columns)


def headings(page: AppTest) -> list[str]:
    return [heading.value for heading in page.subheader]


def test_totals_are_the_folds_of_the_ledger(at_work: Studio, project: Project) -> None:
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
    report = at_work.costs(project.id)
    assert report.spent_usd == Decimal("1.9516")
    assert metrics(page) == {
        "Spent": dollars(report.spent_usd),
        "Reserved": dollars(report.reserved_usd),
        "At risk": dollars(report.at_risk_usd),
    }
    assert page.metric[0].delta == "$0.5516 today · $0.5516 this month"


def test_all_projects_together_are_one_choice_away(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"), line(Entry.SETTLE, "9.99", project="other"))
    page = opened()
    page.segmented_control(key="costs_of").set_value("all").run()
    assert metrics(page)["Spent"] == dollars(at_work.costs().spent_usd) == "$10.34"
    assert set(table(page, "Money")["Project"]) == {"Ascent", "other"}


def test_the_address_says_whose_costs_are_shown(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "9.99", project="other"))
    page = AppTest.from_file(str(ENTRY), default_timeout=30)
    page.query_params["costs_of"] = "All projects"
    page.run().switch_page("costs.py").run()
    assert metrics(page)["Spent"] == "$9.99"


def test_amounts_in_tables_are_exact_and_by_model_every_take_is_counted(
    at_work: Studio, project: Project
) -> None:
    at_work.ledger.append(
        line(Entry.SETTLE, "0.2016", model="ltx2_i2v"),
        line(Entry.SETTLE, "0.2016", model="ltx2_i2v"),
        line(Entry.SETTLE, "0", model="animatic"),
        line(Entry.RELEASE, "0"),
        line(Entry.RESERVE, "0.70"),
    )
    page = opened()
    models = table(page, "Made").set_index("Model")
    assert models.loc["LTX-2 19B", "Spent"] == Decimal("0.4032")
    assert models["Made"].to_dict() == {"LTX-2 19B": 2, "Animatic": 1, "Kling 2.6 Pro": 0}
    kling = models.loc["Kling 2.6 Pro"]
    assert (kling["Not charged"], kling["Under way"], kling["Spent"]) == (1, 1, 0)
    takes = table(page, "Amount")
    assert takes[takes["Money"] == "Spent"]["Amount"].sum() == at_work.costs(project.id).spent_usd


def test_by_day_by_model_and_by_shot_are_pictured_once_something_was_spent(
    at_work: Studio, project: Project
) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"))
    assert headings(opened()) == ["By day", "By model", "By shot", "What this storyboard would cost"]


def test_where_nothing_was_spent_no_row_of_zeros_stands(at_work: Studio, project: Project) -> None:
    page = opened()
    assert not page.metric
    assert [info.proto.title for info in page.info] == ["Nothing was spent on Ascent"]
    assert "is free" in page.info[0].value
    assert headings(page) == ["What this storyboard would cost"]


def test_free_takes_are_counted(at_work: Studio, project: Project, slots: Executor) -> None:
    at_work.order_takes(project.id, ["shot_001"], model="animatic")
    wait_until(lambda: not at_work.busy(), what="the take")
    page = opened()
    assert "So far it made 1 take." in page.info[0].value
    assert table(page, "Made")["Made"].to_list() == [1]


def test_every_model_is_priced_as_its_quote_says_the_cheapest_first(
    at_work: Studio, project: Project
) -> None:
    prices = table(opened(), "Price").set_index("Model")["Price"].to_dict()
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
    cannot = table(opened(), "Cannot do").set_index("Model")["Cannot do"]
    assert cannot["Kling 2.6 Pro"] == "every shot: longer than its longest clip, 10 s"


def test_one_click_sets_the_cheapest_mix_and_another_puts_back_what_was(
    at_work: Studio, project: Project
) -> None:
    page = opened()
    mix = at_work.offers(project.id, wish=Wish()).mix
    page.button(key="set_mix").click().run()
    now = at_work.project(project.id)
    assert {shot.shot_id: now.model_of(shot) for shot in now.shots} == mix.choice
    assert page.button(key="set_mix").disabled
    page.button(key="unset_mix").click().run()
    now = at_work.project(project.id)
    assert {now.model_of(shot) for shot in now.shots} == {project.video_model}


def test_the_wish_for_sound_in_the_address_decides_the_prices(at_work: Studio, project: Project) -> None:
    page = AppTest.from_file(str(ENTRY), default_timeout=30)
    page.query_params["price_sound"] = "With sound"
    page.run().switch_page("costs.py").run()
    assert table(page, "Price").set_index("Model")["Price"]["Kling 2.6 Pro"] == "$2.10"


def test_prices_follow_the_storyboard(at_work: Studio, project: Project) -> None:
    page = opened()
    at_work.remove_shots(project.id, ["shot_003"])
    page.run()
    assert table(page, "Price").set_index("Model")["Price"]["Kling 2.6 Pro"] == "$0.70"


def test_lines_that_cannot_be_read_are_told(at_work: Studio, project: Project) -> None:
    at_work.ledger.append(line(Entry.SETTLE, "0.35"))
    with (at_work.settings.data / "ledger.jsonl").open("a") as ledger:
        ledger.write("torn\n")
    page = opened()
    assert [warning.proto.title for warning in page.warning] == ["Some lines of the ledger cannot be read"]
    assert "Line 2 of the ledger" in page.warning[0].value
    assert metrics(page)["Spent"] == "$0.35"


def test_a_project_without_stills_says_where_to_begin(at_work: Studio) -> None:
    at_work.create_project("Bare")
    page = opened()
    assert [link.proto.label for link in page.get("page_link")] == ["Bring in stills"]
    assert not page.dataframe
