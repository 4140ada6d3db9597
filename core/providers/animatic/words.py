"""The words a camera is spoken of with, and the look-alikes that only name things.

A plain table: `moves` reads prompts with it. All words are lower case and without hyphens.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Axis(StrEnum):
    """The ways a direction can point."""

    ACROSS = "across"
    """+1 right, −1 left."""
    VERTICAL = "vertical"
    """+1 up, −1 down."""
    INWARD = "inward"
    """+1 in, −1 out."""
    ROUND = "round"
    """+1 clockwise seen from above, −1 the other way."""


class Direction(NamedTuple):
    """A way along an axis."""

    axis: Axis
    sign: int


class Family(StrEnum):
    """Camera words that a direction turns into moves in the same way."""

    TURN = "turn"
    """The camera stays and looks elsewhere."""
    GO = "go"
    """The camera travels on the ground."""
    LIFT = "lift"
    """The camera travels on an arm."""
    LENS = "lens"
    """Only the focal length changes."""
    CIRCLE = "circle"
    """The camera goes round."""


@dataclass(frozen=True)
class CameraWord:
    """A camera word and what it means by itself."""

    family: Family
    direction: Direction | None
    """Where it goes when nothing else is said; none when it then means nothing."""
    surely: bool = False
    """Whether it is about the camera wherever it stands."""
    takes_object: bool = False
    """Whether "circle the statue" is said of a camera, as "push the cart" is not."""


RIGHT, LEFT = Direction(Axis.ACROSS, 1), Direction(Axis.ACROSS, -1)
UP, DOWN = Direction(Axis.VERTICAL, 1), Direction(Axis.VERTICAL, -1)
IN, OUT = Direction(Axis.INWARD, 1), Direction(Axis.INWARD, -1)
CLOCKWISE, COUNTERCLOCKWISE = Direction(Axis.ROUND, 1), Direction(Axis.ROUND, -1)


def _forms(verbs: str) -> Iterator[str]:
    """Each verb as it is written of a camera: "slide", "slides", "sliding"."""
    for verb in verbs.split():
        yield from (
            verb,
            f"{verb}es" if verb.endswith(("sh", "y")) else f"{verb}s",
            f"{verb.removesuffix('e')}ing",
        )


def _vocabulary() -> dict[str, CameraWord]:
    rows = [
        ([*_forms("pan sweep"), "panning"], CameraWord(Family.TURN, RIGHT, takes_object=True)),
        (_forms("tilt"), CameraWord(Family.TURN, UP)),
        (_forms("zoom"), CameraWord(Family.LENS, IN, surely=True)),
        ([*_forms("dolly"), "dollies"], CameraWord(Family.GO, IN, surely=True)),
        (_forms("follow"), CameraWord(Family.GO, IN, takes_object=True)),
        ([*_forms("push creep glide fly"), "flies"], CameraWord(Family.GO, IN)),
        (_forms("pull reveal retreat"), CameraWord(Family.GO, OUT)),
        (_forms("track"), CameraWord(Family.GO, RIGHT, takes_object=True)),
        (
            [*_forms("truck slide drift strafe"), "slider", "parallax", "lateral"],
            CameraWord(Family.GO, RIGHT),
        ),
        ([*_forms("move float travel ease come go back"), "goes"], CameraWord(Family.GO, None)),
        (_forms("crane boom jib ascend lift rise"), CameraWord(Family.LIFT, UP)),
        (_forms("descend lower drop"), CameraWord(Family.LIFT, DOWN)),
        (_forms("pedestal"), CameraWord(Family.GO, UP)),
        (_forms("orbit arc circle revolve rotate"), CameraWord(Family.CIRCLE, CLOCKWISE, takes_object=True)),
    ]
    return {form: word for forms, word in rows for form in forms}


def _all(words: str) -> frozenset[str]:
    return frozenset(words.split())


WORDS = _vocabulary()
STATIC = _all("static stationary fixed motionless immobile tripod hold holds lockedoff")
MANNERS = _all("handheld steadicam kenburns")
"""Words that name a whole way of shooting; always about the camera."""
DIRECTIONS: dict[str, Direction] = {
    **dict.fromkeys(_all("left leftward leftwards"), LEFT),
    **dict.fromkeys(_all("right rightward rightwards"), RIGHT),
    **dict.fromkeys(_all("up upward upwards top above"), UP),
    **dict.fromkeys(_all("down downward downwards bottom below"), DOWN),
    **dict.fromkeys(_all("in into inward inwards forward forwards toward towards closer nearer"), IN),
    **dict.fromkeys(_all("out outward outwards back backward backwards away reverse"), OUT),
    **dict.fromkeys(_all("clockwise around round"), CLOCKWISE),
    **dict.fromkeys(_all("counterclockwise anticlockwise"), COUNTERCLOCKWISE),
}
PACES: dict[str, float] = {
    **dict.fromkeys(_all("slow slowly gradual gradually leisurely languid"), 0.6),
    **dict.fromkeys(_all("gentle gently soft softly creeping calm"), 0.7),
    **dict.fromkeys(_all("quick quickly brisk briskly swift swiftly energetic"), 1.7),
    **dict.fromkeys(_all("fast rapid rapidly sudden suddenly"), 2.0),
    **dict.fromkeys(_all("whip swish crash snap smash"), 4.0),
}
AMOUNTS: dict[str, float] = {
    **dict.fromkeys(_all("slight slightly subtle subtly small tiny minimal barely"), 0.6),
    **dict.fromkeys(_all("dramatic dramatically big sweeping strong"), 1.4),
}
VERY = _all("very extremely super ultra really")
NEGATIONS = _all("no not without never dont doesnt isnt avoid nor neither zero")
CAMERA = _all("camera cam shot shots lens view viewpoint frame framing gimbal steadicam drone aerial")
ARTICLES = _all("a an the this that its his her their")
STILLNESS = _all("movement movements motion move moves moving")
"""What "no" before makes a locked-off camera of."""
FILL = STILLNESS | _all(
    "smooth smoothly cinematic steady steadily continuous natural naturally fluid elegant long wide medium"
    " simple only just is are be will does do it then gets starts start begins begin effect style has shows"
    " makes performs stays remains diagonally diagonal straight of any some more completely perfectly"
)
"""Words that say nothing about where the camera goes and do not name what it sees."""
BEFORE = (
    FILL | CAMERA | ARTICLES | NEGATIONS | VERY | STATIC | MANNERS
    | frozenset(PACES) | frozenset(AMOUNTS) | frozenset(DIRECTIONS)
)  # fmt: skip
"""Words that may stand between the head of a phrase and its camera word."""
HINTS = CAMERA | NEGATIONS | frozenset(PACES) | frozenset(AMOUNTS)
"""Words that tell that a phrase is about the camera."""
SAYS_NOTHING = FILL | VERY | frozenset(PACES) | frozenset(AMOUNTS)
AFTER = _all("across over along through past from to onto between with while") | CAMERA
"""Words that follow a camera word and seldom the name of a thing."""

SIDE = "(left|right|top|bottom|up|down)"
PLAIN = [
    (r"[’']", ""),
    (r"counter[- ]clockwise|anti[- ]clockwise", "counterclockwise"),
    (r"hand[- ]?held (?=torch|lantern|radio|device|game|console|phone|fan|mirror|light)", "carried "),
    (r"hand[- ]held|shaky[- ]cam(era)?|camera shake|shaky|shaking camera", "handheld"),
    (r"lock(ed)?[- ]?(off|down)", "lockedoff"),
    (r"camera (stays|remains|holds|is|stands)( completely| perfectly)? (still|fixed)", "lockedoff"),
    (r"still (camera|shot|frame)", "lockedoff"),
    (rf"\b(from )?(the )?{SIDE}[- ]to[- ](the )?{SIDE}\b", r"\5"),
    (r"dolly[- ]zoom|zolly|vertigo (effect|shot)", "dramatic zoom in"),
    (r"ken[- ]burns", "kenburns"),
    (r"steadi[- ]cam", "steadicam"),
    (r"\b(whip|swish)(?=[- ](to the )?(left|right|up|down))", "whip pan"),
    (r"\b(slow|fast|stop)[- ]?(motion|mo)\b", "thing"),
    (r"\b(dynamic|subtle) motion\b", ", scene-begins ,"),
    (r"\b(frying|sauce|baking|cake|dust|bed|roasting|iron|copper|gold|peter|drip|oil|hot) pans?\b", "thing"),
    (r"\bpans? (of|flute|pipes?|lid)\b|\bpots and pans\b|\bpanning for gold", "thing"),
    (r"\bzoom (lens|call|meeting)\b|\bzoom(s|ing|ed)? (past|by|around|off)\b", "thing"),
    (r"\b(tilt[- ]shift|dutch (tilt|angle)|pull(s|ing)? focus|close[- ]?ups?|track lights?)\b", "thing"),
    (r"\b(tower|construction|harbou?r|port|paper|loading|gantry) cranes?\b", "thing"),
    (r"\b(fire|pickup|food|tow|dump|garbage) trucks?\b|\b(race|train|railway) ?tracks?\b", "thing"),
    (r"\b(low|earth|lunar|mars|in|into|from) orbit\b", "thing"),
    (r"\b(tv|radio) static\b|\bstatic (electricity|noise)\b", "thing"),
    (r"\b(followed by|after that|afterwards|and then|finally|before)\b", "then"),
]  # fmt: skip
"""Patterns and what they plainly mean, in order: spellings made one, look-alikes made a mere thing."""

JOINTS = _all("and or then but while with as plus")
SCENE_BEGINS = "scenebegins"
"""Stands for "dynamic motion" or "subtle motion": the camera is written before it, the place and the things
after it."""
