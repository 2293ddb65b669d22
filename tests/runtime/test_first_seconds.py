"""A clock, a unit or an axis that a live stream has wrong is noticed in its first seconds."""

import io
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from gaitcast.deploy import write_bundle
from gaitcast.deploy.writer import Origin
from gaitcast.errors import GaitcastError
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, Engine, FirstSeconds
from gaitcast.runtime.__main__ import main
from gaitcast.runtime.rate import clock_guess
from gaitcast.signal import Butterworth, Chain, WearerScale
from gaitcast.simulate import simulate
from gaitcast.tasks import Scaler
from gaitcast.training import Predictor

SENSOR = tuple(f"right_shank_{q}_{a}" for q in ("acc", "gyr") for a in "xyz")
TARGET = ("right_ankle_angle_flexion",)
CHANNELS = SENSOR + TARGET


@pytest.fixture(scope="module")
def people():
    return list(simulate(4, 0.3, 5))


@pytest.fixture(scope="module")
def walks(people):
    return [(walk.time_s, walk.complete(CHANNELS)) for walk in people]


@pytest.fixture(scope="module")
def usual(walks):
    values = np.concatenate([samples for _, samples in walks[1:]])
    return {
        n: (float(m), float(s))
        for n, m, s in zip(CHANNELS, values.mean(0), values.std(0), strict=True)
    }


def card(usual):
    return SimpleNamespace(
        name="b", channels=CHANNELS, usual=usual, raw_hz=100.0, rate_hz=100.0, warmup=100,
        max_gap_s=0.1,
    )  # fmt: skip


def said(card, time_s, samples):
    first = FirstSeconds(card)
    return [line for t, x in zip(time_s, samples, strict=True) for line in first.add(t, x)]


def changed(samples, columns, factor):
    other = samples.copy()
    other[:, columns] *= factor
    return other


def test_other_people_in_the_right_units_give_no_warning(walks, usual):
    for time_s, samples in walks:
        assert said(card(usual), time_s, samples) == []
        assert said(card({}), time_s, samples) == []


def test_an_axis_that_nobody_turned_about_is_no_unit():
    """Feet of three people in training and one who turns: one axis varies 12 times more."""
    names = tuple(f"left_foot_gyr_{a}" for a in "xyz")
    *others, new = simulate(3, 0.35, 8)
    known = np.concatenate([walk.complete(names) for walk in others])
    usual = {n: (float(known[:, k].mean()), float(known[:, k].std())) for k, n in enumerate(names)}
    mine = card(usual)
    mine.channels, samples = names, new.complete(names)
    looks = samples[: len(samples) // 200 * 200].reshape(-1, 200, 3).std(axis=1)
    assert (looks / known.std(axis=0)).max() > 10
    assert said(mine, new.time_s, samples) == []
    (line,) = said(mine, new.time_s, samples * 180 / np.pi)
    assert "left_foot_gyr varies" in line
    assert "times more than in the training people: unit?" in line


ACC, GYR, ANGLE = slice(0, 3), slice(3, 6), slice(6, 7)


@pytest.mark.parametrize(
    ("columns", "factor", "words"),
    [
        (ACC, 1 / 9.81, "right_shank_acc has a median of .* instead of about 9.8: in g?"),
        (ACC, 1000 / 9.81, "in mg?"),
        (GYR, np.pi / 180, "right_shank_gyr varies .* less than .*: in rad/s?"),
        (GYR, 1000.0, "right_shank_gyr"),
        (ANGLE, np.pi / 180, "right_ankle_angle varies .* less than .*: in rad?"),
        (ANGLE, 0.0, "right_ankle_angle stays the same"),
    ],
)
def test_another_unit_is_one_line(walks, usual, columns, factor, words):
    import re

    time_s, samples = walks[0]
    (line,) = said(card(usual), time_s, changed(samples, columns, factor))
    assert re.search(words, line)


def test_gravity_is_known_without_what_is_usual(walks):
    time_s, samples = walks[0]
    (line,) = said(card({}), time_s, changed(samples, ACC, 1 / 9.81))
    assert "in g?" in line


def test_gyros_in_rad_are_known_without_what_is_usual(walks):
    for time_s, samples in walks:
        (line,) = said(card({}), time_s, changed(samples, GYR, np.pi / 180))
        assert "right_shank_gyr reaches only" in line
        assert "in rad/s?" in line
    still = np.tile(samples[:1] * [1, 1, 1, 0.01, 0.01, 0.01, 1], (500, 1))
    still[:, :3] *= 9.81 / np.linalg.norm(still[0, :3])
    assert said(card({}), time_s[:500], still) == []


def test_a_knee_that_bends_backwards_is_named(walks):
    knee = card({})
    knee.channels = (*SENSOR, "right_knee_angle_flexion")
    time_s, samples = walks[0]
    bent = samples.copy()
    bent[:, 6] = 30 - 30 * np.cos(2 * np.pi * time_s)
    assert said(knee, time_s, bent) == []
    (line,) = said(knee, time_s, changed(bent, ANGLE, -1))
    assert "is flexion negative in it?" in line


def test_axes_in_another_order_are_seen(walks, usual):
    time_s, samples = walks[0]
    (line,) = said(card(usual), time_s, samples[:, [2, 0, 1, 5, 3, 4, 6]])
    assert "gravity" in line
    assert "axes in another order" in line


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (1e3, "10 s between samples: is the clock in ms?"),
        (1e6, "is the clock in us?"),
        (1e9, "is the clock in ns?"),
        (1 / 60, "is the clock in minutes?"),
        (1 / 3600, "is the clock in h?"),
    ],
)
def test_a_clock_that_lets_nothing_through_is_an_error_at_the_end(walks, usual, factor, words):
    time_s, samples = walks[0]
    first = FirstSeconds(card(usual))
    lines = [
        line
        for t, x in zip(time_s[:150] * factor, samples, strict=False)
        for line in first.add(t, x)
    ]
    assert words in lines[0]
    with pytest.raises(GaitcastError, match="no forecast"):
        first.end(0)


def test_a_short_or_broken_stream_is_said_without_an_error(walks, usual):
    time_s, samples = walks[0]
    first = FirstSeconds(card(usual))
    for t, x in zip(time_s[:30], samples, strict=False):
        assert first.add(t, x) == []
    assert first.end(0) == [
        "no forecast from 30 samples: the first needs 100 at 100 Hz without a gap above 0.1 s"
    ]
    assert FirstSeconds(card(usual)).end(0) == []


def test_packets_in_bursts_are_no_fault_of_the_clock(walks, usual):
    time_s, samples = walks[0]
    bursts = np.floor(np.arange(len(time_s)) / 5) * 0.05 + np.arange(len(time_s)) % 5 * 1e-4
    assert said(card(usual), bursts, samples) == []


def test_nothing_is_kept_after_the_first_seconds(walks, usual):
    time_s, samples = walks[0]
    first = FirstSeconds(card(usual))
    for k in range(3000):
        first.add(k / 100, samples[k % len(samples)])
    assert first._values == []
    assert len(first._stamps) < 50
    del time_s


def test_steps_of_a_clock_are_named():
    assert clock_guess(10.0, 0.01) == ": is the clock in ms?"
    assert clock_guess(1.0, 0.01) == ": does the clock count samples?"
    assert clock_guess(0.03, 0.01) == ""


def bundle(folder, steps=(), resample=True, model="gru"):
    chain = Chain(list(steps), CHANNELS, 100.0)
    options = {"units": 8} if model == "gru" else {}
    network = build(model, Signature(chain.channels, TARGET, 20, 5, 100.0), options, seed=1)
    scaler = Scaler(np.arange(7.0), np.arange(1.0, 8.0))
    predictor = Predictor(model, options, network, scaler, Scaler(np.zeros(1), np.ones(1)))
    return write_bundle(chain, predictor, folder, origin=Origin(resample=resample))


def test_a_card_holds_what_is_usual_where_the_model_scales_by_it(tmp_path):
    found = Bundle.load(bundle(tmp_path / "a", [Butterworth(20.0)])).card.usual
    assert found["right_shank_acc_y"] == (1.0, 2.0)
    assert Bundle.load(bundle(tmp_path / "b", [WearerScale()])).card.usual == {}
    assert Bundle.load(bundle(tmp_path / "c", model="persistence")).card.usual == {}
    text = (tmp_path / "a" / "card.json").read_text()
    older = text[: text.index(',\n "usual"')] + "\n}"
    (tmp_path / "a" / "card.json").write_text(older)
    assert Bundle.load(tmp_path / "a").card.usual == {}


@pytest.mark.parametrize("resample", [True, False])
def test_both_commands_end_with_an_error_that_names_the_clock(
    tmp_path, monkeypatch, capsys, walks, resample
):
    from gaitcast.cli import main as command

    folder = bundle(tmp_path / "b", resample=resample)
    time_s, samples = walks[0]
    lines = [
        ",".join(map(str, [t, *x])) for t, x in zip(time_s[:200] * 1000, samples, strict=False)
    ]
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    assert main(["stream", str(folder)]) == 2
    assert "is the clock in ms?" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(lines)))
    monkeypatch.setattr(sys, "argv", ["gaitcast", "stream", str(folder), "--source", "stdin"])
    with pytest.raises(SystemExit) as end:
        command()
    assert end.value.code == 2
    assert "is the clock in ms?" in capsys.readouterr().err


def test_it_does_not_change_what_an_engine_gives(tmp_path, walks):
    engine = Engine(Bundle.load(bundle(tmp_path / "b")))
    time_s, samples = walks[0]
    first = FirstSeconds(engine.card)
    kept = samples.copy()
    for t, x in zip(time_s[:100], samples, strict=False):
        first.add(t, x)
        engine.push(t, x)
    np.testing.assert_array_equal(samples, kept)
