"""How a contact sheet is laid out: the grid that shows the pictures largest, and the drawing of its pages."""

from dataclasses import dataclass
from math import ceil

from PIL import Image, ImageDraw

from core.exporter.handoff.paper import Paper
from core.exporter.picture.lettering import Face

INK = "#16181d"
QUIET = "#5d6470"
FAINT = "#c9cdd4"
NO_PICTURE = "#e8eaee"
MARGIN = 100
"""Pixels around the page."""
HEAD = 110
"""Pixels for the line at the top, with what is below it."""
GAP = 44
"""Pixels between cells."""
MOST = {"wide": 12, "square": 12, "tall": 10}
"""Pictures on a page, by shape."""
WORDS_LINES = 3
"""Lines that the words of a shot get; what is longer ends in an ellipsis."""


@dataclass(frozen=True, kw_only=True)
class Grid:
    """Where cells lie on every page of a sheet."""

    columns: int
    rows: int
    picture: tuple[int, int]
    """(width, height) of a picture in pixels."""
    text_px: int
    """Width of the words under it, in pixels."""
    slot: tuple[int, int]
    """(width, height) from one cell to the next, in pixels."""
    left: int
    """Pixels from the page's edge to the first column."""
    type_px: int
    """Height of the type of the words."""

    @property
    def cells(self) -> int:
        """Cells on a page."""
        return self.columns * self.rows

    def place(self, number: int) -> tuple[int, int]:
        """(left, top) of the cell `number`, counted from 0, in pixels."""
        row, column = divmod(number, self.columns)
        return self.left + column * self.slot[0], MARGIN + HEAD + row * self.slot[1]


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What stands under a picture."""

    name: str
    time: str
    words: str
    source: str
    """Model and cost."""


def best_grid(count: int, frame: tuple[int, int], paper: Paper) -> Grid:
    """The grid for `count` pictures of the shape `frame` that shows them largest; all pages share it."""
    shape = "wide" if frame[0] > frame[1] * 1.1 else "tall" if frame[1] > frame[0] * 1.1 else "square"
    wanted = min(count, MOST[shape])
    grids = [_grid(columns, ceil(wanted / columns), frame, paper) for columns in range(1, wanted + 1)]
    grids = [grid for grid in grids if grid.columns == 1 or grid.text_px >= NARROWEST]
    largest = max(_area(grid) for grid in grids)
    large = [grid for grid in grids if _area(grid) > LITTLE * largest]
    return min(large, key=lambda grid: (grid.cells, -_area(grid)))


def _area(grid: Grid) -> int:
    return grid.picture[0] * grid.picture[1]


NARROWEST = 315
"""Pixels that a shot's name and time need side by side."""
LITTLE = 0.85
"""A grid with fewer empty cells is preferred to one whose pictures are hardly larger."""


def _grid(columns: int, rows: int, frame: tuple[int, int], paper: Paper) -> Grid:
    width, height = paper.size
    room = (width - 2 * MARGIN - (columns - 1) * GAP) // columns
    tall = (height - 2 * MARGIN - HEAD - (rows - 1) * GAP) // rows
    type_px = max(22, min(34, room // 17))
    text = _text_height(type_px)
    scale = min(room / frame[0], max(1, tall - text) / frame[1])
    picture = (max(1, int(frame[0] * scale)), max(1, int(frame[1] * scale)))
    # Words need room beside a tall picture; cells stand closer when pictures are held small by the height.
    cell = min(room, max(picture[0], type_px * 14))
    room_right = width - 2 * MARGIN - cell
    return Grid(
        columns=columns,
        rows=rows,
        picture=picture,
        text_px=cell,
        slot=(room_right // max(1, columns - 1), min(tall, picture[1] + text + GAP // 2) + GAP),
        left=MARGIN if columns > 1 else MARGIN + room_right // 2,
        type_px=type_px,
    )


def _text_height(type_px: int) -> int:
    small = Face(type_px).height
    return 14 + Face(round(type_px * 1.2)).height + (WORDS_LINES + 1) * small + 6


class Page:
    """One page while it is drawn."""

    def __init__(self, paper: Paper, grid: Grid) -> None:
        self._grid = grid
        self.picture = Image.new("RGB", paper.size, "white")
        self._pen = ImageDraw.Draw(self.picture)

    def head(self, title: str, facts: str, place: str) -> None:
        """The line at the top: what it is, its facts, and which page."""
        width = self.picture.width
        large, small = Face(48), Face(28)
        told = f"{facts}   {place}".rstrip()
        right = self._write(told, small, QUIET, right=width - MARGIN, top=MARGIN - 16)
        room = right - MARGIN - 60
        self._write(shortened(title, large, room), large, INK, left=MARGIN, top=MARGIN - 34)
        self._pen.line([(MARGIN, MARGIN + 44), (width - MARGIN, MARGIN + 44)], fill=FAINT, width=2)

    def cell(self, number: int, picture: Image.Image | None, cell: Cell) -> None:
        """A picture with its words, in the cell `number`, counted from 0."""
        left, top = self._grid.place(number)
        width, height = self._grid.picture
        if picture is None:
            self._pen.rectangle([left, top, left + width - 1, top + height - 1], fill=NO_PICTURE)
            face = Face(self._grid.type_px)
            middle = left + (width - face.width("no picture")) // 2
            self._write("no picture", face, QUIET, left=middle, top=top + (height - face.height) // 2)
        else:
            self.picture.paste(picture, (left + (width - picture.width) // 2, top))
        self._words(left, top + height + 14, cell)

    def _words(self, left: int, top: int, cell: Cell) -> None:
        small, name = Face(self._grid.type_px), Face(round(self._grid.type_px * 1.2))
        room = self._grid.text_px
        time_left = self._write(
            cell.time, small, QUIET, right=left + room, top=top + (name.height - small.height) * 3 // 4
        )
        self._write(shortened(cell.name, name, time_left - left - 16), name, INK, left=left, top=top)
        top += name.height
        for line in wrapped(cell.words, small, room, WORDS_LINES):
            self._write(line, small, INK, left=left, top=top)
            top += small.height
        self._write(shortened(cell.source, small, room), small, QUIET, left=left, top=top + 6)

    def _write(
        self, line: str, face: Face, ink: str, *, top: int, left: int | None = None, right: int | None = None
    ) -> int:
        """Write a line; where it begins."""
        mask = Image.fromarray(face.mask(line))
        at = left if left is not None else (right or 0) - mask.width
        self.picture.paste(ink, (at, top), mask)
        return at


def shortened(line: str, face: Face, room: int) -> str:
    """`line`, ended by an ellipsis where it would be wider than `room` pixels."""
    if face.width(line) <= room:
        return line
    low, high = 0, min(len(line), 400)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if face.width(f"{line[:middle].rstrip()}…") <= room else (low, middle - 1)
    return f"{line[:low].rstrip()}…"


def wrapped(text: str, face: Face, room: int, most: int) -> list[str]:
    """`text` in at most `most` lines of `room` pixels; what is left over ends in an ellipsis."""
    lines: list[str] = []
    words = text[:1000].split()
    while words and len(lines) < most:
        line = words.pop(0)
        while words and face.width(f"{line} {words[0]}") <= room:
            line = f"{line} {words.pop(0)}"
        if len(lines) == most - 1 and words:
            line = f"{line} {words[0]}…"
        if face.width(line) > room:
            line = shortened(line, face, room)
        lines.append(line)
    return lines
