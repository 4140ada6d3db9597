"""Whether a file is an MP4 from its first byte to its last, without decoding it."""

from pathlib import Path

MOST_BOXES = 100_000


def is_whole_mp4(path: Path) -> bool:
    """Whether the boxes of the file at `path` reach exactly to its end, begin with ftyp and have a moov.

    A file that was cut off anywhere does not; ISO/IEC 14496-12, 4.2.
    """
    length, at = path.stat().st_size, 0
    kinds: list[bytes] = []
    with path.open("rb") as file:
        while at < length and len(kinds) < MOST_BOXES:
            file.seek(at)
            head = file.read(16)
            size, kind = int.from_bytes(head[:4], "big"), head[4:8]
            if size == 1:
                size = int.from_bytes(head[8:16], "big")
            elif size == 0:
                size = length - at  # the last box reaches to the end
            if size < 8:
                return False
            kinds.append(kind)
            at += size
    return at == length and kinds[:1] == [b"ftyp"] and b"moov" in kinds
