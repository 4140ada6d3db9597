"""What becomes of takes whose answer was lost: looked up at the provider, adopted, or given up."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from core.errors import NotNow
from core.executor.life import Life, request_ids, store_of
from core.rounds import Rounds
from core.settings import read_settings
from core.store.files import locked
from core.take import State, Take, TakeId

WAITS_S = (2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0, 300.0)
"""Seconds between looks at one take; the last is repeated. Its provider's history lags behind."""
ROUND_S = 1.0
"""How often the thread sees whether a take is due."""


class Lookup(Rounds):
    """Looks up unresolved takes, each at growing distances."""

    def __init__(self, data: Path, *, found: Callable[[], None]) -> None:
        self._data = data
        self._store = store_of(data)
        self._found = found
        self._pace = read_settings().fal_pace
        self._due: dict[TakeId, tuple[int, float]] = {}
        super().__init__("lookup", every_s=ROUND_S * min(1.0, self._pace))

    def round(self) -> None:
        """Look up what is due."""
        projects = self._store.projects
        for project_id in projects.ids():
            for take in self._store.takes.unresolved(projects.folder(project_id)):
                looks, due_at = self._due.get(take.take_id, (0, 0.0))
                if self.stopping:
                    return
                if time.monotonic() < due_at:
                    continue
                wait_s = WAITS_S[min(looks, len(WAITS_S) - 1)] * self._pace
                self._due[take.take_id] = (looks + 1, time.monotonic() + wait_s)
                if look_up(self._data, project_id, take.take_id) is not None:
                    self._found()


def look_up(data: Path, project_id: str, take_id: TakeId) -> Take | None:
    """Look the unresolved take up at its provider and adopt its request; None when it was not found."""
    with _one_at_a_time(data), _unresolved(data, project_id, take_id) as life:
        request = life.find(known=request_ids(data))
        if request is None:
            return None
        life.adopt(request, "found in the provider's history")
        return life.take


def adopt(data: Path, project_id: str, take_id: TakeId, request_id: str) -> Take:
    """Go on with the unresolved take as the request that a person names. Raises NotNow.

    One that was given up stays so: it gets the request's name, by which the bill tells what it cost.
    """
    with _one_at_a_time(data), _unresolved(data, project_id, take_id, or_given_up=True) as life:
        if request_id in request_ids(data):
            raise NotNow(
                f"Request {request_id[:60]} belongs to another take already.",
                remedy="Look at the takes of the shot: its clip may be there.",
            )
        request, source = life.request_called(request_id), "named by a person"
        if life.take.unaccounted:
            life.name_request(request, source)
        else:
            life.adopt(request, source)
        return life.take


def give_up(data: Path, project_id: str, take_id: TakeId) -> Take:
    """End the unresolved take without a clip; its money stays at risk until the bill tells. Raises NotNow."""
    with _unresolved(data, project_id, take_id) as life:
        life.give_up()
        return life.take


def _one_at_a_time(data: Path) -> AbstractContextManager[None]:
    """Hold the data folder's lock on adopting: a request belongs to one take."""
    return locked(data / "adopting.lock", busy="Another take is being looked up.")


@contextmanager
def _unresolved(data: Path, project_id: str, take_id: TakeId, *, or_given_up: bool = False) -> Iterator[Life]:
    """The life of an unresolved take, with its lock held. Raises NotNow when it is not unresolved."""
    store = store_of(data)
    folder = store.projects.folder(project_id)
    with store.takes.locked(folder, take_id):
        take = store.takes.read(folder, take_id)
        if take.state is not State.UNRESOLVED and not (or_given_up and take.unaccounted):
            raise NotNow(f"{take_id} is not in doubt: it is {take.state}.", remedy="Nothing is to be done.")
        yield Life(data, folder, take)
