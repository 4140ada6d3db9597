"""The frame of the pages as a browser first gets it: dark, until its visitor chooses otherwise.

Streamlit begins with what the visitor's system prefers and has no setting for another beginning, so its
frame is served with a line in front. A visitor's own choice, made in the menu, is kept by their browser.
"""

from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

ADDRESSES = ("/", "/animate", "/export", "/costs")
"""Where a visitor may come in. The first page has no other address: `/project` leads there."""

BEGIN_DARK = """<script>
      try {
        const here = `stActiveTheme-${location.pathname}-v2`, everywhere = "stillmotion-theme";
        localStorage[here] = localStorage[everywhere] ?? localStorage[here] ?? JSON.stringify("Dark");
        addEventListener("pagehide", () => { localStorage[everywhere] = localStorage[here]; });
      } catch { /* a browser that keeps nothing follows its system */ }
    </script>"""
"""Streamlit 1.67 keeps the choice of theme under the first name, one for each address where a visit began.
Ours carries it over to the other addresses."""


def frame_routes() -> list[Route]:
    """The addresses of the pages."""
    frame = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    dark_first = frame.replace("<head>", f"<head>\n    {BEGIN_DARK}", 1)

    def serve(_request: Request) -> Response:
        return HTMLResponse(dark_first, headers={"Cache-Control": "no-cache"})

    def lead_home(request: Request) -> Response:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/{query}")

    return [Route("/project", lead_home), *(Route(address, serve) for address in ADDRESSES)]
