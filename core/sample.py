"""The sample project that a new user finds: stills, words and music that ship with the code."""

import json
import logging
from pathlib import Path
from typing import Any

from core.catalogue import Aspect
from core.edits import Edit, apply_edits
from core.project import Project, ProjectId
from core.settings import SHIPPED_DATA
from core.store import Store, now_text
from core.storyboard import add_stills, set_track

log = logging.getLogger(__name__)
SAMPLE = SHIPPED_DATA / "sample"


def install_sample(store: Store, *, max_megapixels: float) -> Project:
    """Make the sample a project like any other, and return it."""
    plan: dict[str, Any] = json.loads((SAMPLE / "sample.json").read_text(encoding="utf-8"))
    draft = Project(
        id=ProjectId("draft"),
        title=plan["title"],
        aspect=Aspect(plan["aspect"]),
        size=plan["size"],
        fps=plan["fps"],
        video_model=plan["model"],
        created_at=now_text(),
        updated_at=now_text(),
    )
    project_id = store.projects.create(draft).id
    stills: Path = SAMPLE / "stills"
    for shot in plan["shots"]:
        brought = add_stills(
            store,
            project_id,
            [(shot["still"], stills / shot["still"])],
            seconds=shot["seconds"],
            max_megapixels=max_megapixels,
        )
        words = ("camera_language", "energy", "environment", "symbolic_elements")
        edits = [
            Edit(shot_id=brought.shots[0].shot_id, field=name, now=shot[name], force=True) for name in words
        ]
        store.projects.edit(project_id, lambda project, edits=edits: apply_edits(project, edits).project)  # type: ignore[misc]
    return set_track(store, project_id, SAMPLE / plan["track"], plan["track"])
