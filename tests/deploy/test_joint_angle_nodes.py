"""The joint angle's graph over a real walk, with sensors as in training and with a dead one."""

import numpy as np
import pytest

from gaitcast import load
from gaitcast.deploy import write_bundle
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, Engine
from gaitcast.signal import Chain, JointAngle
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

ANGLE = "ipsi_ankle_angle_flexion"
IMU = tuple(f"ipsi_{s}_{q}_{a}" for s in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz")


@pytest.mark.parametrize("dead", [False, True])
def test_live_is_offline_the_deviation_included(data, tmp_path, dead):
    cohort = load("ankle6-encoder", data / "ankle6-encoder", rate_hz=100.0)
    walk = cohort["LOG25"]
    step = JointAngle(ANGLE, "ipsi_shank", "ipsi_foot").learned([cohort["LOG2"], cohort["LOG7"]])
    chain, samples = Chain([step], IMU, 100.0), walk.matrix(IMU)[:4000].copy()
    usual = chain.process(samples, walk.dt_s()[:4000])
    if dead:
        samples[1000:, :6] = 0.0
    features = chain.process(samples, walk.dt_s()[:4000])
    assert (features[:, -1].max() > 2 * usual[:, -1].max()) == dead
    signature = Signature(chain.channels, (ANGLE,), 20, 5, 100.0)
    targets = walk.column(ANGLE)[:4000, None]
    scalers = Scaler.fit("standard", [usual]), Scaler.fit("standard", [targets])
    predictor = Predictor("gru", {}, build("gru", signature, seed=2), *scalers)
    engine = Engine(Bundle.load(write_bundle(chain, predictor, tmp_path / "b")))
    live = [engine.step(x, dt) for x, dt in zip(samples, walk.dt_s(), strict=False)]
    part = Series(Span("LOG25", 0, 4000), features.astype("f4"), targets.astype("f4"))
    ((_, offline),) = predictor.forecasts([part])
    made = np.stack([values for values in live if values is not None])[: len(offline)]
    assert np.abs(made - offline).max() < 1e-4 * targets.std()
