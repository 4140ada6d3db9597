"""What every page shares: the chooser, the address, the way to a first project and back from damage."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.studio import Studio

ENTRY = Path(__file__).parents[2] / "pages" / "_main.py"


def opened(**address: str) -> AppTest:
    """The first page, at an address with these parameters."""
    page = AppTest.from_file(str(ENTRY), default_timeout=30)
    for name, value in address.items():
        page.query_params[name] = value
    return without_exception(page.run())


def without_exception(page: AppTest) -> AppTest:
    assert not page.exception, page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    return without_exception(next(each for each in page.button if each.label == label).click().run())


def test_without_projects_the_page_asks_for_the_first_and_then_works_on_it(at_work: Studio) -> None:
    page = opened()
    page.radio[0].set_value("vertical")
    page.text_input[0].input("Ascent")
    press(page, "Create project")
    (made,) = at_work.projects()
    assert (made.title, at_work.project(made.project_id).size) == ("Ascent", "720x1280")


def test_a_project_without_a_title_is_refused_in_words(at_work: Studio) -> None:
    page = press(opened(), "Create project")
    assert [error.title for error in page.error] == ["The title is empty."]
    assert at_work.projects() == []


def test_the_project_of_the_address_is_opened(at_work: Studio) -> None:
    first, last = at_work.create_project("First"), at_work.create_project("Last")
    assert opened(project=first.id).selectbox[0].value == first.id
    assert opened(project=last.id).selectbox[0].value == last.id


def test_a_chosen_project_stays_chosen_on_every_page_and_is_named_in_the_address(at_work: Studio) -> None:
    first = at_work.create_project("First")
    at_work.create_project("Last")
    page = opened()
    without_exception(page.selectbox[0].set_value(first.id).run())
    assert page.query_params["project"] in (first.id, [first.id])
    without_exception(page.switch_page("animate.py").run())
    assert page.selectbox[0].value == first.id


def test_an_address_that_names_no_project_opens_none(at_work: Studio) -> None:
    at_work.create_project("First")
    page = opened(project="gone")
    assert [warning.title for warning in page.warning] == ["There is no project called gone"]
    assert page.selectbox[0].value is None


def test_two_projects_of_one_title_can_be_told_apart(at_work: Studio) -> None:
    at_work.create_project("Ascent")
    at_work.create_project("Ascent")
    assert sorted(opened().selectbox[0].options) == ["Ascent (ascent)", "Ascent (ascent-2)"]


def test_a_damaged_project_is_told_with_its_remedy_and_the_version_before_comes_back(at_work: Studio) -> None:
    project = at_work.create_project("Ascent")
    at_work.line_up(project.id)
    damaged = at_work.folder(project.id) / "project.json"
    damaged.write_text(damaged.read_text()[:40])
    page = opened(project=project.id)
    assert "damaged" in page.error[0].title
    assert page.error[0].value
    press(page, "Restore the version before")
    assert not page.error
    assert at_work.project(project.id).title == "Ascent"
    assert list(at_work.folder(project.id).glob("project.damaged-*.json"))
