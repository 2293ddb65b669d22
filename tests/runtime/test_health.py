"""The quick look at a usual sample says what the whole look says, and leaves the same state."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_guard import HZ, card, walk

from gaitcast.runtime.health import ChannelWatch


class Whole(ChannelWatch):
    """Never takes the quick look."""

    def _is_usual(self, _sample):
        return False


KINDS = ("as it was", "nan", "infinite", "huge", "far", "one repeats", "all repeat", "no weight")


def spoilt(kind, row, last, channel):
    row = row.copy()
    if kind in (values := {"nan": np.nan, "infinite": np.inf, "huge": 1e39, "far": 400.0}):
        row[channel] = values[kind]
    elif kind == "one repeats":
        row[channel] = last[channel]
    elif kind == "all repeat":
        row = last
    elif kind == "no weight":
        row[:3] *= 0.01
    return row


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 6), st.integers(1, 8))))
def test_quick_and_whole_look_agree(spoils):
    quick, whole = ChannelWatch(card(), HZ), Whole(card(), HZ)
    _, samples = walk(3)
    rows, last = iter(samples), samples[0]
    for kind, channel, times in [("as it was", 0, 20), *spoils, ("as it was", 0, 20)]:
        for _ in range(times):
            if (row := next(rows, None)) is None:
                return
            last = row = spoilt(kind, row, last, channel)
            (one, faults), (other, others) = quick.look(row), whole.look(row)
            assert faults == others
            np.testing.assert_array_equal(
                np.ones(7, bool) if one is None else one,
                np.ones(7, bool) if other is None else other,
            )
            for name, value in quick.state().items():
                np.testing.assert_allclose(value, whole.state()[name], rtol=1e-12)
