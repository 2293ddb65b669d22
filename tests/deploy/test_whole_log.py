"""A real log, raw and jittered, through a bundle: live = offline, also cut in two."""

from dataclasses import replace

import numpy as np
import pytest

from gaitcast.deploy import write_bundle
from gaitcast.io import read_log
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, Engine, sources
from gaitcast.signal import Chain, resample
from gaitcast.study import read_study
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

TARGET = ("ipsi_ankle_angle_flexion",)


#: All of the log, or so many samples of it for a network of 5 ms a sample.
@pytest.mark.parametrize(
    ("model", "steps", "samples"), [("gru", "lowpass-tilt", None), ("bilstm", "tilt", 2000)]
)
def test_live_is_offline_over_a_log(data, tmp_path, model, steps, samples):
    (raw,) = read_log(data / "ankle6-encoder" / "LOG25.TXT")
    raw = replace(raw, time_s=raw.time_s[:samples], samples=raw.samples[:samples])
    chain = Chain(read_study("zare2025").chain(steps), raw.channels, 100.0)
    clocked = resample(raw, 100.0)
    features, targets = chain.run(clocked), clocked.matrix(TARGET)
    signature = Signature(chain.channels, TARGET, 200, 50, 100.0)
    scalers = Scaler.fit("standard", [features]), Scaler.fit("standard", [targets])
    predictor = Predictor(model, {}, build(model, signature, seed=2), *scalers)
    bundle = Bundle.load(write_bundle(chain, predictor, tmp_path / model))

    engine, forecasts = Engine(bundle), []
    for number, (stamp, sample) in enumerate(sources.replay(raw.time_s, raw.samples)):
        if number == len(raw) // 2:
            engine.save_state(tmp_path / "state.npz")
            engine = Engine(bundle)
            engine.load_state(tmp_path / "state.npz")
        forecasts += engine.push(stamp, sample)

    part = Series(Span("LOG25", 0, len(clocked)), features.astype("f4"), targets.astype("f4"))
    ((_, offline),) = predictor.forecasts([part])
    assert len(forecasts) == len(clocked) - 199
    assert forecasts[0].time_s == clocked.time_s[199]
    live = np.stack([f.values for f in forecasts[: len(offline)]])
    assert np.abs(live - offline).max() < 1e-4 * targets.std()
