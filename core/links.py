"""Addresses of pictures, clips and exports in the app: what pages show and the HTTP doors serve.

They lie under `/app/static/`, the one prefix that Streamlit's players take as an address.
"""


def thumb_url(project_id: str, sha256: str) -> str:
    """A small picture of the project's still with this hash."""
    return f"/app/static/thumbs/{project_id}/{sha256[:16]}.jpg"


def still_url(project_id: str, sha256: str) -> str:
    """The project's still with this hash, large enough to fill a screen."""
    return f"/app/static/stills/{project_id}/{sha256[:16]}.jpg"


def poster_url(project_id: str, take_id: str) -> str:
    """A small picture from the middle of a take's clip."""
    return f"/app/static/posters/{project_id}/{take_id}.jpg"


def clip_url(project_id: str, take_id: str) -> str:
    """A take's clip; Range works."""
    return f"/app/static/clips/{project_id}/{take_id}.mp4"


def export_url(project_id: str, export_id: str) -> str:
    """A delivered file, to be played; Range works. With `?download=1` the browser saves it."""
    return f"/app/static/exports/{project_id}/{export_id}.mp4"


def hand_off_url(project_id: str, handoff_id: str) -> str:
    """The zip of a hand-off. With `?download=1` the browser saves it under its name."""
    return f"/app/static/handoffs/{project_id}/{handoff_id}.zip"
