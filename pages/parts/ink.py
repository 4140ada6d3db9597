"""Colours inside charts that the theme does not reach, in its two twins."""

import streamlit as st


def _of(light: str, dark: str) -> str:
    return light if st.context.theme.type == "light" else dark


def ink() -> str:
    """The page's own text colour."""
    return _of("#1f1f1f", "#e6e6e6")


def faint_ink() -> str:
    """The colour of axes and of what is said beside the point."""
    return _of("#6b6b6b", "#a6a6a6")


def accent() -> str:
    """The one colour that says: look here."""
    return _of("#0b7566", "#1fa893")


def rest(*, faint: bool = False) -> str:
    """Bars that stand beside the one that matters; fainter still for what does not count."""
    return _of("#c3cad2", "#3a424c") if faint else _of("#8a99a9", "#66788c")


def waste() -> str:
    """Money that bought nothing that is seen."""
    return _of("#8a6d00", "#c9a227")


def loss() -> str:
    """Money that went, or may have gone, with nothing to show for it."""
    return _of("#a33a3a", "#d36f6f")


def palette() -> list[str]:
    """Colours for a few kinds side by side, the most important first; the last is for all the others."""
    return (
        ["#0b7566", "#6d8199", "#b8973a", "#9a6a8f", "#c3cad2"]
        if st.context.theme.type == "light"
        else ["#1fa893", "#7a8fa6", "#c9a227", "#a77a9e", "#444c55"]
    )
