"""docs/command-line.md and the parser say the same, so that neither can drift."""

import re
import shlex
from argparse import ArgumentParser
from pathlib import Path

import pytest

from core.cli.answer import Code
from core.cli.parser import build_parser
from core.cli.run import find_verb

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "command-line.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### `([a-z-]+)`\n(.*?)(?=^##|\Z)", PAGE, flags=re.MULTILINE | re.DOTALL))
EVERYWHERE = {"--help", "-h", "--json", "--debug"}


def verbs() -> dict[str, ArgumentParser]:
    """Verb → its parser."""
    choices = next(action.choices for action in build_parser()._actions if action.choices)
    assert isinstance(choices, dict)
    return choices


def options(parser: ArgumentParser) -> set[str]:
    return {name for action in parser._actions for name in action.option_strings} - EVERYWHERE


def test_the_page_has_every_verb_and_no_other() -> None:
    assert list(SECTIONS) == list(verbs())


@pytest.mark.parametrize("verb", verbs())
def test_the_page_has_every_option_of_the_verb_and_no_other(verb: str) -> None:
    prose = SECTIONS[verb].split("```")[0]
    assert set(re.findall(r"(?<!\w)--[a-z-]+", prose)) - EVERYWHERE == options(verbs()[verb])


@pytest.mark.parametrize("line", re.findall(r"^python -m core .*$", PAGE, flags=re.MULTILINE))
def test_every_example_on_the_page_is_understood(line: str) -> None:
    assert build_parser().parse_args(shlex.split(line)[3:]).verb


@pytest.mark.parametrize("verb", verbs())
def test_every_verb_has_an_example_and_a_function_behind_it(verb: str) -> None:
    assert f"python -m core {verb}" in SECTIONS[verb]
    assert callable(find_verb(verbs()[verb].get_default("where")))


def test_the_page_and_the_help_name_every_exit_code() -> None:
    for code in Code:
        assert re.search(rf"^\| {code.value} \|", PAGE, flags=re.MULTILINE)
        assert re.search(rf"^ +{code.value} ", build_parser().format_help(), flags=re.MULTILINE)
