"""The HTTP doors of the app: the seed's calls under `/api`, and files by address."""

from starlette.routing import BaseRoute

from core.http_api.files import file_routes
from core.studio import Studio

__all__ = ["routes"]


def routes(studio: Studio) -> list[BaseRoute]:
    """Every route that the app serves besides its pages."""
    return [*file_routes(studio)]
