"""The command line: thin, one file per group of commands."""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Entry point: one clear line and exit code 2 for anything the user can fix."""
    if find_spec("typer") is None:
        sys.exit("gaitcast: this needs more than the runtime. Run: pip install 'gaitcast[lab]'")
    from gaitcast.cli.app import run_app

    run_app()
