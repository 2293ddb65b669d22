"""What stands in for samples that did not come: the same part of the gait cycle before."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

#: What is remembered of the input, what is compared, and how long a cycle may last, s.
_KEPT_S, _COMPARED_S, _CYCLE_S = 4.0, 0.4, (0.4, 2.4)
#: The step at the start of a bridge fades within so many s.
_FADES_S = 0.1
#: Comparisons are made at about this rate, which is enough for gait.
_COMPARED_HZ = 100.0


class LastCycleBridge:
    """The input of the last seconds, and what it was one gait cycle before.

    Parameters
    ----------
    channels : int
    raw_hz : float
        Rate of the samples.

    Notes
    -----
    The cycle is the lag of 0.4 to 2.4 s at which the last 0.4 s are most like what came before, all
    channels together, each in its own standard deviations. Where the body does not move any lag
    gives the value that is held; before 0.8 s of samples the last value is held.
    """

    def __init__(self, channels: int, raw_hz: float) -> None:
        self._raw_hz = raw_hz
        self._rows = np.zeros((max(4, round(_KEPT_S * raw_hz)), channels))
        self._fades = float(np.exp(-1 / (_FADES_S * raw_hz)))
        self.forget()

    def forget(self) -> None:
        """The next row is the first one."""
        self._count = 0
        self._lag = 0
        self._step = np.zeros(self._rows.shape[1])

    def add(self, row: np.ndarray) -> None:
        """Remember a row, measured or filled in, shape (channels,)."""
        self._rows[self._count % len(self._rows)] = row
        self._count += 1

    @property
    def known(self) -> int:
        """Rows that are remembered."""
        return min(self._count, len(self._rows))

    def begin(self) -> None:
        """Find the cycle: what follows is not measured."""
        self._lag = self._cycle()
        self._step = self._ago(1) - self._ago(self._lag + 1)

    def value(self) -> np.ndarray:
        """The next row as one cycle before, shape (channels,)."""
        self._step = self._fades * self._step
        return self._ago(self._lag) + self._step if self._lag else self._ago(1)

    def _ago(self, rows: int) -> np.ndarray:
        """The row so many before the next one; 1 is the last."""
        return np.asarray(self._rows[(self._count - max(1, rows)) % len(self._rows)])

    def _cycle(self) -> int:
        every = max(1, round(self._raw_hz / _COMPARED_HZ))
        at = np.arange(self._count - self.known, self._count)[::-1][::every][::-1]
        rows = self._rows[at % len(self._rows)]
        width = round(_COMPARED_S * self._raw_hz / every)
        first, last = (round(s * self._raw_hz / every) for s in _CYCLE_S)
        last = min(last, len(rows) - width)
        if last <= first or width < 2:
            return 0
        rows = rows / np.maximum(rows.std(axis=0), 1e-9)
        newest = rows[-width:]
        windows = np.lib.stride_tricks.sliding_window_view(rows, width, axis=0)
        lags = np.arange(first, last + 1)
        apart = windows[len(rows) - width - lags] - newest.T
        return int(lags[(apart**2).mean(axis=(1, 2)).argmin()]) * every

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on later."""
        at = np.array([float(self._count), float(self._lag)])
        return {"bridge": self._rows.copy(), "bridge_at": at, "bridge_step": self._step.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from :meth:`state`."""
        self._rows = np.array(state["bridge"], float)
        self._count, self._lag = (int(v) for v in state["bridge_at"])
        self._step = np.array(state["bridge_step"], float)
