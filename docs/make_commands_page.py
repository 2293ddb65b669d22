"""Write docs/command-line.md: every command with its arguments and options, from the commands.

Typer's own generator cuts the summaries, escapes quotes as HTML and repeats ``--help``.
"""

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from gaitcast.cli.app import app

PAGE = Path(__file__).with_name("command-line.md")

#: Width of the other pages.
WIDTH = 118

INTRODUCTION = (
    "Every command of `gaitcast`; `make docs-reference` writes this page from the commands, and "
    "`gaitcast COMMAND --help` prints the same. What the user can correct is reported in one line, "
    "with exit code 2; a study with failed fits ends with 3, and an interrupted command with 130 "
    "or 143. `GAITCAST_DATA` names the folder of the recordings where `--data` is left out, and "
    "`GAITCAST_TRACEBACK=1` shows where in the code an unexpected error arose."
)


def commands() -> Iterator[tuple[str, Any]]:
    """Every command with its full name, those of groups included.

    Yields
    ------
    tuple of str and click command
        Such as ``gaitcast data list``.
    """

    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        if not hasattr(command, "commands"):
            yield name, command
        for part, inner in getattr(command, "commands", {}).items():
            yield from below(f"{name} {part}", inner)

    yield from below("gaitcast", typer.main.get_command(app))


def parameters(name: str, command: Any) -> Iterator[tuple[str, str]]:
    """Each argument and option of a command, as it is written, and what it means.

    Parameters
    ----------
    name : str
        Full name of the command.
    command : click command

    Yields
    ------
    tuple of str and str
        The text ends with limits and default in brackets, as in ``--help``.
    """
    context = typer.Context(command, info_name=name)
    for parameter in command.get_params(context):
        record = parameter.get_help_record(context)
        if record is not None and "help" not in parameter.name:
            written, text = record
            if parameter.param_type_name == "argument":
                written = str(parameter.name)
            yield written, " ".join((text or "").split())


def filled(text: str) -> list[str]:
    """Lines of the width of the other pages; blank lines part paragraphs."""
    lines: list[str] = []
    for paragraph in text.split("\n\n"):
        wrapped = textwrap.wrap(paragraph, WIDTH, break_long_words=False, break_on_hyphens=False)
        lines += ["", *wrapped]
    return lines


def entry(name: str, command: Any) -> Iterator[str]:
    """What the page shows of one command."""
    yield f"\n## {name}"
    yield from filled(command.help or "")
    rows = [*parameters(name, command)]
    if rows:
        yield "\n| argument or option | meaning |\n|---|---|"
    for written, text in rows:
        cells = [f"`{written}`", text.replace("<", "&lt;").replace("*", "\\*")]
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def page() -> str:
    """The whole page."""
    lines = ["# Command line", *filled(INTRODUCTION)]
    lines += ["\n| command | what it does |\n|---|---|"]
    for name, command in commands():
        place = name.replace(" ", "-")
        summary = " ".join(str(command.help or "").split("\n\n")[0].split())
        lines.append(f"| [`{name}`](#{place}) | {summary} |")
    for name, command in commands():
        lines += entry(name, command)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(page().splitlines())} lines")
