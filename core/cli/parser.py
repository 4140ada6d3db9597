"""What may be typed: every verb with its options, and where the function behind it is."""

from argparse import (
    ArgumentParser,
    ArgumentTypeError,
    BooleanOptionalAction,
    Namespace,
    RawDescriptionHelpFormatter,
)
from typing import NoReturn

CODES = """\
exit codes:
  0    done
  1    refused or failed: one line says why, one line what to do
  2    bad usage
  3    some of a batch failed
  4    a budget said no
  130  stopped by Ctrl-C (143: by SIGTERM)

Files and projects are kept in the folder that STILLMOTION_DATA names.
"""


class _Verbs:
    """The parser while it grows, verb by verb."""

    def __init__(self) -> None:
        self.parser = ArgumentParser(
            prog="python -m core",
            description="Stillmotion: stills in, a finished video out, and the bill in view.",
            epilog=CODES,
            formatter_class=RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        self.parser.set_defaults(verb=None)
        self._verbs = self.parser.add_subparsers(title="verbs", metavar="VERB")

    def add(self, verb: str, where: str, help_text: str) -> ArgumentParser:
        """A new verb, answered by the function `where` ("module:function" of this folder)."""
        parser = self._verbs.add_parser(
            verb, help=help_text, description=f"{help_text[0].upper()}{help_text[1:]}.", allow_abbrev=False
        )
        parser.add_argument("--json", action="store_true", help="answer in JSON on stdout")
        parser.add_argument("--debug", action="store_true", help="show the log, and where a fault happened")
        parser.set_defaults(verb=verb, where=where, usage_error=parser.error)
        return parser

    def add_for_project(self, verb: str, where: str, help_text: str) -> ArgumentParser:
        """A new verb whose first argument is a project."""
        parser = self.add(verb, where, help_text)
        parser.add_argument("project", metavar="PROJECT", help="the project's id, as `projects` lists it")
        return parser


def build_parser() -> ArgumentParser:
    """The parser of `python -m core`."""
    verbs = _Verbs()
    _projects(verbs)
    _storyboard(verbs)
    _takes(verbs)
    _results(verbs)
    return verbs.parser


def refuse_usage(arguments: Namespace, what: str) -> NoReturn:
    """End with exit code 2, the verb's usage and `what`: for rules that argparse cannot say."""
    arguments.usage_error(what)
    raise AssertionError("argparse has ended the process")


def _projects(verbs: _Verbs) -> None:
    verbs.add("models", "models:models", "list the models on offer, with lengths, sound and price")
    verbs.add("projects", "projects:projects", "list the projects, the last changed first")
    new = verbs.add("new", "projects:new", "make an empty project")
    new.add_argument("title", metavar="TITLE", help="its name for people")
    new.add_argument("--aspect", default="horizontal", help="horizontal (default), vertical or square")
    new.add_argument("--size", help="WIDTHxHEIGHT in pixels; default: the smallest of the aspect")
    new.add_argument("--fps", default="25", help="frame rate, such as 24, 25 (default) or 29.97")
    new.add_argument("--model", default="animatic", help="model for shots that name none (animatic)")
    change = verbs.add_for_project("set", "projects:change", "change a project's settings")
    change.add_argument("--title", help="its name for people")
    change.add_argument("--aspect", help="horizontal, vertical or square")
    change.add_argument("--size", help="WIDTHxHEIGHT in pixels")
    change.add_argument("--fps", help="frame rate, such as 24, 25 or 29.97")
    change.add_argument("--model", help="model for shots that name none")
    change.add_argument("--sound", action=BooleanOptionalAction, help="ask models for sound, or not")
    change.add_argument("--framing", help="fill or fit: pictures of another shape are cropped, or get bars")
    change.add_argument("--transition", help='cut, "dissolve 0.5" or "dip 1": for shots that name none')
    change.add_argument("--clip-sound", help="keep, duck or drop: the clips' own sound under the music")
    change.add_argument("--loudness", help="LUFS of the cut, such as -14, or off")
    change.add_argument("--track-end", help="fade or trim: music that is longer than the cut")
    verbs.add_for_project("show", "projects:show", "show the storyboard: shots, times, words, takes")
    verbs.add_for_project("restore", "projects:restore", "put the revision before in a damaged one's place")


def _storyboard(verbs: _Verbs) -> None:
    add = verbs.add_for_project("add-stills", "storyboard:add_stills", "append a shot for every picture")
    add.add_argument("pictures", metavar="PICTURE", nargs="+", help="a picture, or a folder of pictures")
    add.add_argument("--seconds", default="3", help="length of each new shot (3)")
    shot = verbs.add_for_project("set-shot", "storyboard:set_shot", "change a shot's words and times")
    shot.add_argument("shot", metavar="SHOT", help="the shot's id, such as shot_001")
    shot.add_argument("--camera", help='what the camera does: "slow push in"')
    shot.add_argument("--energy", help="how much happens, from 0 (calm) to 1 (wild)")
    shot.add_argument("--environment", help='where it is: "launch pad"')
    shot.add_argument("--elements", help="what matters in the picture, with commas: steam,flag")
    shot.add_argument("--start", help="seconds from the start of the cut")
    shot.add_argument("--end", help="seconds from the start of the cut")
    shot.add_argument("--motion-prompt", help='the words for the model, instead of those above; "": none')
    shot.add_argument("--model", help="this shot's model; \"\": the project's")
    shot.add_argument("--fit", help="how its clip fills it: auto, trim, slow, hold or loop")
    shot.add_argument("--transition", help='its way in: cut, "dissolve 0.5", "dip 1"; "": the project\'s')
    shot.add_argument("--title", help='words over the picture; "": none')
    remove = verbs.add_for_project("remove-shots", "storyboard:remove_shots", "take shots out")
    remove.add_argument("shots", metavar="SHOT", nargs="+", help="the shot's id, such as shot_001")
    move = verbs.add_for_project(
        "move-shot", "storyboard:move_shot", "let a shot and its neighbour change places"
    )
    move.add_argument("shot", metavar="SHOT", help="the shot's id, such as shot_001")
    move.add_argument("direction", metavar="DIRECTION", choices=("earlier", "later"), help="earlier or later")
    verbs.add_for_project("line-up", "storyboard:line_up", "put the shots one after the other from 0 s")
    snap = verbs.add_for_project("snap", "snap:snap", "say which cut would go to which beat, and move them")
    which = snap.add_mutually_exclusive_group(required=True)
    which.add_argument("--bpm", help="the tempo, in beats per minute")
    which.add_argument("--beats", action="store_true", help="the beats heard in the music")
    snap.add_argument("--offset", default="0", help="seconds at which a beat falls (0)")
    snap.add_argument("--every", default="1", help="beats from one place for a cut to the next (1)")
    snap.add_argument("--max-shift", default="0.3", help="seconds that a cut may move (0.3)")
    snap.add_argument("--apply", action="store_true", help="move the cuts; without it they are only listed")
    track = verbs.add_for_project("set-track", "storyboard:set_track", "lay music under the cut")
    track.add_argument("music", metavar="MUSIC", nargs="?", help="an MP3, WAV, M4A, FLAC or OGG file")
    track.add_argument("--remove", action="store_true", help="take the music away instead")


def _takes(verbs: _Verbs) -> None:
    quote = verbs.add_for_project("quote", "quote:quote", "say what one take of each shot will cost")
    priced = quote.add_mutually_exclusive_group()
    priced.add_argument("--shots", type=_names, metavar="SHOT,SHOT", help="only these shots")
    priced.add_argument("--missing", action="store_true", help="only shots that have no clip")
    quote.add_argument("--every-model", action="store_true", help="on every model, and the cheapest mix")
    quote.add_argument("--lines", type=int, default=0, help="lines a clip has at least, with --every-model")
    _add_order_options(quote)
    animate = verbs.add_for_project("animate", "animate:animate", "order takes, and wait until they ended")
    which = animate.add_mutually_exclusive_group()
    which.add_argument("--shots", type=_names, metavar="SHOT,SHOT", help="only these shots")
    which.add_argument("--missing", action="store_true", help="only shots that have no clip")
    which.add_argument("--failed", action="store_true", help="only shots whose last take failed")
    _add_order_options(animate)
    animate.add_argument(
        "--yes",
        action="count",
        default=0,
        help="order paid takes without being asked; twice for an order above `budget --ask-twice`",
    )
    takes = verbs.add_for_project("takes", "takes:takes", "list the takes, oldest first")
    takes.add_argument("--shots", type=_names, metavar="SHOT,SHOT", help="only takes of these shots")
    for verb, where, help_text in (
        ("cancel", "takes:cancel", "end a take that waits or runs"),
        ("choose", "takes:choose", "make a finished take its shot's clip in the cut"),
    ):
        verbs.add(verb, where, help_text).add_argument("take", metavar="TAKE", help="the take's id")
    resolve = verbs.add(
        "resolve", "resolve:resolve", "settle a take whose answer was lost, or bring a clip in"
    )
    resolve.add_argument("take", metavar="TAKE", nargs="?", help="the take's id; without it they are listed")
    how = resolve.add_mutually_exclusive_group()
    how.add_argument("--adopt", metavar="REQUEST_ID", help="it became this request")
    how.add_argument("--lost", action="store_true", help="give it up; its money stays at risk")
    how.add_argument("--request-id", metavar="REQUEST_ID", help="bring in a request that was made elsewhere")
    resolve.add_argument("--shot", metavar="SHOT", help="the shot to bring it in for, with --request-id")
    resolve.add_argument("--project", metavar="PROJECT", help="the shot's project, where several have it")
    resolve.add_argument("--model", metavar="MODEL", help="the model it was made with; the shot's otherwise")


def _add_order_options(parser: ArgumentParser) -> None:
    parser.add_argument("--model", help="model instead of the shots' own")
    parser.add_argument("--sound", action=BooleanOptionalAction, help="with sound, or without")


def _results(verbs: _Verbs) -> None:
    export = verbs.add_for_project("export", "export:export", "make the cut: an MP4")
    _add_delivery_options(export)
    export.add_argument("--quality", help="draft, or final (default)")
    export.add_argument(
        "--burn-in", action="store_true", help="names of shots and timecode in the picture, for review"
    )
    export.add_argument("--out", metavar="FILE", help="where to put the file, ending in .mp4")
    export.add_argument("--force", action="store_true", help="replace FILE when it exists")
    hand_off = verbs.add_for_project(
        "hand-off", "hand_off:hand_off", "hand the cut over to other editing programs, with its files"
    )
    hand_off.add_argument("--out", metavar="DIR", required=True, help="the folder to make")
    hand_off.add_argument(
        "--formats", type=_words, metavar="FORMAT,FORMAT", help="otio, otioz, edl, fcpxml, csv, sheet"
    )
    hand_off.add_argument("--media", help="copy (default), link or none: what becomes of the files")
    hand_off.add_argument("--paper", help="a4 (default) or letter, for the contact sheet")
    hand_off.add_argument("--zip", action="store_true", help="one zip instead of a folder")
    _add_delivery_options(hand_off)
    costs = verbs.add("costs", "costs:costs", "say what was spent, is reserved and is at risk")
    costs.add_argument("project", metavar="PROJECT", nargs="?", help="only this project")
    costs.add_argument("--model", type=_names, metavar="MODEL,MODEL", help="only these models")
    costs.add_argument("--person", type=_names, metavar="NAME,NAME", help="only what these people ordered")
    costs.add_argument(
        "--outcome", type=_names, metavar="WORD,WORD", help="kept, spare, lost, at_risk, open, free"
    )
    costs.add_argument("--from", dest="first_day", metavar="DAY", help="ordered on 2026-11-01 (UTC) or later")
    costs.add_argument("--to", dest="last_day", metavar="DAY", help="ordered on 2026-11-30 (UTC) or before")
    costs.add_argument("--out", metavar="FILE", help="put these takes into FILE, a .csv or .parquet")
    budget = verbs.add("budget", "budget:budget", "list the spending limits, set them, lift them")
    budget.add_argument("scope", metavar="SCOPE", nargs="?", help="project, day, month or team")
    budget.add_argument("usd", metavar="USD", nargs="?", help="the limit: 25 or 12.50")
    budget.add_argument("--project", metavar="PROJECT", help="only about this project")
    budget.add_argument("--soft", action="store_true", help="warn when it is passed, instead of refusing")
    budget.add_argument("--remove", action="store_true", help="lift the limit")
    budget.add_argument(
        "--ask-twice", metavar="USD", help="ask twice about a single order above it; none: never"
    )
    budget.add_argument(
        "--http-ceiling", metavar="USD", help="refuse a single order over HTTP above it; none: never"
    )
    prices = verbs.add("prices", "billing:prices", "compare the price list with fal's own prices")
    prices.add_argument("what", choices=["refresh"], help="ask fal, and show what differs")
    prices.add_argument("--apply", action="store_true", help="quote by fal's prices from now on")
    bill = verbs.add("bill", "billing:bill", "read fal's bill, import one, compare it with our estimates")
    bill.add_argument("what", choices=["read", "import", "drift"], help="what to do")
    bill.add_argument("file", metavar="FILE", nargs="?", help="with import: a CSV or JSON file from fal")
    bill.add_argument("--apply", action="store_true", help="with import: write what it says into the ledger")
    verbs.add("alerts", "billing:alerts", "say what a person should know about money")
    verbs.add("compact", "compact:compact", "make the ledger's file short; the old one is kept")
    verbs.add("doctor", "doctor:doctor", "look whether everything that is needed is there and sound")


def _add_delivery_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--mode",
        default="animated",
        help="stills, animatic, or animated (default): the chosen takes, the animatic where there is none",
    )
    parser.add_argument(
        "--stand-in", help="what shows a shot that has no clip: animatic (default) or stills", metavar="MODE"
    )
    parser.add_argument("--from", dest="first_shot", metavar="SHOT", help="the first shot of a range")
    parser.add_argument("--to", dest="last_shot", metavar="SHOT", help="the last shot of a range")
    parser.add_argument("--size", metavar="WxH", help="size of the picture; the project's otherwise")
    parser.add_argument("--fps", metavar="RATE", help="frames per second; the project's otherwise")


def _words(text: str) -> list[str]:
    """Words between commas."""
    return [word.strip() for word in text.split(",") if word.strip()]


def _names(text: str) -> list[str]:
    """Names between commas, each once."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    if not names:
        raise ArgumentTypeError("name at least one shot, such as shot_001")
    return names
