"""The entry of every page: page config and navigation."""

import streamlit as st

st.set_page_config(page_title="Stillmotion", layout="wide")
st.navigation(
    [
        st.Page("project.py", title="Project", default=True),
        st.Page("animate.py", title="Animate"),
        st.Page("export.py", title="Export"),
        st.Page("costs.py", title="Costs"),
    ],
    position="top",
).run()
