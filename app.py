"""The server: pages, HTTP doors and the slots in one process. No page code in here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from core.errors import StillmotionError
from core.http_api import Gate, routes
from core.logs import shown_in_terminal
from core.server import at_work, prepare, refuse_other_addresses, refuse_to_start, settle_down
from core.studio import the_studio
from pages.first_visit import frame_routes

try:
    STUDIO = the_studio()
except StillmotionError as error:
    refuse_to_start(error)


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Slots and exports run as long as the server does. Nothing is answered before this has begun."""
    refuse_other_addresses()
    with shown_in_terminal():
        prepare(STUDIO)
        _load_what_tables_need()
        settle_down()
        with at_work(STUDIO):
            yield


def _load_what_tables_need() -> None:
    """Import what the first table would, so that nobody's first page waits for it."""
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401
    import streamlit.elements.arrow
    import streamlit.elements.lib.column_config_utils  # noqa: F401


app = st.App(
    Path(__file__).parent / "pages" / "_main.py",
    routes=[*routes(STUDIO), *frame_routes()],
    lifespan=lifespan,
    middleware=[Middleware(Gate)],
)

if __name__ == "__main__":
    with suppress(KeyboardInterrupt):  # Ctrl-C, after everything ended as it should
        app.run()
