"""The queue: submit, status, stream, result, cancel.

https://fal.ai/docs/documentation/model-apis/inference/queue.md with common-parameters.md, errors.md and
request-errors.md beside it; https://fal.ai/docs/api-reference/inference-api.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from functools import partial
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from fal_emulator.accounts import Account, Accounts
from fal_emulator.answers import Answer, json_answer, platform_error
from fal_emulator.billing import Clip, bill_for
from fal_emulator.calls import Call, Route
from fal_emulator.faults import Plan, Rule
from fal_emulator.jobs import CANCELLED, Failure, Job, JobState, model_failure
from fal_emulator.outputs import Outputs
from fal_emulator.schemas import Body, application, check_body, detail, published, unknown_fields
from fal_emulator.stills import clip_for, read_still
from fal_emulator.storage import Storage

LOOK_EVERY_S = 0.02
SERVED = {"X-Fal-Served-From": "emulator"}


class Queue:
    """Answers what queue.fal.run answers."""

    def __init__(self, accounts: Accounts, storage: Storage, outputs: Outputs) -> None:
        self._accounts, self._storage, self._outputs = accounts, storage, outputs

    def route(self, call: Call) -> Route | Answer:
        """Who answers `call`; at once, when it is nobody's."""
        owner = self._accounts.by_header(call.headers.get("authorization", ""))
        if owner is None:
            return platform_error(401, "authentication_error", "No user found for Key ID and Secret")
        account, admin = owner
        parts = call.path.strip("/").split("/")
        if "requests" not in parts:
            if call.method != "POST" or len(parts) < 2:
                return platform_error(405, "bad_request", "Method Not Allowed")
            slug = "/".join(parts)
            handle = partial(self._submit, call, account, slug)
            return Route("submit", account, handle, model=slug, file=_file_of(slug, call.body), admin=admin)
        at = parts.index("requests")
        return self._follow_up(call, account, "/".join(parts[:at]), parts[at + 1 :])

    def _follow_up(self, call: Call, account: Account, app: str, rest: list[str]) -> Route | Answer:
        request_id, what = (rest or [""])[0], "/".join(rest[1:])
        kinds: dict[tuple[str, str], Any] = {
            ("GET", "status"): ("status", self._status),
            ("GET", "status/stream"): ("stream", self._stream),
            ("GET", ""): ("result", self._result),
            ("PUT", "cancel"): ("cancel", self._cancel),
        }
        if (call.method, what) not in kinds:
            return platform_error(405, "bad_request", "Method Not Allowed")
        kind, handle = kinds[call.method, what]
        job = account.line.jobs.get(request_id)
        if job and job.application != app:
            job = None
        return Route(
            kind,
            account,
            partial(handle, call, account, job),
            model=job.endpoint if job else app,
            file=job.file if job else "",
            request_id=request_id,
        )

    async def _submit(self, call: Call, account: Account, slug: str, plan: Plan) -> Answer:
        if (reason := account.locked()) is not None:
            return platform_error(403, "forbidden", f"User is locked. Reason: {reason}")
        try:
            body = call.json()
        except ValueError:
            return platform_error(400, "bad_request", "Invalid JSON")
        self._settle(account)
        longest = call.asked("fal_max_queue_length")
        if longest is not None and account.line.length >= int(longest):
            return platform_error(429, "queue_full", "Queue is full")
        job = self._job(call, account, slug, body, plan)
        if job.failure and job.failure.status == 422 and account.conditions.refuse_at == "submit":
            return json_answer(job.failure.body, 422)
        if job.failure:
            job.end(job.submitted_s)
        else:
            for rule in plan.shape:
                _shape(job, rule)
        account.line.add(job)
        self._settle(account)
        return json_answer(_accepted(call, account, job), headers={"x-fal-request-id": job.request_id})

    def _job(self, call: Call, account: Account, slug: str, sent: Body, plan: Plan) -> Job:
        """The job that `sent` makes; refused already when it does not fit."""
        now_s = account.clock.now_s()
        wait_s, run_s = account.conditions.pace(slug)
        job = Job(
            request_id=str(uuid.uuid4()),
            endpoint=slug,
            sent=sent,
            body={},
            submitted_s=now_s,
            ready_s=now_s + wait_s,
            run_s=run_s,
            file=_file_of(slug, call.body),
            keeps_payload=call.headers.get("x-fal-store-io") != "0",
            shape=plan.shape,
            media_life_s=_life_s(call.headers.get("x-fal-object-lifecycle-preference")),
        )
        if limit := call.headers.get("x-fal-request-timeout"):
            job.start_by_s = now_s + float(limit) / account.conditions.speed
        self._fill(job, account)
        return job

    def _fill(self, job: Job, account: Account) -> None:
        """Check the body and say what will be made of it, or how it is refused."""
        slug = job.endpoint
        if slug not in published():
            path = slug.removeprefix(application(slug)) or "/"
            job.failure = Failure(404, {"detail": f"Path {path} not found"}, "not_found")
            return
        job.unknown_fields = unknown_fields(slug, job.sent)
        job.body, wrong = check_body(slug, job.sent)
        still = None if wrong else read_still(slug, job.body, self._storage.fetch)
        if isinstance(still, dict):
            wrong = [still]
        elif still is not None:
            job.still, job.clip = still, clip_for(slug, job.body, still)
            job.bill = bill_for(slug, job.body, job.clip)
        if wrong:
            job.failure = model_failure(422, wrong, charged=account.conditions.charge_refusals)

    async def _status(self, call: Call, account: Account, job: Job | None, plan: Plan) -> Answer:
        self._settle(account)
        if job is None or job.shaped("lost_job"):
            return platform_error(404, "not_found", "Request not found")
        told = self._told(call, account, job)
        done = told["status"] == JobState.COMPLETED
        return json_answer(told, 200 if done else 202, {"x-fal-request-id": job.request_id})

    async def _stream(self, call: Call, account: Account, job: Job | None, plan: Plan) -> Answer:
        if job is None or job.shaped("lost_job"):
            return platform_error(404, "not_found", "Request not found")
        headers = {"Content-Type": "text/event-stream", "x-fal-request-id": job.request_id}
        return Answer(200, headers=headers, pieces=self._events(call, account, job))

    async def _events(self, call: Call, account: Account, job: Job) -> AsyncIterator[bytes]:
        last: Body = {}
        while last.get("status") != JobState.COMPLETED:
            self._settle(account)
            told = self._told(call, account, job)
            if told != last:
                yield b"data: " + json.dumps(told).encode() + b"\n\n"
                last = told
            else:
                yield b""  # so that a client who left is noticed
                await asyncio.sleep(LOOK_EVERY_S)

    async def _result(self, call: Call, account: Account, job: Job | None, plan: Plan) -> Answer:
        self._settle(account)
        if job is None or job.shaped("lost_job"):
            return platform_error(404, "not_found", "Request not found")
        if job.ended_s is None:
            return platform_error(400, "bad_request", "Request is still in progress")
        headers = {
            "x-fal-request-id": job.request_id,
            "X-Fal-Billable-Units": f"{float(job.billed.units)}",
            **SERVED,
        }
        if job.failure:
            headers |= {"X-Fal-Error-Type": job.failure.type, **dict(job.failure.headers)}
            return json_answer(job.failure.body, job.failure.status, headers)
        told = await self._outputs.result(call.base_url, account, job)
        if plan.fault and plan.fault.do == "foreign_url":
            told["video"]["url"] = plan.fault.url
        if plan.fault and plan.fault.do == "evil_name":
            told["video"]["file_name"] = plan.fault.name
        return json_answer(told, 200, headers)

    async def _cancel(self, call: Call, account: Account, job: Job | None, plan: Plan) -> Answer:
        self._settle(account)
        if job is None or job.shaped("lost_job"):
            return json_answer({"status": "NOT_FOUND"}, 404)
        now_s, mode = account.clock.now_s(), plan.fault.mode if plan.fault else None
        race = mode if plan.fault and plan.fault.do == "cancel_race" else None
        if race == "too_late" and job.ended_s is None:
            account.line.remove(job, now_s, None)
        if job.ended_s is not None:
            return json_answer({"status": "ALREADY_COMPLETED"}, 400)
        waiting = job.state is JobState.IN_QUEUE
        job.cancelled = "queued" if waiting else "running"
        stops = waiting or account.conditions.cancel_running == "stops"
        if (race or "").startswith("stopped") or (stops and race != "ignored"):
            failure = _charged(CANCELLED) if race == "stopped_billed" else CANCELLED
            account.line.remove(job, now_s, failure)
        self._settle(account)
        return json_answer({"status": "CANCELLATION_REQUESTED"}, 202)

    def _settle(self, account: Account) -> None:
        for job in account.settle():
            if not job.failure:
                self._outputs.begin(account, job)

    def _told(self, call: Call, account: Account, job: Job) -> Body:
        """The status of `job`. `logs` is always there, null unless asked for: fal-client reads it."""
        urls = _addresses(call, job)
        state = job.state
        if state is JobState.COMPLETED and not job.failure and not self._outputs.begin(account, job):
            state = JobState.IN_PROGRESS
        logs: list[Body] | None = [] if (call.asked("logs") or "").lower() in ("1", "true") else None
        told: Body = {"status": str(state), "request_id": job.request_id, **urls}
        if state is JobState.IN_QUEUE:
            return {**told, "queue_position": account.line.position(job)}
        told["logs"] = logs
        if state is JobState.COMPLETED:
            ran_s = (job.ended_s or 0) - (job.started_s or job.ended_s or 0)
            told["metrics"] = {"inference_time": ran_s}
            if job.failure:
                told |= {"error": _text(job.failure), "error_type": job.failure.type}
        return told


def _accepted(call: Call, account: Account, job: Job) -> Body:
    return {
        "status": str(JobState.IN_QUEUE),
        "request_id": job.request_id,
        "gateway_request_id": job.request_id,
        **_addresses(call, job),
        "queue_position": account.line.position(job),
    }


def _addresses(call: Call, job: Job) -> Body:
    """The follow-up addresses: owner and application, without the subpath the job was sent to."""
    base = f"{call.base_url}/{job.application}/requests/{job.request_id}"
    return {"response_url": base, "status_url": f"{base}/status", "cancel_url": f"{base}/cancel"}


def _shape(job: Job, rule: Rule) -> None:
    if rule.do == "wrong_duration" and job.clip:
        frames = max(round(rule.seconds * job.clip.fps), 1)
        job.clip = Clip(job.clip.width, job.clip.height, frames, job.clip.fps, job.clip.sound)
    if rule.do == "refuse":
        kind = rule.type or ("content_policy_violation" if rule.status == 422 else "internal_server_error")
        message = rule.message or "The request could not be completed."
        field = published()[job.endpoint].still if job.endpoint in published() else "prompt"
        entry = detail(kind, message, field=field)
        # What ends in 500 or above is never billed, whatever a script says.
        job.failure = model_failure(rule.status, [entry], charged=rule.charge and rule.status < 500)


def _charged(failure: Failure) -> Failure:
    return Failure(failure.status, failure.body, failure.type, charged=True)


def _text(failure: Failure) -> str:
    said = failure.body["detail"]
    return said if isinstance(said, str) else str(said[0]["msg"])


def _life_s(header: str | None) -> float | None:
    seconds = json.loads(header).get("expiration_duration_seconds") if header else None
    return float(seconds) if seconds is not None else None


def _file_of(slug: str, body: bytes) -> str:
    """Name at the end of the still's address in `body`; empty when there is none."""
    try:
        sent = json.loads(body)
        address = str(sent[published()[slug].still])
    except (ValueError, KeyError, TypeError):
        return ""
    return "" if address.startswith("data:") else PurePosixPath(unquote(urlsplit(address).path)).name
