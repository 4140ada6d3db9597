"""The entry of every page: page config and navigation."""

from pathlib import Path

import streamlit as st

from core.server import setbacks
from core.studio import the_studio
from pages.parts.notices import show_error

# The icon is a file of our own: a named one would be fetched from another server.
st.set_page_config(page_title="Stillmotion", page_icon=Path(__file__).with_name("icon.png"), layout="wide")
if the_studio().settings.rehearsal:
    told = "**Rehearsal:** fal.ai is played by this computer. Nothing is charged, and the clips are not real."
    st.warning(told, icon=":material/theater_comedy:")
for error in setbacks():
    show_error(error)
st.navigation(
    [
        st.Page("project.py", title="Project", icon=":material/photo_library:", default=True),
        st.Page("animate.py", title="Animate", icon=":material/animation:"),
        st.Page("export.py", title="Export", icon=":material/movie:"),
        st.Page("costs.py", title="Costs", icon=":material/receipt_long:"),
    ],
    position="hidden" if st.query_params.get("wall") else "top",
).run()
