"""Phase of a foot in the stride and in the stance, from 0 to 1."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from gaitcast.runtime.live_phase import LONGEST_STANCE_S, LONGEST_STRIDE_S


def stride_phase(time_s: np.ndarray, heel_strike_s: np.ndarray) -> np.ndarray:
    """Share of the stride, offline: the next heel strike must be known.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        Times at which the phase is wanted, s.
    heel_strike_s : numpy.ndarray
        Ascending, s.

    Returns
    -------
    numpy.ndarray, shape (n,)
        0 at each heel strike, rising evenly to 1 at the next; NaN outside strides.
    """
    phase = np.full(len(time_s), np.nan)
    for start, stop in pairwise(heel_strike_s):
        if stop - start <= LONGEST_STRIDE_S:
            inside = (time_s >= start) & (time_s < stop)
            phase[inside] = (time_s[inside] - start) / (stop - start)
    return phase


def stance_phase(
    time_s: np.ndarray, heel_strike_s: np.ndarray, toe_off_s: np.ndarray
) -> np.ndarray:
    """Share of the stance, offline: the toe-off must be known.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        Times at which the phase is wanted, s.
    heel_strike_s, toe_off_s : numpy.ndarray
        Ascending, s.

    Returns
    -------
    numpy.ndarray, shape (n,)
        0 at heel strike, rising evenly to 1 at toe-off; NaN in swing.
    """
    phase = np.full(len(time_s), np.nan)
    for start, following in pairwise([*heel_strike_s, np.inf]):
        ends = toe_off_s[(toe_off_s > start) & (toe_off_s <= following)]
        if len(ends) and ends[0] - start <= LONGEST_STANCE_S:
            inside = (time_s >= start) & (time_s <= ends[0])
            phase[inside] = (time_s[inside] - start) / (ends[0] - start)
    return phase
