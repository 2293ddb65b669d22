"""Pieces of recordings, and windows over them as views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.tasks.mapped_rows import Place


@dataclass(frozen=True, order=True)
class Span:
    """Samples `start` to `stop` (exclusive) of one trial."""

    trial: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start


@dataclass(frozen=True, eq=False)
class Series:
    """Features and targets of one span without a gap inside.

    Parameters
    ----------
    span : Span
        Where it comes from.
    features : numpy.ndarray, shape (n, features)
        Float32.
    targets : numpy.ndarray, shape (n, targets)
        Float32, same instants; NaN where they are not known: no window whose future holds such a
        row counts.
    mask : numpy.ndarray, shape (n,), optional
        Bool: only windows that end where it is true count.
    columns, wanted : tuple of str
        Names of the features and of the targets; empty where they are not known.
    person : str
        Whose it is; empty where that is not known.
    """

    span: Span
    features: np.ndarray
    targets: np.ndarray
    mask: np.ndarray | None = None
    columns: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    person: str = ""

    def __len__(self) -> int:
        return len(self.features)

    def __getstate__(self) -> dict[str, Any]:
        # Rows that are mapped into memory are not copied into another process.
        places = {name: Place.of(getattr(self, name)) for name in ("features", "targets")}
        return {**vars(self), **places}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            rows = value.rows() if isinstance(value, Place) else value
            object.__setattr__(self, name, rows)

    @property
    def known(self) -> np.ndarray:
        """Rows of the targets in which all of them are known, shape (rows, targets)."""
        known = np.isfinite(self.targets).all(axis=1)
        return self.targets if known.all() else self.targets[known]

    def padded(self, count: int) -> Series:
        """The same with a longer past: so many samples at which the first one stood already."""
        if not count or not len(self):
            return self
        blocked = None if self.mask is None else np.concatenate([np.zeros(count, bool), self.mask])
        return replace(
            self,
            span=Span(self.span.trial, self.span.start - count, self.span.stop),
            features=hold_first(self.features, count),
            targets=hold_first(self.targets, count),
            mask=blocked,
        )

    def thinned(self, stride: int) -> Series:
        """The same of which fewer windows count.

        Parameters
        ----------
        stride : int
            Only windows that end at every such sample do; 1 leaves all.

        Returns
        -------
        Series
            Features and targets are shared.
        """
        if stride == 1:
            return self
        some = np.zeros(len(self), bool)
        some[::stride] = True
        return replace(self, mask=some if self.mask is None else self.mask & some)


def hold_first(rows: np.ndarray, count: int) -> np.ndarray:
    """Rows behind so many copies of the first one."""
    return np.concatenate([np.repeat(rows[:1], count, axis=0), rows])


def cut_series(
    recording: Recording, features: np.ndarray, targets: Sequence[str], span: Span
) -> list[Series]:
    """Cut a span out of a recording; one that spans a gap becomes several series.

    Targets may be unknown (NaN) for a part of a recording.

    Parameters
    ----------
    recording : Recording
        The trial of the span.
    features : numpy.ndarray, shape (n, features)
        One row per sample of the recording.
    targets : sequence of str
        Target channels.
    span : Span
        What to cut.

    Returns
    -------
    list of Series
        In the order of time.

    Raises
    ------
    GaitcastError
        If the span reaches beyond the recording.
    """
    if not 0 <= span.start < span.stop <= len(recording):
        raise GaitcastError(
            f"span {span.start}-{span.stop} is not within the {len(recording)} samples",
            where=f"trial '{span.trial}'",
        )
    series, target = [], recording.matrix(targets)
    for segment in recording.segments():
        start, stop = max(span.start, segment.start), min(span.stop, segment.stop)
        if stop > start:
            series.append(
                Series(
                    Span(span.trial, start, stop),
                    np.ascontiguousarray(features[start:stop], dtype=np.float32),
                    np.ascontiguousarray(target[start:stop], dtype=np.float32),
                )
            )
    return series


class Windows:
    """All windows of some series: `history` rows in, target rows `first` to `horizon` ahead out.

    Windows are views; only a batch that is asked for is copied.

    Parameters
    ----------
    series : sequence of Series
        Without gaps inside.
    history, horizon : int
        Samples.
    stride : int
        Samples between the ends of consecutive windows.
    first : int
        Nearest step ahead, 0 for the present, up to `horizon`.

    Notes
    -----
    Steps before the present are rows of the window itself.
    """

    def __init__(
        self,
        series: Sequence[Series],
        history: int,
        horizon: int,
        stride: int = 1,
        first: int = 1,
    ) -> None:
        self.history, self.horizon, self.stride, self.first = history, horizon, stride, first
        self._span = history + max(horizon, 0)
        self.series = [s for s in series if len(s) >= self._span]
        self._rows = [self._starts(s) for s in self.series]
        counts = [len(r) if isinstance(r, np.ndarray) else -(-r.stop // stride) for r in self._rows]
        self._edges = np.concatenate([[0], np.cumsum(counts)]).astype(int)

    def _starts(self, series: Series) -> slice | np.ndarray:
        count = len(series) - self._span + 1
        known = np.isfinite(series.targets).all(axis=1)
        if series.mask is None and known.all():
            return slice(0, count, self.stride)
        ahead = known[self.history - 1 + self.first :]
        futures = np.lib.stride_tricks.sliding_window_view(ahead, self.horizon - self.first + 1)
        counts: np.ndarray = np.all(futures, axis=1)[:count]
        if series.mask is not None:
            counts = counts & series.mask[self.history - 1 :][:count]
        return np.flatnonzero(counts)[:: self.stride]

    def __len__(self) -> int:
        return int(self._edges[-1])

    def thinned(self, stride: int) -> Windows:
        """Windows of the same series at another stride.

        Parameters
        ----------
        stride : int
            Samples between the ends of consecutive windows; the first of each series stays.

        Returns
        -------
        Windows
            Series are shared.
        """
        return Windows(self.series, self.history, self.horizon, stride, self.first)

    def longer_than(self, samples: int) -> Windows:
        """The same windows without those of series that are not longer than so many samples."""
        long = [s for s in self.series if len(s) > samples]
        return Windows(long, self.history, self.horizon, self.stride, self.first)

    def inputs(self, number: int) -> np.ndarray:
        """Input windows of one series.

        Parameters
        ----------
        number : int
            Which series.

        Returns
        -------
        numpy.ndarray, shape (windows, history, features)
            A view; a copy where only some windows count.
        """
        return self._views(number)[0][self._rows[number]]

    def futures(self, number: int) -> np.ndarray:
        """Target windows of one series.

        Parameters
        ----------
        number : int
            Which series.

        Returns
        -------
        numpy.ndarray, shape (windows, steps, targets)
            A view; a copy where only some windows count.
        """
        return self._views(number)[1][self._rows[number]]

    def _views(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        """Inputs and futures of all windows of a series, also those that do not count."""
        series, views = self.series[number], np.lib.stride_tricks.sliding_window_view
        past = views(series.features, self.history, axis=0)
        ahead = series.targets[self.history - 1 + self.first :]
        future = views(ahead, self.horizon - self.first + 1, axis=0)
        return past.transpose(0, 2, 1), future.transpose(0, 2, 1)

    def ends(self, number: int) -> np.ndarray:
        """Last sample of each window of one series.

        Parameters
        ----------
        number : int
            Which series.

        Returns
        -------
        numpy.ndarray of int, shape (windows,)
            Rows of the series.
        """
        return np.arange(len(self.series[number]))[self.history - 1 :][self._rows[number]]

    def batch(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Copy some windows out.

        Parameters
        ----------
        indices : numpy.ndarray of int, shape (batch,)
            From 0 to ``len(self) - 1``.

        Returns
        -------
        tuple of numpy.ndarray
            Inputs (batch, history, features) and futures (batch, steps, targets).
        """
        owner = np.searchsorted(self._edges, indices, side="right") - 1
        first = self.series[0]
        x = np.empty((len(indices), self.history, first.features.shape[1]), np.float32)
        steps = self.horizon - self.first + 1
        y = np.empty((len(indices), steps, first.targets.shape[1]), np.float32)
        local = indices - self._edges[owner]
        # One by one: a batch out of many recordings holds few windows of each.
        for k, (number, one) in enumerate(zip(owner.tolist(), local.tolist(), strict=True)):
            series, rows = self.series[number], self._rows[number]
            start = rows[one] if isinstance(rows, np.ndarray) else one * self.stride
            x[k] = series.features[start : start + self.history]
            ahead = start + self.history - 1 + self.first
            y[k] = series.targets[ahead : ahead + steps]
        return x, y


def flat_rows(windows: np.ndarray) -> np.ndarray:
    """Each window as one row.

    Parameters
    ----------
    windows : numpy.ndarray, shape (windows, ...)
        There may be none.

    Returns
    -------
    numpy.ndarray, shape (windows, numbers)
        A view where that is possible.
    """
    return windows.reshape(len(windows), int(np.prod(windows.shape[1:])))
