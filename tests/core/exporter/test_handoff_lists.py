"""The shot list and the contact sheet: what a director reads, whatever was typed."""

import csv
from pathlib import Path

import pytest
from drawing import Draw
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from waiting import wait_until

from core.edits import Edit
from core.executor import Executor
from core.exporter.handoff.paper import Paper
from core.exporter.handoff.sheet_page import MARGIN, MOST, best_grid, shortened, wrapped
from core.exporter.picture.lettering import Face
from core.studio import Studio
from core.take import ENDED

FRAMES = {"wide": (1280, 720), "square": (720, 720), "tall": (720, 1280)}


@pytest.fixture
def project(studio: Studio, draw: Draw, slots: Executor) -> str:
    """Three shots of 0.4 s with words; the second has a clip."""
    studio.create_project("Ascent")
    studio.add_stills("ascent", draw.stills(3), seconds=0.4)
    edits = [
        Edit(
            shot_id="shot_001",
            field="camera_language",
            now='=HYPERLINK("http://x")\n"quoted", é🎬',
            force=True,
        ),
        Edit(shot_id="shot_002", field="environment", now="launch pad", force=True),
        Edit(shot_id="shot_003", field="symbolic_elements", now=["steam", "flag"], force=True),
    ]
    studio.edit("ascent", edits)
    studio.order_takes("ascent", ["shot_002"])
    wait_until(lambda: all(take.state in ENDED for take in studio.takes("ascent").values()), what="the take")
    return "ascent"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_shot_list_has_a_row_for_each_shot(studio: Studio, project: str, tmp_path: Path) -> None:
    studio.hand_off(project, tmp_path / "edit", formats=["csv"])
    first, second, third = rows(tmp_path / "edit" / "ascent-shots.csv")
    assert (first["start"], first["end"], first["frames"]) == ("00:00:00:00", "00:00:00:10", "10")
    assert (second["start_s"], second["end_s"]) == ("0.400", "0.800")
    assert (second["environment"], second["shown_by"], second["take"]) == ("launch pad", "Animatic", "1")
    assert second["cost_usd"] == "0"
    assert second["file"] == "media/shot_002_take01.mp4"
    assert third["elements"] == "steam, flag"
    assert (third["shown_by"], third["cost_usd"]) == ("camera move", "")


def test_no_text_of_the_shot_list_is_a_formula_or_breaks_its_row(
    studio: Studio, project: str, tmp_path: Path
) -> None:
    studio.hand_off(project, tmp_path / "edit", formats=["csv"])
    first = rows(tmp_path / "edit" / "ascent-shots.csv")[0]
    assert first["camera"].startswith("'=HYPERLINK")
    assert '"quoted", é🎬' in first["camera"]
    assert not any("\n" in value for value in first.values())


def test_the_sheet_shows_every_shot_on_paper(studio: Studio, project: str, tmp_path: Path) -> None:
    made = studio.hand_off(project, tmp_path / "edit", formats=["sheet"], paper="letter", mode="stills")
    with Image.open(tmp_path / "edit" / "ascent-sheet.png") as page:
        assert page.size == Paper.LETTER.size
        colors = {page.convert("RGB").getpixel(_middle(number, page.size)) for number in range(3)}
    assert len(colors) == 3  # three different stills
    assert (tmp_path / "edit" / "ascent-sheet.pdf").read_bytes().startswith(b"%PDF")
    assert made.notes == ()


def _middle(number: int, _size: tuple[int, int]) -> tuple[int, int]:
    grid = best_grid(3, FRAMES["wide"], Paper.LETTER)
    left, top = grid.place(number)
    return left + grid.picture[0] * 3 // 5, top + grid.picture[1] // 4


def test_a_shot_without_any_picture_is_named_and_the_sheet_is_made(
    studio: Studio, project: str, tmp_path: Path
) -> None:
    folder = studio.folder(project)
    (folder / studio.project(project).shot("shot_003").render.image_url).unlink()
    made = studio.hand_off(project, tmp_path / "edit", formats=["sheet", "csv"], media="none", mode="stills")
    assert made.missing == ("shot_003",)
    assert "shot_003 has no picture on the contact sheet." in made.notes
    assert rows(tmp_path / "edit" / "ascent-shots.csv")[2]["file"] == ""


@pytest.mark.parametrize("paper", Paper)
@pytest.mark.parametrize("shape", FRAMES)
@pytest.mark.parametrize("count", [1, 2, 7, 12, 70, 1000])
def test_no_cell_leaves_the_page_or_meets_another(count: int, shape: str, paper: Paper) -> None:
    grid = best_grid(count, FRAMES[shape], paper)
    assert min(count, MOST[shape]) <= grid.cells < MOST[shape] + grid.columns
    for number in range(grid.cells):
        left, top = grid.place(number)
        assert left >= MARGIN
        assert left + max(grid.picture[0], grid.text_px) <= paper.size[0] - MARGIN
        assert top + grid.slot[1] <= paper.size[1] - MARGIN + 60
    assert grid.columns == 1 or grid.slot[0] > grid.text_px
    assert grid.slot[1] > grid.picture[1]


@given(st.text(max_size=300), st.integers(80, 600))
def test_words_never_leave_their_cell(text: str, room: int) -> None:
    face = Face(22)
    lines = wrapped(text, face, room, 3)
    assert len(lines) <= 3
    assert all(face.width(line) <= room for line in lines)
    assert face.width(shortened(text, face, room)) <= room


def test_many_shots_come_on_numbered_pages_and_in_one_pdf(studio: Studio, draw: Draw, tmp_path: Path) -> None:
    studio.create_project("Long")
    studio.add_stills("long", draw.stills(31), seconds=0.4)
    studio.hand_off("long", tmp_path / "edit", formats=["sheet"], media="none", mode="stills")
    pages = sorted(path.name for path in (tmp_path / "edit").glob("*.png"))
    assert pages == ["long-sheet-1.png", "long-sheet-2.png", "long-sheet-3.png"]
    assert b"/Count 3" in (tmp_path / "edit" / "long-sheet.pdf").read_bytes()
