"""The emulator's own calls, under /_emulator: the record, the script, the clock.

Without `account` in the query a call is for every account there is, and for those to come where that makes
sense; `account` is the key that the product uses.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from fal_emulator.accounts import Account, Accounts, changed
from fal_emulator.answers import Answer, json_answer
from fal_emulator.calls import Call
from fal_emulator.faults import Rule, Script

PREFIX = "/_emulator"


class Control:
    """Answers what only tests and demonstrations ask."""

    def __init__(self, accounts: Accounts, started_at: str) -> None:
        self._accounts, self._started_at = accounts, started_at
        self._calls: dict[tuple[str, str], Callable[[Call], object]] = {
            ("GET", ""): self._summary,
            ("GET", "record"): self._record,
            ("PUT", "script"): self._script,
            ("PATCH", "conditions"): self._conditions,
            ("POST", "reset"): self._reset,
            ("POST", "advance"): self._clock,
            ("POST", "freeze"): self._clock,
            ("POST", "thaw"): self._clock,
        }

    def answer(self, call: Call) -> Answer:
        """The answer to `call`; 400 with a reason when it cannot be done."""
        what = call.path.removeprefix(PREFIX).strip("/")
        if (call.method, what) not in self._calls:
            known = ", ".join(f"{method} {PREFIX}/{path}" for method, path in self._calls)
            return json_answer({"error": f"There is no such call; there are {known}."}, 404)
        try:
            return json_answer(self._calls[call.method, what](call))
        except (ValidationError, ValueError, KeyError, TypeError) as error:
            return json_answer({"error": str(error)}, 400)

    def _chosen(self, call: Call) -> list[Account]:
        name = call.asked("account")
        return [self._accounts.named(name)] if name else list(self._accounts)

    def _summary(self, call: Call) -> object:
        records = [account.record() for account in self._accounts]
        return {
            "started_at": self._started_at,
            "accounts": {record["account"]: len(record["submits"]) for record in records},
            "billed_usd": str(sum((Decimal(record["billed_usd"]) for record in records), Decimal(0))),
        }

    def _record(self, call: Call) -> object:
        return self._accounts.named(call.query["account"][-1]).record()

    def _script(self, call: Call) -> object:
        asked = call.json()
        rules = [Rule.model_validate(rule) for rule in (asked["rules"] if isinstance(asked, dict) else asked)]
        if not call.asked("account"):
            self._accounts.start_with(rules=rules)
        for account in self._chosen(call):
            account.script = Script(rules)
        return {"rules": len(rules)}

    def _conditions(self, call: Call) -> object:
        changes: dict[str, Any] = call.json()
        if not call.asked("account"):
            self._accounts.start_with(changes=changes)
        for account in self._chosen(call):
            account.settle()
            account.conditions = changed(account.conditions, changes)
        return {"changed": sorted(changes)}

    def _reset(self, call: Call) -> object:
        self._accounts.forget(call.asked("account"))
        return {}

    def _clock(self, call: Call) -> object:
        for account in self._chosen(call):
            account.settle()
            if call.path.endswith("advance"):
                account.clock.advance(float(call.json()["seconds"]))
            elif call.path.endswith("freeze"):
                account.clock.freeze()
            else:
                account.clock.thaw()
        return {}
