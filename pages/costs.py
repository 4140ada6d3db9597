"""The costs page."""
