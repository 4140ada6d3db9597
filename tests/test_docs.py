"""What the README says is what the code does."""

import re
from pathlib import Path

from core.settings import NAMES

CHECKOUT = Path(__file__).resolve().parents[1]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")


def test_the_readme_names_every_setting_and_no_other() -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", README, re.MULTILINE))
    assert named == set(NAMES.values())


def test_every_link_and_picture_in_the_documents_is_there() -> None:
    for document in [CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_the_two_commands_come_first() -> None:
    assert README.index("python3 run.py  ") < README.index("python3 run.py test") < README.index("##")


def test_the_architecture_names_every_room() -> None:
    told = (CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = {path.stem for path in (CHECKOUT / "core").iterdir() if not path.name.startswith("__")}
    assert {room for room in rooms if not re.search(rf"\b{room}\b", told)} == set()
