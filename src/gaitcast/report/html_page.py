"""One self-contained HTML page: headings, tables, and figures drawn when they come into view."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import Any

from bokeh.embed import json_item
from bokeh.model import Model
from bokeh.resources import Resources

#: What the figures need of Bokeh, written into the page.
_LIBRARY = Resources(mode="inline", components=["bokeh", "bokeh-widgets"])


class Page:
    """Parts of the body in order, and the figures that they hold places for."""

    def __init__(self) -> None:
        self.body: list[str] = []
        self.figures: list[dict[str, Any]] = []

    def add(self, *spans: str) -> None:
        """Append HTML to the body."""
        self.body += spans

    def heading(self, title: str, note: str = "") -> None:
        """Append a heading that can be linked to, and a note under it."""
        self.add(f'<h2 id="{anchor(title)}">{title}</h2>', f'<p class="note">{note}</p>')

    def draw(self, figures: Iterable[Model | None], without: str) -> None:
        """Append figures, or one line that says why there is none."""
        before = len(self.figures)
        for figure in figures:
            if figure is not None:
                number = len(self.figures)
                self.add(f'<div class="plot" id="plot{number}" data-figure="{number}"></div>')
                self.figures.append(json_item(figure))
        if len(self.figures) == before:
            self.add(f"<p>{without}</p>")

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Append a table of plain text."""
        head = "".join(f"<th>{html.escape(h)}</th>" for h in headings)
        body = "".join(
            "<tr>" + "".join(f'<td class="wide">{html.escape(c)}</td>' for c in row) + "</tr>"
            for row in rows
        )
        self.add(
            f'<div class="scroll"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>"
        )

    def html(self, title: str) -> str:
        """The whole page; it needs no network."""
        files = resources.files("gaitcast.report")
        style, script = ((files / f"page.{kind}").read_text("utf-8") for kind in ("css", "js"))
        # "</" would end the script element.
        figures = json.dumps(self.figures, separators=(",", ":")).replace("</", "<\\/")
        return (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            '<link rel="icon" href="data:,">'
            f"<title>{html.escape(title)}</title><style>{style}</style>"
            f"{_LIBRARY.render()}</head><body>{''.join(self.body)}"
            f'<script type="application/json" id="figures">{figures}</script>'
            f"<script>{script}</script></body></html>"
        )


def anchor(title: str) -> str:
    """Name of a heading in links to it."""
    return title.lower().replace(" ", "-")
