"""The bootstrap: run as a person runs it, in a small checkout whose server is a stand-in for Streamlit."""

import importlib.util
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

RUN = Path(__file__).resolve().parent.parent / "run.py"

STAND_IN_SERVER = """
import http.server, sys
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/_stcore/health" else 404)
        self.end_headers()
value = lambda option: sys.argv[sys.argv.index(option) + 1]
where = value("--server.address"), int(value("--server.port"))
print("serving", *where, flush=True)
http.server.HTTPServer(where, Health).serve_forever()
"""


@pytest.fixture(scope="module")
def run() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run", RUN)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small checkout that needs nothing from any index. Its bench prints one line."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(RUN, folder)
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / "requirements-dev.txt").write_text("-r requirements.txt\n")
    for package, code in {"streamlit": STAND_IN_SERVER, "bench": "print('bench ran')"}.items():
        (folder / package).mkdir()
        (folder / package / "__main__.py").write_text(code)
    return folder


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@contextmanager
def start(checkout: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, str(checkout / "run.py"), *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()  # a test that fails leaves no server behind
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def outcome(checkout: Path, *arguments: str) -> tuple[int, list[str]]:
    with start(checkout, *arguments) as process:
        output, _ = process.communicate(timeout=30)
    return process.returncode, output.splitlines()


def stamp(checkout: Path) -> Path:
    return checkout / ".venv" / "stillmotion.json"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.0.1", "::1"])
def test_an_address_of_this_computer_is_kept(run: ModuleType, address: str) -> None:
    assert run.loopback(address) == address


def test_localhost_is_bound_by_its_number(run: ModuleType) -> None:
    assert run.loopback("localhost") == "127.0.0.1"


@pytest.mark.parametrize(
    "address", ["0.0.0.0", "::", "192.0.2.7", "example.org", "127.0.0.1.example.org", ""]
)
def test_an_address_that_others_reach_is_refused_with_the_reason(checkout: Path, address: str) -> None:
    code, lines = outcome(checkout, "--address", address)
    assert code == 1
    assert len(lines) == 2
    assert "no log-in yet" in lines[0]
    assert "127.0.0.1" in lines[1]


def test_a_taken_port_is_named_with_one_that_is_free(checkout: Path, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    code, lines = outcome(checkout, "--port", str(port))
    assert code == 1
    assert f"Port {port} is taken" in lines[0]
    assert "--port " in lines[1]
    assert not lines[1].endswith(f"--port {port}")


def test_the_help_names_every_command_and_option(run: ModuleType, checkout: Path) -> None:
    code, lines = outcome(checkout, "--help")
    assert code == 0
    for word in [*list(run.COMMANDS)[1:], "--port", "--address", "--no-browser"]:
        assert word in "\n".join(lines)


def test_an_unknown_command_is_bad_usage_and_the_known_ones_are_named(checkout: Path) -> None:
    code, lines = outcome(checkout, "tset")
    assert code == 2
    assert "app, test, check, bench" in lines[-1]


def test_a_change_in_an_included_file_changes_the_fingerprint(run: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "outer.txt").write_text("-r inner.txt\npytest\n")
    (tmp_path / "inner.txt").write_text("streamlit>=1.67\n")
    before = run.fingerprint(tmp_path / "outer.txt")
    assert run.fingerprint(tmp_path / "outer.txt") == before
    (tmp_path / "inner.txt").write_text("streamlit>=1.68\n")
    assert run.fingerprint(tmp_path / "outer.txt") != before


def test_without_an_index_the_message_says_to_go_online(run: ModuleType) -> None:
    said = [
        "WARNING: Retrying: Failed to establish a new connection",
        "ERROR: No matching distribution found for x",
    ]
    refused = run.install_failed("pip failed", said, by_hand=["pip"])
    assert "no package index" in str(refused)
    assert "online" in refused.remedy


def test_any_other_failure_quotes_the_installers_last_error(run: ModuleType) -> None:
    refused = run.install_failed(
        "pip failed", ["ERROR: first", "ERROR: disk full", ""], by_hand=["pip", "install"]
    )
    assert str(refused) == "pip failed: disk full"
    assert refused.remedy.endswith("pip install")


def test_of_two_first_runs_one_installs_and_both_go_on(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv", ignore_errors=True)
    with start(checkout, "bench") as one, start(checkout, "bench") as other:
        said = [process.communicate(timeout=60)[0].splitlines() for process in (one, other)]
    assert [process.returncode for process in (one, other)] == [0, 0]
    assert [lines[-1] for lines in said] == ["bench ran", "bench ran"]
    assert sum("Making .venv" in lines for lines in said) == 1


def test_a_second_run_installs_nothing(checkout: Path) -> None:
    outcome(checkout, "bench")
    written_ns = stamp(checkout).stat().st_mtime_ns
    assert outcome(checkout, "bench") == (0, ["bench ran"])
    assert stamp(checkout).stat().st_mtime_ns == written_ns


@pytest.mark.parametrize(
    "damage", ["{}", "{ cut sho", '{"made_for": {"place": "/elsewhere"}, "installed": {}}']
)
def test_an_unfinished_or_moved_environment_is_made_anew(checkout: Path, damage: str) -> None:
    outcome(checkout, "bench")
    stamp(checkout).write_text(damage)
    code, lines = outcome(checkout, "bench")
    assert code == 0
    assert "Making .venv" in lines
    assert json.loads(stamp(checkout).read_text())["made_for"]["place"] == str(checkout / ".venv")


@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send these signals to one process")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_the_server_ends_with_the_run_that_started_it(
    checkout: Path, number: signal.Signals, code: int
) -> None:
    port = free_port()
    with start(checkout, "--no-browser", "--port", str(port)) as process:
        assert process.stdout
        assert any(f"http://127.0.0.1:{port}" in line for line in process.stdout)
        process.send_signal(number)
        assert process.wait(5) == code
    with socket.create_server(("127.0.0.1", port)):
        pass  # nobody listens there any more


def test_a_server_that_fails_hands_its_exit_code_on(checkout: Path, tmp_path: Path) -> None:
    outcome(checkout, "bench")
    server = checkout / "streamlit" / "__main__.py"
    server.write_text("raise SystemExit(7)")
    try:
        assert outcome(checkout, "--no-browser", "--port", str(free_port()))[0] == 7
    finally:
        server.write_text(STAND_IN_SERVER)


def old_pythons() -> list[str]:
    """Interpreters on this computer that can read run.py but are too old for Stillmotion."""
    names = [f"python3.{minor}" for minor in range(6, 11)]
    managed = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))
    candidates = [*filter(None, map(shutil.which, names)), *map(str, managed)]
    return [path for path in candidates if answers_too_old(path)]


def answers_too_old(python: str) -> bool:
    ask = "import sys; sys.exit(not (3, 6) <= sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", ask], capture_output=True, check=False).returncode == 0


def test_an_old_python_is_told_what_is_needed_in_two_lines() -> None:
    pythons = old_pythons()
    if not pythons:
        pytest.skip("no Python from 3.6 to 3.10 on this computer")
    for python in pythons:
        answer = subprocess.run([python, str(RUN)], capture_output=True, text=True, check=False)
        assert answer.returncode == 1
        assert answer.stderr == ""
        what, remedy = answer.stdout.splitlines()
        assert "needs Python 3.11 or newer" in what
        assert "Python 3.12" in remedy or "run.py" in remedy
