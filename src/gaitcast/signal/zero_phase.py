"""Zero-phase smoothing of measurements with gaps: offline, never for a live input."""

from __future__ import annotations

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

#: Two passes of second order are down 3 dB at the cutoff if each is widened by this (Winter 2009).
_TWO_PASSES = (np.sqrt(2.0) - 1.0) ** 0.25


def smooth(samples: np.ndarray, rate_hz: float, cutoff_hz: float) -> np.ndarray:
    """Fourth-order zero-lag Butterworth low-pass of every column, segment by segment.

    Parameters
    ----------
    samples : numpy.ndarray, shape (n, ...)
        NaN stays NaN; runs of fewer than 13 samples stay unchanged.
    cutoff_hz : float
        Frequency of -3 dB of both passes together.

    Raises
    ------
    GaitcastError
        If the cutoff is not below half the rate.
    """
    if not 0 < cutoff_hz < rate_hz / 2:
        raise GaitcastError(
            f"cutoff {cutoff_hz:g} Hz is not between 0 and half the rate ({rate_hz / 2:g} Hz)",
            hint="Lower cutoff_hz",
        )
    flat = np.array(samples, dtype=float).reshape(len(samples), -1)
    wide = min(cutoff_hz / _TWO_PASSES, 0.49 * rate_hz)
    sos = signal.butter(2, wide, fs=rate_hz, output="sos")
    for columns, run in finite_runs(flat):
        raw = flat[run][:, columns]
        if len(raw) > 12:
            room = min(len(raw) - 1, int(rate_hz))
            flat[run, columns] = signal.sosfiltfilt(sos, raw, axis=0, padlen=room)
    return flat.reshape(np.shape(samples))


def smooth_segments(recording: Recording, samples: np.ndarray, cutoff_hz: float) -> np.ndarray:
    """Like :func:`smooth`, each segment of a recording separately.

    Parameters
    ----------
    recording : Recording
        Its time stamps give the gaps.
    samples : numpy.ndarray, shape (n, ...)
        At the recording's times.
    cutoff_hz : float
        Frequency of -3 dB.
    """
    parts = [smooth(samples[p], recording.rate_hz, cutoff_hz) for p in recording.segments()]
    return np.concatenate(parts) if parts else np.array(samples, dtype=float)


def finite_runs(samples: np.ndarray) -> list[tuple[list[int], slice]]:
    """Columns that are measured at the same times, with each segment of those times.

    Parameters
    ----------
    samples : numpy.ndarray, shape (n, channels)
        With NaN where nothing was measured.

    Returns
    -------
    list of (list of int, slice)
        Indices of columns, and rows.
    """
    groups: dict[bytes, list[int]] = {}
    known = np.isfinite(samples)
    for column in range(samples.shape[1]):
        groups.setdefault(np.packbits(known[:, column]).tobytes(), []).append(column)
    found = []
    for columns in groups.values():
        edges = np.flatnonzero(np.diff(known[:, columns[0]].astype(np.int8), prepend=0, append=0))
        found += [(columns, slice(a, b)) for a, b in edges.reshape(-1, 2).tolist()]
    return found
