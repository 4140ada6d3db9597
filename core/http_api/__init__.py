"""The HTTP doors of the app: the seed's calls under `/api`, files by address, and the gate before all."""

from starlette.routing import BaseRoute, Mount, Route

from core.http_api.api import api
from core.http_api.files import files
from core.http_api.gate import Gate
from core.studio import Studio

__all__ = ["Gate", "routes"]


def routes(studio: Studio) -> list[BaseRoute]:
    """Every route that the app serves besides its pages; beneath them a wrong address is a JSON 404."""
    calls = api(studio)
    return [
        Mount("/api", app=calls),
        Route("/api", endpoint=calls),
        Mount("/app/static", app=files(studio)),
    ]
