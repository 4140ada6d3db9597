"""What processes leave behind that die between two steps: swept away at the next start."""

import logging
import time
from pathlib import Path

from core.errors import StillmotionError
from core.store import Store
from core.take import ENDED, TakeId

log = logging.getLogger(__name__)

FORGOTTEN_S = 3600.0
"""A draft that old is nobody's any more: writing one takes a moment."""


def sweep(store: Store) -> None:
    """Remove drafts of files that were never put in place, and words to cancel of takes that have ended.

    Never raises: what cannot be removed now is harmless, and is tried again at the next start.
    """
    try:
        folders = [store.projects.folder(project_id) for project_id in store.projects.ids()]
        for folder in (store.data, *folders, *(each / "takes" for each in folders)):
            _remove_drafts(folder)
        for folder in folders:
            _forget_cancels(store, folder)
    except (OSError, StillmotionError) as error:
        log.info("sweep.failed", extra={"action": "sweep.failed", "reason": type(error).__name__})


def _remove_drafts(folder: Path) -> None:
    for draft in folder.glob(".*.tmp"):
        if time.time() - draft.stat().st_mtime > FORGOTTEN_S:
            draft.unlink(missing_ok=True)


def _forget_cancels(store: Store, folder: Path) -> None:
    for word in folder.glob("takes/*.cancel"):
        take = store.takes.all(folder).get(TakeId(word.stem))
        if take is not None and take.state in ENDED:
            store.takes.tidy(folder, take.take_id)
