"""Errors as `application/problem+json`, with the remedy."""

from starlette.responses import JSONResponse

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


def problem(error: StillmotionError, **more: object) -> JSONResponse:
    """What went wrong and what to do, in the form of RFC 9457."""
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    body = {
        "type": "about:blank",
        "title": type(error).__name__,
        "status": status,
        "detail": str(error),
        "remedy": error.remedy,
        **more,
    }
    return JSONResponse(body, status_code=status, media_type="application/problem+json")
