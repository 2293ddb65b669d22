import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitcast.recording import Recording
from gaitcast.signal.repair import bridge, in_order


@given(seed=st.integers(0, 1000), count=st.integers(2, 60))
def test_sound_clocks_are_left_alone_and_shuffled_ones_put_right(seed, count):
    rng = np.random.default_rng(seed)
    time_s = np.cumsum(rng.uniform(0.001, 0.01, count))
    samples = rng.normal(size=(count, 2))
    same_s, same, notes = in_order(time_s, samples)
    assert same_s is time_s
    assert same is samples
    assert notes == ()
    swapped = np.arange(count)
    at = rng.integers(0, count - 1)
    swapped[[at, at + 1]] = swapped[[at + 1, at]]
    again_s, again, notes = in_order(time_s[swapped], samples[swapped])
    np.testing.assert_array_equal(again_s, time_s)
    np.testing.assert_array_equal(again, samples)
    assert "1 samples came in a wrong order" in notes[0]


def test_twins_are_averaged_and_a_clock_set_back_is_not_guessed_at():
    time_s = np.array([0.0, 0.01, 0.01, 0.02])
    merged_s, merged, notes = in_order(time_s, np.array([[0.0], [1.0], [3.0], [4.0]]))
    assert merged_s.tolist() == [0.0, 0.01, 0.02]
    assert merged[:, 0].tolist() == [0.0, 2.0, 4.0]
    assert notes == ("1 samples shared a time stamp and were averaged",)
    back = np.array([0.0, 5.0, 1.0])
    same_s, _, notes = in_order(back, np.zeros((3, 1)))
    assert same_s is back
    assert notes == ()


def test_short_holes_are_bridged_and_long_ones_stay():
    time_s = np.arange(200) / 100
    wave = np.sin(2 * np.pi * time_s)
    holed = wave.copy()
    holed[50:58] = np.nan
    holed[100:150] = np.nan
    holed[:3] = np.nan
    names = ("left_LASI_marker_x",)
    r = Recording("P", "t", 100.0, time_s, holed[:, None], names)
    filled = bridge(r, 0.1)
    np.testing.assert_allclose(filled.samples[50:58, 0], wave[50:58], atol=0.01)
    assert np.isnan(filled.samples[100:150]).all()
    assert np.isnan(filled.samples[:3]).all()
    assert "8 values" in filled.notes[-1]
    assert bridge(filled, 0.1) is filled
    with pytest.raises(ValueError, match="no channel matches"):
        bridge(r, 0.1, ("right_*",))
