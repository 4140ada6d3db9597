"""The product: what a person, a page, the command line and the HTTP doors can do.

Everything goes through the `Studio`. It keeps no state but caches: what it says is what the disk says, so the
app, the command line and a second app may be open on one data folder. Its verbs stand at four desks:

core/desks/storyboard   create_project, add_stills, edit, line_up, plan_snap, move_cuts, set_track …
core/desks/takes        quote, offers, propose, order_takes, cancel_take, choose_take, adopt_request, stop …
core/desks/cut          plan_export, order_export, run_export, certificate, order_hand_off …
core/desks/money        costs, set_budget, budget_states, alerts; `billing` has the provider's bill
"""

from functools import cache

from core.desks import CutDesk, MoneyDesk, ProjectSummary, StoryboardDesk, TakesDesk
from core.settings import read_settings

__all__ = ["ProjectSummary", "Studio", "the_studio"]


class Studio(StoryboardDesk, TakesDesk, CutDesk, MoneyDesk):
    """The product, on one data folder. Every method may be called from any thread."""

    @classmethod
    def open(cls) -> "Studio":
        """The studio on the data folder that the environment names."""
        return cls(read_settings())


@cache
def the_studio() -> Studio:
    """The one studio of this process, on the data folder that the environment names."""
    return Studio.open()
