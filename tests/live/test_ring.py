"""The newest rows, in a fixed memory."""

import numpy as np

from gaitcast.live.ring import Ring


def test_a_ring_gives_the_newest_rows_in_order_and_does_not_grow():
    ring = Ring(5, 2)
    size = ring._rows.nbytes
    assert ring.since(0).shape == (0, 2)
    for number in range(23):
        ring.add(np.array([number, -number]))
        kept = np.arange(max(0, number - 4), number + 1)
        np.testing.assert_array_equal(ring.since(0), np.stack([kept, -kept], axis=1))
        np.testing.assert_array_equal(ring.since(number)[:, 0], [number])
    assert ring.first == 18
    assert len(ring.since(23)) == 0
    assert ring._rows.nbytes == size
    ring.forget()
    assert len(ring.since(0)) == 0
