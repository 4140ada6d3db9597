"""The cut: planned, exported, certified, handed over to an editor."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.desks.desk import Desk
from core.errors import NotFound, NotNow
from core.exporter import (
    Certificate,
    Export,
    delivery,
    made_ahead,
    order_export,
    plan_export,
    run_export,
)
from core.exporter.handoff import HandedOver, HandOff, hand_over, sources_of, wish
from core.providers.base import Signals, unwatched


class CutDesk(Desk):
    """Where the cut is made and handed over."""

    def plan_export(self, project_id: str, **asked: Any) -> Export:
        """What an export ordered now would be made of; `asked` are fields of Delivery.

        Raises InputRefused when there is nothing to show, or for what is not on offer.
        """
        return plan_export(self.project(project_id), self.takes(project_id), delivery(**asked))

    def order_export(self, project_id: str, **asked: Any) -> Export:
        """Put an export in the queue; `asked` are fields of Delivery. Raises as `plan_export` does.

        Raises NotNow when the very same cut is under way already, so that a double click orders one; when its
        process died, that export is returned, and goes on where it was.
        """
        plan = self.plan_export(project_id, **asked)
        return order_export(self._exports, self.folder(project_id), plan)

    def made_ahead(self, plan: Export) -> tuple[int, int]:
        """How many segments of a planned export are there already, and of how many."""
        return made_ahead(plan, self.folder(plan.project_id))

    def run_export(self, export: Export) -> Export:
        """Make an ordered export in this thread, unless somebody is at it; its receipt as it then is."""
        run_export(self.settings.data, export.project_id, export.export_id, stopping=lambda: False)
        return self.export(export.project_id, export.export_id)

    def exports(self, project_id: str) -> list[Export]:
        """Every export of the project, newest first."""
        return self._exports.all(self.folder(project_id))

    def export(self, project_id: str, export_id: str) -> Export:
        """The export's receipt. Raises NotFound."""
        return self._exports.read(self.folder(project_id), export_id)

    def certificate(self, project_id: str, export_id: str) -> Certificate:
        """What the finished export really holds. Raises NotNow, NotFound or Damaged."""
        return self._exports.certificate(self.folder(project_id), self.export(project_id, export_id))

    def cancel_export(self, project_id: str, export_id: str) -> Export:
        """Ask that an export ends; at once when nobody is at it. Nothing half-made is left."""
        export = self.export(project_id, export_id)
        if not export.under_way:
            raise NotNow(
                f"The export has ended already: {export.state}.", remedy="There is nothing to cancel."
            )
        return self._exports.cancel(self.folder(project_id), export.export_id)

    def hand_off(
        self,
        project_id: str,
        out: Path,
        *,
        formats: Sequence[str] | None = None,
        media: str | None = None,
        zipped: bool = False,
        paper: str | None = None,
        signals: Signals | None = None,
        **asked: Any,
    ) -> HandedOver:
        """Make a folder (or a zip) of the cut for other editing programs at `out`; `asked`: as to plan.

        Camera moves are rendered meanwhile: call it from a thread that may wait. Nothing half-made is left.
        """
        chosen = wish(formats=formats, media=media, zipped=zipped, paper=paper)
        sources = sources_of(self.settings.data, project_id, delivery(**asked))
        return hand_over(sources, out, chosen, signals or unwatched())

    def order_hand_off(
        self,
        project_id: str,
        *,
        formats: Sequence[str] | None = None,
        paper: str | None = None,
        **asked: Any,
    ) -> HandOff:
        """Have a zip of the cut made in the background; `asked`: as to plan. Raises as `hand_off` does.

        Raises NotNow while one of the project is under way.
        """
        chosen = wish(formats=formats, paper=paper, zipped=True)
        self.plan_export(project_id, **asked)  # what is wrong with it is told now
        return self._handoffs.order(self.folder(project_id), project_id, delivery(**asked), chosen)

    def hand_offs(self, project_id: str) -> list[HandOff]:
        """Every hand-off that was ordered for the project, newest first."""
        return self._handoffs.all(self.folder(project_id))

    def hand_off_receipt(self, project_id: str, handoff_id: str) -> HandOff:
        """The hand-off's receipt. Raises NotFound."""
        return self._handoffs.read(self.folder(project_id), handoff_id)

    def cancel_hand_off(self, project_id: str, handoff_id: str) -> HandOff:
        """Ask that a hand-off ends; at once when nobody is at it. Nothing half-made is left."""
        made = self.hand_off_receipt(project_id, handoff_id)
        if not made.under_way:
            raise NotNow(
                f"The hand-off has ended already: {made.state}.", remedy="There is nothing to cancel."
            )
        return self._handoffs.cancel(self.folder(project_id), made.handoff_id)

    def hand_off_file(self, project_id: str, handoff_id: str) -> Path:
        """The zip. Raises NotFound or NotNow."""
        made = self.hand_off_receipt(project_id, handoff_id)
        if made.local_path is None:
            raise NotNow(f"The hand-off is not done: it is {made.state}.", remedy="Wait until it is done.")
        path = self.folder(project_id) / made.local_path
        if not path.exists():
            raise NotFound(
                f"The file {path.name} is gone: only the newest hand-off is kept.", remedy="Hand off again."
            )
        return path

    def export_file(self, project_id: str, export_id: str) -> Path:
        """The delivered file. Raises NotFound or NotNow."""
        export = self.export(project_id, export_id)
        if export.local_path is None:
            raise NotNow(f"The export is not done: it is {export.state}.", remedy="Wait until it is done.")
        path = self.folder(project_id) / export.local_path
        if not path.exists():
            raise NotFound(f"The file {path.name} is gone from the disk.", remedy="Export again.")
        return path
