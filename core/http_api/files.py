"""Thumbnails, stills, posters, clips and exports by address, with Range; nothing is held in memory."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.errors import StillmotionError
from core.http_api.problems import problem
from core.studio import Studio

THUMB_PX = 320
"""Width of a thumbnail: sharp at twice the width that the tables show."""
STILL_PX = 1600
"""Width of a still that fills a screen."""
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
"""For files whose address changes with their content."""


def file_routes(studio: Studio) -> list[Route]:
    """Everything that pages show by address."""

    def thumb(request: Request) -> Path:
        return studio.thumbnail(
            request.path_params["project_id"], request.path_params["sha256"], width_px=THUMB_PX
        )

    def still(request: Request) -> Path:
        return studio.thumbnail(
            request.path_params["project_id"], request.path_params["sha256"], width_px=STILL_PX
        )

    def poster(request: Request) -> Path:
        take = studio.take(request.path_params["take_id"], request.path_params["project_id"])
        return studio.poster(take, width_px=THUMB_PX)

    def clip(request: Request) -> Path:
        return studio.clip(request.path_params["project_id"], request.path_params["take_id"])

    def export(request: Request) -> Path:
        return studio.export_file(request.path_params["project_id"], request.path_params["export_id"])

    base = "/app/static"
    return [
        Route(f"{base}/thumbs/{{project_id}}/{{sha256}}.jpg", _endpoint(thumb)),
        Route(f"{base}/stills/{{project_id}}/{{sha256}}.jpg", _endpoint(still)),
        Route(f"{base}/posters/{{project_id}}/{{take_id}}.jpg", _endpoint(poster)),
        Route(f"{base}/clips/{{project_id}}/{{take_id}}.mp4", _endpoint(clip)),
        Route(f"{base}/exports/{{project_id}}/{{export_id}}.mp4", _endpoint(export)),
    ]


def _endpoint(find: Callable[[Request], Path]) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        try:
            path = await run_in_threadpool(find, request)
        except StillmotionError as error:
            return problem(error)
        name = path.name if request.query_params.get("download") else None
        return FileResponse(path, headers=FOREVER, filename=name)

    return serve
