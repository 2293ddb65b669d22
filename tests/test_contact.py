"""A bundle that speaks at heel strike: what is cut live is what was cut offline."""

from dataclasses import replace

import numpy as np
import pytest
from typer.testing import CliRunner

from gaitcast.cli import app
from gaitcast.contact import AtContact
from gaitcast.datasets import load
from gaitcast.deploy import write_bundle
from gaitcast.errors import GaitcastError
from gaitcast.io.cohort import write_cohort
from gaitcast.models import Signature, build
from gaitcast.preparation import prepare
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.swing import SWING_CHANNELS, Swings
from gaitcast.signal import Chain
from gaitcast.tasks import Affine, Piece, Series
from gaitcast.training import Predictor

TARGET = ("ipsi_ankle_stiffness_flexion",)
KNOWN = 2.1


@pytest.fixture(scope="module")
def walk():
    return load("simulated", subjects=1, minutes=0.5, seed=3)


@pytest.fixture(scope="module")
def made(walk, tmp_path_factory):
    swings = [
        replace(s, samples=np.column_stack([s.samples[:, :-1], [*[KNOWN] * 61, s.samples[-1, -1]]]))
        for s in prepare(walk, ["swing-to-stiffness"])
    ]
    chain = Chain([], swings[0].channels, 60.0)
    signature = Signature(chain.channels, TARGET, 61, 1, 60.0, first=1, relative=True)
    options = {"filters": 8, "units": 8}
    network = build("cnn-lstm", signature, options, seed=1)
    scalers = (
        Affine.fit("standard", [s.samples for s in swings]),
        Affine.fit("standard", [s.matrix(TARGET) for s in swings]),
    )
    predictor = Predictor("cnn-lstm", options, network, *scalers)
    folder = tmp_path_factory.mktemp("bundles") / "stiffness"
    return swings, predictor, write_bundle(chain, predictor, folder, resample=False)


def live(bundle, recording, side):
    contact = AtContact(Engine(bundle), side, KNOWN)
    samples = recording.matrix(contact.channels)
    found = []
    for stamp, sample in zip(recording.time_s, samples, strict=True):
        found += contact.push(stamp, sample)
    return contact, found


def test_every_swing_cut_offline_is_forecast_live(walk, made):
    swings, predictor, folder = made
    bundle, (recording,) = Bundle.load(folder), walk
    told = {side: live(bundle, recording, side)[1] for side in ("left", "right")}
    steps = recording.truth.steps
    for side, forecasts in told.items():
        strikes = np.asarray(steps["heel_strike_s"])[np.asarray(steps["side"]) == side]
        times = np.array([f.time_s for f in forecasts])
        off = np.abs(times[:, None] - strikes).min(axis=1)
        assert np.median(off) < 0.02
        assert len(times) >= 0.8 * len(strikes)
    parts = [
        Series(Piece(s.trial, 0, 62), s.samples.astype("f4"), s.matrix(TARGET).astype("f4"))
        for s in swings
    ]
    for swing, part in zip(swings, parts, strict=True):
        ((_, offline),) = predictor.forecasts([part])
        values = np.array([f.values[0, 0] for f in told[swing.covariates["side"]]])
        assert np.abs(values - offline[0, 0, 0]).min() < 1e-4


def test_a_contact_is_told_within_some_samples(walk, made):
    (recording,) = walk
    contact, found = live(Bundle.load(made[2]), recording, "left")
    assert len(contact.late_ms) == len(found) > 10
    assert -40 < np.median(contact.late_ms) < 40


def test_the_usual_swing_is_that_of_earlier_ones_alone():
    rng = np.random.default_rng(0)
    time_s = np.arange(60) / 100
    readings = rng.normal(size=(3, 60, 6))
    shaper = Swings("right")
    first, second, third = (shaper.shape(time_s, one, 0.0) for one in readings)
    assert first.shape == (61, len(SWING_CHANNELS))
    assert not first[:, 6:].any()
    np.testing.assert_allclose(second[:, 6:], second[:, :6] - first[:, :6])
    np.testing.assert_allclose(third[:, 6:], third[:, :6] - (first + second)[:, :6] / 2)
    mirrored = Swings("left").shape(time_s, readings[0], 0.0)
    np.testing.assert_allclose(mirrored[:, :6], first[:, :6] * [1, -1, 1, -1, 1, -1])


def test_the_command_tells_how_late_it_is(walk, made, tmp_path):
    write_cohort(walk, tmp_path / "people")
    (table,) = (tmp_path / "people").glob("*.csv")
    words = ["stream", str(made[2]), "--source", f"replay:{table}", "--at-contact", "right"]
    done = CliRunner().invoke(
        app, [*words, "--wearer", "stiffness=2.1", "--out", str(tmp_path / "o.csv")]
    )
    assert done.exit_code == 0, done.output
    assert "contacts; the sample that told one came" in done.output


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
    with pytest.raises(GaitcastError, match="time does not increase"):
        contact.push(0.0, np.zeros(6))
