"""The catalogue on disk: the shipped file, a person's own rows over it, refreshed prices on top."""

import json
import logging
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.catalogue.model import Model
from core.errors import Damaged, NotFound
from core.settings import SHIPPED_DATA

log = logging.getLogger(__name__)

SCHEMA_VERSION = 1
"""Form of `models.json` and `prices.json` that this code reads."""
PRICES = "prices.json"
"""Prices that were read from the provider and applied by a person: rows of only a key and a price.

A file of its own, since the data folder may be the one in which the shipped `models.json` lies."""


class Catalogue:
    """The models on offer, in the order of the file."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._models = {model.key: model for model in models}

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def __len__(self) -> int:
        return len(self._models)

    def __contains__(self, key: object) -> bool:
        return key in self._models

    def __getitem__(self, key: str) -> Model:
        """The model called `key`. Raises NotFound with the keys there are."""
        if key not in self._models:
            raise NotFound(
                f"There is no model called {key[:40]!r}.", remedy=f"Choose one of: {', '.join(self._models)}."
            )
        return self._models[key]


def read_catalogue(data: Path | None = None) -> Catalogue:
    """The shipped catalogue with the rows of `data`/models.json laid over it, then newer refreshed prices.

    A row of that file may name only the key and what differs; a price is replaced whole, with its date
    and source. Raises Damaged, naming file and row, when a row does not fit the form.
    """
    folder = data or SHIPPED_DATA
    shipped = SHIPPED_DATA / "models.json"
    rows = _rows(shipped)
    models = {key: _parse(row, shipped) for key, row in rows.items()}
    override = folder / "models.json"
    if override.is_file() and override != shipped:
        for key, row in _rows(override).items():
            rows[key] = {**rows.get(key, {}), **row}
            models[key] = _parse(rows[key], override)
    refreshed = folder / PRICES
    if refreshed.is_file():
        for key, row in _rows(refreshed).items():
            if key in models:  # a model that is no longer offered needs no price
                fresh = _parse({**rows[key], "price": row.get("price")}, refreshed)
                models[key] = fresh if fresh.price.as_of >= models[key].price.as_of else models[key]
    return Catalogue(models.values())


Stamp = tuple[int, int] | None
"""Change time and size of a file; None when there is none."""

_current: dict[Path, tuple[tuple[Stamp, Stamp], Catalogue]] = {}
_current_lock = threading.Lock()


def current_catalogue(data: Path) -> Catalogue:
    """The catalogue of `data`, read again when rows or prices of its own changed, by whatever process.

    When they cannot be read then, what was read before stays in force, and it is logged: no take may fail
    for it. Raises Damaged only for the first reading.
    """
    stamp = _stamp(data / "models.json"), _stamp(data / PRICES)
    known = _current.get(data)
    if known is not None and known[0] == stamp:
        return known[1]
    with _current_lock:
        try:
            catalogue = read_catalogue(data)
        except Damaged as error:
            if known is None:
                raise
            log.warning("catalogue.kept", extra={"action": "catalogue.kept", "reason": str(error)})
            catalogue = known[1]
        _current[data] = (stamp, catalogue)
    return catalogue


def _stamp(path: Path) -> Stamp:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def _rows(path: Path) -> dict[str, dict[str, Any]]:
    """Key → row of the file at `path`, in its order."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        rows, version = document["models"], document.get("schema_version", SCHEMA_VERSION)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Damaged(
            f"The catalogue {path} cannot be read.",
            remedy='Restore it, or remove your own; it is JSON with a list called "models".',
        ) from error
    if version != SCHEMA_VERSION:
        raise Damaged(
            f"The catalogue {path} has schema_version {version!r}; this Stillmotion reads {SCHEMA_VERSION}.",
            remedy="Update Stillmotion, or restore the file that came with it.",
        )
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Damaged(f'"models" in {path} is not a list of rows.', remedy="Restore it, or remove your own.")
    keyed = {str(row.get("key", "(without key)")): row for row in rows}
    if len(keyed) < len(rows):
        raise Damaged(f"Two rows in {path} have the same key.", remedy="Give each row its own key.")
    return keyed


def _parse(row: dict[str, Any], path: Path) -> Model:
    try:
        return Model.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the row"
        raise Damaged(
            f"Model {row.get('key', '(without key)')!r} in {path}: {where}: {first['msg']}.",
            remedy=f"Correct that row in {path}.",
        ) from error
