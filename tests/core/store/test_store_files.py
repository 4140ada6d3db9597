"""Files that survive: a rename that waits for readers, folders that cannot be synced, content remembered."""

import sys
from pathlib import Path

import pytest

from core.store.files import Parsed, put_in_place, rename_over, sync_folder, write_atomically


class Busy(type(Path())):  # type: ignore[misc]
    """A file that cannot be renamed the first few times: what it would replace is being read."""

    refusals = 2

    def replace(self, target: Path) -> Path:
        if self.refusals:
            self.refusals -= 1
            raise PermissionError(13, "being used by another process")
        return Path(self).rename(target)


def test_a_rename_waits_for_those_who_read_what_it_replaces(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    rename_over(Busy(tmp_path / "new"), tmp_path / "old", wait_s=5)
    assert (tmp_path / "old").read_text() == "new"


def test_a_rename_that_is_never_allowed_leaves_both_files_as_they_were(tmp_path: Path) -> None:
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    with pytest.raises(PermissionError):
        rename_over(Busy(tmp_path / "new"), tmp_path / "old", wait_s=0)
    assert [(tmp_path / name).read_text() for name in ("new", "old")] == ["new", "old"]


@pytest.mark.skipif(sys.platform != "linux", reason="/proc stands for a disk whose folders cannot be synced")
def test_a_disk_whose_folders_cannot_be_synced_is_written_to_all_the_same() -> None:
    sync_folder(Path("/proc"))


def test_a_file_is_read_again_only_when_it_was_replaced(tmp_path: Path) -> None:
    path, reads = tmp_path / "file", []

    def parse(path: Path) -> str:
        reads.append(path)
        return path.read_text()

    parsed = Parsed(parse)
    assert parsed.get(path) is None
    write_atomically(path, b"one")
    assert (parsed.get(path), parsed.get(path), len(reads)) == ("one", "one", 1)
    (tmp_path / "draft").write_bytes(b"two")
    put_in_place(tmp_path / "draft", path)
    assert (parsed.get(path), len(reads)) == ("two", 2)
    path.unlink()
    assert parsed.get(path) is None
