"""From the raw rate to the working rate, one raw sample at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import cos, pi, tan, ulp

import numpy as np

from gaitcast.errors import GaitcastError

#: Rates this much above the working rate pass a low-pass before they are thinned out.
FASTER = 1.05
#: Share of the working rate up to which content is kept; the rest of the way to half is the slope.
PASSBAND = 0.4
#: Raw rates that can be adapted, as multiples of the working rate.
RATES = (0.2, 200.0)
_POLES = 4


def slack_s(time_s: float) -> float:
    """By how much two equal instants may differ as floats: more for epoch time stamps."""
    return max(1e-9, 4 * ulp(time_s))


@dataclass
class UniformClock:
    """Causal linear interpolation onto a uniform clock.

    A grid sample is given out as soon as the raw sample at or after it arrives, so it is late by at
    most one raw interval. Pushing a whole recording gives exactly what
    :func:`gaitcast.signal.resample.resample` gives for it. Across a gap longer than `max_gap_s`
    nothing is interpolated: the clock starts anew at the first sample after the gap.

    Parameters
    ----------
    rate_hz : float
        Of the uniform clock.
    max_gap_s : float
        Longest interval that is interpolated.
    """

    rate_hz: float
    max_gap_s: float
    _origin_s: float = field(default=np.nan, init=False)
    _count: int = field(default=0, init=False)
    _last_s: float = field(default=np.nan, init=False)
    _last: np.ndarray = field(default_factory=lambda: np.zeros(0), init=False)

    def push(self, time_s: float, sample: np.ndarray) -> list[tuple[float, np.ndarray, bool]]:
        """Take one raw sample; give the grid samples it completes.

        Parameters
        ----------
        time_s : float
            Its time stamp, later than the one before.
        sample : numpy.ndarray, shape (channels,)
            Raw sample.

        Returns
        -------
        list of (float, numpy.ndarray, bool)
            Grid time, interpolated sample, and whether it is the first of a segment.

        Raises
        ------
        GaitcastError
            If time does not increase.
        """
        sample = np.asarray(sample, dtype=float)
        if not np.isfinite(time_s) or time_s <= self._last_s:
            raise GaitcastError(
                f"time does not increase: {self._last_s:.4f} s, then {time_s:.4f} s"
            )
        if self.begins_at(time_s):
            self._origin_s, self._count = time_s, 1
            self._last_s, self._last = time_s, sample
            return [(time_s, sample, True)]
        done = []
        while (grid_s := self._origin_s + self._count / self.rate_hz) <= time_s + slack_s(time_s):
            weight = min((grid_s - self._last_s) / (time_s - self._last_s), 1.0)
            done.append((grid_s, self._last + weight * (sample - self._last), False))
            self._count += 1
        self._last_s, self._last = time_s, sample
        return done

    def begins_at(self, time_s: float) -> bool:
        """Whether a sample at this time starts a segment: the first one, or one after a gap."""
        return not time_s - self._last_s <= self.max_gap_s + 1e-9

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on later: arrays that `numpy.savez` can keep.

        Returns
        -------
        dict of str to numpy.ndarray
            Copies.
        """
        clock = np.array([self._origin_s, float(self._count), self._last_s])
        return {"clock": clock, "clock_sample": self._last.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from a saved state.

        Parameters
        ----------
        state : dict of str to numpy.ndarray
            From :meth:`state`.
        """
        self._origin_s, count, self._last_s = (float(v) for v in state["clock"])
        self._count, self._last = int(count), np.array(state["clock_sample"])


@dataclass(frozen=True)
class LowPass:
    """Butterworth low-pass of order 4 as two second-order sections.

    Parameters
    ----------
    sections : numpy.ndarray, shape (2, 6)
        ``b0, b1, b2, 1, a1, a2`` of each, as :func:`scipy.signal.sosfilt` takes them; the gain of
        each is 1 at 0 Hz.
    rate_hz : float
        Sampling rate of what is filtered.
    """

    sections: np.ndarray
    rate_hz: float

    @classmethod
    def design(cls, raw_hz: float, rate_hz: float) -> LowPass:
        """The filter in front of a slower clock: -3 dB at 0.4 of the new rate.

        Parameters
        ----------
        raw_hz : float
            Of the samples that come.
        rate_hz : float
            Of the slower clock.

        Returns
        -------
        LowPass
            For samples at `raw_hz`.
        """
        # A rate little below the old one leaves no room above the passband, and little to fold.
        cutoff_hz = min(PASSBAND * rate_hz, 0.49 * raw_hz)
        k = tan(pi * cutoff_hz / raw_hz)
        sections = []
        for pair in range(_POLES // 2):
            damping = 2 * cos(pi * (2 * pair + 1) / (2 * _POLES))
            norm = 1 / (1 + k * damping + k * k)
            b0 = k * k * norm
            a1, a2 = 2 * (k * k - 1) * norm, (1 - k * damping + k * k) * norm
            sections.append([b0, 2 * b0, b0, 1.0, a1, a2])
        return cls(np.array(sections), raw_hz)

    @property
    def delay_s(self) -> float:
        """Group delay at low frequency."""
        lag = 0.0
        for b0, b1, b2, _, a1, a2 in self.sections:
            lag += (b1 + 2 * b2) / (b0 + b1 + b2) - (a1 + 2 * a2) / (1 + a1 + a2)
        return float(lag / self.rate_hz)

    @property
    def rest(self) -> np.ndarray:
        """State of each section (2, 2) after an input of 1 for ever."""
        b0, _, b2, _, _, a2 = self.sections.T
        return np.stack([1 - b0, b2 - a2], axis=1)


def low_pass_for(raw_hz: float, rate_hz: float) -> LowPass | None:
    """The low-pass that a raw rate needs in front of a working rate.

    Parameters
    ----------
    raw_hz, rate_hz : float
        Of the samples that come, and of the clock they are brought to.

    Returns
    -------
    LowPass or None
        None where samples do not come faster than 1.05 times the working rate.

    Raises
    ------
    GaitcastError
        If the raw rate is below 0.2 or above 200 times the working rate.
    """
    slowest, fastest = (limit * rate_hz for limit in RATES)
    if not slowest <= raw_hz <= fastest:
        raise GaitcastError(
            f"a raw rate of {raw_hz:g} Hz cannot be adapted to {rate_hz:g} Hz",
            hint=f"Rates from {slowest:g} to {fastest:g} Hz can",
        )
    return LowPass.design(raw_hz, rate_hz) if raw_hz > FASTER * rate_hz else None


class RateAdapter:
    """From the raw rate to the working rate, one raw sample at a time.

    Samples that come faster than 1.05 times the working rate pass a causal low-pass, then all are
    interpolated onto a :class:`UniformClock`. The low-pass delays; each sample that comes out is
    stamped with the instant it speaks of, which is `delay_s` before the one it is known at.
    :func:`gaitcast.signal.resample` does the same to a whole recording.

    Parameters
    ----------
    raw_hz : float
        Nominal rate of the raw samples.
    rate_hz : float
        Working rate.
    max_gap_s : float
        A longer interval between raw samples starts anew.

    Raises
    ------
    GaitcastError
        If the raw rate cannot be adapted.
    """

    def __init__(self, raw_hz: float, rate_hz: float, max_gap_s: float) -> None:
        self._low_pass = low_pass_for(raw_hz, rate_hz)
        self.delay_s = 0.0 if self._low_pass is None else self._low_pass.delay_s
        self._clock = UniformClock(rate_hz, max_gap_s)
        self._past = np.zeros((2, 2, 0))

    def push(self, time_s: float, sample: np.ndarray) -> list[tuple[float, np.ndarray, bool]]:
        """Take one raw sample; give the samples of the working rate that it completes.

        Parameters
        ----------
        time_s : float
            Its time stamp, later than the one before.
        sample : numpy.ndarray, shape (channels,)

        Returns
        -------
        list of (float, numpy.ndarray, bool)
            Instant it speaks of (`delay_s` before its own clock time), values, and whether it is
            the first of a segment.

        Raises
        ------
        GaitcastError
            If time does not increase.
        """
        value = np.asarray(sample, dtype=float)
        if self._low_pass is None:
            return self._clock.push(time_s, value)
        if self._clock.begins_at(time_s):
            self._past = self._low_pass.rest[:, :, None] * value
        value = self._filtered(self._low_pass.sections, value)
        done = self._clock.push(time_s, value)
        return [(at_s - self.delay_s, values, first) for at_s, values, first in done]

    def _filtered(self, sections: np.ndarray, value: np.ndarray) -> np.ndarray:
        for (b0, b1, b2, _, a1, a2), past in zip(sections, self._past, strict=True):
            result = b0 * value + past[0]
            past[0] = b1 * value - a1 * result + past[1]
            past[1] = b2 * value - a2 * result
            value = result
        return value

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on later: arrays that `numpy.savez` can keep."""
        return {**self._clock.state(), "low_pass": self._past.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from :meth:`state` of an adapter of the same rates."""
        self._clock.restore(state)
        self._past = np.array(state["low_pass"], dtype=float)


#: Time step as a multiple of the expected one -> what the clock counts.
_CLOCKS = {1e3: "ms", 1e6: "us", 1e9: "ns", 1 / 60: "minutes", 1 / 3600: "h"}


def clock_guess(step_s: float, expected_s: float) -> str:
    """What a clock seems to count whose steps are not the expected ones.

    Parameters
    ----------
    step_s : float
        Time from one sample to the next, as if the stamps were in s.
    expected_s : float
        The same according to the rate that is stated.

    Returns
    -------
    str
        Such as ``": is the clock in ms?"``; empty if nothing fits.
    """
    ratio = step_s / expected_s
    for factor, unit in _CLOCKS.items():
        if 0.75 < ratio / factor < 1.33:
            return f": is the clock in {unit}?"
    return ": does the clock count samples?" if abs(step_s - 1) < 1e-9 and ratio > 2 else ""


#: Raw samples that come this much faster or slower than stated give no forecast.
_PACE_OFF = 1.25
_PACE_SAMPLES = 6


class Pace:
    """Whether raw samples come at the stated rate; looked at once, over the first of them.

    Parameters
    ----------
    raw_hz : float
        Stated rate.
    least_s : float
        Time that the first samples have to span before they are judged; a slow clock (time in ms
        instead of s, say) is judged by its first few intervals.
    """

    def __init__(self, raw_hz: float, least_s: float) -> None:
        self.raw_hz, self.least_s = raw_hz, least_s
        self._seen: list[float] | None = []

    @property
    def judged(self) -> bool:
        """Whether enough samples came."""
        return self._seen is None

    def fault(self, time_s: float) -> str:
        """Take the time stamp of one raw sample.

        Parameters
        ----------
        time_s : float

        Returns
        -------
        str
            At which other rate the samples so far came; empty if they did not, or few are known.
        """
        if self._seen is None:
            return ""
        self._seen.append(time_s)
        spanned_s = time_s - self._seen[0]
        if len(self._seen) < _PACE_SAMPLES or spanned_s < self.least_s:
            return ""
        # A pause lowers the mean rate and bursts spoil the median: each is used on its own side.
        mean_hz = (len(self._seen) - 1) / spanned_s
        median_hz = 1 / float(np.median(np.diff(self._seen)))
        self._seen = None
        if mean_hz > _PACE_OFF * self.raw_hz:
            return f"samples come at {mean_hz:.4g} Hz instead of {self.raw_hz:g} Hz"
        if max(mean_hz, median_hz) < self.raw_hz / _PACE_OFF:
            guess = clock_guess(1 / median_hz, 1 / self.raw_hz)
            apart = f"{1 / median_hz:.4g} s between samples{guess}"
            return f"samples come at {median_hz:.4g} Hz instead of {self.raw_hz:g} Hz ({apart})"
        return ""
