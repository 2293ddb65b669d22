"""Force plates of the public sets: onto the clock of the markers, and the contacts they show."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

import numpy as np

from gaitcast.channel import VECTOR_AXES
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.signal.antialias import onto_clock

#: A load or a rest shorter than this is no step.
_LEAST_CONTACT_S = 0.05


def plate_samples(
    plate: str,
    vectors: Mapping[str, np.ndarray],
    plate_time_s: np.ndarray,
    time_s: np.ndarray,
) -> dict[str, np.ndarray]:
    """Channels of the plate under a foot, on the clock of the markers.

    Parameters
    ----------
    plate : str
        ``left_plate`` or ``right_plate``.
    vectors : mapping of str to numpy.ndarray, shape (n, 3)
        ``force`` (N, on the body), ``pos`` (centre of pressure, m, NaN without load) and perhaps
        ``torque`` (free moment, N m); x forward, y left, z up.
    plate_time_s : numpy.ndarray, shape (n,)
        Uniform, s.
    time_s : numpy.ndarray, shape (m,)
        Of the markers, s.

    Returns
    -------
    dict of str to numpy.ndarray, shape (m,)
        Low-passed at 0.4 of the markers' rate, without delay (:func:`onto_clock`).
    """
    plate_hz = (len(plate_time_s) - 1) / (plate_time_s[-1] - plate_time_s[0])
    rate_hz = (len(time_s) - 1) / (time_s[-1] - time_s[0])
    names = [f"{plate}_{quantity}_{axis}" for quantity in vectors for axis in VECTOR_AXES]
    fast = np.hstack([np.asarray(rows, dtype=float) for rows in vectors.values()])
    slow = onto_clock(plate_time_s, fast, plate_hz, time_s, rate_hz)
    return dict(zip(names, slow.T, strict=True))


def contact_events(side: str, time_s: np.ndarray, lift_n: np.ndarray) -> dict[str, np.ndarray]:
    """Heel strikes and toe-offs from the vertical force, at the plate's own rate.

    Parameters
    ----------
    side : str
        Of the foot.
    time_s, lift_n : numpy.ndarray, shape (n,)
        s and N.

    Returns
    -------
    dict of str to numpy.ndarray
        ``left_heel_strike`` and ``left_toe_off``, s: where the force crosses the threshold of a
        load; a trial that begins or ends under load has none there.
    """
    loaded = lift_n > LEAST_LOAD_N
    edges = np.flatnonzero(np.diff(loaded)) + 1
    bounds = np.concatenate([[0], edges, [len(loaded)]])
    least = _LEAST_CONTACT_S * (len(time_s) - 1) / (time_s[-1] - time_s[0])
    for begin, end in pairwise(bounds.tolist()):
        if end - begin < least and begin > 0 and end < len(loaded):
            loaded[begin:end] = loaded[begin - 1]
    change = np.diff(loaded.astype(int))
    return {
        f"{side}_heel_strike": time_s[np.flatnonzero(change > 0) + 1],
        f"{side}_toe_off": time_s[np.flatnonzero(change < 0) + 1],
    }
