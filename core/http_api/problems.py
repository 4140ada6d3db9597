"""Errors as `application/problem+json` (RFC 9457), with the remedy."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from core.errors import (
    BudgetRefused,
    Damaged,
    InputRefused,
    NotFound,
    NotNow,
    ProviderError,
    StillmotionError,
    StorageFailed,
)
from core.pricing import tidy

log = logging.getLogger(__name__)

STATUS: dict[type[StillmotionError], int] = {
    NotFound: 404,
    InputRefused: 422,
    NotNow: 409,
    BudgetRefused: 402,
    StorageFailed: 507,
    ProviderError: 502,
    Damaged: 500,
}
"""HTTP status for each kind of error; any other kind is 500."""

LONGEST_NAME = 120
"""Characters of an id in an address: what is longer was never given by us."""

NO_STORE = {"Cache-Control": "no-store"}

Endpoint = Callable[[Request], Awaitable[Response]]


class RequestRefused(InputRefused):
    """The request itself is not one that is answered, whatever it asks for."""

    status: int
    """HTTP status that says so."""

    def __init__(self, what: str, *, remedy: str, status: int) -> None:
        super().__init__(what, remedy=remedy)
        self.status = status


def problem(
    error: StillmotionError, *, headers: Mapping[str, str] | None = None, **more: object
) -> JSONResponse:
    """What went wrong and what to do."""
    if isinstance(error, RequestRefused):
        status = error.status
    else:
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    if isinstance(error, ProviderError):
        more = {"charge": error.charge.value, "safe_to_retry": error.safe_to_retry, **more}
    if isinstance(error, BudgetRefused):
        more = {"left_usd": str(tidy(error.left_usd)), "asked_usd": str(tidy(error.asked_usd)), **more}
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "kind": type(error).__name__,
        "detail": str(error),
        "remedy": error.remedy,
        **more,
    }
    return JSONResponse(
        body,
        status_code=status,
        headers={**NO_STORE, **(headers or {})},
        media_type="application/problem+json",
    )


def guarded(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, with every error answered as a problem; one that was not foreseen is logged too."""

    async def answer(request: Request) -> Response:
        try:
            _check_names(request)
            return await endpoint(request)
        except StillmotionError as error:
            return problem(error)
        except Exception as error:
            log.exception("http.crashed", extra={"action": "http.crashed", "path": request.url.path})
            return problem(
                StillmotionError(
                    f"Something unforeseen happened ({type(error).__name__}).",
                    remedy="The details are in the app's log. Try again; if it happens again, report it.",
                )
            )

    return answer


async def unanswered(request: Request, error: Exception) -> Response:
    """What is said where no route leads, or none for this method."""
    assert isinstance(error, HTTPException)
    allowed = (error.headers or {}).get("Allow", "")
    if error.status_code == 405 and request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": f"{allowed}, OPTIONS"})
    if error.status_code == 405:
        return problem(
            RequestRefused(
                f"{request.method} is not for this address.", remedy=f"Use {allowed}.", status=405
            ),
            headers={"Allow": f"{allowed}, OPTIONS"},
        )
    return problem(
        NotFound(
            f"There is nothing at {request.url.path[:120]}.",
            remedy="GET /api/projects and GET /api/video/models are good places to begin.",
        )
    )


def _check_names(request: Request) -> None:
    if any(len(str(name)) > LONGEST_NAME for name in request.path_params.values()):
        raise NotFound("There is nothing of so long a name.", remedy="Use an address that the app gave.")
