from dataclasses import replace

import numpy as np
import pytest

from gaitcast.recording import Recording
from gaitcast.signal import resample
from gaitcast.signal.zero_phase import smooth


def recording(values, rate_hz=1000.0):
    time_s = np.arange(len(values)) / rate_hz
    return Recording("P", "t", rate_hz, time_s, values[:, None], ("right_plate_force_z",))


def test_what_the_slow_rate_cannot_hold_does_not_fold():
    time_s = np.arange(4000) / 1000
    slow = resample(recording(np.sin(2 * np.pi * 430 * time_s)), 100.0)
    assert np.abs(slow.samples[20:-20]).max() < 1e-3
    kept = resample(recording(np.sin(2 * np.pi * 5 * time_s)), 100.0)
    assert 0.008 < kept.delay_s < 0.013
    assert f"known {1000 * kept.delay_s:.1f} ms after" in kept.notes[-1]
    expected = np.sin(2 * np.pi * 5 * kept.time_s)
    np.testing.assert_allclose(kept.samples[20:-20, 0], expected[20:-20], atol=0.03)


def test_slowing_down_does_not_see_the_future():
    values = np.random.default_rng(0).normal(size=2000)
    changed = values.copy()
    changed[1000:] = 7.0
    before, after = (resample(recording(v), 100.0) for v in (values, changed))
    early = before.time_s + before.delay_s < 0.999
    np.testing.assert_array_equal(before.samples[early], after.samples[early])


def test_the_stamps_are_believed_and_not_the_nominal_rate():
    """198 Hz that calls itself 200: after a minute 0.6 s would be wrong."""
    time_s = np.arange(11_880) / 198
    wave = np.sin(2 * np.pi * time_s)
    r = Recording("P", "t", 200.0, time_s, wave[:, None], ("right_plate_force_z",))
    slow = resample(r, 100.0)
    assert slow.time_s[-1] + slow.delay_s == pytest.approx(time_s[-1], abs=0.01)
    expected = np.sin(2 * np.pi * slow.time_s[100:])
    np.testing.assert_allclose(slow.samples[100:, 0], expected, atol=0.02)


def test_rates_need_not_divide_each_other_and_holes_stay():
    values = np.sin(2 * np.pi * 3 * np.arange(5000) / 1080)
    values[1000:1200] = np.nan
    slow = resample(recording(values, 1080.0), 100.0)
    expected = np.sin(2 * np.pi * 3 * slow.time_s)
    hole = np.isnan(slow.samples[:, 0])
    assert 17 <= hole.sum() <= 20
    known = np.flatnonzero(~hole)[5:]
    np.testing.assert_allclose(slow.samples[known, 0], expected[known], atol=0.1)


def test_events_stay_where_the_channels_have_them():
    """Channels and events are stamped with the same clock, whatever the low-pass delays."""
    time_s = np.arange(4000) / 1000
    wave = recording(np.sin(2 * np.pi * time_s))
    peaks = {"right_heel_strike": np.arange(4) + 0.25}
    slow = resample(replace(wave, events=peaks), 100.0)
    for peak_s in slow.events["right_heel_strike"][1:]:
        around = np.abs(slow.time_s - peak_s) < 0.3
        found_s = slow.time_s[around][np.argmax(slow.samples[around, 0])]
        assert found_s == pytest.approx(peak_s, abs=0.01)


def test_smoothing_keeps_slow_signals_and_halves_the_power_at_the_cutoff():
    time_s = np.arange(2000) / 100
    slow, edge = np.sin(2 * np.pi * time_s), np.sin(2 * np.pi * 10 * time_s)
    np.testing.assert_allclose(smooth(slow, 100.0, 10.0)[100:-100], slow[100:-100], atol=2e-3)
    assert np.abs(smooth(edge, 100.0, 10.0)[100:-100]).max() == pytest.approx(
        np.sqrt(0.5), abs=0.03
    )
