"""An emulator inside a test: in a thread, or as a process of its own."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from fal_emulator.accounts import ADMIN_SUFFIX, Conditions
from fal_emulator.faults import Rule
from fal_emulator.server import Server

ROOT = Path(__file__).resolve().parents[1]
READY_WITHIN_S = 20.0
AT_ONCE: Mapping[str, Any] = {"run_s": 0.03}
"""What a test usually wants: jobs of 30 ms, thumbnails for clips."""

Json = dict[str, Any]


class AccountControl:
    """The emulator's own calls for one key. Every method blocks for one call on loopback."""

    def __init__(self, client: httpx.Client, key: str) -> None:
        self._client, self.key = client, key

    @property
    def admin_key(self) -> str:
        """The same account's admin key."""
        return self.key + ADMIN_SUFFIX

    def record(self) -> Json:
        """Everything that happened: submits, billed, uploads, downloads, calls, counts."""
        return self._call("GET", "record")

    def script(self, *rules: Json) -> None:
        """Replace the account's script; the counts begin anew."""
        self._call("PUT", "script", {"rules": rules})

    def conditions(self, **changes: Any) -> None:
        """Change how the account is treated; see `Conditions`."""
        self._call("PATCH", "conditions", changes)

    def reset(self) -> None:
        """Forget all of the account."""
        self._call("POST", "reset")

    def advance(self, seconds: float) -> None:
        """Set the account's clock forward."""
        self._call("POST", "advance", {"seconds": seconds})

    def freeze(self) -> None:
        """Stop the account's clock."""
        self._call("POST", "freeze")

    def thaw(self) -> None:
        """Let the account's clock go on."""
        self._call("POST", "thaw")

    def _call(self, method: str, what: str, content: object = None) -> Json:
        answer = self._client.request(
            method, f"/_emulator/{what}", params={"account": self.key}, json=content
        )
        if answer.is_error:
            raise ValueError(f"the emulator refuses {what}: {answer.text}")
        told: Json = answer.json()
        return told


class Emulator:
    """A fal of one's own: `with Emulator() as emulator:` serves at `emulator.url` until the block ends.

    Options are those of `Conditions`. `process=True` starts it as a process of its own, which a test can
    outlive or kill; otherwise it runs in a thread.
    """

    def __init__(
        self,
        *,
        rules: Iterable[Json] = (),
        data: Path | None = None,
        port: int = 0,
        process: bool = False,
        **conditions: Any,
    ) -> None:
        self._rules = [Rule.model_validate(rule) for rule in rules]
        self._conditions = Conditions.model_validate({**AT_ONCE, **conditions})
        self._data, self._port, self._as_process = data, port, process
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        self.process: subprocess.Popen[str] | None = None
        """The process, when it is one."""
        self.url = ""
        """Address of all four hosts."""

    def __enter__(self) -> Self:
        if self._as_process:
            self.process, self.url = self._started()
        else:
            self._server = Server(
                port=self._port, conditions=self._conditions, rules=self._rules, folder=self._data
            )
            self.url = self._server.url
            self._thread = threading.Thread(target=self._server.serve, name="fal-emulator", daemon=True)
            self._thread.start()
        # Loopback is plain HTTP: no certificates need be read, and no proxy asked.
        self._client = httpx.Client(base_url=self.url, timeout=30, trust_env=False, verify=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()
        if self._server and self._thread:
            self._server.stop()
            self._thread.join()
        if self.process:
            self.process.terminate()
            self.process.communicate()

    def account(self, key: str) -> AccountControl:
        """The account of `key`."""
        return AccountControl(self._client, key)

    def environment(self, key: str) -> dict[str, str]:
        """Settings with which Stillmotion takes this for fal, as the account of `key`."""
        return {
            "STILLMOTION_FAL_QUEUE_URL": self.url,
            "STILLMOTION_FAL_REST_URL": self.url,
            "STILLMOTION_FAL_CDN_URL": self.url,
            "STILLMOTION_FAL_API_URL": f"{self.url}/v1",
            "FAL_KEY": key,
            "FAL_ADMIN_KEY": key + ADMIN_SUFFIX,
        }

    def _started(self) -> tuple[subprocess.Popen[str], str]:
        """A new process that serves, and its address."""
        command = [sys.executable, "-m", "fal_emulator", "--port", str(self._port)]
        command += ["--conditions", self._conditions.model_dump_json(exclude_unset=True)]
        command += ["--data", str(self._data)] if self._data else []
        rules = [rule.model_dump(exclude_defaults=True) for rule in self._rules]
        command += ["--rules", json.dumps(rules)] if rules else []
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        ready = process.stdout.readline()
        if not ready:
            process.communicate()
            raise RuntimeError("the emulator did not start")
        return process, json.loads(ready)["url"]
