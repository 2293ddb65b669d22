"""Stances of one joint with derivatives: the input of every identification."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.events.stride_phase import stance_phase
from gaitcast.impedance.kernels import kernels, taps_of
from gaitcast.recording import Recording
from gaitcast.runtime.gait_event import FOOT_FLAT, HEEL_STRIKE, TOE_OFF
from gaitcast.runtime.live_phase import LONGEST_STANCE_S

_LEAST_STANCE_S = 0.2
#: Samples that a stance may be off its clock (its limits fall between samples), and how far time
#: stamps may be from the rate.
_SLACK, _OFF_CLOCK = 2.0, 0.05
#: The range of an ankle is below the first, deg; radians taken for degrees are below the second.
_WIDEST_DEG, _STILL_DEG = 90.0, 1.6
#: Torque of level walking, N m/kg, rises to about 1.5.
_STRONGEST = 5.0


@dataclass(frozen=True, eq=False)
class Stances:
    """Stances of one or many people, padded to the longest; S stances, N samples.

    Parameters
    ----------
    subject, trial, side : tuple of str
        Of length S.
    start_s, duration_s : numpy.ndarray, shape (S,)
        Heel strike on the trial's clock, and time from there to toe-off.
    count : numpy.ndarray of int, shape (S,)
        Samples from heel strike to toe-off; later samples are 0 and are never used.
    angle_rad, rate_rad_s, accel_rad_s2 : numpy.ndarray, shape (S, N)
        Dorsiflexion positive.
    torque : numpy.ndarray, shape (S, N)
        Plantarflexor positive, N m/kg.
    angle_noise_rad, torque_noise : numpy.ndarray, shape (S,)
        SD of the white noise of each raw sample, estimated from its neighbours.
    flat_percent : numpy.ndarray, shape (S,)
        Foot flat, % of stance; NaN without such an event.
    kernels : numpy.ndarray, shape (4, taps)
        Weights of the raw samples for angle, rate, acceleration and torque.
    notes : tuple of str
        What was left out, with reasons.
    """

    subject: tuple[str, ...]
    trial: tuple[str, ...]
    side: tuple[str, ...]
    start_s: np.ndarray
    duration_s: np.ndarray
    count: np.ndarray
    rate_hz: float
    angle_rad: np.ndarray
    rate_rad_s: np.ndarray
    accel_rad_s2: np.ndarray
    torque: np.ndarray
    angle_noise_rad: np.ndarray
    torque_noise: np.ndarray
    flat_percent: np.ndarray
    kernels: np.ndarray
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.count)

    @property
    def inside(self) -> np.ndarray:
        """Whether a sample is inside the stance, bool (S, N)."""
        return np.arange(self.angle_rad.shape[1]) < self.count[:, None]

    def kernels_of(self, terms: Sequence[str]) -> np.ndarray:
        """Kernels of the columns that the terms multiply.

        Parameters
        ----------
        terms : sequence of str
            Some of ``K``, ``B`` and ``I``.

        Returns
        -------
        numpy.ndarray, shape (terms, taps)
            For angle, rate or acceleration.
        """
        return self.kernels[[("K", "B", "I").index(term) for term in terms]]

    def curve(self, values: np.ndarray, percent: np.ndarray) -> np.ndarray:
        """A quantity at given percentages of stance, by linear interpolation.

        Parameters
        ----------
        values : numpy.ndarray, shape (S, N)
            Such as `angle_rad`.
        percent : numpy.ndarray, shape (n,)
            % of stance, 0 to 100.

        Returns
        -------
        numpy.ndarray, shape (S, n)
        """
        at = np.asarray(percent, dtype=float) / 100
        return np.stack(
            [
                np.interp(at * (n - 1), np.arange(n), row[:n])
                for row, n in zip(values, self.count, strict=True)
            ]
        )


def cut_stances(
    recordings: Iterable[Recording],
    *,
    sides: Sequence[str] = ("left", "right", "ipsi"),
    cutoff_hz: float = 20.0,
) -> Stances:
    """Cut out every whole stance with ankle angle and moment.

    Angle, its derivatives and the torque come from one local cubic, so that smoothing changes both
    sides of the equation alike (see :mod:`gaitcast.impedance.kernels`).

    Parameters
    ----------
    recordings : iterable of Recording
        With ``SIDE_ankle_angle_flexion`` (deg) and ``SIDE_ankle_moment_flexion`` (N m/kg), and
        heel strikes and toe-offs of that side among the events.
    sides : sequence of str
        Sides whose stances are wanted; missing ones are skipped.
    cutoff_hz : float
        Bandwidth of the local cubic (-3 dB, as near as a whole number of samples allows); 0 takes
        angle and torque unsmoothed, and derivatives from five samples.

    Returns
    -------
    Stances
        Of all recordings, at one common rate.

    Raises
    ------
    GaitcastError
        If angle, moment or events are missing, rates differ, the bandwidth is invalid, or no stance
        is whole.
    """
    found: list[_Cut] = []
    notes: list[str] = []
    rates: set[float] = set()
    for recording in recordings:
        rates.add(recording.rate_hz)
        here = [s for s in sides if f"{s}_ankle_moment_flexion" in recording.channels]
        if not here:
            raise GaitcastError(
                "no ankle moment (SIDE_ankle_moment_flexion)",
                where=f"recording '{recording.trial}'",
                hint="gaitcast.kinematics.ankle_moments computes it from markers and plates",
            )
        for side in here:
            found += _of_side(recording, side, cutoff_hz, notes)
    if len(rates) > 1:
        raise GaitcastError(f"recordings at {sorted(rates)} Hz", hint="Resample them to one rate")
    if not found:
        why = f": {notes[0]}" if notes else ""
        raise GaitcastError(f"no whole stance with angle and moment{why}")
    rate_hz = rates.pop()
    count = np.array([len(one.rows) for one in found])
    values = np.zeros((4, len(found), count.max()))
    for number, one in enumerate(found):
        values[:, number, : len(one.rows)] = one.rows.T
    noise = np.array([one.noise for one in found])
    who = [one.who for one in found]
    return Stances(
        subject=tuple(name for name, _, _ in who),
        trial=tuple(name for _, name, _ in who),
        side=tuple(name for _, _, name in who),
        start_s=np.array([one.start_s for one in found]),
        duration_s=(count - 1) / rate_hz,
        count=count,
        rate_hz=rate_hz,
        angle_rad=values[0],
        rate_rad_s=values[1],
        accel_rad_s2=values[2],
        torque=values[3],
        angle_noise_rad=noise[:, 0],
        torque_noise=noise[:, 1],
        flat_percent=np.array([one.flat_percent for one in found]),
        kernels=kernels(rate_hz, cutoff_hz),
        notes=tuple(notes),
    )


@dataclass(frozen=True, eq=False)
class _Cut:
    who: tuple[str, str, str]
    start_s: float
    rows: np.ndarray
    noise: tuple[float, float]
    flat_percent: float


def _of_side(recording: Recording, side: str, cutoff_hz: float, notes: list[str]) -> list[_Cut]:
    names = (f"{side}_ankle_angle_flexion", f"{side}_ankle_moment_flexion")
    angle_deg, torque = recording.matrix(names).T
    _check_clock(recording)
    _check(recording, side, angle_deg, torque)
    events = [
        np.sort(np.asarray(recording.events.get(f"{side}_{kind}", np.zeros(0)), dtype=float))
        for kind in (HEEL_STRIKE, TOE_OFF)
    ]
    if not len(events[0]) or not len(events[1]):
        raise GaitcastError(
            f"no heel strikes and toe-offs of the {side} foot",
            where=f"recording '{recording.trial}'",
            hint="gaitcast.events detects them from force, foot IMU or markers",
        )
    angle = np.radians(angle_deg)
    rows = _derived(recording, angle, torque, cutoff_hz)
    stance = np.isfinite(stance_phase(recording.time_s, *events))
    noise = (_noise(angle, stance), _noise(torque, stance))
    who = (recording.subject, recording.trial, side)
    flat_s = np.asarray(recording.events.get(f"{side}_{FOOT_FLAT}", np.zeros(0)), dtype=float)
    cut = []
    for start_s, following in pairwise([*events[0], np.inf]):
        off_s = next((float(t) for t in events[1] if start_s < t <= following), np.inf)
        edge = 0.25 / recording.rate_hz
        inside = (recording.time_s >= start_s - edge) & (recording.time_s <= off_s + edge)
        why = _reason_left_out(recording, float(start_s), off_s, rows[inside])
        if why:
            place = f"{recording.trial}, {side} stance at {start_s:.2f} s"
            notes.append(f"{place} left out: {why}")
            continue
        flat = flat_s[(flat_s > start_s) & (flat_s < off_s)]
        share = 100 * (flat[0] - start_s) / (off_s - start_s) if len(flat) else np.nan
        cut.append(_Cut(who, float(start_s), rows[inside], noise, float(share)))
    return cut


def _reason_left_out(recording: Recording, start_s: float, off_s: float, rows: np.ndarray) -> str:
    """Why a stance cannot be used; empty if it can."""
    interval_s = 1 / recording.rate_hz
    if start_s < recording.time_s[0] - 0.5 * interval_s:
        return "its start is not in the recording"
    if off_s > recording.time_s[-1] + 0.5 * interval_s:
        return "its end is not in the recording"
    if not _LEAST_STANCE_S <= off_s - start_s <= LONGEST_STANCE_S:
        return f"it lasts {off_s - start_s:.2f} s"
    if abs(len(rows) - 1 - (off_s - start_s) * recording.rate_hz) > _SLACK:
        return "there is a gap in time"
    if not np.isfinite(rows).all():
        return "angle or moment is not known throughout"
    return ""


def _check_clock(recording: Recording) -> None:
    where = f"recording '{recording.trial}'"
    if len(recording) < 2:
        raise GaitcastError(f"{len(recording)} samples hold no stance", where=where)
    rate_hz = 1 / float(np.median(np.diff(recording.time_s)))
    if abs(rate_hz / recording.rate_hz - 1) > _OFF_CLOCK:
        raise GaitcastError(
            f"stated rate {recording.rate_hz:g} Hz, but its time stamps are at {rate_hz:.4g} Hz",
            where=where,
            hint="Resample it",
        )


def _check(recording: Recording, side: str, angle_deg: np.ndarray, torque: np.ndarray) -> None:
    """Raise for wrong units and signs, which would otherwise still give numbers."""
    where = f"recording '{recording.trial}', {side} ankle"
    known = np.isfinite(angle_deg) & np.isfinite(torque)
    if not known.any():
        return
    span = float(np.ptp(angle_deg[known]))
    if span > _WIDEST_DEG:
        raise GaitcastError(f"the angle spans {span:.0f} deg, no ankle does", where=where)
    if 0 < span < _STILL_DEG:
        raise GaitcastError(
            f"the angle spans {span:.2f} deg over whole steps",
            where=where,
            hint="Give degrees: these look like radians",
        )
    strongest = float(np.abs(torque[known]).max())
    if strongest > _STRONGEST:
        raise GaitcastError(
            f"the moment reaches {strongest:.0f} N m/kg",
            where=where,
            hint="Divide N m by the mass",
        )
    if torque[known].mean() < 0:
        raise GaitcastError(
            "the moment is mostly dorsiflexor: its sign is reversed",
            where=where,
            hint="Give the plantarflexor moment as positive",
        )


def _derived(
    recording: Recording, angle: np.ndarray, torque: np.ndarray, cutoff_hz: float
) -> np.ndarray:
    """Angle, rate, acceleration and torque of each sample; NaN where they are not known."""
    rate_hz = recording.rate_hz
    weights = [kernels(rate_hz, cutoff_hz, at) for at in range(taps_of(rate_hz, cutoff_hz))]
    rows = np.full((len(angle), 4), np.nan)
    for segment in recording.segments():
        # A moment from a plate is known only during its stance. That is taken as a record of its
        # own, for the angle too: both sides of the equation are smoothed alike at its ends.
        for run in _known(angle + torque, segment):
            for column, values in enumerate((angle, angle, angle, torque)):
                filtered = _local(values[run], [w[column] for w in weights])
                if filtered is not None:
                    rows[run, column] = filtered
    return rows


def _known(values: np.ndarray, segment: slice) -> list[slice]:
    known = np.isfinite(values[segment.start : segment.stop]).astype(np.int8)
    edges = np.flatnonzero(np.diff(known, prepend=0, append=0)).reshape(-1, 2)
    return [slice(segment.start + a, segment.start + b) for a, b in edges.tolist()]


def _local(values: np.ndarray, kernels: Sequence[np.ndarray]) -> np.ndarray | None:
    """A local cubic at every sample; at the ends, that of the first and last full window."""
    taps, half = len(kernels), len(kernels) // 2
    if len(values) < taps:
        return None
    filtered = np.empty(len(values))
    stop = len(values) - half
    filtered[half:stop] = np.convolve(values, kernels[half][::-1], mode="valid")
    for k in range(half):
        filtered[k] = kernels[k] @ values[:taps]
        filtered[len(values) - 1 - k] = kernels[taps - 1 - k] @ values[-taps:]
    return filtered


def _noise(values: np.ndarray, inside: np.ndarray) -> float:
    """SD of white noise inside stances, from the residuals of a quintic through seven samples.

    At 100 Hz a cubic would leave some of the motion too, and the noise would come out 1.5 times.
    """
    kernel = np.eye(7)[3] - signal.savgol_coeffs(7, 5, use="dot")
    left = np.full(len(values), np.nan)
    left[3:-3] = np.convolve(values, kernel[::-1], mode="valid") if len(values) > 6 else np.nan
    left = left[inside & np.isfinite(left)]
    if not len(left):
        return 0.0
    # By the median, which the few samples of an impact do not move.
    return float(np.median(np.abs(left)) / 0.6745 / np.sqrt((kernel**2).sum()))
