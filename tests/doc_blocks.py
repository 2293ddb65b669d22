"""The fenced blocks of README.md and docs/, and commands as a user types them."""

import contextlib
import io
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from gaitcast.cli import main

ROOT = Path(__file__).parents[1]
TUTORIALS = sorted((ROOT / "docs" / "tutorials").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+?) -->\n+)?"
    r"^```(?P<kind>\w*)(?P<info>[^\n]*)\n(?P<text>.*?)^```$",
    flags=re.M | re.S,
)


@dataclass(frozen=True)
class Block:
    """A fenced block; `reason` says why it is not run, `title` which file it is."""

    page: str
    number: int
    kind: str
    title: str
    reason: str
    text: str

    def __str__(self):
        return f"{self.page}-{self.number}-{self.kind}"


def blocks(page, *kinds):
    text = page.read_text(encoding="utf-8")
    for number, found in enumerate(FENCE.finditer(text), start=1):
        title = re.search(r'title="([^"]+)"', found["info"])
        if not kinds or found["kind"] in kinds:
            yield Block(
                page.stem,
                number,
                found["kind"],
                title[1] if title else "",
                found["reason"] or "",
                found["text"],
            )


def gaitcast(*words, stdin=None):
    """Run a command in this process, as ``gaitcast WORDS`` would."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.object(sys, "argv", ["gaitcast", *map(str, words)]),
        mock.patch.object(sys, "stdin", io.StringIO(stdin or "")),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
    return SimpleNamespace(returncode=code, stdout=out.getvalue(), stderr=err.getvalue())
