"""Forecasts compared with the measured target once it is known, and with the last gait cycle."""

from __future__ import annotations

import numpy as np

from gaitcast.live.ring import Ring
from gaitcast.runtime import Card, Forecast

#: As the model ``last-cycle``: what is compared, and how long a cycle may last, s.
_MATCH_S, _CYCLE_S = 0.8, (0.5, 2.4)
#: The cycle is looked for on a clock of this rate, so often.
_MATCH_HZ, _EVERY_S = 100.0, 0.05
#: Seconds of the stream that are shown, and of one point of the error over time; points kept.
SHOWN_S, BIN_S, BINS = 8.0, 5.0, 120
#: So many stamps in a row that are not later: the clock was set back.
_SET_BACK = 4


class LiveError:
    """What was measured and forecast lately, and the error of every forecast so far.

    Parameters
    ----------
    card : Card
        Of the bundle.
    raw_hz : float
        Rate of the samples.
    delay_s : float
        :attr:`gaitcast.runtime.Engine.adapter_delay_s`: what the low-pass takes off each horizon.

    Attributes
    ----------
    ahead_s : numpy.ndarray, shape (steps,)
        Each step after the forecast's instant, in real time.
    measured : Ring
        Rows of time, s, and targets; NaN where a target was not measured.
    made, values : Ring
        Of each forecast: its instant, the newest stamp then and the lag of one gait cycle, s; and
        its values, (steps x targets) in one row.
    forecast, interval : numpy.ndarray, shape (steps, targets)
        Sums over the `compared` forecasts: absolute error, and how often the interval held.
    paired, cycle : numpy.ndarray, shape (steps, targets)
        Sums of absolute errors over the `pairs` instants at which there was a last gait cycle too:
        the forecast's, and that of repeating the last cycle.
    bins : Ring
        Rows of time, s, number of pairs, and mean absolute errors of forecast and last cycle,
        targets each, over :data:`BIN_S`.

    Notes
    -----
    The truth is the measured target as it came, by linear interpolation between samples; with the
    noise of its sensor, and not low-passed. A forecast counts where all its steps were measured.
    """

    def __init__(self, card: Card, raw_hz: float, delay_s: float) -> None:
        self.card = card
        steps, targets = len(card.steps), len(card.targets)
        self.ahead_s = np.array(card.steps) / card.rate_hz - delay_s
        reach_s = max(0.0, float(self.ahead_s[-1])) + _MATCH_S + _CYCLE_S[1]
        self.measured = Ring(int((SHOWN_S + reach_s) * raw_hz * 1.2), 1 + targets)
        rows = int((SHOWN_S + reach_s) * card.rate_hz * 1.2)
        self.made, self.values = Ring(rows, 3), Ring(rows, steps * targets, np.float32)
        self.half = Ring(rows, steps * targets, np.float32)
        self.bins = Ring(BINS, 2 + 2 * targets)
        shape = (steps, targets)
        self.forecast, self.interval = np.zeros(shape), np.zeros(shape)
        self.paired, self.cycle = np.zeros(shape), np.zeros(shape)
        self.compared = self.pairs = self.generation = 0
        self._bin, self._bin_pairs, self._bin_s = np.zeros(2 * targets), 0, np.nan
        self._begin()

    def _begin(self) -> None:
        self._next, self._behind = 0, 0
        self._last_s, self._lag_s, self._looked_s = np.nan, np.nan, -np.inf

    def add(self, time_s: float, targets: np.ndarray, made: list[Forecast]) -> None:
        """Take what a sample measured, and the forecasts it gave.

        Parameters
        ----------
        time_s : float
            Its stamp; one that is not later than the last is left out, unless the clock was set
            back: then what is shown begins anew.
        targets : numpy.ndarray, shape (targets,)
            NaN where not measured.
        made : list of Forecast
        """
        if not np.isfinite(time_s):
            return
        if time_s <= self._last_s:
            self._behind += 1
            if self._behind < _SET_BACK:
                return
            for ring in (self.measured, self.made, self.values, self.half):
                ring.forget()
            self.generation += 1
            self._begin()
        self._behind, self._last_s = 0, time_s
        self.measured.add(np.array([time_s, *targets]))
        for forecast in made:
            self._look(time_s)
            self.made.add(np.array([forecast.time_s, time_s, self._lag_s]))
            self.values.add(forecast.values.ravel())
            half = forecast.half_width
            self.half.add(np.full(forecast.values.size, np.nan) if half is None else half.ravel())
        self._compare_known()

    def _compare_known(self) -> None:
        """Compare the forecasts whose farthest step is measured by now."""
        self._next = max(self._next, self.made.first)
        while self._next < self.made.count:
            at_s, now_s, lag_s = self.made.since(self._next)[0]
            if at_s + self.ahead_s[-1] > self._last_s:
                return
            self._compare(at_s + self.ahead_s, now_s, lag_s)
            self._next += 1

    def _compare(self, x_s: np.ndarray, now_s: float, lag_s: float) -> None:
        truth = self.measured_at(x_s)
        if not np.isfinite(truth).all():
            return
        values = self.values.since(self._next)[0].reshape(truth.shape)
        half = self.half.since(self._next)[0].reshape(truth.shape)
        error = np.abs(values - truth)
        self.forecast += error
        self.interval += error <= half
        self.compared += 1
        if not np.isfinite(lag_s):
            return
        back = np.ceil(np.maximum(0.0, x_s - now_s) / lag_s)
        repeated = np.abs(self.measured_at(x_s - back * lag_s) - truth)
        if not np.isfinite(repeated).all():
            return
        self.paired += error
        self.cycle += repeated
        self.pairs += 1
        self._add_to_bin(now_s, np.concatenate([error.mean(axis=0), repeated.mean(axis=0)]))

    def _add_to_bin(self, now_s: float, errors: np.ndarray) -> None:
        if not abs(now_s - self._bin_s) < BIN_S:
            if self._bin_pairs:
                mean = self._bin / self._bin_pairs
                self.bins.add(np.array([self._bin_s, self._bin_pairs, *mean]))
            self._bin, self._bin_pairs, self._bin_s = np.zeros(len(errors)), 0, now_s
        self._bin += errors
        self._bin_pairs += 1

    def measured_at(self, x_s: np.ndarray) -> np.ndarray:
        """Targets at some instants, by linear interpolation.

        Parameters
        ----------
        x_s : numpy.ndarray, shape (n,)

        Returns
        -------
        numpy.ndarray, shape (n, targets)
            NaN before the first and after the last sample, in gaps, and where not measured.
        """
        rows = self.measured.since(0)
        if len(rows) < 2:
            return np.full((len(x_s), rows.shape[1] - 1), np.nan)
        time_s = rows[:, 0]
        right = np.searchsorted(time_s, x_s - 1e-9).clip(1, len(rows) - 1)
        before, after = rows[right - 1], rows[right]
        step_s = after[:, 0] - before[:, 0]
        share = ((x_s - before[:, 0]) / step_s)[:, None]
        found = before[:, 1:] + share * (after[:, 1:] - before[:, 1:])
        inside = (share[:, 0] > -1e-6) & (share[:, 0] < 1 + 1e-6)
        found[~(inside & (step_s <= self.card.max_gap_s + 1e-9))] = np.nan
        return found

    def _look(self, now_s: float) -> None:
        """Find the gait cycle: the lag at which the last 0.8 s are most like what came before."""
        if now_s - self._looked_s < _EVERY_S:
            return
        self._looked_s = now_s
        width, first, last = (round(s * _MATCH_HZ) for s in (_MATCH_S, *_CYCLE_S))
        ago_s = np.arange(width + last)[::-1] / _MATCH_HZ
        past = self.measured_at(now_s - ago_s)
        if not np.isfinite(past).all():
            self._lag_s = np.nan
            return
        past = past / np.maximum(past.std(axis=0), 1e-9)
        windows = np.lib.stride_tricks.sliding_window_view(past, width, axis=0)
        lags = np.arange(first, last + 1)
        apart = ((windows[last - lags] - windows[last]) ** 2).sum(axis=(1, 2))
        self._lag_s = float(lags[apart.argmin()]) / _MATCH_HZ
