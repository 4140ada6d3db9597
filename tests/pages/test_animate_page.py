"""The animate page, driven as a person would, with real slots at work where it matters."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from drawing import Draw
from streamlit.testing.v1 import AppTest
from waiting import wait_until

from core.edits import Edit
from core.executor import Executor
from core.project import Project, ShotId
from core.studio import Studio, the_studio
from core.take import State
from pages.parts.ordering import Order

ENTRY = Path(__file__).resolve().parents[2] / "pages" / "_main.py"
Open = Callable[[], AppTest]


@pytest.fixture(autouse=True)
def the_pages_studio(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages work on the test's data folder."""
    monkeypatch.setenv("STILLMOTION_DATA", str(studio.settings.data))
    the_studio.cache_clear()
    yield
    the_studio.cache_clear()


@pytest.fixture
def project(studio: Studio, draw: Draw) -> Project:
    """Three shots of a fifth of a second, so that their clips are quickly made."""
    made = studio.create_project("Ascent", size="1280x720")
    studio.add_stills(made.id, draw.stills(3), seconds=0.2)
    return studio.project(made.id)


@pytest.fixture
def open_page() -> Open:
    """Opens the page in a new window."""

    def opened() -> AppTest:
        return AppTest.from_file(str(ENTRY), default_timeout=30).run().switch_page("animate.py").run()

    return opened


def press(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def texts(page: AppTest) -> str:
    """All that the page says, in one string."""
    kinds = (page.markdown, page.caption, page.error, page.info, page.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


def table_key(project: Project) -> str:
    return f"shots-{project.id}"


def pick_row(page: AppTest, project: Project, row: int) -> AppTest:
    """Click into a row of the table."""
    selection = {"rows": [row], "columns": [], "cells": []}
    page.session_state[table_key(project)] = {"selection": selection}
    return page.run()


def put_first(studio: Studio, project: Project, still: Path) -> None:
    """Bring in a shot and put it before all others."""
    studio.add_stills(project.id, [(still.name, still)], seconds=0.2)
    studio.store.projects.edit(
        project.id, lambda now: now.model_copy(update={"shots": (now.shots[-1], *now.shots[:-1])})
    )


def statuses(page: AppTest) -> list[str]:
    return [cell[0] for cell in page.dataframe[0].value["status"]]


def is_quiet(studio: Studio, project: Project) -> Callable[[], bool]:
    return lambda: not studio.outlook(project.id).busy


def test_an_empty_project_says_what_to_do_next(studio: Studio, open_page: Open) -> None:
    studio.create_project("Ascent")
    page = open_page()
    assert "Bring some in" in page.info[0].value
    assert not page.exception


def test_a_fresh_project_shows_every_shot_its_price_and_no_clip(project: Project, open_page: Open) -> None:
    page = open_page()
    assert page.button(key="generate_all").label == "Generate all (3) · free"
    assert page.button(key="retry_failed").disabled
    assert page.button(key="stop").disabled
    assert statuses(page) == ["○ No clip yet"] * 3
    assert [*page.dataframe[0].value["shot"]] == [shot.shot_id for shot in project.shots]
    assert not page.exception


def test_a_shot_that_ends_within_a_frame_has_one_length(
    studio: Studio, project: Project, open_page: Open
) -> None:
    studio.edit(project.id, [Edit(shot_id="shot_003", field="end", was=0.6, now=0.613)])
    page = pick_row(open_page(), project, 2)
    assert page.dataframe[0].value["length"][2] == "0.2 s"
    assert "0.2 s · 1280 × 720" in [caption.value for caption in page.caption]


def test_generate_all_makes_one_clip_of_every_shot(
    studio: Studio, project: Project, slots: Executor, open_page: Open
) -> None:
    page = press(open_page(), "generate_all")
    wait_until(is_quiet(studio, project), what="three clips")
    page.run()
    assert statuses(page) == ["● Done"] * 3
    assert [take.shot_id for take in studio.takes(project.id).values()] == [s.shot_id for s in project.shots]
    assert page.get("video")[0].proto.url.startswith(f"/app/static/clips/{project.id}/")
    assert not page.exception


def test_when_every_shot_has_a_clip_the_way_on_to_export_is_shown(
    studio: Studio, project: Project, slots: Executor, open_page: Open
) -> None:
    page = open_page()
    assert not page.get("page_link")
    press(page, "generate_all")
    wait_until(is_quiet(studio, project), what="three clips")
    page.run()
    assert [each.value for each in page.text] == ["3 of 3 shots have a clip"]
    assert [link.proto.label for link in page.get("page_link")] == ["Go on to Export"]


def test_a_pressed_button_has_nothing_left_to_order(
    studio: Studio, project: Project, open_page: Open
) -> None:
    page = press(open_page(), "generate_all")
    assert len(studio.takes(project.id)) == 3
    assert page.button(key="generate_all").disabled
    assert page.button(key="generate_missing").disabled


def test_a_press_that_arrives_twice_orders_once(studio: Studio, project: Project) -> None:
    def script(project_id: str, shot_id: str) -> None:
        from decimal import Decimal

        from core.project import ShotId
        from pages.parts.ordering import Order, place, show_trouble

        shot_ids = (ShotId(shot_id),)
        order = Order(
            project_id=project_id, shot_ids=shot_ids, model=None, usd=Decimal(0), usd_high=Decimal(0)
        )
        place(order)
        place(order)
        show_trouble()

    page = AppTest.from_function(script, args=(project.id, project.shots[0].shot_id)).run()
    assert len(studio.takes(project.id)) == 1
    assert not page.toast
    assert not page.exception


def test_two_windows_pressed_at_once_order_once(studio: Studio, project: Project, open_page: Open) -> None:
    one, other = open_page(), open_page()
    press(one, "generate_all")
    press(other, "generate_all")
    assert len(studio.takes(project.id)) == 3
    assert "under way already" in other.toast[0].value


def test_stop_cancels_what_waits_and_says_so(studio: Studio, project: Project, open_page: Open) -> None:
    page = press(press(open_page(), "generate_all"), "stop")
    assert statuses(page) == ["■ Cancelled"] * 3
    assert {take.state for take in studio.takes(project.id).values()} == {State.CANCELLED}
    assert page.button(key="generate_missing").label == "Generate missing (3) · free"


def test_what_stop_had_no_time_for_is_ended_by_the_slots(studio: Studio, project: Project) -> None:
    studio.order_takes(project.id)
    assert studio.stop(project.id, within_s=-1) == []
    slots = Executor(studio.settings.data)
    slots.start()
    try:
        wait_until(is_quiet(studio, project), what="the end of what was stopped")
    finally:
        assert slots.stop()
    assert {take.state for take in studio.takes(project.id).values()} == {State.CANCELLED}


def test_a_clip_that_is_gone_from_the_disk_is_said_where_it_would_play(
    studio: Studio, project: Project, slots: Executor, open_page: Open
) -> None:
    [take] = studio.order_takes(project.id, ["shot_001"])
    wait_until(is_quiet(studio, project), what="the clip")
    studio.clip(project.id, take.take_id).unlink()
    page = open_page()
    assert any("is gone from the disk" in str(warning.title) for warning in page.warning)
    assert not page.exception


def test_all_shots_can_be_ordered_again_only_when_what_was_ordered_has_ended(
    studio: Studio, project: Project, open_page: Open
) -> None:
    studio.order_takes(project.id, ["shot_001"])
    page = open_page()
    assert page.button(key="generate_all").disabled
    assert not page.button(key="generate_missing").disabled
    studio.stop(project.id)
    assert not page.run().button(key="generate_all").disabled


def test_generate_missing_leaves_clips_alone(
    studio: Studio, project: Project, slots: Executor, open_page: Open
) -> None:
    first = project.shots[0].shot_id
    studio.order_takes(project.id, [first])
    wait_until(is_quiet(studio, project), what="the first clip")
    press(open_page(), "generate_missing")
    wait_until(is_quiet(studio, project), what="the other clips")
    made = [take.shot_id for take in studio.takes(project.id).values()]
    assert made == [shot.shot_id for shot in project.shots]


def test_a_failure_says_what_and_what_to_do_and_retry_orders_only_it(
    studio: Studio, project: Project, slots: Executor, open_page: Open
) -> None:
    broken = project.shots[1]
    still = studio.folder(project.id) / broken.render.image_url
    kept = still.read_bytes()
    still.unlink()
    studio.order_takes(project.id)
    wait_until(is_quiet(studio, project), what="two clips and a failure")
    page = pick_row(open_page(), project, 1)
    assert statuses(page) == ["● Done", "▲ Failed", "● Done"]
    [failure] = [take.failure for take in studio.takes(project.id).values() if take.failure]
    assert page.error[0].value == failure.remedy
    assert page.error[0].proto.title == failure.what
    still.write_bytes(kept)
    press(page, "retry_failed")
    wait_until(is_quiet(studio, project), what="the retried clip")
    again = [take.shot_id for take in studio.takes(project.id).values()][3:]
    assert again == [broken.shot_id]


def test_the_chosen_shot_stays_chosen_when_rows_come_in_above(
    studio: Studio, project: Project, draw: Draw, open_page: Open
) -> None:
    page = pick_row(open_page(), project, 1)
    assert "**shot_002**" in texts(page)
    put_first(studio, project, draw.still("late.png"))
    page.run()
    assert "**shot_002**" in texts(page)
    assert page.session_state[table_key(project)]["selection"]["rows"] == [2]
    assert "**shot_001**" in texts(pick_row(page, project, 1))


def test_a_click_counts_for_the_rows_that_the_person_saw(
    studio: Studio, project: Project, draw: Draw, open_page: Open
) -> None:
    page = open_page()
    put_first(studio, project, draw.still("late.png"))
    assert "**shot_003**" in texts(pick_row(page, project, 2))


def test_a_choice_that_the_browser_repeats_is_not_undone(project: Project, open_page: Open) -> None:
    page = open_page()
    click = {"rows": [0], "columns": [], "cells": [(2, "take")]}
    for _ in range(2):  # the second time from a tick that left before the page had answered
        page.session_state[table_key(project)] = {"selection": click}
        page.run()
        assert "**shot_003**" in texts(page)


def test_the_chosen_shot_is_remembered_on_the_way_back(project: Project, open_page: Open) -> None:
    page = pick_row(open_page(), project, 2)
    page.switch_page("costs.py").run().switch_page("animate.py").run()
    assert "**shot_003**" in texts(page)


def test_a_row_that_is_gone_gives_way_to_the_first(studio: Studio, project: Project, open_page: Open) -> None:
    page = pick_row(open_page(), project, 2)
    studio.remove_shots(project.id, ["shot_003"])
    page.run()
    assert "**shot_001**" in texts(page)
    assert not page.exception


def test_one_shot_is_generated_alone_and_can_be_cancelled(
    studio: Studio, project: Project, open_page: Open
) -> None:
    page = press(pick_row(open_page(), project, 1), "generate_shot")
    assert statuses(page) == ["○ No clip yet", "◔ Waiting", "○ No clip yet"]
    press(page, "cancel_shot")
    assert statuses(page)[1] == "■ Cancelled"


def test_an_earlier_take_can_be_put_in_the_cut(
    studio: Studio, project: Project, slots: Executor, open_page: Open
) -> None:
    shot_id = project.shots[0].shot_id
    for _ in range(2):
        studio.order_takes(project.id, [shot_id])
        wait_until(is_quiet(studio, project), what="a clip")
    first, second = studio.takes(project.id)
    page = open_page()
    assert page.dataframe[0].value["take"][0] == "2 of 2"
    assert page.button(key=f"act-{second}").disabled
    press(page, f"act-{first}")
    video = studio.project(project.id).shots[0].render.video
    assert video is not None
    assert video.take_id == first
    assert page.dataframe[0].value["take"][0] == "1 of 2"


def test_a_model_that_cannot_be_ordered_shows_its_price_and_why(
    studio: Studio, draw: Draw, open_page: Open
) -> None:
    made = studio.create_project("Paid", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(2), seconds=4)
    page = open_page()
    assert page.button(key="generate_all").label == "Generate all (2) · $0.70"
    assert page.button(key="generate_all").disabled
    assert "cannot be ordered yet" in page.info[0].proto.title
    assert [*page.dataframe[0].value["length"]] == ["4 → 5 s"] * 2
    page.selectbox(key=f"model-{made.id}-shot_001").set_value("animatic").run()
    press(page, "generate_shot")
    assert [take.model for take in studio.takes(made.id).values()] == ["animatic"]


def test_a_paid_order_is_asked_about_by_name_and_total(studio: Studio, draw: Draw, open_page: Open) -> None:
    made = studio.create_project("Paid", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(2), seconds=4)
    page = open_page()
    page.session_state["order_to_confirm"] = Order(
        project_id=made.id,
        shot_ids=(ShotId("shot_001"), ShotId("shot_002")),
        model=None,
        usd=Decimal("0.70"),
        usd_high=Decimal("0.70"),
    )
    page.run()
    assert "2 takes, 10 s of clip, **$0.70** in total." in texts(page)
    assert any("shot_002" in str(table.value) for table in page.dataframe)
    [agree] = [button for button in page.button if button.label == "Order for $0.70"]
    agree.click().run()
    assert "order_to_confirm" not in page.session_state
    assert "cannot be ordered yet" in page.error[0].proto.title
    assert not studio.takes(made.id)


def test_sound_that_nobody_will_hear_is_pointed_out_and_one_click_orders_silent(
    studio: Studio, draw: Draw, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    made = studio.create_project("Loud", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(1), seconds=4)
    edits = [Edit(field=name, now=now, force=True) for name, now in (("sound", True), ("clip_sound", "drop"))]
    studio.edit(made.id, edits)
    page = press(open_page(), "generate_all")
    [told] = [warning for warning in page.warning if "nobody will hear" in warning.proto.title]
    assert "$0.35 less" in told.value
    page.button(key="order_silent").click().run()
    [take] = studio.takes(made.id).values()
    assert (take.sound, take.quote.usd) == (False, Decimal("0.35"))


def answer(page: AppTest, label: str) -> AppTest:
    """Press the button called `label` in the question."""
    [button] = [button for button in page.button if button.label == label]
    return button.click().run()


def test_a_large_order_is_asked_about_twice_and_not_ordered_in_between(
    studio: Studio, draw: Draw, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    made = studio.create_project("Paid", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(2), seconds=4)
    studio.set_order_limits(ask_twice_over_usd=Decimal("0.50"), http_ceiling_usd=None)
    page = answer(press(open_page(), "generate_all"), "Order for $0.70")
    assert not studio.takes(made.id)
    page.run()
    assert "Really spend $0.70?" in [warning.proto.title.replace("\\", "") for warning in page.warning]
    page = answer(page, "No, not now")
    assert not studio.takes(made.id)
    page = answer(press(page.run(), "generate_all"), "Order for $0.70").run()
    answer(page, "Yes, spend $0.70")
    assert len(studio.takes(made.id)) == 2


def test_a_model_that_is_changed_while_the_question_stands_is_not_ordered_unseen(
    studio: Studio, draw: Draw, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    made = studio.create_project("Paid", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(2), seconds=4)
    page = press(open_page(), "generate_all")
    cheaper = Edit(field="video_model", now="hailuo23_standard_i2v", shot_id="shot_002", force=True)
    studio.edit(made.id, [cheaper])
    page = answer(page, "Order for $0.70")
    assert "shot_002: Kling 2.6 Pro → Hailuo 2.3 Standard" in page.error[0].proto.title.replace("\\", "")
    assert not studio.takes(made.id)


def test_what_changes_between_the_two_questions_is_asked_about_anew(
    studio: Studio, draw: Draw, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    made = studio.create_project("Paid", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(2), seconds=4)
    studio.set_order_limits(ask_twice_over_usd=Decimal("0.50"), http_ceiling_usd=None)
    page = answer(press(open_page(), "generate_all"), "Order for $0.70")
    studio.edit(made.id, [Edit(field="video_model", now="wan_i2v", force=True)])
    page.run()
    [told] = [info for info in page.info if info.proto.title == "Changed since the last quote"]
    assert "shot_001: Kling 2.6 Pro → Wan 2.6" in told.value.replace("\\", "")
    page = answer(page, "Order for $1.00").run()
    assert not studio.takes(made.id)
    answer(page, "Yes, spend $1.00")
    assert [take.model for take in studio.takes(made.id).values()] == ["wan_i2v", "wan_i2v"]


def test_an_order_that_would_pass_a_limit_says_so_before_it_is_refused(
    studio: Studio, draw: Draw, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    made = studio.create_project("Paid", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(2), seconds=4)
    studio.set_budget("month", Decimal("0.50"))
    page = press(open_page(), "generate_all")
    told = [warning.proto.title.replace("\\", "") for warning in page.warning]
    assert "This would pass the hard limit of $0.50 a month" in told
    page = answer(page, "Order for $0.70")
    assert "has $0.50 left" in page.error[0].proto.title.replace("\\", "")
    assert not studio.takes(made.id)


def test_what_changed_since_the_question_before_is_told(
    studio: Studio, draw: Draw, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "key:of-nobody")
    made = studio.create_project("Paid", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(1), seconds=4)
    page = press(open_page(), "generate_all")
    assert not [info for info in page.info if info.proto.title == "Changed since the last quote"]
    [no] = [button for button in page.button if button.label == "Not now"]
    no.click().run()
    studio.edit(made.id, [Edit(field="video_model", now="wan_i2v", force=True)])
    page = press(page.run(), "generate_all")
    [told] = [info for info in page.info if info.proto.title == "Changed since the last quote"]
    assert "shot_001: Kling 2.6 Pro → Wan 2.6, $0.35 → $0.50" in told.value.replace("\\", "")
    assert not studio.takes(made.id)


def test_an_order_whose_price_has_risen_is_refused(studio: Studio, draw: Draw) -> None:
    made = studio.create_project("Paid", model="kling_i2v")
    studio.add_stills(made.id, draw.stills(1), seconds=4)

    def script(project_id: str) -> None:
        from decimal import Decimal

        from core.project import ShotId
        from pages.parts.ordering import Order, place, show_trouble

        free = Decimal(0)
        place(
            Order(project_id=project_id, shot_ids=(ShotId("shot_001"),), model=None, usd=free, usd_high=free)
        )
        show_trouble()

    page = AppTest.from_function(script, args=(made.id,)).run()
    assert page.error[0].proto.title == "The price has changed: it is $0.35 now."
    assert not studio.takes(made.id)


def test_a_damaged_receipt_is_told(studio: Studio, project: Project, open_page: Open) -> None:
    [take, *_] = studio.order_takes(project.id)
    (studio.folder(project.id) / "takes" / f"{take.take_id}.json").write_text("{", encoding="utf-8")
    assert "is damaged" in open_page().warning[0].proto.title
