"""Sets Stillmotion up and runs it. Needs nothing but Python 3.11 or newer.

  python3 run.py            start the app on this computer and open the browser
  python3 run.py test       run the checks and every test; what follows goes to pytest: test -k money
  python3 run.py check      format, lint, types and the direction of imports
  python3 run.py bench      run the benchmarks, or those named: bench animatic
  python3 run.py rehearse   start the app against an emulator of fal.ai, for nothing; --faults, --speed N

The first run makes .venv and installs what its command needs; later runs start at once.
"""

import argparse
import hashlib
import http.client
import importlib.util
import ipaddress
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

OLDEST_PYTHON = (3, 11)


def newer_python() -> str:
    """The command of a Python on this computer that is new enough, or nothing. Runs on old Pythons too."""
    for version in ("3.13", "3.12", "3.11", "3.14"):
        command = ["py", f"-{version}"] if os.name == "nt" else [f"python{version}"]
        with suppress(OSError):
            if (
                subprocess.call([*command, "-c", ""], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                == 0
            ):
                return " ".join(command)
    return ""


# Everything in this file must parse on Python 3.6, and everything above this line must run on it.
if sys.version_info < OLDEST_PYTHON:
    found = newer_python()
    print(f"Stillmotion needs Python 3.11 or newer; this is Python {sys.version.split()[0]}.")
    print(
        f"Run it with the newer one: {found} run.py"
        if found
        else "Install Python 3.12, then run it with that."
    )
    sys.exit(1)

ROOT = Path(__file__).resolve().parent
APP_NEEDS = "requirements.txt"
TESTS_NEED = "requirements-dev.txt"
VENV = ROOT / ".venv"
SCRIPTS = VENV / ("Scripts" if os.name == "nt" else "bin")
VENV_PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / "stillmotion.json"
"""What .venv was made for and what was installed into it, in full. Empty while that is being done."""

CHECKS = {
    "format": [str(VENV_PYTHON), "-m", "ruff", "format", "--check", "."],
    "lint": [str(VENV_PYTHON), "-m", "ruff", "check", "."],
    "types": [str(VENV_PYTHON), "-m", "mypy"],
    "imports": [str(SCRIPTS / "lint-imports")],
}

OFFLINE_SIGNS = (
    "Failed to establish a new connection",
    "Temporary failure in name resolution",
    "getaddrinfo failed",
    "NameResolutionError",
    "ConnectTimeoutError",
    "Network is unreachable",
    "ProxyError",
)
"""Words of pip and its HTTP library when no package index can be reached."""

Command = Sequence[str | Path]

handed_down: set[int] = set()
"""The lock on .venv, when this run holds it: its children do too, lest a killed run's pip meet the next."""


class Refused(Exception):
    """Nothing was started. `str()` of it is one line that says what; `remedy` is one that says what to do."""

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(what)
        self.remedy = remedy


def ensure_installed(requirements: str) -> None:
    """Returns when .venv holds all that `requirements` asks for. At once, without pip, when it did before."""
    if is_installed(requirements):
        return
    try:
        with only_one_run():
            if not is_installed(requirements):  # else another run did it while this one waited
                install(requirements)
    except OSError as error:
        raise Refused(
            f"The folder .venv could not be set up: {error}",
            remedy="See that the disk has room and nothing still runs from .venv; then run this again.",
        ) from error


def is_installed(requirements: str) -> bool:
    stamp = read_stamp() or {}
    return is_fit(stamp) and stamp["installed"].get(requirements) == fingerprint(ROOT / requirements)


def is_fit(stamp: dict[str, dict[str, str]]) -> bool:
    """Whether .venv was finished, for this Python and in this place: a copied or moved one is not ours."""
    return VENV_PYTHON.exists() and stamp.get("made_for") == made_for()


def made_for() -> dict[str, str]:
    python = f"{sys.implementation.name} {sys.version_info.major}.{sys.version_info.minor}"
    return {"python": python, "platform": sysconfig.get_platform(), "place": str(VENV.resolve())}


def files_of(requirements: Path) -> list[Path]:
    """A requirements file, and those it includes with -r."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    included = [requirements.parent / line[2:].strip() for line in lines if line.startswith("-r")]
    return [requirements, *(file for path in included for file in files_of(path))]


def fingerprint(requirements: Path) -> str:
    """Changes whenever a requirement does."""
    texts = [path.read_text(encoding="utf-8") for path in files_of(requirements)]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def read_stamp() -> dict[str, dict[str, str]] | None:
    """None when .venv has none: somebody made it by hand, or nobody made it. Empty when it was cut short."""
    try:
        return dict(json.loads(STAMP.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except ValueError:
        return {}


def write_stamp(stamp: dict[str, dict[str, str]]) -> None:
    new = STAMP.with_suffix(".new")
    new.write_text(json.dumps(stamp, indent=2), encoding="utf-8")
    new.replace(STAMP)


def install(requirements: str) -> None:
    """Makes or mends .venv and installs into it. Cut short at any point, the next run makes .venv anew."""
    stamp = read_stamp()
    keep = works_by_hand() if stamp is None else is_fit(stamp)
    installed = stamp["installed"] if keep and stamp else {}
    VENV.mkdir(exist_ok=True)
    write_stamp({})
    if not keep:
        make_venv()
    pip_install(requirements)
    for path in files_of(ROOT / requirements):
        installed[path.name] = fingerprint(path)
    write_stamp({"made_for": made_for(), "installed": installed})


def works_by_hand() -> bool:
    """Whether somebody's own .venv can be used: it has pip, and the Python that this file runs on."""
    ask = "import pip, sys; print(*sys.version_info[:2])"
    with suppress(OSError):
        answer = subprocess.run([VENV_PYTHON, "-c", ask], capture_output=True, text=True, check=False)
        return answer.stdout.split() == [str(part) for part in sys.version_info[:2]]
    return False


def make_venv() -> None:
    say("Making .venv")
    empty_venv()
    # Started from inside a .venv, the interpreter underneath makes the new one.
    python = getattr(sys, "_base_executable", None) or sys.executable
    if has_module("ensurepip"):
        quietly([python, "-m", "venv", VENV])
    elif has_module("venv") and has_module("pip"):  # Debian's python3-pip without its python3-venv
        quietly([python, "-m", "venv", "--without-pip", VENV])
        quietly([python, "-m", "pip", "--python", VENV_PYTHON, "install", "pip"])
    else:
        raise venv_missing()


def has_module(name: str) -> bool:
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None  # a folder left empty has a spec too


def empty_venv() -> None:
    """Removes all but the stamp, which goes on saying that .venv is unfinished."""
    for entry in VENV.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        elif entry != STAMP:
            entry.unlink()


def venv_missing() -> Refused:
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    return Refused(
        "This Python cannot make environments: it came without the modules venv and ensurepip.",
        remedy=f"On Debian and Ubuntu: sudo apt install {package}. Elsewhere: take Python from python.org.",
    )


def quietly(command: Command) -> None:
    """Runs a step of making .venv, which has nothing to say unless it fails."""
    with child(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        lines = read_lines(process)
    if process.returncode:
        raise install_failed("Python could not make .venv", lines, by_hand=command)


def pip_install(requirements: str) -> None:
    say(f"Installing {requirements}: a minute or two the first time, then never again")
    started_s = time.monotonic()
    pip: Command = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command: Command = [*pip, "install", "--progress-bar", "off", "-r", ROOT / requirements]
    with child(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        lines = read_lines(process, show=show_progress)
    show_progress(" " * 70)
    if process.returncode:
        raise install_failed(f"pip could not install {requirements}", lines, by_hand=command)
    say(f"Installed in {time.monotonic() - started_s:.0f} s")


def install_failed(what: str, lines: list[str], *, by_hand: Command) -> Refused:
    if any(sign in line for line in lines for sign in OFFLINE_SIGNS):
        return Refused(
            f"{what}: no package index could be reached.",
            remedy="Go online, or behind a proxy set HTTPS_PROXY; then run the same command again.",
        )
    errors = (
        [line for line in lines if line.startswith("ERROR")]
        or list(filter(None, lines))
        or ["it gave no reason"]
    )
    command = subprocess.list2cmdline(str(part) for part in by_hand)
    return Refused(
        f"{what}: {errors[-1].removeprefix('ERROR: ')}", remedy=f"See all it says by running: {command}"
    )


def read_lines(process: "subprocess.Popen[str]", show: Callable[[str], object] = str) -> list[str]:
    """All that a process prints, each line shown as it comes."""
    lines = []
    for line in process.stdout or ():
        lines.append(line.rstrip())
        show(lines[-1])
    return lines


def show_progress(line: str) -> None:
    """What pip is busy with, on one line of a terminal that each new word overwrites. Elsewhere, nothing."""
    if sys.stdout.isatty() and line.startswith(("Collecting", "Downloading", "Installing", " " * 70)):
        print("\r" + line[:70].ljust(70), end="\r", flush=True)


@contextmanager
def only_one_run() -> Iterator[None]:
    """Held by the one run that changes .venv. The operating system frees it when that run and its pip die.

    What is locked is this very file: it is there before anything is made and is never removed.
    """
    with Path(__file__).open("rb+") as file:
        if not try_lock(file.fileno()):
            say("Another run is setting up .venv: waiting for it")
            while not try_lock(file.fileno()):
                time.sleep(0.2)
        handed_down.add(file.fileno())
        try:
            yield
        finally:
            handed_down.clear()


def try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 2**30, os.SEEK_SET)  # past the end, so that the file can still be read
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def child(
    command: Command,
    *,
    stdout: int | None = None,
    stderr: int | None = None,
    more_env: dict[str, str] | None = None,
) -> Iterator["subprocess.Popen[str]"]:
    """A process that ends with this one: asked at Ctrl-C or SIGTERM, and made to 4.5 s later."""
    env = {**os.environ, "PYTHONUTF8": "1", "PIP_USER": "0", **(more_env or {})}
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        errors="replace",
        pass_fds=() if os.name == "nt" else tuple(handed_down),
    ) as process:
        try:
            yield process
            process.wait()
        except KeyboardInterrupt:
            with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                process.wait(2)  # the terminal told it too, and a tool that tidies up must not be told twice
            raise
        finally:
            end(process)


def end(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(2.5)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()


def call(command: Command, more_env: dict[str, str] | None = None) -> int:
    """Runs a command in the checkout, its words on this terminal, and gives its exit code."""
    with child(command, more_env=more_env) as process:
        return process.wait()


def say(line: str) -> None:
    print(line, flush=True)  # before what a child prints next


def app(arguments: list[str]) -> int:
    """Serves until it is told to stop. 0 after Ctrl-C, else what the server gave."""
    options = app_options().parse_args(arguments)
    address = loopback(options.address)
    refuse_taken(address, options.port)
    ensure_installed(APP_NEEDS)
    where = ["--server.address", address, "--server.port", str(options.port)]
    server: Command = [VENV_PYTHON, "-m", "streamlit", "run", "app.py", "--server.headless", "true", *where]
    with suppress(KeyboardInterrupt), child(server) as process:
        if wait_until_served(process, address, options.port):
            say(f"Stillmotion is at {url(address, options.port)} (Ctrl-C ends it)")
            if options.browser:
                open_browser(url(address, options.port))
        return process.wait()
    return 0


def app_options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="run.py",
        usage="python3 run.py [app|rehearse] [--port N] [--address A] [--no-browser] | test | check | bench",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=port_number, default=8501, metavar="N", help="8501 unless told")
    parser.add_argument(
        "--address", default="127.0.0.1", metavar="A", help="of this computer only: 127.0.0.1, ::1"
    )
    parser.add_argument("--no-browser", dest="browser", action="store_false", help="do not open the browser")
    return parser


def port_number(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text} is not a port: those go from 1 to 65535")


def loopback(address: str) -> str:
    """The address to bind, which only this computer can reach.

    Raises:
        Refused: anybody on the network could reach it.
    """
    if address == "localhost":
        return "127.0.0.1"
    with suppress(ValueError):
        if ipaddress.ip_address(address).is_loopback:
            return address
    raise Refused(
        f"Stillmotion serves this computer only for now, not {address}: it has no log-in yet.",
        remedy="Leave --address out, or give 127.0.0.1. From elsewhere, come through an SSH tunnel.",
    )


def refuse_taken(address: str, port: int) -> None:
    """Raises Refused when something listens on the port already."""
    if is_free(address, port):
        return
    holder = "a Streamlit app, perhaps this one," if is_served(address, port) else "another program"
    free = next((other for other in range(port + 1, min(port + 100, 65536)) if is_free(address, other)), 8601)
    raise Refused(
        f"Port {port} is taken: {holder} is at {url(address, port)}.",
        remedy=f"End it, or start Stillmotion on another port: python3 run.py --port {free}",
    )


def is_free(address: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        if os.name != "nt":  # there the option means sharing; here it lets a port be used again at once
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((address, port))
        except OSError:
            return False
    return True


def wait_until_served(server: "subprocess.Popen[str]", address: str, port: int) -> bool:
    """True once the app answers, False if it ended before it did."""
    while server.poll() is None:
        if is_served(address, port):
            return True
        time.sleep(0.1)
    return False


def is_served(address: str, port: int) -> bool:
    connection = http.client.HTTPConnection(address, port, timeout=2)
    try:
        connection.request("GET", "/_stcore/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def url(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def open_browser(address: str) -> None:
    """Opens a window where there is a screen; in a bare terminal a text browser would take it over."""
    if (
        os.name == "nt"
        or sys.platform == "darwin"
        or "DISPLAY" in os.environ
        or "WAYLAND_DISPLAY" in os.environ
    ):
        webbrowser.open(address)


def check(arguments: list[str]) -> int:
    """Runs every check, even after one failed. 1 if any did."""
    if arguments:
        raise Refused(f"check takes no arguments: {' '.join(arguments)}", remedy="Run: python3 run.py check")
    return 1 if failed_checks() else 0


def failed_checks() -> list[str]:
    ensure_installed(TESTS_NEED)
    failed = []
    for name, command in CHECKS.items():
        say(f"== {name}")
        if call([*command]):
            failed.append(name)
    say("Checks: " + ", ".join(f"{name} {'FAILED' if name in failed else 'passed'}" for name in CHECKS))
    return failed


def test(arguments: list[str]) -> int:
    """Runs the checks, then every test. 1 if a check failed, else what pytest gave."""
    failed = failed_checks()
    to_pytest = arguments[1:] if arguments[:1] == ["--"] else arguments
    code = call([VENV_PYTHON, "-m", "pytest", *to_pytest], more_env=browser_env())
    if failed:
        say(f"Checks failed: {', '.join(failed)} (their words are above the tests')")
    return code or (1 if failed else 0)


def browser_env() -> dict[str, str]:
    """How the tests learn of the browser. In CI, one that is missing fails them; elsewhere they skip."""
    finder = [VENV_PYTHON, ROOT / "tests" / "browser_support.py"]
    with child(finder, stdout=subprocess.PIPE) as process:
        lines = read_lines(process)
    required = {"STILLMOTION_REQUIRE_BROWSER": "1"} if os.environ.get("CI") in ("true", "1") else {}
    found = {"STILLMOTION_TEST_BROWSER": lines[-1]} if lines else {}
    return required | found


def bench(arguments: list[str]) -> int:
    ensure_installed(TESTS_NEED)
    return call([VENV_PYTHON, "-m", "bench", *arguments])


def rehearse(arguments: list[str]) -> int:
    """The app against an emulator of fal.ai on this computer: prices, faults and bills, for nothing."""
    options = argparse.ArgumentParser(prog="run.py rehearse", allow_abbrev=False)
    options.add_argument("--faults", action="store_true", help="let things go wrong now and then")
    options.add_argument("--speed", type=float, default=10.0, help="how many times faster than fal: 10")
    asked, rest = options.parse_known_args(arguments)
    ensure_installed(TESTS_NEED)
    tests = ROOT / "tests"
    script = ["--script", str(tests / "fal_emulator" / "rehearsal.json")] if asked.faults else []
    emulator: Command = [VENV_PYTHON, "-m", "fal_emulator", "--port", "0", "--clips", "full", *script]
    path = {"PYTHONPATH": os.pathsep.join([str(tests), str(ROOT)])}
    with child([*emulator, "--speed", str(asked.speed)], stdout=subprocess.PIPE, more_env=path) as fal:
        assert fal.stdout is not None
        os.environ |= rehearsal_settings(json.loads(fal.stdout.readline())["url"])
        return app(rest)


def rehearsal_settings(address: str) -> dict[str, str]:
    """Settings with which the app takes `address` for fal.ai, and keeps its rehearsals apart."""
    hosts = {f"STILLMOTION_FAL_{name}_URL": address for name in ("QUEUE", "REST", "CDN")}
    folder = os.environ.get("STILLMOTION_DATA") or str(ROOT / "data" / "rehearsal")
    keys = {"FAL_KEY": "rehearsal:key", "FAL_ADMIN_KEY": "rehearsal:key:admin"}
    return {**hosts, **keys, "STILLMOTION_FAL_API_URL": f"{address}/v1", "STILLMOTION_DATA": folder}


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "app": app,
    "test": test,
    "check": check,
    "bench": bench,
    "rehearse": rehearse,
}


def main(arguments: list[str]) -> int:
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda number, _frame: sys.exit(128 + number))
    command = COMMANDS["app"]
    if arguments and not arguments[0].startswith("-"):
        if arguments[0] not in COMMANDS:
            app_options().error(f"there is no command {arguments[0]}, only {', '.join(COMMANDS)}")
        command = COMMANDS[arguments.pop(0)]
    try:
        return command(arguments)
    except Refused as refused:
        print(refused, refused.remedy, sep="\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
