"""From jittered time stamps to a uniform clock, one raw sample at a time."""

from dataclasses import dataclass, field

import numpy as np

from gaitcast.errors import GaitcastError


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
        if not time_s - self._last_s <= self.max_gap_s + 1e-9:  # also the very first sample
            self._origin_s, self._count = time_s, 1
            self._last_s, self._last = time_s, sample
            return [(time_s, sample, True)]
        done = []
        while (grid_s := self._origin_s + self._count / self.rate_hz) <= time_s + 1e-9:
            weight = min((grid_s - self._last_s) / (time_s - self._last_s), 1.0)
            done.append((grid_s, self._last + weight * (sample - self._last), False))
            self._count += 1
        self._last_s, self._last = time_s, sample
        return done

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on later: arrays that `numpy.savez` can keep.

        Returns
        -------
        dict of str to numpy.ndarray
            Copies.
        """
        clock = np.array([self._origin_s, float(self._count), self._last_s])
        return {"clock": clock, "clock_sample": self._last.copy()}

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from a saved state.

        Parameters
        ----------
        state : dict of str to numpy.ndarray
            From :meth:`state`.
        """
        self._origin_s, count, self._last_s = (float(v) for v in state["clock"])
        self._count, self._last = int(count), np.array(state["clock_sample"])
