"""Motion prompts that are longer than their model takes."""

from dataclasses import dataclass

from core.catalogue import Catalogue, Model
from core.motion_prompt import cut_to_limit
from core.project import Project, Shot


@dataclass(frozen=True, kw_only=True)
class CutPrompt:
    """What a model's limit leaves of a motion prompt."""

    model: Model
    left: str
    """The words that the model gets."""


def cut_prompt(project: Project, shot: Shot, catalogue: Catalogue) -> CutPrompt | None:
    """What is left of the shot's motion prompt; None when the model takes it whole."""
    key = project.model_of(shot)
    if key not in catalogue:
        return None
    model = catalogue[key]
    left = cut_to_limit(shot.words, model.prompt.max_chars)
    return CutPrompt(model=model, left=left) if left != shot.words else None
