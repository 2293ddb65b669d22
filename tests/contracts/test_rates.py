"""Offline equals live from the raw rate on: every causal model, at rates around the working one."""

from functools import cache

import numpy as np
import pytest
from test_models import LARGE, ROWS, TARGET, TARGETS

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.models import MODELS, spec
from gaitcast.pipeline import Pipeline
from gaitcast.recording import Recording
from gaitcast.runtime import Bundle, Engine
from gaitcast.signal import Butterworth

IMUS = [f"right_{s}_{q}_{a}" for s in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz"]
BODY = [
    f"{place}_{q}_{a}"
    for place in ("left_foot", "left_shank", "left_thigh", "right_thigh", "center_pelvis")
    for q in ("acc", "gyr")
    for a in "xyz"
]
#: Raw rates, and how far time stamps jitter in shares of an interval.
RATES = {"50": (50.0, 0.0), "97 jittered": (97.0, 0.3), "100": (100.0, 0.0), "148": (148.0, 0.0),
         "200": (200.0, 0.0)}  # fmt: skip
CAUSAL = sorted(name for name in MODELS if spec(name).causal)
SECONDS = 2.4


def walk(name, rate_hz, seconds, jitter=0.0, seed=1):
    """Sums of slow sines as channels: what a walk looks like at any rate."""
    channels = (*IMUS, *(BODY if name == "newton" else ()), TARGETS.get(name, TARGET))
    rng = np.random.default_rng(5)
    size, rhythm = rng.uniform(0.5, 3, (len(channels), 6)), rng.uniform(0.5, 8, 6)
    late = rng.uniform(0, 6, (len(channels), 6))
    shaken = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    time_s = time_s + jitter / rate_hz * shaken.uniform(-1, 1, len(time_s))
    waves = np.sin(2 * np.pi * rhythm * time_s[:, None, None] + late)
    samples = (size * waves).sum(axis=2) + 3.0
    return Recording(f"P{seed}", f"w{seed}", rate_hz, time_s, samples, channels)


@cache
def fitted(name):
    target = TARGETS.get(name, TARGET)
    # A present estimate may not read itself; newton takes the IMUs of the whole body.
    inputs = ("*_acc_*", "*_gyr_*") + (() if name == "newton" else (target,))
    pipe = Pipeline(
        inputs=inputs,
        targets=(target,),
        history_ms=400,
        horizon_ms=50,
        steps=(Butterworth(20.0),),
        model=name,
        options=ROWS[name],
        training={} if spec(name).by_formula else
        {"max_epochs": 1, "batches": 1, "batch": 4, "stride": 40, "segment_ms": 600.0,
         "burn_in_ms": 50.0},
    )  # fmt: skip
    seconds = 3.0 if name in LARGE else 6.0
    people = [walk(name, 100.0, seconds, seed=k) for k in (1, 2)]
    return pipe.fit(Cohort("synthetic", tuple(people), {p.subject: {} for p in people}))


@cache
def bundle(name, folder):
    return Bundle.load(fitted(name).export(f"{folder}/{name}"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return str(tmp_path_factory.mktemp("bundles"))


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", CAUSAL)
def test_a_bundle_gives_what_the_pipeline_gives_at_any_raw_rate(name, rate, folder):
    """Cut in two with the state saved, and to the last forecast."""
    raw_hz, jitter = RATES[rate]
    pipe, loaded = fitted(name), bundle(name, folder)
    warm_s = loaded.card.warmup / loaded.card.rate_hz
    seconds = warm_s + (0.3 if name in LARGE else SECONDS)
    raw = walk(name, raw_hz, seconds, jitter, seed=3)
    offline = pipe.predict(raw)
    engine, made = Engine(loaded, raw_hz=raw_hz), []
    rows = raw.matrix(loaded.card.channels)
    for k, (time_s, row) in enumerate(zip(raw.time_s, rows, strict=True)):
        if k == len(rows) * 2 // 3:
            saved, engine = engine.state(), Engine(loaded, raw_hz=raw_hz)
            engine.restore(saved)
        made += engine.push(time_s, row)
    # Offline a longer history than the task's is filled up; live it has to be there.
    live_s = np.array([f.time_s for f in made])
    same = np.searchsorted(offline.time_s, live_s - 1e-6)
    np.testing.assert_allclose(offline.time_s[same], live_s, atol=1e-6)
    assert live_s[-1] == pytest.approx(offline.time_s[-1], abs=1e-6)
    spread = raw.matrix(loaded.card.targets).std()
    worst = np.abs(np.stack([f.values for f in made]) - offline.values[same]).max()
    assert worst < 1e-4 * spread


@pytest.mark.parametrize("raw_hz", [148.0, 200.0, 400.0, 1000.0])
def test_the_delay_on_the_card_is_the_measured_one(raw_hz, folder):
    """Persistence forecasts its own input: how late that is can be read off a slow wave."""
    people = [walk("persistence", raw_hz, 6.0, seed=k) for k in (1, 2)]
    pipe = Pipeline(inputs=[TARGET], targets=[TARGET], history_ms=100, horizon_ms=10,
                    model="persistence", output="last")  # fmt: skip
    pipe.fit(Cohort("synthetic", tuple(people)))
    loaded = Bundle.load(pipe.export(f"{folder}/delay"))
    assert loaded.card.raw_hz == raw_hz
    wave_hz, engine, known, wave = 1.0, Engine(loaded), [], []
    for k in range(round(4 * raw_hz)):
        now_s = k / raw_hz
        sample = np.array([np.sin(2 * np.pi * wave_hz * now_s)])
        for forecast in engine.push(now_s, sample):
            known.append(now_s)
            wave.append(float(forecast.values[-1, 0]))
    known, wave = np.array(known), np.array(wave)
    late = np.arange(0, 0.04, 1e-4)
    misfit = [np.abs(wave - np.sin(2 * np.pi * wave_hz * (known - d)))[50:].sum() for d in late]
    measured_s = late[int(np.argmin(misfit))]
    assert abs(measured_s - loaded.card.adapter_delay_s) < 1 / loaded.card.rate_hz
    assert loaded.card.ahead_s[-1] == pytest.approx(0.01 - loaded.card.adapter_delay_s, abs=1e-6)
    assert 1000 * loaded.card.delay_s == pytest.approx(pipe.describe()["delay_ms"], abs=0.01)


def test_samples_at_another_rate_than_stated_are_refused_before_the_first_forecast(folder):
    loaded = bundle("ridge", folder)
    for raw_hz, scale, words in ((200.0, 1.0, "200 Hz instead of 100"), (100.0, 1e3, "0.1 Hz")):
        engine = Engine(loaded)
        raw = walk("ridge", raw_hz, 3.0)
        rows = raw.matrix(loaded.card.channels)
        for time_s, row in zip(raw.time_s * scale, rows, strict=True):
            assert not engine.push(time_s, row)
        with pytest.raises(GaitcastError, match=words):
            engine.refuse_silence(0)
    with pytest.raises(GaitcastError, match="a raw rate of 5 Hz cannot be adapted"):
        Engine(loaded, raw_hz=5.0)
