"""The document of a viewer, without a browser."""

import numpy as np
import pytest
from bokeh.document import Document
from bokeh.models import Button, Select, TextInput

from gaitcast import Pipeline
from gaitcast.live.live_error import SHOWN_S
from gaitcast.live.live_session import LiveSession
from gaitcast.live.numbers import numbers
from gaitcast.live.viewer import LivePage
from gaitcast.runtime import Bundle, Engine


def answer(page):
    """What a browser does."""
    page._answer.data = {"number": [page._number]}


def test_a_page_shows_the_newest_and_does_not_grow(live_bundle, samples):
    session, document = LiveSession(Engine(live_bundle)), Document()
    page = LivePage(session, document)
    page.update()
    answer(page)
    rows = []
    for number, (stamp, sample) in enumerate(samples):
        session._done(stamp, session._step(stamp, sample), 100.0)
        if number % 4 == 0:
            page.update()
            answer(page)
            rows.append(len(page._angle._measured.data["x"]))
    page.update()
    assert max(rows) <= page._angle._points
    assert max(rows) < 1.2 * 100 * (2 * SHOWN_S + 3)
    fan = {name: np.array(values) for name, values in page._angle._fan.data.items()}
    np.testing.assert_allclose(fan["y"], session.newest.values[:, 0], atol=1e-4)
    np.testing.assert_allclose(fan["high"] - fan["low"], 10.0, atol=1e-3)
    assert fan["x"][0] > page._frame.data["now"][0]
    measured = page._angle._measured.data
    np.testing.assert_allclose(measured["y"][-1], samples[-1][1][-1])
    document.validate()


def test_nothing_is_sent_to_a_browser_that_does_not_answer(finished):
    page = LivePage(finished, Document())
    for _ in range(100):
        page.update()
    assert page._number < 30
    answer(page)
    page.update()
    page._number, page._answer.data = 400, {"number": [100]}
    for _ in range(200):
        page.update()
    assert page._number <= 401


def test_numbers_are_in_words(finished):
    texts = numbers(finished, 0)
    assert texts["state"] == ("ended", "ended")
    assert texts["error"][0].endswith(" deg")
    assert texts["held"][0].endswith(" %")
    assert texts["gain"][1] in ("better", "worse")
    assert texts["health"][0] == "all measured"
    assert {f"channel-{k}" for k in range(len(finished.card.channels))} <= texts.keys()
    page = LivePage(finished, Document())
    page.update()
    shown = dict(zip(page._texts.data["id"], page._texts.data["text"], strict=True))
    assert shown["error"] == texts["error"][0]
    assert "ended" in shown["log"]


def test_buttons_stop_start_and_mark(live_bundle):
    session, document = LiveSession(Engine(live_bundle)), Document()
    LivePage(session, document)
    session.state = "running"
    start, stop, mark = document.select({"type": Button})
    buttons = {b.label: b for b in (start, stop, mark)}
    text = document.select_one({"type": TextInput})
    for label in ("Stop", "Start"):
        buttons[label]._trigger_event(_click(buttons[label]))
    text.value = "left the treadmill"
    buttons["Mark"]._trigger_event(_click(buttons["Mark"]))
    assert [line.text for line in session.log] == ["stopped", "started", "left the treadmill"]
    assert text.value == ""


def _click(button):
    from bokeh.events import ButtonClick

    return ButtonClick(button)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>"])
def test_names_are_escaped(live_bundle, name):
    from dataclasses import replace

    from jinja2 import Environment

    session, document = LiveSession(Engine(live_bundle)), Document()
    session.card = replace(session.card, name=name)
    LivePage(session, document)
    body = document.template.split("{% block contents %}")[1].split("{% endblock %}")[0]
    body = body.replace("embed(", "str(")
    made = (
        Environment()
        .from_string(body)
        .render(
            **document.template_variables,
            str=str,
            roots=dict.fromkeys(("controls", "angle", "history", "horizon", "latency"), ""),
        )
    )
    assert "<script>" not in made
    assert "&lt;script&gt;" in made


def test_another_target_is_shown_from_what_is_kept(people, tmp_path):
    names = ["right_ankle_angle_flexion", "left_ankle_angle_flexion"]
    pipe = Pipeline(inputs=names, targets=names, history_ms=200, horizon_ms=100, model="ridge")
    engine = Engine(Bundle.load(pipe.fit(people.without("S03")).export(tmp_path / "bundle")))
    walk = people["S03"]
    session, document = LiveSession(engine), Document()
    page = LivePage(session, document)
    session.begin(zip(walk.time_s, walk.complete(engine.card.channels), strict=True))
    session.join(60)
    menu = document.select_one({"type": Select})
    for name in menu.options:
        menu.value = name
        page.update()
        answer(page)
        shown = page._angle._measured.data
        truth = np.interp(shown["x"] + walk.time_s[0], walk.time_s, walk.complete([name])[:, 0])
        np.testing.assert_allclose(shown["y"], truth, atol=1e-6)
        assert name in page._angle.plot.yaxis[0].axis_label
        assert page._angle._fan.data["low"] == page._angle._fan.data["y"]
    texts = numbers(session, 0)
    assert texts["held-more"][0] == "the bundle has no intervals"


def test_a_line_has_a_hole_where_samples_were_lost(live_bundle, samples):
    session = LiveSession(Engine(live_bundle))
    page = LivePage(session, Document())
    for number, (stamp, sample) in enumerate(samples[:600]):
        if not 300 <= number < 340:
            session._done(stamp, session._step(stamp, sample), 100.0)
        if number % 7 == 0:
            page.update()
            answer(page)
    x, y = (np.asarray(page._angle._measured.data[name]) for name in "xy")
    assert np.isnan(x).sum() == np.isnan(y).sum() == 1
    assert np.isnan(np.asarray(page._angle._lines.data["y0"])).sum() == 1
