"""The project page."""

import streamlit as st

from pages.parts.current import current_project

project = current_project()
if project is not None:
    st.title(project.title)
