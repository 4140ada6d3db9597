"""The emulator as one ASGI application: four hosts of fal on one address, their paths do not meet.

queue.fal.run is /{owner}/{app}…, rest.fal.ai is /storage/…, v3.fal.media is /files/…, api.fal.ai is /v1/….
Direct runs (fal.run) are not played.
"""

import asyncio
import time
from pathlib import Path

from fal_emulator import control, platform
from fal_emulator.accounts import Accounts, Conditions, Seen, utc
from fal_emulator.answers import Answer, Line, Receive, Scope, Send, scripted_error, spoiled
from fal_emulator.calls import Call, Route, read_call
from fal_emulator.clips import Clips
from fal_emulator.control import Control
from fal_emulator.faults import Happening, Plan, Rule
from fal_emulator.outputs import Outputs
from fal_emulator.platform import PLATFORM_KINDS, Platform
from fal_emulator.queue import Queue
from fal_emulator.storage import Storage


class App:
    """Everything that answers, and the accounts behind it. Belongs to one event loop."""

    def __init__(self, folder: Path, conditions: Conditions, rules: list[Rule]) -> None:
        self._accounts = Accounts(conditions, rules)
        self.clips = Clips(folder / "clips")
        self._storage = Storage(self._accounts)
        outputs = Outputs(self._storage, self.clips)
        self._queue = Queue(self._accounts, self._storage, outputs)
        self._platform = Platform(self._accounts, outputs)
        self._control = Control(self._accounts, utc(time.time()) or "")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, well or as the script will have it."""
        line = Line(scope, receive, send)
        try:
            call = await read_call(scope, receive)
            if call is not None:
                await self._answer(call, line)
        except asyncio.CancelledError:
            await line.abandon()

    async def _answer(self, call: Call, line: Line) -> None:
        if call.path.startswith(control.PREFIX):
            await line.send(self._control.answer(call))
            return
        route = self._route(call)
        if isinstance(route, Answer):
            await line.send(route)
            return
        happening = Happening(route.kind, route.account.name, route.model, route.file)
        await self._perform(call, route, route.account.script.plan(happening), line)

    def _route(self, call: Call) -> Route | Answer:
        if call.path.startswith(platform.PREFIX):
            return self._platform.route(call)
        if call.path.startswith(("/storage/", "/files/")):
            return self._storage.route(call)
        return self._queue.route(call)

    async def _perform(self, call: Call, route: Route, plan: Plan, line: Line) -> None:
        """Do what was asked unless the script says otherwise, and note it all."""
        seen = _noted(call, route, plan)
        fault = plan.fault
        await line.wait(plan.delay_before_s)
        if fault and fault.do == "drop_before":
            await line.drop(reset=fault.reset)
            return
        refused = fault and fault.do == "status"
        answer = Answer() if refused and fault and not fault.after else await route.handle(plan)
        seen.request_id = answer.headers.get("x-fal-request-id", route.request_id)
        if fault and refused:
            answer = scripted_error(fault, api=route.kind in PLATFORM_KINDS)
        await line.wait(plan.delay_s)
        if fault and fault.do == "drop_after":
            await line.drop(reset=fault.reset)
            return
        answer = spoiled(answer, fault) if fault else answer
        seen.status = answer.status
        await line.send(answer, fault)


def _noted(call: Call, route: Route, plan: Plan) -> Seen:
    """The record of a call, taken up before anything can go wrong with it."""
    account = route.account
    seen = Seen(account.clock.now_s(), route.kind, call.method, call.path, route.model, admin=route.admin)
    acting = [*plan.shape, *([plan.fault] if plan.fault else [])]
    seen.fault = " ".join([*(rule.do for rule in acting), *(["slow"] if plan.delay_s else [])])
    account.calls.append(seen)
    return seen
