"""A new visitor sees the pages dark; who chooses light keeps it."""

from pathlib import Path

import pytest
from browser_support import browser_path, launch_arguments
from http_client import local
from playwright.sync_api import Page, sync_playwright
from starlette.applications import Starlette

from pages.first_visit import ADDRESSES, frame_routes

__all__ = ["browser_path"]

ORIGIN = "http://stillmotion.test"


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_frame_is_streamlits_own_with_one_line_in_front(address: str) -> None:
    answer = local(Starlette(routes=[*frame_routes()])).get(address)
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text.count("<head>") == 1
    assert answer.text.index("stActiveTheme") < answer.text.index('<script type="module"')


def test_the_name_of_the_first_page_leads_to_it() -> None:
    answer = local(Starlette(routes=[*frame_routes()])).get("/project?project=ascent")
    assert answer.headers["location"] == "/?project=ascent"


@pytest.mark.browser
def test_a_visit_begins_dark_and_a_choice_is_kept_at_every_address(browser_path: Path) -> None:
    client = local(Starlette(routes=[*frame_routes()]))

    def visit(page: Page, address: str) -> object:
        page.goto(ORIGIN + address)
        return page.evaluate("localStorage[`stActiveTheme-${location.pathname}-v2`]")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=launch_arguments())
        page = browser.new_page(color_scheme="light")
        page.route(
            f"{ORIGIN}/**",
            lambda route: route.fulfill(
                body=client.get(route.request.url.removeprefix(ORIGIN)).text, content_type="text/html"
            ),
        )
        assert visit(page, "/") == '"Dark"'
        page.evaluate("localStorage['stActiveTheme-/-v2'] = '\"Light\"'")
        assert visit(page, "/animate") == '"Light"'
        assert visit(page, "/") == '"Light"'
        browser.close()
