"""Reads the camera moves out of a motion prompt.

A motion prompt also names places and things, so a word counts as a camera word only where it is used as one:
at the head of its phrase ("slow pan left"), after the camera ("the camera slowly pans"), and not as an object
("a pan on the stove"). "Then" starts the next stretch of the shot.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from core.providers.animatic import words as w
from core.providers.animatic.phrases import (
    Phrase,
    clauses,
    far_directions,
    is_camera_word,
    near_directions,
)
from core.providers.animatic.words import Axis, CameraWord, Direction, Family


class Move(StrEnum):
    """What a camera can do over a still. The sign of a `CameraMove` says which way."""

    STATIC = "static"
    """Locked off: every frame is the same."""
    PUSH = "push"
    """The camera travels in (+) or out (−), with the weight of a dolly."""
    ZOOM = "zoom"
    """The lens goes in (+) or out (−), lighter than a dolly."""
    PAN = "pan"
    """The camera turns right (+) or left (−)."""
    TILT = "tilt"
    """The camera turns up (+) or down (−)."""
    TRUCK = "truck"
    """The camera travels right (+) or left (−)."""
    PEDESTAL = "pedestal"
    """The camera travels up (+) or down (−)."""
    CRANE = "crane"
    """The camera rises and opens the view (+), or comes down into it (−)."""
    ORBIT = "orbit"
    """The camera goes round the subject, clockwise seen from above (+) or the other way (−)."""
    HANDHELD = "handheld"
    """A hand holds the camera: it drifts and sways, and never rests."""


@dataclass(frozen=True)
class CameraMove:
    """One move of the camera. Several at once are a combination."""

    move: Move
    sign: int = 1
    """+1 or −1; `Move` says what each means."""
    pace: float = 1.0
    """How fast the words ask for: 1 when they say nothing, 0.6 for slow, 1.7 for quick, 4 for a whip."""
    amount: float = 1.0
    """How large the words ask for: 1 when they say nothing, 0.6 for subtle."""
    begin: float = 0.0
    """When it starts, as a share of the shot."""
    end: float = 1.0
    """When it ends, as a share of the shot."""


GENTLE_PUSH = CameraMove(Move.PUSH, amount=0.8)
"""What happens when nothing is said: the move that flatters almost any still."""
GENTLE_TRUCK = CameraMove(Move.TRUCK, amount=0.7)
"""What happens when all that is said is that the view must not close in."""
OVERLAP = 0.12
"""How far one stretch runs into the next, as a share of a stretch, so that "then" is not a dead stop."""

MOVES: dict[tuple[Family, Axis], Move] = {
    (Family.TURN, Axis.ACROSS): Move.PAN,
    (Family.TURN, Axis.VERTICAL): Move.TILT,
    (Family.GO, Axis.ACROSS): Move.TRUCK,
    (Family.GO, Axis.VERTICAL): Move.PEDESTAL,
    (Family.GO, Axis.INWARD): Move.PUSH,
    (Family.GO, Axis.ROUND): Move.ORBIT,
    (Family.LIFT, Axis.ACROSS): Move.TRUCK,
    (Family.LIFT, Axis.VERTICAL): Move.CRANE,
    (Family.LIFT, Axis.INWARD): Move.PUSH,
    (Family.LENS, Axis.INWARD): Move.ZOOM,
    (Family.CIRCLE, Axis.ROUND): Move.ORBIT,
    (Family.CIRCLE, Axis.ACROSS): Move.ORBIT,
}
"""What a word of a family means with a direction along an axis; what is not here means nothing together."""

MANNERS = {
    "kenburns": (CameraMove(Move.PUSH, amount=0.9), CameraMove(Move.TRUCK, amount=0.35)),
    "steadicam": (CameraMove(Move.PUSH), CameraMove(Move.HANDHELD, amount=0.35)),
    "handheld": (CameraMove(Move.HANDHELD),),
}
"""What the words for a whole way of shooting (`words.MANNERS`) mean."""


def read_moves(motion_prompt: str) -> tuple[CameraMove, ...]:
    """The camera moves that `motion_prompt` asks for, in the order it names them; a gentle push when none.

    Never empty. "Dynamic motion" and "subtle motion" are left to the shot's energy, which wrote them.
    """
    reading = _Reading()
    for clause in clauses(motion_prompt):
        reading.take(clause)
    return reading.result()


@dataclass(frozen=True)
class _Mention:
    """A move as it was said."""

    move: CameraMove
    axis: Axis | None = None
    implied: bool = False
    """Whether its direction is only what the word means by itself; a direction that is said overrules it."""


@dataclass
class _Reading:
    """What has been understood of a prompt so far."""

    stretches: list[list[_Mention]] = field(default_factory=lambda: [[]])
    refused: set[Move] = field(default_factory=set)
    scene: bool = False
    """Whether the prompt has turned from the camera to what it sees: from here on bare words name things."""
    last: CameraWord | None = None
    """The last camera word of this clause, for "pan left and up"."""
    pace: float = 1.0
    amount: float = 1.0
    negated: bool = False

    def take(self, clause: Sequence[Phrase]) -> None:
        """Read one clause. Its phrases share a pace and a "no"."""
        if clause[0].words == (w.SCENE_BEGINS,):
            self.scene = True
            return
        self.last, self.pace, self.amount, self.negated = None, 1.0, 1.0, False
        understood = False
        for phrase in clause:
            self.negated &= phrase.joint != "but"
            if phrase.joint == "then":
                self.stretches.append([])
            understood |= self._take_phrase(phrase.words)
        heard = {word for phrase in clause for word in phrase.words}
        if not understood and heard <= w.BEFORE and not self.scene:
            self._hear_pace([word for phrase in clause for word in phrase.words])
            self._repace()
        self.scene |= not understood and not heard <= w.BEFORE

    def _take_phrase(self, words: tuple[str, ...]) -> bool:
        """Read one phrase; whether it was about the camera."""
        said = [i for i, word in enumerate(words) if is_camera_word(words, i, scene=self.scene)]
        if not said and self.last and set(words) <= w.BEFORE and set(words) & set(w.DIRECTIONS):
            self._mention(self.last, near_directions(words, self.last, _axes(self.last)))
            return True
        for n, i in enumerate(said):
            before, after = words[said[n - 1] + 1 if n else 0 : i], words[i + 1 : (*said, len(words))[n + 1]]
            self.negated |= any(word in w.NEGATIONS for word in before)
            self._hear_pace(before, after)
            self._take_word(words[i], before, after)
        return bool(said) or self._take_stillness(words)

    def _take_word(self, word: str, before: tuple[str, ...], after: tuple[str, ...]) -> None:
        if word in w.STATIC:
            self._add(_Mention(CameraMove(Move.STATIC)))
        for part in MANNERS.get(word, ()):
            move = replace(part, pace=part.pace * self.pace, amount=part.amount * self.amount)
            axis = {Move.PUSH: Axis.INWARD, Move.TRUCK: Axis.ACROSS}.get(part.move)
            self._add(_Mention(move, axis, implied=axis is not None))
        if camera_word := w.WORDS.get(word):
            self.last = camera_word
            axes = _axes(camera_word)
            found = near_directions(after, camera_word, axes) or far_directions(after, axes)
            self._mention(camera_word, found or near_directions(before, camera_word, axes))

    def _take_stillness(self, words: tuple[str, ...]) -> bool:
        """ "No camera movement" is a locked-off camera; "no sudden movement" is not."""
        negated = self.negated or any(word in w.NEGATIONS for word in words)
        still = negated and set(words) <= w.BEFORE | {"move"} and not {*w.PACES, *w.AMOUNTS} & set(words)
        if still and w.STILLNESS & set(words):
            self.negated = False
            self._add(_Mention(CameraMove(Move.STATIC)))
            return True
        return False

    def _hear_pace(self, *places: Sequence[str]) -> None:
        """Take the pace and the size from the first of the places that names one."""
        for words in places:
            paces = [w.PACES[word] for word in words if word in w.PACES]
            amounts = [w.AMOUNTS[word] for word in words if word in w.AMOUNTS]
            if paces or amounts:
                very = 1.5 if w.VERY & set(words) else 1.0
                self.pace = paces[0] ** very if paces else 1.0
                self.amount = amounts[0] ** very if amounts else 1.0
                return

    def _repace(self) -> None:
        """A clause of nothing but a pace, as in "pan left, slowly", is about what was said before it."""
        last = self.stretches[-1]
        for i, mention in enumerate(last):
            last[i] = replace(mention, move=replace(mention.move, pace=mention.move.pace * self.pace))

    def _mention(self, word: CameraWord, said: Sequence[Direction]) -> None:
        meant = [word.direction] if word.direction else []
        for direction in said or meant:
            # Who circles clockwise, seen from above, goes to the left.
            flips = word.family is Family.CIRCLE and direction.axis is Axis.ACROSS
            sign = -direction.sign if flips else direction.sign
            move = CameraMove(MOVES[word.family, direction.axis], sign, self.pace, self.amount)
            self._add(_Mention(move, direction.axis, implied=not said))

    def _add(self, mention: _Mention) -> None:
        if self.negated:
            self.refused.add(mention.move.move)
            return
        stretch = self.stretches[-1]
        rivals = [other for other in stretch if mention.axis and other.axis == mention.axis]
        if rivals and mention.implied:
            return
        stretch[:] = [other for other in stretch if not (other in rivals and other.implied)]
        same = [other.move for other in stretch if other.move.move is mention.move.move]
        if any(other.sign != mention.move.sign for other in same):
            self.stretches.append([mention])
        elif not same:
            stretch.append(mention)

    def result(self) -> tuple[CameraMove, ...]:
        """All stretches laid out over the shot."""
        stretches = [moves for stretch in self.stretches if (moves := self._allowed(stretch))]
        flat = [move for moves in stretches for move in moves]
        if all(move.move is Move.STATIC for move in flat):
            return (flat[0] if flat else self._default(),)
        return tuple(
            replace(move, begin=max(0.0, n - OVERLAP) / len(stretches), end=(n + 1) / len(stretches))
            for n, moves in enumerate(stretches)
            for move in moves
        )

    def _allowed(self, stretch: Sequence[_Mention]) -> list[CameraMove]:
        moves = [mention.move for mention in stretch if mention.move.move not in self.refused]
        moving = [move for move in moves if move.move is not Move.STATIC]
        return moving or moves[:1]

    def _default(self) -> CameraMove:
        if not self.refused & {Move.PUSH, Move.ZOOM}:
            return GENTLE_PUSH
        return CameraMove(Move.STATIC) if self.refused & {Move.PAN, Move.TRUCK} else GENTLE_TRUCK


def _axes(word: CameraWord) -> set[Axis]:
    """The axes along which the word means something."""
    return {axis for family, axis in MOVES if family is word.family}
