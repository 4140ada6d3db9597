"""The studio's desks, each a group of its verbs."""

from core.desks.cut import CutDesk
from core.desks.money import MoneyDesk
from core.desks.storyboard import ProjectSummary, StoryboardDesk
from core.desks.takes import TakesDesk

__all__ = ["CutDesk", "MoneyDesk", "ProjectSummary", "StoryboardDesk", "TakesDesk"]
