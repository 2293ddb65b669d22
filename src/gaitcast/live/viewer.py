"""The page of one viewer: a Bokeh document that follows a session."""

from __future__ import annotations

from importlib import resources
from typing import Any

import numpy as np
from bokeh.document import Document
from bokeh.layouts import row
from bokeh.models import Button, ColumnDataSource, CustomJS, Select, TextInput

from gaitcast.live.figures import AngleFigure, HistoryFigure, HorizonFigure, LatencyFigure
from gaitcast.live.live_session import LiveSession
from gaitcast.live.numbers import TILES, note, numbers

#: Time between two frames, ms; texts and the slow figures change every so many frames.
FRAME_MS, _TEXT_EVERY, _FIGURES_EVERY = 33, 8, 30
#: The browser answers every so many frames; without an answer to so many, one goes out only in so
#: many turns: while the page opens, and later.
_ANSWER_EVERY, _UNANSWERED, _OPENING, _LATER = 4, 12, 10, 250

_FRAME_CODE = """
const now = frame.data.now[0], number = frame.data.number[0];
if (isFinite(now)) x_range.setv({start: now - shown, end: now + ahead}, {sync: false});
window.gaitcast_frames = (window.gaitcast_frames ?? 0) + 1;
if (number % every == 0 || number - answer.data.number[0] > every) answer.data = {number: [number]};
"""
_TEXT_CODE = """
const {id, text, kind} = texts.data;
for (let i = 0; i < id.length; i++) {
  const place = document.getElementById(id[i]);
  if (place == null) continue;
  if (place.textContent !== text[i]) place.textContent = text[i];
  place.dataset.kind = kind[i];
}
"""
#: Bokeh's buttons and fields in the look of the page.
_LOOK = ":host { font-size: 14px; }"


class LivePage:
    """Shows a session in a document, frame by frame, never more than the browser can take.

    A frame is what is new since the last one that was sent. A browser that is slow, or a page in
    the background, is sent nothing until it answered, and then only the newest.

    Parameters
    ----------
    session : LiveSession
    document : bokeh.document.Document
        Empty; it is filled.
    """

    def __init__(self, session: LiveSession, document: Document) -> None:
        self._session = session
        self._frame = ColumnDataSource({"now": [np.nan], "number": [0]})
        self._angle = AngleFigure(session, self._frame)
        self._history, self._horizon = HistoryFigure(session), HorizonFigure(session)
        self._latency = LatencyFigure(session)
        self._answer = ColumnDataSource({"number": [0]})
        self._texts = ColumnDataSource({"id": [], "text": [], "kind": []})
        self._record = Button(label="Record", width=110, stylesheets=[_LOOK])
        self._said: dict[str, tuple[str, str]] = {}
        self._number, self._waited, self._opened = 0, 0, False
        self._bind()
        document.title = f"gaitcast live: {session.card.name}"
        document.template = (
            resources.files("gaitcast.live").joinpath("live_page.html").read_text(encoding="utf-8")
        )
        document.template_variables.update(_variables(session))
        figures = (self._angle, self._history, self._horizon, self._latency)
        for root in (self._controls(), *(figure.plot for figure in figures)):
            document.add_root(root)
        document.add_periodic_callback(self.update, FRAME_MS)

    def _bind(self) -> None:
        self._frame.js_on_change(
            "data",
            CustomJS(
                args={
                    "frame": self._frame,
                    "answer": self._answer,
                    "texts": self._texts,  # so that it is part of the document
                    "x_range": self._angle.plot.x_range,
                    "shown": self._angle.shown_s,
                    "ahead": self._angle.ahead_s,
                    "every": _ANSWER_EVERY,
                },
                code=_FRAME_CODE,
            ),
        )
        self._texts.js_on_change("data", CustomJS(args={"texts": self._texts}, code=_TEXT_CODE))

    def _controls(self) -> Any:
        session, targets = self._session, self._session.card.targets
        start = Button(label="Start", width=80, stylesheets=[_LOOK])
        stop = Button(label="Stop", width=80, stylesheets=[_LOOK])
        self._possible = {"stopped": start, "running": stop}
        text = TextInput(placeholder="what happens now", max_length=200, width=200)
        mark = Button(label="Mark", button_type="primary", width=80, stylesheets=[_LOOK])
        start.on_click(session.start)
        stop.on_click(session.stop)

        def marked() -> None:
            session.mark(text.value)
            text.value = ""

        mark.on_click(marked)
        shown = [start, stop, text, mark]
        if session.record_to is not None:
            self._record.on_click(session.record)
            shown.append(self._record)
        if len(targets) > 1:
            menu = Select(value=targets[0], options=list(targets), width=230)
            menu.on_change("value", lambda _, __, name: self._choose(targets.index(name)))
            shown.insert(0, menu)
        return row(*shown, name="controls", styles={"justify-content": "flex-end"}, spacing=6)

    def _choose(self, target: int) -> None:
        for figure in (self._angle, self._history, self._horizon):
            figure.target = target
        self._angle.reset()
        self._slow()

    def update(self) -> None:
        """Send a frame, unless the browser has not answered to the last ones."""
        answered = self._answer.data["number"][0]
        if answered and not self._opened:
            self._opened, self._said = True, {}
        if self._number - answered >= _UNANSWERED:
            self._waited += 1
            if self._waited % (_LATER if answered else _OPENING):
                return
        self._angle.update()
        self._number += 1
        now_s = self._session.now_s - self._session.first_s
        self._frame.data = {"now": [now_s], "number": [self._number]}
        if self._number % _TEXT_EVERY == 1:
            self._say()
        if self._number % _FIGURES_EVERY == 1:
            self._slow()

    def _slow(self) -> None:
        self._angle.rescale()
        for figure in (self._history, self._horizon, self._latency):
            figure.update()

    def _say(self) -> None:
        """Send the texts that changed, and which buttons are of use."""
        texts = numbers(self._session, self._angle.target)
        changed = {id_: value for id_, value in texts.items() if self._said.get(id_) != value}
        if changed:
            self._said = texts
            text, kind = zip(*changed.values(), strict=True)
            self._texts.data = {"id": [*changed], "text": [*text], "kind": [*kind]}
        self._record.label = "Stop recording" if self._session.recording else "Record"
        for state, button in self._possible.items():
            button.disabled = self._session.state != state


def _variables(session: LiveSession) -> dict[str, Any]:
    card = session.card
    sensors: dict[str, list[tuple[int, str]]] = {}
    for number, name in enumerate(card.channels):
        sensor, _, axis = name.rpartition("_")
        if axis not in ("x", "y", "z"):
            sensor, axis = name, card.units[number]
        sensors.setdefault(sensor, []).append((number, axis))
    ahead_ms = 1000 * session.error.ahead_s[-1]
    return {
        "name": card.name,
        "about": f"{', '.join(card.targets)}, up to {ahead_ms:.0f} ms ahead; "
        f"samples at {session.engine.raw_hz:g} Hz, forecasts at {card.rate_hz:g} Hz",
        "tiles": TILES,
        "sensors": [*sensors.items()],
        "note": note(session),
    }
