"""Finds the browser that tests drive, and fetches one when there is none.

As a script it prints the browser's path, after fetching one if it must; tests only look.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
"""What Chromium and its kin are called on the PATH."""

MAC_APPS = ("Google Chrome", "Chromium", "Microsoft Edge")
WINDOWS_PROGRAMS = (r"Google\Chrome\Application\chrome.exe", r"Microsoft\Edge\Application\msedge.exe")
WINDOWS_FOLDERS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")

MISSING = "no Chromium, Chrome or Edge on this computer: python3 run.py test fetches one"


def find_browser() -> Path | None:
    """A browser that starts: the one STILLMOTION_TEST_BROWSER names, an installed one, Playwright's own."""
    named = os.environ.get("STILLMOTION_TEST_BROWSER")
    candidates = [Path(named)] if named else [*installed(), *playwrights_own()]
    return next((path for path in candidates if starts(path)), None)


def installed() -> list[Path]:
    on_path = [Path(found) for found in map(shutil.which, NAMES) if found]
    mac = [Path(f"/Applications/{app}.app/Contents/MacOS/{app}") for app in MAC_APPS]
    folders = [Path(os.environ[name]) for name in WINDOWS_FOLDERS if name in os.environ]
    return [*on_path, *mac, *(folder / program for program in WINDOWS_PROGRAMS for folder in folders)]


def playwrights_own() -> list[Path]:
    """Where Playwright keeps the Chromium it downloads, whether or not it has."""
    if not importlib.util.find_spec("playwright"):
        return []
    ask = (
        "from playwright.sync_api import sync_playwright as start\n"
        "with start() as playwright: print(playwright.chromium.executable_path)"
    )
    # In a process of its own: Playwright's loop must not be running when a test starts it.
    answer = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=False)
    return [Path(line) for line in answer.stdout.splitlines()]


def starts(browser: Path) -> bool:
    """Whether it is there and runs: Ubuntu's command may be a stub, and a download may lack libraries."""
    if not browser.is_file() or browser.resolve().name == "snap":
        return False  # a snap may not read the profile that Playwright makes for it
    if os.name == "nt":
        return True  # there --version would open a window
    try:
        return run_quietly([str(browser), "--version"], timeout_s=30)
    except subprocess.TimeoutExpired:
        return False


def run_quietly(command: list[str], *, timeout_s: float) -> bool:
    answer = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=timeout_s,
    )
    return answer.returncode == 0


def launch_arguments() -> list[str]:
    """What Chromium is started with: without a screen, and without calling home."""
    arguments = [
        "--headless",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return [*arguments, "--no-sandbox"] if is_root else arguments  # root has no sandbox


@pytest.fixture(scope="session")
def browser_path() -> Path:
    """The browser's path. Without a browser the test is skipped, or in CI fails."""
    path = find_browser()
    if path is None and os.environ.get("STILLMOTION_REQUIRE_BROWSER") == "1":
        pytest.fail(MISSING)
    if path is None:
        pytest.skip(MISSING)
    return path


def fetch_browser() -> Path | None:
    """Playwright's own download, else Debian's package where we may install it."""
    tell("No browser for the tests: fetching Playwright's (about 150 MB)")
    if run_aloud([sys.executable, "-m", "playwright", "install", "chromium"]) and (own := find_browser()):
        return own
    if shutil.which("apt-get") and (may := as_root()) is not None:
        tell("That failed: installing Debian's package chromium")
        apt = [
            *may,
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-q",
            "-o",
            "DPkg::Lock::Timeout=300",
        ]
        run_aloud([*apt, "update"])
        run_aloud([*apt, "install", "-y", "--no-install-recommends", "chromium"])
    return find_browser()


def as_root() -> list[str] | None:
    """What to put before a command so that it runs as root; None where that takes a password."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if shutil.which("sudo") and run_quietly(["sudo", "-n", "true"], timeout_s=30):
        return ["sudo", "-n"]
    return None


def run_aloud(command: list[str]) -> bool:
    """Runs a command whose words go to stderr in the end, if it failed: stdout is for the path."""
    answer = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if answer.returncode:
        tell("\n".join(answer.stdout.splitlines()[-5:]))
    return answer.returncode == 0


def tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def main() -> int:
    path = find_browser() or fetch_browser()
    if path is None:
        tell("There is no browser for the tests, and none could be fetched.")
        tell("Install Chrome or Chromium; tests that need one are skipped until then, or in CI fail.")
        return 1
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
