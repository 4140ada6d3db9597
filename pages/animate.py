"""The animate page."""
