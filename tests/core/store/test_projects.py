"""Projects on disk: whole or not at all, never two writers, damage kept and named."""

import json
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from drawing import Draw
from waiting import wait_until

from core.edits import Edit
from core.errors import Damaged, InputRefused, NotFound, StorageFailed
from core.executor import Executor
from core.settings import Settings
from core.studio import Studio


def test_a_project_reads_back_as_it_was_saved(studio: Studio) -> None:
    made = studio.create_project("Ascent", aspect="vertical", fps="23.976")
    again = Studio(studio.settings).project("ascent")
    assert again == made
    assert again.size == "720x1280"


def test_two_projects_of_one_title_get_two_folders(studio: Studio) -> None:
    assert studio.create_project("Ascent").id == "ascent"
    assert studio.create_project("Ascent!").id == "ascent-2"


def test_the_file_keeps_the_names_of_the_seed(studio: Studio, draw: object, data: Path) -> None:
    studio.create_project("Ascent")
    on_disk = json.loads((data / "projects" / "ascent" / "project.json").read_text())
    assert {"schema_version", "revision", "id", "title", "aspect", "shots"} <= on_disk.keys()


@pytest.mark.parametrize("name", ["../ascent", "nothing", "..", "a/b", "CON", ""])
def test_a_project_that_is_not_there_is_said_so(studio: Studio, name: str) -> None:
    with pytest.raises(NotFound):
        studio.project(name)


def test_a_damaged_project_is_left_as_it_is_and_the_revision_before_comes_back(
    studio: Studio, data: Path
) -> None:
    studio.create_project("Ascent")
    studio.edit("ascent", [Edit(field="title", now="One", was="Ascent")])
    studio.edit("ascent", [Edit(field="title", now="Two", was="One")])
    path = data / "projects" / "ascent" / "project.json"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])

    fresh = Studio(studio.settings)
    with pytest.raises(Damaged) as refusal:
        fresh.project("ascent")
    assert "Restore" in refusal.value.remedy
    with pytest.raises(Damaged):
        fresh.edit("ascent", [Edit(field="title", now="Three", was="Two")])
    assert path.read_bytes() == whole[: len(whole) // 2]
    (listed,) = fresh.projects()
    assert isinstance(listed.damage, Damaged)

    assert fresh.restore_project("ascent").title == "One"
    (kept,) = path.parent.glob("project.damaged-*.json")
    assert kept.read_bytes() == whole[: len(whole) // 2]


def test_an_edit_after_one_that_the_disk_refused_leaves_no_litter(studio: Studio, data: Path) -> None:
    studio.create_project("Ascent")
    folder = data / "projects" / "ascent"
    (folder / "project.bak.json").hardlink_to(folder / "project.json")  # as it is when the write then fails
    studio.edit("ascent", [Edit(field="title", now="One", was="Ascent")])
    assert sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") == [
        "project.bak.json",
        "project.json",
    ]
    assert json.loads((folder / "project.bak.json").read_text())["title"] == "Ascent"


def test_a_project_of_a_newer_version_is_not_touched(studio: Studio, data: Path) -> None:
    studio.create_project("Ascent")
    path = data / "projects" / "ascent" / "project.json"
    path.write_text(path.read_text().replace('"schema_version": 1', '"schema_version": 99'))
    with pytest.raises(Damaged, match="newer Stillmotion"):
        Studio(studio.settings).project("ascent")


def test_every_edit_of_many_threads_is_kept(studio: Studio) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", [], seconds=1)
    before = studio.project("ascent").revision

    def edit(number: int) -> None:
        mine = Studio(studio.settings)
        for step in range(5):
            mine.edit("ascent", [Edit(field="title", now=f"{number}-{step}", force=True)])

    threads = [threading.Thread(target=edit, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert studio.project("ascent").revision == before + 20


EDITOR = """
import sys
from core.edits import Edit
from core.settings import Settings
from core.studio import Studio
studio = Studio(Settings(data=sys.argv[1]))
for shot in studio.project("ascent").shots[int(sys.argv[2])::2]:
    studio.edit("ascent", [Edit(shot_id=shot.shot_id, field="environment", now=f"by {sys.argv[2]}", was="")])
"""


def test_two_processes_that_edit_one_project_lose_nothing(studio: Studio, data: Path, tmp_path: Path) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", Draw(tmp_path).stills(12), seconds=1)
    editors = [subprocess.Popen([sys.executable, "-c", EDITOR, str(data), str(number)]) for number in (0, 1)]
    assert [editor.wait(60) for editor in editors] == [0, 0]
    places = [shot.environment for shot in studio.project("ascent").shots]
    assert places == ["by 0", "by 1"] * 6


def test_a_folder_that_cannot_be_written_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    blocked = tmp_path / "projects"
    blocked.write_text("a file stands where the projects' folder should be")
    with pytest.raises(StorageFailed) as refusal:
        Studio(Settings(data=tmp_path)).create_project("Ascent")
    assert refusal.value.remedy
    assert blocked.read_text().startswith("a file")


FULL_DISK = """
import resource, signal, sys
from core.edits import Edit
from core.errors import StorageFailed
from core.settings import Settings
from core.studio import Studio
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
studio = Studio(Settings(data=sys.argv[1]))
try:
    studio.edit("ascent", [Edit(field="title", now="x" * 100, force=True)])
except StorageFailed as error:
    print(error, "|", error.remedy)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a small disk is played by a limit that Windows has not")
def test_a_disk_that_is_full_keeps_the_project_as_it_was(studio: Studio, data: Path) -> None:
    before = studio.create_project("Ascent")
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(data)], capture_output=True, text=True, check=True
    ).stdout
    assert "|" in said, said
    assert Studio(studio.settings).project("ascent") == before
    assert not list((data / "projects" / "ascent").glob(".*.tmp"))


def test_settings_that_do_not_exist_are_refused(studio: Studio) -> None:
    with pytest.raises(InputRefused, match="shape"):
        studio.create_project("A", aspect="round")
    with pytest.raises(InputRefused, match="size"):
        studio.create_project("A", size="12x12")
    with pytest.raises(InputRefused, match="frame rate"):
        studio.create_project("A", fps="12")
    with pytest.raises(InputRefused, match="empty"):
        studio.create_project("  ")
    assert studio.projects() == []


def test_a_copied_folder_is_a_project_of_its_own(studio: Studio, draw: Draw, data: Path) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(1), seconds=0.2)
    studio.order_takes("ascent")
    shutil.copytree(data / "projects" / "ascent", data / "projects" / "copy")
    assert studio.project("copy").id == "copy"
    assert {take.project_id for take in studio.takes("copy").values()} == {"copy"}
    executor = Executor(data)
    executor.start()
    for name in ("ascent", "copy"):
        wait_until(
            lambda name=name: all(take.clip for take in studio.takes(name).values()),  # type: ignore[misc]
            what=f"the take of {name}",
        )
        assert list((studio.folder(name) / "clips").glob("*.mp4"))
    assert executor.stop()


@pytest.mark.parametrize(
    ("good", "bad"),
    [('"energy": 0.5', '"energy": "NaN"'), ('"energy": 0.5', '"energy": 7'), ("stills/", "../../../etc/")],
)
def test_a_project_that_was_spoilt_by_hand_is_damaged_not_believed(
    studio: Studio, draw: Draw, data: Path, good: str, bad: str
) -> None:
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(1), seconds=1)
    path = data / "projects" / "ascent" / "project.json"
    text = path.read_text()
    assert good in text.replace('"energy":0.5', '"energy": 0.5')
    path.write_text(text.replace(good, bad))
    with pytest.raises(Damaged):
        Studio(studio.settings).project("ascent")
