"""Thumbnails, stills, posters, clips and exports by address, with Range; nothing is held in memory."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from core.errors import NotFound, disk_errors
from core.http_api.problems import Endpoint, guarded, unanswered
from core.studio import Studio

THUMB_PX = 320
"""Width of a thumbnail: sharp at twice the width that the tables show."""
STILL_PX = 1600
"""Width of a still that fills a screen."""
SHORTEST_HASH = 16
"""Characters of a still's hash in its address."""
HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What is at an address never changes, and is not for pages of other sites."""


def files(studio: Studio) -> Starlette:
    """Everything that pages show by address, below the prefix in `core.links`."""

    def shrunk(request: Request, width_px: int) -> Path:
        sha256 = request.path_params["sha256"]
        if len(sha256) < SHORTEST_HASH:
            raise _nothing_there()
        return studio.thumbnail(_project_id(request), sha256, width_px=width_px)

    def thumb(request: Request) -> Path:
        return shrunk(request, THUMB_PX)

    def still(request: Request) -> Path:
        return shrunk(request, STILL_PX)

    def poster(request: Request) -> Path:
        take = studio.take(request.path_params["take_id"], _project_id(request))
        return studio.poster(take, width_px=THUMB_PX)

    def clip(request: Request) -> Path:
        return studio.clip(_project_id(request), request.path_params["take_id"])

    def export(request: Request) -> Path:
        return studio.export_file(_project_id(request), request.path_params["export_id"])

    def hand_off(request: Request) -> Path:
        return studio.hand_off_file(_project_id(request), request.path_params["handoff_id"])

    found = {
        "/thumbs/{project_id}/{sha256}.jpg": thumb,
        "/stills/{project_id}/{sha256}.jpg": still,
        "/posters/{project_id}/{take_id}.jpg": poster,
        "/clips/{project_id}/{take_id}.mp4": clip,
        "/exports/{project_id}/{export_id}.mp4": export,
        "/handoffs/{project_id}/{handoff_id}.zip": hand_off,
    }
    return Starlette(
        routes=[Route(path, _serving(studio, find)) for path, find in found.items()],
        exception_handlers={HTTPException: unanswered},
    )


def _serving(studio: Studio, find: Callable[[Request], Path]) -> Endpoint:
    def look(request: Request) -> tuple[Path, os.stat_result]:
        path = find(request)
        return path, _facts(path, studio.folder(_project_id(request)))

    async def serve(request: Request) -> Response:
        path, facts = await run_in_threadpool(look, request)
        name = path.name if request.query_params.get("download") else None
        answer = FileResponse(path, headers=HEADERS, filename=name, stat_result=facts)
        known = [
            tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")
        ]
        if answer.headers["etag"] in known:
            return Response(status_code=304, headers={**HEADERS, "ETag": answer.headers["etag"]})
        return answer

    return guarded(serve)


def _facts(path: Path, folder: Path) -> os.stat_result:
    """What the operating system says of the file. Raises NotFound unless it is in the project's folder."""
    with disk_errors(path):
        try:
            inside = path.resolve().is_relative_to(folder.resolve())
            facts = path.stat()
        except FileNotFoundError as error:
            raise _nothing_there() from error
    if not inside or not stat.S_ISREG(facts.st_mode):
        raise _nothing_there()
    return facts


def _nothing_there() -> NotFound:
    return NotFound("There is no such file.", remedy="Reload the page: the project has changed.")


def _project_id(request: Request) -> str:
    return str(request.path_params["project_id"])
