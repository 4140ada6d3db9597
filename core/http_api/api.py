"""The calls under `/api`: the seed's four, and what is needed to follow what they start."""

from collections.abc import Awaitable, Callable
from decimal import Decimal

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.executor import trouble
from core.exporter import Export, ExportState
from core.http_api.bodies import AnyBody, ExportImg2Vid, GenerateBatch, GenerateShot, HandOffCut, read_body
from core.http_api.problems import NO_STORE, guarded, problem, unanswered
from core.http_api.views import (
    budgets_view,
    costs_view,
    export_path,
    export_view,
    hand_off_path,
    hand_off_view,
    model_view,
    project_path,
    project_view,
    summary_view,
    take_path,
    take_view,
    usd,
)
from core.studio import Studio
from core.take import OPEN, Take

RETRY_AFTER_S = 1
"""When to look again, for those who ordered something."""


def api(studio: Studio) -> Starlette:
    """Everything under `/api`. What blocks runs in the server's pool of threads."""
    calls = _Calls(studio)
    project = "/project/{project_id}"
    return Starlette(
        routes=[
            _get("/health", calls.health),
            _get("/video/models", calls.models),
            _get("/projects", calls.projects),
            _get("/costs", calls.costs),
            _get("/budgets", calls.budgets),
            _get("/metrics", calls.metrics),
            _get(project, calls.project),
            _get(f"{project}/takes", calls.takes),
            _get(f"{project}/take/{{take_id}}", calls.take),
            _post(f"{project}/take/{{take_id}}/cancel", calls.cancel_take),
            _get(f"{project}/exports", calls.exports),
            _get(f"{project}/export/{{export_id}}", calls.export),
            _get(f"{project}/export/{{export_id}}/certificate", calls.certificate),
            _post(f"{project}/export/{{export_id}}/cancel", calls.cancel_export),
            _post_body(f"{project}/video/generate-shot", GenerateShot, calls.generate_shot),
            _post_body(f"{project}/video/generate-batch", GenerateBatch, calls.generate_batch),
            _post_body(f"{project}/video/export-img2vid", ExportImg2Vid, calls.export_img2vid),
            _post_body(f"{project}/video/hand-off", HandOffCut, calls.order_hand_off),
            _get(f"{project}/hand-off/{{handoff_id}}", calls.hand_off),
            _post(f"{project}/hand-off/{{handoff_id}}/cancel", calls.cancel_hand_off),
        ],
        exception_handlers={HTTPException: unanswered},
    )


class _Calls:
    """A method per call: from a thread of the pool, one verb of the studio, and its answer."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def health(self, _request: Request) -> Response:
        """Whether the slots can work; 507 with what to do when the disk keeps them from it."""
        refusal = trouble()
        return problem(refusal) if refusal else _ok({"status": "ok", "busy": self._studio.busy()})

    def models(self, _request: Request) -> Response:
        """Every model on offer, in the order of the catalogue."""
        return _ok([model_view(model) for model in self._studio.catalogue])

    def projects(self, _request: Request) -> Response:
        """Every project, the one that was changed last first."""
        return _ok([summary_view(summary) for summary in self._studio.projects()])

    def project(self, request: Request) -> Response:
        """One project with its shots."""
        return _ok(project_view(self._studio.project(_project_id(request))))

    def takes(self, request: Request) -> Response:
        """Every take of the project, oldest order first; with `?batch_id=`, those of one order."""
        project = self._studio.project(_project_id(request))
        batch_id = request.query_params.get("batch_id")
        progress = self._studio.store.slots.progress()
        takes = self._studio.takes(project.id).values()
        return _ok([take_view(take, progress) for take in takes if batch_id in (None, take.batch_id)])

    def take(self, request: Request) -> Response:
        """One take: where it stands."""
        take = self._studio.take(request.path_params["take_id"], _project_id(request))
        return self._take(take)

    def cancel_take(self, request: Request) -> Response:
        """Ask that a take ends. 200 when it has, 202 when it soon will."""
        take = self._studio.cancel_take(request.path_params["take_id"], _project_id(request))
        return self._take(take, accepted=take.state in OPEN)

    def generate_shot(self, request: Request, body: GenerateShot) -> Response:
        """Order a take of one shot."""
        [take] = self._studio.order_takes(
            _project_id(request),
            [body.shot_id],
            model=body.model,
            sound=body.sound,
            max_usd=body.max_usd,
            person=body.person,
            over_http=True,
        )
        return _accepted({**_ordered(take), **_total([take])}, take_path(take))

    def generate_batch(self, request: Request, body: GenerateBatch) -> Response:
        """Order a take of each of many shots; those that are under way already are named."""
        project = self._studio.project(_project_id(request))
        wanted = [shot.shot_id for shot in project.shots] if body.shot_ids is None else body.shot_ids
        takes = self._studio.order_takes(
            project.id,
            body.shot_ids,
            model=body.model,
            sound=body.sound,
            max_usd=body.max_usd,
            person=body.person,
            over_http=True,
        )
        ordered = {take.shot_id for take in takes}
        answer = {
            "batch_id": takes[0].batch_id,
            "takes": [_ordered(take) for take in takes],
            "under_way": [shot_id for shot_id in dict.fromkeys(wanted) if shot_id not in ordered],
            **_total(takes),
        }
        return _accepted(answer, f"{project_path(project.id)}/takes?batch_id={takes[0].batch_id}")

    def exports(self, request: Request) -> Response:
        """Every export of the project, newest first."""
        project = self._studio.project(_project_id(request))
        return _ok([export_view(export) for export in self._studio.exports(project.id)])

    def export(self, request: Request) -> Response:
        """One export: how far it is."""
        return _ok(export_view(self._export(request)))

    def certificate(self, request: Request) -> Response:
        """What a finished export really holds: frames, cut points, sound, takes, hashes."""
        export = self._export(request)
        return _ok(self._studio.certificate(export.project_id, export.export_id).model_dump(mode="json"))

    def cancel_export(self, request: Request) -> Response:
        """Ask that an export ends. 200 when it has, 202 when it soon will."""
        self._studio.cancel_export(_project_id(request), request.path_params["export_id"])
        export = self._export(request)
        going = export.state in (ExportState.QUEUED, ExportState.RUNNING)
        return _accepted(export_view(export), export_path(export)) if going else _ok(export_view(export))

    def export_img2vid(self, request: Request, body: ExportImg2Vid) -> Response:
        """Order an export."""
        export = self._studio.order_export(_project_id(request), **body.model_dump())
        path = export_path(export)
        answer = {"export_id": export.export_id, "export_url": path, "state": export.state.value}
        return _accepted(answer, path)

    def order_hand_off(self, request: Request, body: HandOffCut) -> Response:
        """Order a zip of the cut for other editing programs."""
        made = self._studio.order_hand_off(_project_id(request), **body.model_dump())
        return _accepted(hand_off_view(made), hand_off_path(made))

    def hand_off(self, request: Request) -> Response:
        """One hand-off: how far it is."""
        made = self._studio.hand_off_receipt(_project_id(request), request.path_params["handoff_id"])
        return _ok(hand_off_view(made))

    def cancel_hand_off(self, request: Request) -> Response:
        """Ask that a hand-off ends. 200 when it has, 202 when it soon will."""
        made = self._studio.cancel_hand_off(_project_id(request), request.path_params["handoff_id"])
        view = hand_off_view(made)
        return _accepted(view, hand_off_path(made)) if made.under_way else _ok(view)

    def metrics(self, _request: Request) -> Response:
        """Money, takes, limits, slots and exports for the team's own monitoring, as OpenMetrics."""
        from core.http_api.metrics import CONTENT_TYPE, metrics  # 0.1 s, for those who ask

        return Response(metrics(self._studio), headers={**NO_STORE, "Content-Type": CONTENT_TYPE})

    def costs(self, request: Request) -> Response:
        """What was spent, is reserved and is at risk; with `?project=`, of one project."""
        project_id = request.query_params.get("project")
        if project_id is not None:
            project_id = self._studio.project(project_id).id
        return _ok(costs_view(self._studio.costs(project_id)))

    def budgets(self, request: Request) -> Response:
        """Every limit and what is left of it; with `?project=`, those that its orders have to keep."""
        project_id = request.query_params.get("project")
        if project_id is not None:
            project_id = self._studio.project(project_id).id
        return _ok(budgets_view(self._studio.budgets(), self._studio.budget_states(project_id)))

    def _take(self, take: Take, *, accepted: bool = False) -> Response:
        view = take_view(take, self._studio.store.slots.progress())
        return _accepted(view, take_path(take)) if accepted else _ok(view)

    def _export(self, request: Request) -> Export:
        return self._studio.export(_project_id(request), request.path_params["export_id"])


def _get(path: str, call: Callable[[Request], Response]) -> Route:
    return Route(path, guarded(_in_thread(call)), methods=["GET"])


def _post(path: str, call: Callable[[Request], Response]) -> Route:
    return Route(path, guarded(_in_thread(call)), methods=["POST"])


def _post_body(path: str, kind: type[AnyBody], call: Callable[[Request, AnyBody], Response]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(call, request, await read_body(request, kind))

    return Route(path, guarded(endpoint), methods=["POST"])


def _in_thread(call: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(call, request)

    return endpoint


def _project_id(request: Request) -> str:
    return str(request.path_params["project_id"])


def _ok(content: object) -> Response:
    return JSONResponse(content, headers=NO_STORE)


def _accepted(content: object, path: str) -> Response:
    """202: it will be done; `path` is where to look, and when."""
    headers = {**NO_STORE, "Location": path, "Retry-After": str(RETRY_AFTER_S)}
    return JSONResponse(content, status_code=202, headers=headers)


def _ordered(take: Take) -> dict[str, object]:
    return {
        "take_id": take.take_id,
        "take_url": take_path(take),
        "shot_id": take.shot_id,
        "model": take.model,
        "state": take.state.value,
        "usd": usd(take.quote.usd),
        "warnings": list(take.warnings),
    }


def _total(takes: list[Take]) -> dict[str, str]:
    return {
        "total_usd": usd(sum((take.quote.usd for take in takes), Decimal(0))),
        "total_usd_high": usd(sum((take.quote.usd_high for take in takes), Decimal(0))),
    }
