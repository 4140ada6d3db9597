"""What the calls give: our records as JSON, with the addresses that lead on. Money is a string of dollars."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from core.budgets import Budgets, BudgetState
from core.catalogue import Model
from core.costs import CostReport, Dimension
from core.errors import StillmotionError
from core.exporter import Export, ExportState
from core.exporter.handoff import HandOff
from core.links import clip_url, export_url, hand_off_url, poster_url
from core.pricing import rate_text, tidy
from core.project import Project
from core.store import Progress
from core.studio import ProjectSummary
from core.take import UNDER_WAY, Take

Json = dict[str, Any]


def project_path(project_id: str) -> str:
    """Where a project is looked at."""
    return f"/api/project/{project_id}"


def take_path(take: Take) -> str:
    """Where a take is followed."""
    return f"{project_path(take.project_id)}/take/{take.take_id}"


def export_path(export: Export) -> str:
    """Where an export is followed."""
    return f"{project_path(export.project_id)}/export/{export.export_id}"


def usd(amount: Decimal) -> str:
    """An amount of US dollars, as in "0.70"; never a float."""
    return str(tidy(amount))


def model_view(model: Model) -> Json:
    """A model on offer."""
    return {
        "key": model.key,
        "name": model.name,
        "endpoint": model.endpoint,
        "durations": model.length.lengths(),
        "supports_audio": model.sound.kind in ("choice", "always"),
        "best_for": model.best_for,
        "price": rate_text(model.price),
        "price_as_of": model.price.as_of,
        "provider": model.provider,
        "seconds": list(model.length.seconds),
        "usual_s": list(model.generation_s),
    }


def summary_view(summary: ProjectSummary) -> Json:
    """A project in a list."""
    return {
        "project_id": summary.project_id,
        "title": summary.title,
        "shots": summary.shots,
        "updated_at": summary.updated_at,
        "project_url": project_path(summary.project_id),
        "damage": _error_view(summary.damage),
    }


def project_view(project: Project) -> Json:
    """A project with its shots, in the names of `project.json`."""
    path = project_path(project.id)
    return {
        "project_id": project.id,
        **project.model_dump(mode="json", exclude={"schema_version", "id"}),
        "takes_url": f"{path}/takes",
        "exports_url": f"{path}/exports",
    }


def take_view(take: Take, progress: Mapping[Any, Progress]) -> Json:
    """A take: where it stands, what it costs, and its file when it is done."""
    known = progress.get(take.take_id) if take.state in UNDER_WAY else None
    return {
        "take_id": take.take_id,
        "project_id": take.project_id,
        "shot_id": take.shot_id,
        "batch_id": take.batch_id,
        "person": take.person,
        "model": take.model,
        "state": take.state.value,
        "fraction": 1.0 if take.clip else known.fraction if known else None,
        "stage": known.stage if known else "",
        "take_url": take_path(take),
        "file_url": clip_url(take.project_id, take.take_id) if take.clip else None,
        "poster_url": poster_url(take.project_id, take.take_id) if take.clip else None,
        "clip": take.clip.model_dump(exclude={"local_path"}) if take.clip else None,
        "failure": take.failure.model_dump(mode="json") if take.failure else None,
        "motion_prompt": take.motion_prompt,
        "needed_s": take.needed_s,
        "duration_s": take.duration_s,
        "sound": take.sound,
        "quote_usd": usd(take.quote.usd),
        "quote_usd_high": usd(take.quote.usd_high),
        "settled_usd": None if take.settled_usd is None else usd(take.settled_usd),
        "warnings": list(take.warnings),
        "ordered_at": take.ordered_at.isoformat(),
        "changed_at": take.changed_at.isoformat(),
    }


def hand_off_path(made: HandOff) -> str:
    """Where a hand-off is followed."""
    return f"{project_path(made.project_id)}/hand-off/{made.handoff_id}"


def hand_off_view(made: HandOff) -> Json:
    """A hand-off: how far it is, and its zip when it is done."""
    done = made.state is ExportState.DONE
    return {
        "handoff_id": made.handoff_id,
        "project_id": made.project_id,
        "state": made.state.value,
        "fraction": made.fraction,
        "stage": made.stage,
        "formats": [each.value for each in made.formats],
        "handoff_url": hand_off_path(made),
        "download_url": f"{hand_off_url(made.project_id, made.handoff_id)}?download=1" if done else None,
        "bytes": made.bytes,
        "files": made.files,
        "missing": made.missing,
        "notes": made.notes,
        "failure": made.failure.model_dump(mode="json") if made.failure else None,
        "ordered_at": made.ordered_at.isoformat(),
        "finished_at": made.finished_at.isoformat() if made.finished_at else None,
    }


def export_view(export: Export) -> Json:
    """An export: how far it is, and its file when it is done."""
    done = export.state is ExportState.DONE
    file_url = export_url(export.project_id, export.export_id) if done else None
    return {
        "export_id": export.export_id,
        "project_id": export.project_id,
        "title": export.title,
        "mode": export.mode.value,
        "state": export.state.value,
        "fraction": export.fraction,
        "remaining_s": export.remaining_s,
        "stage": export.stage,
        "quality": export.quality.value,
        "burn_in": export.burn_in,
        "shots": [piece.shot_id for piece in export.pieces],
        "export_url": export_path(export),
        "file_url": file_url,
        "download_url": f"{file_url}?download=1" if file_url else None,
        "certificate_url": f"{export_path(export)}/certificate" if export.certified else None,
        "size": export.size,
        "fps": export.fps,
        "frames": export.frames,
        "duration_s": export.duration_s,
        "bytes": export.bytes,
        "sha256": export.sha256,
        "fallbacks": export.fallbacks,
        "failure": export.failure.model_dump(mode="json") if export.failure else None,
        "ordered_at": export.ordered_at.isoformat(),
        "finished_at": export.finished_at.isoformat() if export.finished_at else None,
    }


def costs_view(report: CostReport) -> Json:
    """What was spent, is reserved, and is at risk."""
    return {
        "spent_usd": usd(report.spent_usd),
        "reserved_usd": usd(report.reserved_usd),
        "at_risk_usd": usd(report.at_risk_usd),
        "by_project": _amounts(report.spent_by(Dimension.PROJECT)),
        "by_shot": [
            {"project_id": project_id, "shot_id": shot_id, "usd": usd(amount)}
            for name, amount in report.spent_by(Dimension.SHOT).items()
            for project_id, _, shot_id in (name.partition("/"),)
        ],
        "by_model": _amounts(report.spent_by(Dimension.MODEL)),
        "by_day": _amounts(report.spent_by(Dimension.DAY)),
        "broken": list(report.broken),
    }


def budgets_view(budgets: Budgets, states: Sequence[BudgetState]) -> Json:
    """Every limit, with what is left of it."""
    return {
        "budgets": [
            {
                "scope": state.budget.scope.value,
                "project_id": state.budget.project_id,
                "hard": state.budget.hard,
                "usd": usd(state.budget.usd),
                "committed_usd": usd(state.committed_usd),
                "left_usd": usd(state.left_usd),
                "over": state.over,
            }
            for state in states
        ],
        "ask_twice_over_usd": _amount(budgets.ask_twice_over_usd),
        "http_ceiling_usd": _amount(budgets.http_ceiling_usd),
    }


def _amount(amount: Decimal | None) -> str | None:
    return None if amount is None else usd(amount)


def _amounts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {name: usd(amount) for name, amount in amounts.items()}


def _error_view(error: StillmotionError | None) -> Json | None:
    return {"what": str(error), "remedy": error.remedy} if error else None
