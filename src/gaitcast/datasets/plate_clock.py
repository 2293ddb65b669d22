"""Whether force plates run on the clock of the markers, by Newton's law."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.signal import butter, filtfilt

#: Larger offsets are not looked for, s.
_MOST_S = 0.12
#: Both sides are compared below this frequency.
_CUTOFF_HZ = 6.0
#: Share of frames in which the pelvis has to be seen.
_SEEN = 0.9


def frames_late(
    heights_m: Sequence[np.ndarray], loads_n: Sequence[np.ndarray], rate_hz: float
) -> int:
    """By how many frames plates show a load later than the pelvis is accelerated by it.

    Parameters
    ----------
    heights_m : sequence of numpy.ndarray, shape (n,)
        Of the pelvis in each passage of one person; NaN where it was not seen.
    loads_n : sequence of numpy.ndarray, shape (n,)
        Vertical force under both feet in the same frames; nothing else may carry the person.
    rate_hz : float
        Of the frames.

    Returns
    -------
    int
        Negative if plates are early; 0 if no passage is long enough.
    """
    most = round(_MOST_S * rate_hz)
    taps = butter(2, _CUTOFF_HZ, fs=rate_hz)
    products = np.zeros((2 * most + 1, 3))
    for height, load in zip(heights_m, loads_n, strict=True):
        seen = np.flatnonzero(np.isfinite(height))
        if len(height) < 6 * most or len(seen) < _SEEN * len(height):
            continue
        filled = np.interp(np.arange(len(height)), seen, height[seen])
        pull = np.gradient(np.gradient(filtfilt(*taps, filled)))
        push = filtfilt(*taps, load)
        # Filters know nothing beyond the ends.
        rows = np.arange(2 * most, len(height) - 2 * most)
        x = pull[rows] - pull[rows].mean()
        for number, lag in enumerate(range(-most, most + 1)):
            y = push[rows + lag] - push[rows + lag].mean()
            products[number] += x @ y, x @ x, y @ y
    if not products.any():
        return 0
    return int(np.argmax(products[:, 0] / np.sqrt(products[:, 1] * products[:, 2]))) - most
