"""All commands as one application, and how it ends."""

from __future__ import annotations

import os
import sys
from typing import Any, NoReturn

import typer

from gaitcast.cli import analyses, live, live_page, recordings, running, tuning
from gaitcast.errors import GaitcastError

app = typer.Typer(
    help="Gait recordings in, predictors that hold on a new person and run live out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for group in (running, tuning, analyses, recordings, live, live_page):
    app.add_typer(group.commands)
#: Typer carries its own copy of click, or click itself, depending on its version.
_UsageError: Any = typer.BadParameter.__bases__[0]


def run_app() -> None:
    """Run the command of the process's arguments and exit."""
    try:
        sys.exit(app(standalone_mode=False))
    except GaitcastError as error:
        _end(str(error))
    except SystemExit as end:
        if isinstance(end.code, int) and end.code > 128:  # a stream that a signal ended
            _end("interrupted; what was written is kept", code=end.code)
        raise
    except _UsageError as error:
        _end(f"{error.format_message()} See 'gaitcast --help'")
    except (KeyboardInterrupt, typer.Abort):
        _end("interrupted; what was finished is kept", code=130)
    except Exception as error:  # a defect of ours: still one line, with a way to see more
        if os.environ.get("GAITCAST_TRACEBACK"):
            raise
        text = " ".join(str(error).split())[:300]
        _end(f"unexpected {type(error).__name__}: {text}. Set GAITCAST_TRACEBACK=1 to see where")


def _end(text: str, code: int = 2) -> NoReturn:
    typer.echo(f"gaitcast: {text}", err=True)
    sys.exit(code)
