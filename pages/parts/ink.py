"""The colour of text on charts: the theme colours bars and axes, but not words inside a picture."""

import streamlit as st


def ink() -> str:
    """The page's own text colour, dark or light."""
    return "#1f1f1f" if st.context.theme.type == "light" else "#e6e6e6"
