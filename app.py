"""The server: pages, HTTP doors and the slots in one process. No page code in here."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from core.executor import Executor
from core.exporter import ExportQueue
from core.http_api import routes
from core.studio import the_studio

STUDIO = the_studio()


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    """Slots and exports run as long as the server does."""
    STUDIO.install_sample()
    STUDIO.release_orphans()
    executor, exports = Executor(STUDIO.settings.data, store=STUDIO.store), ExportQueue(STUDIO.settings.data)
    executor.start()
    exports.start()
    try:
        yield
    finally:
        executor.stop()
        exports.stop()


app = st.App(Path(__file__).parent / "pages" / "_main.py", routes=routes(STUDIO), lifespan=lifespan)

if __name__ == "__main__":
    app.run()
