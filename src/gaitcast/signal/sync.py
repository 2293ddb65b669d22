"""Two devices, one walk: the lag between their clocks, and both on one clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.signal.antialias import onto_clock
from gaitcast.signal.zero_phase import finite_runs


@dataclass(frozen=True)
class Lag:
    """Lag of one recording's clock behind another's.

    Parameters
    ----------
    lag_s : float
        Add this to the second recording's times to get the first one's.
    correlation : float
        Of the shared quantity at this lag, -1 to 1.
    margin : float
        By how much it exceeds the next best lag outside the same peak. Walking is periodic: a small
        margin means that another stride would fit as well.
    """

    lag_s: float
    correlation: float
    margin: float

    @property
    def sure(self) -> bool:
        """Whether the lag can be trusted: a correlation of 0.7 and a margin of 0.01."""
        return self.correlation >= 0.7 and self.margin >= 0.01


def find_lag(
    first: Recording,
    second: Recording,
    first_channel: str,
    second_channel: str,
    *,
    most_s: float = 10.0,
) -> Lag:
    """Lag between two recordings by cross-correlation of a quantity that both measured.

    Parameters
    ----------
    first, second : Recording
        Of the same walk; rates may differ.
    first_channel, second_channel : str
        The shared quantity, such as a foot's angular rate from a gyroscope and from markers. Its
        scale and offset do not matter; its sign does.
    most_s : float
        Largest lag that is tried, in either direction.

    Returns
    -------
    Lag
        With a resolution of a fraction of a sample.

    Raises
    ------
    GaitcastError
        If the recordings are shorter than a second or do not overlap within `most_s`.
    """
    rate_hz = min(first.rate_hz, second.rate_hz)
    a, a_start = _even(first, first_channel, rate_hz)
    b, b_start = _even(second, second_channel, rate_hz)
    where = f"recordings '{first.trial}' and '{second.trial}'"
    if min(len(a), len(b)) < rate_hz:
        raise GaitcastError("less than a second of the shared quantity", where=where)
    shifts = signal.correlation_lags(len(a), len(b))
    # Sums over the overlap alone, so that a small overlap is not taken for a small correlation.
    count = signal.correlate(np.ones(len(a)), np.ones(len(b))).round()
    mean_a, mean_b = (
        signal.correlate(a, np.ones(len(b))) / count,
        signal.correlate(np.ones(len(a)), b) / count,
    )
    power_a = signal.correlate(a**2, np.ones(len(b))) / count - mean_a**2
    power_b = signal.correlate(np.ones(len(a)), b**2) / count - mean_b**2
    product = signal.correlate(a, b) / count - mean_a * mean_b
    with np.errstate(invalid="ignore", divide="ignore"):
        r = product / np.sqrt(np.maximum(power_a, 0) * np.maximum(power_b, 0))
    lags_s = shifts / rate_hz + a_start - b_start
    allowed = (np.abs(lags_s) <= most_s) & (count >= max(rate_hz, 0.3 * min(len(a), len(b))))
    r = np.where(allowed & np.isfinite(r), r, -np.inf)
    best = int(np.argmax(r))
    if not np.isfinite(r[best]):
        raise GaitcastError(f"no overlap within {most_s:g} s", where=where)
    return Lag(_between(lags_s, r, best), float(r[best]), float(r[best] - _next_best(r, best)))


def _even(recording: Recording, channel: str, rate_hz: float) -> tuple[np.ndarray, float]:
    """The longest measured segment of a channel on an even clock, and its start."""
    column = recording.matrix([channel])
    runs = [
        slice(span.start + run.start, span.start + run.stop)
        for span in recording.segments()
        for _, run in finite_runs(column[span])
    ]
    if not runs:
        return np.zeros(0), 0.0
    run = max(runs, key=lambda span: span.stop - span.start)
    time_s = recording.time_s[run]
    grid_s = time_s[0] + np.arange(int((time_s[-1] - time_s[0]) * rate_hz + 1e-6) + 1) / rate_hz
    values = onto_clock(time_s, column[run], recording.rate_hz, grid_s, rate_hz)
    return values[:, 0] - values[:, 0].mean(), float(time_s[0])


def _between(lags_s: np.ndarray, r: np.ndarray, best: int) -> float:
    """Maximum of the parabola through the best lag and its neighbours."""
    if not 0 < best < len(r) - 1 or not np.isfinite(r[best - 1 : best + 2]).all():
        return float(lags_s[best])
    left, top, right = r[best - 1 : best + 2]
    curvature = left - 2 * top + right
    shift = 0.5 * (left - right) / curvature if curvature < 0 else 0.0
    return float(lags_s[best] + shift * (lags_s[1] - lags_s[0]))


def _next_best(r: np.ndarray, best: int) -> float:
    """Highest correlation outside the peak; the peak ends where the curve rises again."""
    finite = np.where(np.isfinite(r), r, -1.0)
    a = b = best
    while a > 0 and finite[a - 1] <= finite[a]:
        a -= 1
    while b < len(finite) - 1 and finite[b + 1] <= finite[b]:
        b += 1
    outside = np.concatenate([finite[:a], finite[b + 1 :]])
    return float(outside.max()) if len(outside) else -1.0


def join(recording: Recording, other: Recording, *, lag_s: float = 0.0) -> Recording:
    """Bring the channels of another recording of the same walk onto this one's clock.

    Parameters
    ----------
    recording : Recording
        Gives the clock, and the values where both have a channel.
    other : Recording
        Faster recordings are filtered first; see :func:`gaitcast.signal.antialias.onto_clock`.
    lag_s : float
        Added to the times of `other`; see :func:`find_lag`.

    Returns
    -------
    Recording
        With the channels and events of both; NaN where `other` has no samples.

    Raises
    ------
    GaitcastError
        If the two do not overlap.
    """
    time_s = other.time_s + lag_s
    names = [name for name in other.channels if name not in recording.channels]
    columns = np.full((len(recording), len(names)), np.nan)
    same = len(other) == len(recording) and np.abs(time_s - recording.time_s).max() < 1e-9
    if same:
        columns = other.matrix(names)
    for span in () if same else other.segments():
        even_s = time_s[span.start] + np.arange(span.stop - span.start) / other.rate_hz
        steady = np.abs(even_s - time_s[span]).max() < 0.5 / other.rate_hz
        part = onto_clock(
            even_s if steady else time_s[span],
            other.matrix(names)[span],
            other.rate_hz,
            recording.time_s,
            recording.rate_hz,
        )
        columns = np.where(np.isnan(columns), part, columns)
    if not names:
        return recording
    if not np.isfinite(columns).any():
        raise GaitcastError(
            "the recordings do not overlap",
            where=f"recordings '{recording.trial}' and '{other.trial}'",
            hint="Find the lag first",
        )
    slower = other.rate_hz > 1.01 * recording.rate_hz
    note = (f"'{other.trial}' was resampled behind a zero-phase filter: offline",) if slower else ()
    events = {name: times + lag_s for name, times in other.events.items()}
    return replace(
        recording,
        samples=np.hstack([recording.samples, columns]),
        channels=(*recording.channels, *names),
        events={**events, **recording.events},
        covariates={**other.covariates, **recording.covariates},
        notes=tuple(dict.fromkeys((*recording.notes, *other.notes, *note))),
        truth=None,
    )
