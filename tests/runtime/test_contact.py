"""A bundle that speaks at heel strike: what is cut live is what was cut offline."""

import json
from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from gaitcast.cli.app import app
from gaitcast.datasets import load
from gaitcast.deploy import Origin, write_bundle
from gaitcast.errors import GaitcastError
from gaitcast.io import write_cohort
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.contact import AtContact
from gaitcast.runtime.swing import SWING_CHANNELS, Swings
from gaitcast.signal import Chain, resample
from gaitcast.study.preparation import prepare
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

TARGET = ("ipsi_ankle_stiffness_flexion",)
KNOWN = 2.1


@pytest.fixture(scope="module")
def raw():
    """As the sensors gave it: a clock that jitters, hangs and loses samples."""
    return load("simulated", subjects=1, minutes=0.5, seed=3)


@pytest.fixture(scope="module")
def made(raw, tmp_path_factory):
    even = replace(raw, recordings=tuple(resample(r, 100.0) for r in raw))
    swings = []
    for swing in prepare(even, ["swing-to-stiffness"]):
        samples = swing.samples.copy()
        samples[:-1, -1] = KNOWN
        swings.append(replace(swing, samples=samples))
    chain = Chain([], swings[0].channels, 60.0)
    signature = Signature(chain.channels, TARGET, 61, 1, 60.0, first=1, relative=True)
    options = {"filters": 8, "units": 8}
    network = build("cnn-lstm", signature, options, seed=1)
    scalers = (
        Scaler.fit("standard", [s.samples for s in swings]),
        Scaler.fit("standard", [s.matrix(TARGET) for s in swings]),
    )
    predictor = Predictor("cnn-lstm", options, network, *scalers)
    folder = tmp_path_factory.mktemp("bundles") / "stiffness"
    return (
        swings,
        predictor,
        write_bundle(chain, predictor, folder, origin=Origin(raw_hz=60.0, resample=False)),
    )


def live(bundle, recording, side, cut=None):
    """Forecasts and how late each was told, ms; cut in two with the state kept."""
    contact = AtContact(Engine(bundle), side, KNOWN)
    found, late_ms = [], []
    rows = zip(recording.time_s, recording.matrix(contact.channels), strict=True)
    for number, (stamp, sample) in enumerate(rows):
        if number == cut:
            state = json.loads(json.dumps(contact.state))
            contact = AtContact(Engine(bundle), side, 1.0)
            contact.state = state
        told = contact.push(stamp, sample)
        found += told
        late_ms += [1000 * (stamp - forecast.time_s) for forecast in told]
    return found, late_ms


@pytest.mark.parametrize("side", ["left", "right"])
def test_swings_cut_offline_are_forecast_live(raw, made, side):
    swings, predictor, folder = made
    bundle, (recording,) = Bundle.load(folder), raw
    found, late_ms = live(bundle, recording, side)
    times = np.array([forecast.time_s for forecast in found])
    steps = recording.truth.steps
    strikes = np.asarray(steps["heel_strike_s"])[np.asarray(steps["side"]) == side]
    assert np.median(np.abs(times[:, None] - strikes).min(axis=1)) < 0.02
    assert len(times) >= 0.8 * len(strikes)
    assert -40 < np.median(late_ms) < 60
    # Offline the first step is left out, and what is near no step of known stiffness.
    offline = []
    for swing in (s for s in swings if s.covariates["side"] == side):
        rows = swing.samples.astype("f4"), swing.matrix(TARGET).astype("f4")
        ((_, told),) = predictor.forecasts([Series(Span(swing.trial, 0, 62), *rows)])
        offline.append(float(told[0, 0, 0]))
    values = [float(forecast.values[0, 0]) for forecast in found]
    at = [int(np.argmin(np.abs(np.array(values) - one))) for one in offline]
    assert at == sorted(set(at))
    np.testing.assert_allclose(np.array(values)[at], offline, atol=1e-4)


def test_a_walk_cut_in_two_gives_the_same(raw, made):
    bundle, (recording,) = Bundle.load(made[2]), raw
    whole = live(bundle, recording, "left")[0]
    parted = live(bundle, recording, "left", cut=len(recording) // 2 + 3)[0]
    assert [f.time_s for f in whole] == [f.time_s for f in parted]
    np.testing.assert_array_equal(*([f.values[0, 0] for f in one] for one in (whole, parted)))


def test_the_usual_swing_is_that_of_earlier_ones_alone():
    rng = np.random.default_rng(0)
    time_s = np.arange(60) / 100
    readings = rng.normal(size=(3, 60, 6))
    shaper = Swings("right")
    first, second, third = (shaper.take(time_s, one, 0.0, 0.59) for one in readings)
    assert first is None
    assert second.points.shape == (61, len(SWING_CHANNELS))
    even_s = np.linspace(0, 0.59, 61)
    known = np.stack([np.interp(even_s, time_s, c) for c in readings[0].T], axis=1)
    np.testing.assert_allclose(second.points[:, 6:], second.points[:, :6] - known)
    usual = (known + second.points[:, :6]) / 2
    np.testing.assert_allclose(third.points[:, 6:], third.points[:, :6] - usual)
    mirrored = Swings("left")
    mirrored.take(time_s, readings[0], 0.0, 0.59)
    other = mirrored.take(time_s, readings[1], 0.0, 0.59).points
    np.testing.assert_allclose(other, second.points * np.tile([1, -1, 1, -1, 1, -1], 2))


@pytest.mark.parametrize(
    ("time_s", "begin_s", "strike_s"),
    [
        (np.arange(60) / 100, 0.0, 0.1),  # too short
        (np.arange(200) / 100, 0.0, 1.9),  # too long
        (np.arange(60) / 100, 0.0, 0.7),  # the end is not there
        (np.delete(np.arange(60), range(20, 35)) / 100, 0.0, 0.59),  # a gap
        (np.arange(60) / 100 + 0.3, 0.0, 0.89),  # the begin is not there
    ],
)
def test_a_swing_that_is_not_whole_is_none(time_s, begin_s, strike_s):
    shaper = Swings("right")
    readings = np.ones((len(time_s), 6))
    assert shaper.take(time_s, readings, begin_s, strike_s) is None
    assert shaper.state["count"] == 0


def test_the_command_tells_how_late_it_is(raw, made, tmp_path):
    write_cohort(raw, tmp_path / "people", "csv")
    (table,) = (tmp_path / "people" / "recordings").iterdir()
    words = ["stream", str(made[2]), "--source", f"replay:{table}", "--at-contact", "right"]
    done = CliRunner().invoke(
        app, [*words, "--wearer", "stiffness=2.1", "--out", str(tmp_path / "o.csv")]
    )
    assert done.exit_code == 0, done.output
    assert "contacts; the sample that showed one came" in done.output
    assert (tmp_path / "o.csv").read_text().startswith("time_s,ipsi_ankle_stiffness_flexion\n")


@pytest.mark.parametrize(
    ("side", "stiffness", "words"),
    [
        ("up", 2.0, "no side 'up'"),
        ("left", None, "mean stiffness is not given"),
        ("left", -1.0, "-1 N m/rad/kg is impossible"),
    ],
)
def test_what_cannot_be_is_said(made, side, stiffness, words):
    with pytest.raises(GaitcastError, match=words):
        AtContact(Engine(Bundle.load(made[2])), side, stiffness)


def test_bad_samples_are_said(made):
    contact = AtContact(Engine(Bundle.load(made[2])), "left", KNOWN)
    contact.push(0.0, np.zeros(6))
    with pytest.raises(GaitcastError, match="not six finite numbers"):
        contact.push(0.01, np.full(6, np.nan))
    for time_s in (0.0, np.nan):
        with pytest.raises(GaitcastError, match="time does not increase"):
            contact.push(time_s, np.zeros(6))
    with pytest.raises(GaitcastError, match="no mean stiffness"):
        contact.measured(2.0, steps=0)


def test_a_bundle_of_something_else_is_refused(tmp_path):
    chain = Chain([], ("ipsi_foot_acc_x", "ipsi_ankle_angle_flexion"), 60.0)
    signature = Signature(chain.channels, ("ipsi_ankle_angle_flexion",), 20, 1, 60.0)
    scalers = (Scaler.fit("standard", [np.eye(2)]), Scaler.fit("standard", [np.eye(1)]))
    predictor = Predictor("mlp", {}, build("mlp", signature, {}, seed=1), *scalers)
    other = Bundle.load(write_bundle(chain, predictor, tmp_path / "other"))
    with pytest.raises(GaitcastError, match="predicts no stiffness from swings"):
        AtContact(Engine(other), "left", KNOWN)
