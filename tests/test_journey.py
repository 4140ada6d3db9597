"""What a new user does, in a real browser on the real server: open, generate, watch, export, download."""

import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from browser_support import browser_path, launch_arguments
from PIL import Image
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright
from serving import Server, served

from core.media import ffmpeg, probe_clip

__all__ = ["browser_path"]

pytestmark = pytest.mark.browser

PATIENCE_MS = 90_000
"""How long a batch of the sample may take on a busy machine."""


@pytest.fixture
def server(data: Path) -> Iterator[Server]:
    """The app on an empty data folder: a new user's."""
    data.mkdir()
    with served(data) as running:
        yield running


@pytest.fixture
def page(server: Server, browser_path: Path, tmp_path: Path) -> Iterator[Page]:
    """A page of a real browser, whose errors fail the test and whose last sight is kept."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # A deep link makes Streamlit ask for its health below the page's own name first, in vain.
        if message.type == "error" and "_stcore" not in message.location["url"]:
            complaints.append(f"{message.text} ({message.location['url']})")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=launch_arguments())
        opened = browser.new_page(viewport={"width": 1440, "height": 900})
        opened.on("console", listen)
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        yield opened
        opened.screenshot(path=tmp_path / "last-sight.png")
        browser.close()
    assert not complaints, complaints


def settled(page: Page) -> None:
    """Wait until the page's script has run."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()


def visit(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url(re.compile(f"/{name.lower()}"))
    settled(page)


def picture(path: Path, *, last: bool, folder: Path) -> np.ndarray:
    """The first or the last frame of a video file, through ffmpeg, as H×W×3."""
    shown = folder / f"{'last' if last else 'first'}.png"
    seek = ["-sseof", "-0.2"] if last else []
    command = [ffmpeg(), "-y", "-loglevel", "error", *seek, "-i", str(path), "-update", "1"]
    subprocess.run([*command, *([] if last else ["-frames:v", "1"]), str(shown)], check=True)
    with Image.open(shown) as opened:
        return np.asarray(opened.convert("RGB")).astype(float)


def test_two_clicks_make_the_sample_move_and_export_it(page: Page, server: Server, tmp_path: Path) -> None:
    page.goto(f"http://{server.host}/")
    settled(page)
    expect(page.get_by_text("6 shots · 19.2 s")).to_be_visible()

    visit(page, "Animate")
    page.get_by_role("button", name=re.compile("Generate all")).click()
    expect(page.get_by_text("6 of 6 shots have a clip")).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_test_id("glide-cell-3-0")).to_have_text(re.compile("Done"))
    player = page.locator("video").first
    expect(player).to_have_js_property("error", None)
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    assert player.evaluate("video => [video.videoWidth, video.videoHeight]") == [1280, 720]

    visit(page, "Export")
    page.get_by_role("button", name="Export", exact=True).click()
    download = page.get_by_role("link", name="Download").first
    expect(download).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function("() => document.querySelector('video')?.duration > 19")

    address = download.get_attribute("href") or ""
    delivered = tmp_path / "cut.mp4"
    with urllib.request.urlopen(f"http://{server.host}{address}" if address[0] == "/" else address) as answer:
        assert "attachment" in answer.headers["Content-Disposition"]
        delivered.write_bytes(answer.read())
    facts = probe_clip(delivered)
    assert (facts.width, facts.height, facts.frames) == (1280, 720, 480)
    assert facts.has_audio
    first, last = (picture(delivered, last=end, folder=tmp_path) for end in (False, True))
    assert first[..., 0].mean() > first[..., 2].mean() + 20, (
        "the cut does not begin with the warm coffee table"
    )
    assert last.mean() < 60, "the cut does not end in the dark of the deep field"


def test_a_selection_outlives_the_live_updates_and_the_player_is_not_remade(
    page: Page, server: Server
) -> None:
    page.goto(f"http://{server.host}/animate")
    settled(page)
    page.get_by_role("button", name=re.compile("Generate all")).click()
    expect(page.get_by_text("6 of 6 shots have a clip")).to_be_visible(timeout=PATIENCE_MS)
    page.wait_for_function("() => document.querySelector('video')?.readyState >= 2")
    page.evaluate("() => { document.querySelector('video').dataset.mine = 'yes' }")
    before = page.locator("video").first.bounding_box()
    with urllib.request.urlopen(
        urllib.request.Request(
            f"http://{server.host}/api/project/countdown/video/generate-shot",
            data=b'{"shot_id": "shot_006"}',
            headers={"Content-Type": "application/json"},
        )
    ) as answer:
        assert answer.status == 202
    expect(page.get_by_test_id("glide-cell-5-5")).to_have_text(re.compile("2 of 2"), timeout=PATIENCE_MS)
    expect(page.get_by_test_id("glide-cell-3-5")).to_have_text(re.compile("Done"), timeout=PATIENCE_MS)
    assert page.evaluate("() => document.querySelector('video').dataset.mine") == "yes"
    assert page.locator("video").first.bounding_box() == before


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_page_opens_by_its_own_address_with_its_pictures(
    page: Page, server: Server, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for address in ("", "animate", "export", "costs"):
        page.goto(f"http://{server.host}/{address}")
        settled(page)
        expect(page.get_by_role("combobox", name="Project").first).to_have_value("Countdown")
        broken = "() => [...document.images].filter(i => i.complete && !i.naturalWidth).map(i => i.src)"
        assert page.evaluate(broken) == []
        assert page.get_by_test_id("stException").count() == 0
        wide = "() => document.documentElement.scrollWidth <= window.innerWidth"
        assert page.evaluate(wide), f"{address or 'project'} scrolls sideways"
