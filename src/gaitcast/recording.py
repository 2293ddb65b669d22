"""`Recording`: one trial of one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from gaitcast.channel import Channel, match_channels
from gaitcast.errors import GaitcastError, nearest


@dataclass(frozen=True, eq=False)
class Truth:
    """What a simulator knows about a recording and no sensor measured.

    Parameters
    ----------
    samples : numpy.ndarray, shape (n, channels)
        Without noise, canonical units, float32, at the recording's own times.
    channels : tuple of str
        Channel names (see :mod:`gaitcast.channel`).
    steps : dict of str to numpy.ndarray
        A table with one row per step: side, event times, ankle impedance.
    """

    samples: np.ndarray
    channels: tuple[str, ...]
    steps: Mapping[str, np.ndarray]

    def column(self, channel: str) -> np.ndarray:
        """One channel without its noise.

        Returns
        -------
        numpy.ndarray, shape (n,)
            A view, canonical unit.

        Raises
        ------
        GaitcastError
            If there is no such channel.
        """
        if channel not in self.channels:
            raise GaitcastError(
                f"no channel '{channel}'", where="truth", hint=nearest(channel, [*self.channels])
            )
        return self.samples[:, self.channels.index(channel)]


@dataclass(frozen=True, eq=False)
class Recording:
    """One trial of one person: samples on one clock.

    Parameters
    ----------
    subject : str
        Participant; splits keep the recordings of one participant together.
    trial : str
        Unique within a cohort.
    rate_hz : float
        Nominal rate.
    time_s : numpy.ndarray, shape (n,)
        Strictly increasing time stamps. A jump above `max_gap_s` starts a new segment;
        nothing is ever filtered, interpolated or windowed across it.
    samples : numpy.ndarray, shape (n, channels)
        Canonical units, float64. NaN where nothing was measured (a hidden marker, a centre of
        pressure without load); :meth:`complete` refuses NaN.
    channels : tuple of str
        Channel names (see :mod:`gaitcast.channel`).
    events : dict of str to numpy.ndarray
        Event times in s, such as ``{"right_heel_strike": ...}``.
    covariates : dict of str to float or str
        Of this trial (speed, terrain ...).
    notes : tuple of str
        What the loader repaired or assumed.
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.
    truth : Truth, optional
        Of simulated recordings.
    delay_s : float
        How long after the instant that it speaks of a sample is known, for all channels alike: the
        group delay of the low-pass in front of the working rate, 0 as recorded.
    raw_hz : float, optional
        Rate before it was brought onto a uniform clock.
    identified_by : str
        How the participant was recognised (``"file header"``, ``"folder"``, ``"file name"`` ...);
        empty where recordings are made in Python.

    Raises
    ------
    GaitcastError
        If shapes disagree, a value is infinite, or time does not increase.
    """

    subject: str
    trial: str
    rate_hz: float
    time_s: np.ndarray
    samples: np.ndarray
    channels: tuple[str, ...]
    events: Mapping[str, np.ndarray] = field(default_factory=dict)
    covariates: Mapping[str, float | str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    max_gap_s: float = 0.1
    truth: Truth | None = None
    delay_s: float = 0.0
    raw_hz: float | None = None
    identified_by: str = ""

    def __post_init__(self) -> None:
        where = f"recording '{self.trial}'"
        for name in self.channels:
            Channel.parse(name)
        if len(set(self.channels)) != len(self.channels):
            raise GaitcastError("a channel name occurs twice", where=where)
        if self.samples.shape != (len(self.time_s), len(self.channels)):
            raise GaitcastError(
                f"samples {self.samples.shape} do not fit {len(self.time_s)} time stamps "
                f"and {len(self.channels)} channels",
                where=where,
            )
        check_time(self.time_s, where=where)
        with np.errstate(over="ignore"):  # in float32, which models and bundles compute in
            infinite = np.isinf(np.asarray(self.samples, np.float32))
        _refuse(infinite, self.channels, where=where)

    def __len__(self) -> int:
        return len(self.time_s)

    @property
    def duration_s(self) -> float:
        """Seconds from the first to the last sample."""
        return float(self.time_s[-1] - self.time_s[0]) if len(self) else 0.0

    def column(self, channel: str) -> np.ndarray:
        """Samples of one channel.

        Returns
        -------
        numpy.ndarray, shape (n,)
            A view, canonical unit.

        Raises
        ------
        GaitcastError
            If there is no such channel.
        """
        return self.matrix((channel,))[:, 0]

    def matrix(self, channels: Sequence[str]) -> np.ndarray:
        """Samples of some channels, in the given order.

        Returns
        -------
        numpy.ndarray, shape (n, len(channels))
            Canonical units.

        Raises
        ------
        GaitcastError
            If a channel is missing.
        """
        for name in channels:
            if name not in self.channels:
                raise GaitcastError(
                    f"no channel '{name}'",
                    where=f"recording '{self.trial}'",
                    hint=nearest(name, list(self.channels)),
                )
        return self.samples[:, [self.channels.index(name) for name in channels]]

    def complete(self, channels: Sequence[str]) -> np.ndarray:
        """Samples of some channels; every sample must be measured.

        Returns
        -------
        numpy.ndarray, shape (n, len(channels))
            Canonical units, finite.

        Raises
        ------
        GaitcastError
            If a channel or a sample is missing.
        """
        samples = self.matrix(channels)
        check_finite(samples, channels, where=f"recording '{self.trial}'", time_s=self.time_s)
        return samples

    def select(self, patterns: Sequence[str]) -> Recording:
        """Keep only some channels.

        Parameters
        ----------
        patterns : sequence of str
            Names or shell-style patterns such as ``"*_foot_acc_*"``.

        Returns
        -------
        Recording
            The matching channels in their own order; everything else unchanged.

        Raises
        ------
        GaitcastError
            If a pattern matches nothing.
        """
        names = match_channels(self.channels, patterns, where=f"recording '{self.trial}'")
        return replace(self, samples=self.matrix(names), channels=names)

    def segments(self) -> list[slice]:
        """Continuous segments: slices between gaps longer than `max_gap_s`.

        Returns
        -------
        list of slice
            In order of time; together they cover every sample once.
        """
        breaks = np.flatnonzero(np.diff(self.time_s) > self.max_gap_s + 1e-9) + 1
        edges = [0, *breaks.tolist(), len(self)]
        return [slice(a, b) for a, b in pairwise(edges) if b > a]

    def dt_s(self) -> np.ndarray:
        """Time since the previous sample; 0 at the first sample of a segment.

        Returns
        -------
        numpy.ndarray, shape (n,)
            s.
        """
        dt = np.diff(self.time_s, prepend=self.time_s[:1])
        for segment in self.segments():
            dt[segment.start] = 0.0
        return dt


def check_time(time_s: np.ndarray, *, where: str) -> None:
    """Raise unless time is finite and strictly increasing.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        s.

    Raises
    ------
    GaitcastError
        With the number of the first bad sample.
    """
    if not np.isfinite(time_s).all():
        k = int(np.flatnonzero(~np.isfinite(time_s))[0])
        raise GaitcastError(f"time is not a number at sample {k}", where=where)
    bad = np.flatnonzero(~(np.diff(time_s) > 0)) + 1
    if len(bad):
        k = int(bad[0])
        raise GaitcastError(
            f"time does not increase at sample {k} ({time_s[k - 1]:.4f} s, then {time_s[k]:.4f} s; "
            f"{len(bad)} such places)",
            where=where,
            hint="Sort or drop those rows, or split the file into trials there",
        )


def check_finite(
    samples: np.ndarray, channels: Sequence[str], *, where: str, time_s: np.ndarray | None = None
) -> None:
    """Raise unless every sample is a finite number.

    Parameters
    ----------
    samples : numpy.ndarray, shape (n, channels)
    channels : sequence of str
        Names of the columns, for the error.

    Raises
    ------
    GaitcastError
        With the first bad channel and its range of samples.
    """
    with np.errstate(over="ignore"):  # in float32, which models and bundles compute in
        bad = ~np.isfinite(np.asarray(samples, np.float32))
    _refuse(bad, channels, where=where, time_s=time_s)


def _refuse(
    bad: np.ndarray, channels: Sequence[str], *, where: str, time_s: np.ndarray | None = None
) -> None:
    if bad.any():
        column = int(np.flatnonzero(bad.any(axis=0))[0])
        rows = np.flatnonzero(bad[:, column])
        at = "" if time_s is None else f", {time_s[rows[0]]:.2f} to {time_s[rows[-1]]:.2f} s"
        raise GaitcastError(
            f"{len(rows)} values are not numbers in channel '{channels[column]}' "
            f"(first at sample {rows[0]}, last at {rows[-1]}{at})",
            where=where,
            hint="Fill or cut those rows; gaitcast does not fill missing samples",
        )
