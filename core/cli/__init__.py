"""The command line, a door as thin as a page: it reads what was typed, asks the studio, and shows the answer.

A verb is a function in one of this folder's modules. It takes the parsed arguments and gives an `Answer`; it
is imported only when it is called, so that the light verbs answer at once.
"""

from core.cli.run import main

__all__ = ["main"]
