"""One run of the command line: the verb is found and called, its answer or its refusal shown."""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import cast

from core.cli.answer import Answer, Code
from core.cli.parser import build_parser
from core.cli.printing import prepare_streams, print_answer, say
from core.cli.stop import Stopped
from core.errors import BudgetRefused, StillmotionError

Verb = Callable[[Namespace], Answer]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the verb in `argv` (the process's own arguments when None); the exit code."""
    prepare_streams()
    parser = build_parser()
    try:
        arguments = parser.parse_args(argv)
        if arguments.verb is None:
            print_answer(None, parser.format_help().splitlines(), as_json=False)
            return Code.BAD_USAGE
        return _run(arguments)
    except SystemExit as ended:  # argparse has said what was wrong, or shown the help
        return ended.code if isinstance(ended.code, int) else Code.BAD_USAGE


def find_verb(where: str) -> Verb:
    """The verb behind "module:function" of this folder."""
    module, function = where.split(":")
    return cast(Verb, getattr(import_module(f"core.cli.{module}"), function))


def _run(arguments: Namespace) -> int:
    try:
        _set_logs(debug=arguments.debug)
        answer = find_verb(arguments.where)(arguments)
    except StillmotionError as error:
        code = Code.BUDGET if isinstance(error, BudgetRefused) else Code.FAILED
        return _refuse(arguments, type(error).__name__, str(error), error.remedy, code)
    except Stopped as stopped:
        return _refuse(arguments, "Stopped", str(stopped), "Run it again when you want it.", stopped.code)
    except KeyboardInterrupt:
        return _refuse(arguments, "Stopped", "Stopped.", "Run it again when you want it.", Code.STOPPED)
    except Exception as error:
        if arguments.debug:
            raise
        what = f"Something unforeseen happened: {type(error).__name__}: {error}".splitlines()[0]
        remedy = "Run it again with --debug to see where, and report that."
        return _refuse(arguments, "Unforeseen", what, remedy, Code.FAILED)
    say(*answer.asides)
    print_answer(answer.facts, answer.lines, as_json=arguments.json)
    return answer.code


def _refuse(arguments: Namespace, kind: str, what: str, remedy: str, code: int) -> int:
    say(what, remedy)
    if arguments.json:
        facts = {"error": {"kind": kind, "what": what, "remedy": remedy}}
        print_answer(facts, (), as_json=True)
    return code


def _set_logs(*, debug: bool) -> None:
    """Without --debug the log is silent: what matters to a person is in the answer."""
    import logging

    log = logging.getLogger("core")
    if debug:
        logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    elif not log.handlers:
        log.addHandler(logging.NullHandler())
