"""The file `budgets.json` in the data folder."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

from pydantic import ValidationError

from core.budgets.records import NO_BUDGETS, Budget, Budgets, Scope, parse_usd
from core.errors import Damaged, InputRefused, NotFound, disk_errors
from core.store.files import Parsed, locked, write_atomically


class BudgetStore:
    """Every limit, as the disk says. Every method may be called from any thread."""

    def __init__(self, data: Path) -> None:
        self._path = data / "budgets.json"
        self._parsed = Parsed(_parse)

    def read(self) -> Budgets:
        """The limits as they are now. Raises Damaged: with limits unknown, nothing paid is ordered."""
        return self._parsed.get(self._path) or NO_BUDGETS

    def edit(self, change: Callable[[Budgets], Budgets]) -> Budgets:
        """The limits after `change`, on the disk. Raises Damaged, NotNow or StorageFailed."""
        with locked(self._path.with_suffix(".lock"), busy="The limits are being changed by somebody else."):
            fresh = change(self.read())
            write_atomically(self._path, fresh.model_dump_json(indent=1, exclude_none=True).encode())
        return fresh

    def set(self, scope: str, usd: Decimal, *, project_id: str | None, hard: bool) -> Budgets:
        """Set a limit, in place of the one there was. Raises InputRefused."""
        budget = _budget(scope, usd, project_id, hard)
        return self.edit(lambda known: _with(known, [*_others(known, budget), budget]))

    def remove(self, scope: str, *, project_id: str | None, hard: bool) -> Budgets:
        """Lift a limit. Raises NotFound when there is none."""
        budget = _budget(scope, Decimal(0), project_id, hard)

        def lift(known: Budgets) -> Budgets:
            others = _others(known, budget)
            if len(others) == len(known.budgets):
                raise NotFound(
                    f"There is no {'hard' if hard else 'soft'} limit for the {scope}"
                    f"{f' of {project_id}' if project_id else ''}.",
                    remedy="`python -m core budget` lists those that there are.",
                )
            return _with(known, others)

        return self.edit(lift)

    def set_order_limits(
        self, ask_twice_over_usd: Decimal | None, http_ceiling_usd: Decimal | None
    ) -> Budgets:
        """Set what is asked of a single order; None: nothing."""
        changes = {"ask_twice_over_usd": ask_twice_over_usd, "http_ceiling_usd": http_ceiling_usd}
        return self.edit(lambda known: known.model_copy(update=changes))


def _budget(scope: str, usd: Decimal, project_id: str | None, hard: bool) -> Budget:
    if scope not in list(Scope):
        raise InputRefused(
            f"There is no limit for a {scope[:40]!r}.", remedy=f"Choose one of: {', '.join(Scope)}."
        )
    if scope == Scope.PROJECT and project_id is None:
        raise InputRefused(
            "It is not said which project the limit is for.", remedy="Name the project: --project ascent."
        )
    if scope == Scope.TEAM and project_id is not None:
        raise InputRefused(
            "The team's limit is about all projects.", remedy="For one of them, set a project's limit."
        )
    return Budget(scope=Scope(scope), project_id=project_id, usd=parse_usd(usd), hard=hard)


def _others(known: Budgets, budget: Budget) -> list[Budget]:
    return [each for each in known.budgets if each.place != budget.place]


def _with(known: Budgets, budgets: Iterable[Budget]) -> Budgets:
    order = list(Scope)
    return known.model_copy(
        update={
            "budgets": tuple(
                sorted(
                    budgets, key=lambda each: (order.index(each.scope), each.project_id or "", not each.hard)
                )
            )
        }
    )


def _parse(path: Path) -> Budgets:
    try:
        with disk_errors(path):
            return Budgets.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "all of it"
        raise Damaged(
            f"The spending limits in budgets.json cannot be read ({where}).",
            remedy=f"Mend {path} by hand, or remove it and set the limits again; nothing was changed.",
        ) from error
