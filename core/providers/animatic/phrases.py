"""Tells the camera words of a prompt from words that only name things, and finds where they point.

Phrases are split at commas and full stops, and at "and", "or", "with", "while", "then" and "but".
"""

import re
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from core.providers.animatic import words as w
from core.providers.animatic.words import Axis, CameraWord, Direction


class Phrase(NamedTuple):
    """The words between two joints, and the joint before them ("and", "then", …); "" at a clause's head."""

    joint: str
    words: tuple[str, ...]


def clauses(motion_prompt: str) -> list[list[Phrase]]:
    """The prompt's clauses, each as its phrases, in plain words."""
    text = motion_prompt.lower()
    for pattern, plain in w.PLAIN:
        text = re.sub(pattern, plain, text)
    text = text.replace("scene-begins", w.SCENE_BEGINS)
    return [
        phrases for clause in re.split(r"[,.;:!?()\n/|–—+&]+", text) if (phrases := list(_phrases(clause)))
    ]


def _phrases(clause: str) -> Iterator[Phrase]:
    joint, words = "", list[str]()
    for word in re.findall(r"[^\W\d_]+", clause):
        if word not in w.JOINTS:
            words.append(word)
            continue
        if words:
            yield Phrase(joint, tuple(words))
        joint, words = ("then" if "then" in (word, joint) and not words else word), []
    if words:
        yield Phrase(joint, tuple(words))


def is_camera_word(words: Sequence[str], at: int, *, scene: bool) -> bool:
    """Whether the word there is used as a camera word. In the `scene`, bare words name things."""
    known = w.WORDS.get(words[at])
    if words[at] in w.MANNERS or (known and known.surely):
        return True
    if known is None and words[at] not in w.STATIC:
        return False
    head, tail = words[:at], [word for word in words[at + 1 :] if word not in w.SAYS_NOTHING]
    since = max((i + 1 for i, word in enumerate(head) if word in w.CAMERA or word in w.WORDS), default=0)
    if not set(head[since:]) <= w.BEFORE:
        return False
    directed = bool({*head[-1:], *tail[:1]} & set(w.DIRECTIONS))
    if (head and head[-1] in w.ARTICLES) or (known and known.direction is None):
        return directed
    if directed or {*head, *tail[:1]} & w.HINTS:
        return True
    return not scene and _stands_alone(known, tail)


def _stands_alone(known: CameraWord | None, tail: Sequence[str]) -> bool:
    """Whether what follows a bare camera word is what follows one, and not the rest of a thing's name."""
    if not tail or tail[0] in w.AFTER or tail[0] in w.WORDS:
        return True
    return tail[0] in w.ARTICLES if known and known.takes_object else known is None and tail[0] == "on"


def near_directions(words: Sequence[str], word: CameraWord, axes: Collection[Axis]) -> list[Direction]:
    """The directions right beside a camera word, at most one along each of `axes`."""
    found: dict[Axis, Direction] = {}
    for i, said in enumerate(words):
        if said not in w.BEFORE and said not in ("to", "from"):
            break
        direction = w.DIRECTIONS.get(said)
        if direction is None or direction.axis not in axes or _only_leads_on(words, i, word):
            continue
        came_from = "from" in words[max(0, i - 2) : i]
        found[direction.axis] = Direction(direction.axis, -direction.sign) if came_from else direction
    if {Axis.ROUND, Axis.ACROSS} <= set(found):
        del found[Axis.ROUND]
    return list(found.values())


def _only_leads_on(words: Sequence[str], at: int, word: CameraWord) -> bool:
    """Whether "towards" in "towards the left", or "in" in "drifts in the wind", is no way of its own."""
    if w.DIRECTIONS[words[at]].axis is not Axis.INWARD:
        return False
    object_follows = words[at + 1 : at + 2] and words[at + 1] in w.ARTICLES
    following = [other for other in words[at + 1 :] if other not in w.ARTICLES][:1]
    side = bool(following) and w.DIRECTIONS.get(following[0], w.IN).axis is not Axis.INWARD
    return side or bool(words[at] == "in" and object_follows and word.direction not in (w.IN, w.OUT))


def far_directions(words: Sequence[str], axes: Collection[Axis]) -> list[Direction]:
    """A direction later in the phrase: "across the skyline to the left", "from the boots up"."""
    for i, said in enumerate(words):
        direction = w.DIRECTIONS.get(said)
        if direction is None or direction.axis not in axes or direction.axis is Axis.INWARD:
            continue
        if direction.axis is Axis.VERTICAL or tuple(words[max(0, i - 2) : i]) == ("to", "the"):
            return [direction]
    return []
