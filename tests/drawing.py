"""Stills drawn for tests."""

from pathlib import Path

from PIL import Image, ImageDraw


class Draw:
    """Draws stills into `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def still(
        self, name: str = "still.png", *, size: tuple[int, int] = (96, 54), color: str = "teal"
    ) -> Path:
        """A picture with a cross and a block, so that a move over it can be seen."""
        picture = Image.new("RGB", size, color)
        pen = ImageDraw.Draw(picture)
        pen.line([(0, 0), size], fill="white", width=3)
        pen.line([(0, size[1]), (size[0], 0)], fill="orange", width=3)
        pen.rectangle([size[0] // 8, size[1] // 8, size[0] // 4, size[1] // 4], fill="black")
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.save(path)
        return path

    def stills(self, count: int) -> list[tuple[str, Path]]:
        """(name, path) of `count` different pictures."""
        colors = ("teal", "maroon", "navy", "olive", "purple", "gray")
        paths = [self.still(f"s{number}.png", color=colors[number % 6]) for number in range(count)]
        return [(path.name, path) for path in paths]
