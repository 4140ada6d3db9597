"""Everything of Stillmotion that is not a page. Start reading at `core.studio`."""

__version__ = "0.1.0"
