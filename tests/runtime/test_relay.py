"""A second bundle for the time in which a sensor is gone."""

import numpy as np
import pytest

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.pipeline import Pipeline
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.relay import Relay
from gaitcast.simulate import simulate

ANGLE = "right_ankle_angle_flexion"


@pytest.fixture(scope="module")
def people():
    return list(simulate(2, 0.4, seed=3))


@pytest.fixture(scope="module")
def bundles(people, tmp_path_factory):
    made = {}
    for name, inputs, horizon_ms in (
        ("whole", ["right_foot_gyr_*", ANGLE], 50),
        ("imu", ["right_foot_gyr_*"], 50),
        ("longer", ["right_foot_gyr_*"], 100),
        ("other", ["left_foot_gyr_*"], 50),
    ):
        pipe = Pipeline(
            inputs=inputs, targets=[ANGLE], history_ms=300, horizon_ms=horizon_ms, model="ridge"
        )
        pipe.fit(Cohort("simulated", (people[0],)))
        made[name] = Bundle.load(pipe.export(tmp_path_factory.mktemp("relay") / name))
    return made


def test_while_a_sensor_is_gone_the_bundle_without_it_forecasts(bundles, people):
    channels, recording = bundles["whole"].card.channels, people[1]
    samples = recording.matrix(channels)
    samples[1000:1100, channels.index(ANGLE)] = np.nan
    relay = Relay(Engine(bundles["whole"]), [Engine(bundles["imu"])])
    whole, imu = Engine(bundles["whole"]), Engine(bundles["imu"])
    at = [channels.index(name) for name in bundles["imu"].card.channels]
    used = []
    for time_s, row in zip(recording.time_s[:1400], samples, strict=False):
        mine = relay.push(time_s, row)
        one, other = whole.push(time_s, row), imu.push(time_s, row[at])
        for f, a, b in zip(mine, one, other, strict=True):
            used.append("whole" if np.array_equal(f.values, a.values) else "imu")
            assert used[-1] == "whole" or np.array_equal(f.values, b.values)
    assert set(used[:950]) == {"whole"}
    assert used[980:1060].count("imu") > 70  # where it has a fault of its own it is not better
    assert used[-1] == "whole"


def test_bundles_that_do_not_fit_together_are_refused(bundles):
    whole = Engine(bundles["whole"])
    with pytest.raises(GaitcastError, match=r"takes 'left_foot_gyr_x', which is not among"):
        Relay(whole, [Engine(bundles["other"])])
    with pytest.raises(GaitcastError, match="forecasts other targets, steps or instants"):
        Relay(whole, [Engine(bundles["longer"])])
