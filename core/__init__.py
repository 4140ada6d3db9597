"""Everything of Stillmotion that is not a page. Start reading at `core.studio`."""
