import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gaitcast.errors import GaitcastError
from gaitcast.simulate import simulate, virtual_imu
from gaitcast.simulate.imu import add_sensor_errors


@settings(max_examples=25, deadline=None)
@given(st.tuples(*[st.floats(-180, 180)] * 3))
def test_at_rest_it_reads_gravity_upwards_and_no_rate(angles):
    turn = Rotation.from_euler("xyz", angles, degrees=True)
    time = np.arange(50) / 100
    acc, gyr = virtual_imu(time, np.zeros((50, 3)), Rotation.from_quat([turn.as_quat()] * 50))
    assert np.allclose(turn.apply(acc), [0, 0, 9.80665], atol=1e-9)
    assert np.allclose(gyr, 0, atol=1e-9)


def test_on_a_turntable_it_feels_the_centripetal_force():
    time, rate, radius = np.arange(400) / 200, 3.0, 0.4
    place = radius * np.column_stack([np.cos(rate * time), np.sin(rate * time), 0 * time])
    acc, gyr = virtual_imu(time, place, Rotation.from_euler("z", (rate * time)[:, None]))
    inside = slice(20, -20)
    assert np.allclose(acc[inside], [-radius * rate**2, 0, 9.80665], atol=1e-3)
    assert np.allclose(gyr[inside], [0, 0, np.degrees(rate)], atol=1e-3)


def test_a_quaternion_that_changes_sign_is_the_same_motion():
    time = np.arange(400) / 100
    quat = Rotation.from_euler("y", (2.5 * time)[:, None]).as_quat()
    quat[::3] *= -1
    _, gyr = virtual_imu(time, np.zeros((400, 3)), Rotation.from_quat(quat))
    assert np.allclose(gyr[5:-5, 1], np.degrees(2.5), atol=1e-6)


def test_integrating_its_rate_returns_the_orientation_over_every_stride(walk):
    _, route, motion = walk
    for segment in ("right_foot", "left_shank", "right_thigh", "pelvis"):
        turn = motion.turn[segment]
        _, gyr = virtual_imu(route.time_s, motion.origin_m[segment], turn)
        rate = np.radians((gyr[1:] + gyr[:-1]) / 2) * np.diff(route.time_s)[:, None]
        small = Rotation.from_rotvec(rate)
        for begin in range(400, len(route.time_s) - 130, 500):
            now = turn[begin]
            for k in range(begin, begin + 120):
                now = now * small[k]
            off = np.degrees((now.inv() * turn[begin + 120]).magnitude())
            assert off < 0.5, (segment, begin, off)


def test_a_cheap_sensor_has_bias_noise_limits_and_counts():
    acc, gyr = np.zeros((5000, 3)), np.full((5000, 3), 900.0)
    read_acc, read_gyr = add_sensor_errors(acc, gyr, 0.01, np.random.default_rng(0))
    assert 0.03 < read_acc[:1000].std(axis=0).max() < 0.1
    assert np.abs(read_acc.mean(axis=0)).max() < 0.5
    assert np.all(read_gyr == 500.0)


@pytest.mark.parametrize("change", ["shape", "time", "nan", "short", "single", "late", "never"])
def test_motion_that_makes_no_sense_is_refused(change):
    time, place, turn = np.arange(10) / 100, np.zeros((10, 3)), Rotation.identity(10)
    if change == "shape":
        place = place[:9]
    if change == "time":
        time = time[::-1].copy()
    if change == "nan":
        place[3, 1] = np.nan
    if change == "short":
        time, place, turn = time[:2], place[:2], Rotation.identity(2)
    if change == "single":
        turn = Rotation.identity()
    at_s = {"late": np.array([0.05, 0.2]), "never": np.array([np.nan])}.get(change)
    with pytest.raises(GaitcastError, match="virtual_imu"):
        virtual_imu(time, place, turn, at_s)


def test_the_gyros_tell_the_ankle_rate():
    (trial,) = simulate(1, 0.6, 3)
    gyr = trial.matrix([f"right_{s}_gyr_{a}" for s in ("foot", "shank") for a in "xyz"])
    rate = np.gradient(trial.truth.column("right_ankle_angle_flexion"), trial.time_s)
    smooth = np.ones(5) / 5
    x = np.column_stack([np.convolve(g, smooth, "same") for g in gyr.T])
    y = np.convolve(rate, smooth, "same")
    weights, *_ = np.linalg.lstsq(x, y, rcond=None)
    assert np.corrcoef(x @ weights, y)[0, 1] > 0.97
