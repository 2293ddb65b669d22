"""Stances of one joint, cut out with derivatives: what every identification starts from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.events.event import FOOT_FLAT, HEEL_STRIKE, TOE_OFF
from gaitcast.events.phase import LONGEST_STANCE_S
from gaitcast.recording import Recording

#: Degree of the local polynomial behind every derivative.
_DEGREE = 3
_LEAST_STANCE_S = 0.2
#: An ankle stays within this, deg; radians taken for degrees stay below the other.
_WIDEST_DEG, _STILL_DEG = 90.0, 1.6
#: Torque of level walking, N m/kg, rises to about 1.5.
_STRONGEST = 5.0


@dataclass(frozen=True, eq=False)
class Stances:
    """Stances of one or many people, padded to the longest; S stances, N samples.

    Parameters
    ----------
    subject, trial, side : tuple of str
        Of each stance, length S.
    start_s, duration_s : numpy.ndarray, shape (S,)
        Heel strike on the trial's clock, and how long until toe-off.
    count : numpy.ndarray of int, shape (S,)
        Samples from heel strike to toe-off; what lies behind is 0 and counts nowhere.
    rate_hz : float
        Sampling rate.
    angle_rad, rate_rad_s, accel_rad_s2 : numpy.ndarray, shape (S, N)
        Dorsiflexion positive.
    torque : numpy.ndarray, shape (S, N)
        Plantarflexor positive, N m/kg.
    angle_noise_rad, torque_noise : numpy.ndarray, shape (S,)
        SD of the white noise of each raw sample, from what the smoothing took away.
    flat_percent : numpy.ndarray, shape (S,)
        When the foot is flat, % of stance; NaN where no event tells it.
    kernels : numpy.ndarray, shape (4, taps)
        Weights of the raw samples around each in angle, rate, acceleration and torque.
    notes : tuple of str
        What was left out, and why.
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
        """Which samples are of the stance, bool (S, N)."""
        return np.arange(self.angle_rad.shape[1]) < self.count[:, None]

    def curve(self, name: str, percent: np.ndarray) -> np.ndarray:
        """A quantity at given parts of stance.

        Parameters
        ----------
        name : str
            ``angle_rad``, ``rate_rad_s``, ``accel_rad_s2`` or ``torque``.
        percent : numpy.ndarray, shape (n,)
            Of stance, 0 to 100.

        Returns
        -------
        numpy.ndarray, shape (S, n)
            Linear between samples.
        """
        values = getattr(self, name)
        at = np.asarray(percent, dtype=float) / 100
        return np.stack(
            [
                np.interp(at * (n - 1), np.arange(n), row[:n])
                for row, n in zip(values, self.count, strict=True)
            ]
        )


def local_polynomial_ms(cutoff_hz: float) -> float:
    """Length of the local cubic whose smoothing is 3 dB down at a frequency.

    Parameters
    ----------
    cutoff_hz : float
        Bandwidth.

    Returns
    -------
    float
        Of the whole window, ms (Schafer, *IEEE Signal Process Mag* 28:111, 2011).
    """
    return 1000 * (_DEGREE + 1) / (3.2 * cutoff_hz)


def cut_stances(
    recordings: Iterable[Recording],
    *,
    sides: Sequence[str] = ("left", "right", "ipsi"),
    cutoff_hz: float = 20.0,
) -> Stances:
    """Every whole stance with ankle angle and moment.

    Angle, its derivatives and the torque come from the same local cubic, so that smoothing changes
    both sides of the equation alike.

    Parameters
    ----------
    recordings : iterable of Recording
        With ``SIDE_ankle_angle_flexion`` (deg) and ``SIDE_ankle_moment_flexion`` (N m/kg), and
        heel strikes and toe-offs of that side among the events.
    sides : sequence of str
        Whose stances are wanted, as far as they are there.
    cutoff_hz : float
        Bandwidth of the local cubic; 0 takes angle and torque as they are, and derivatives from
        five samples.

    Returns
    -------
    Stances
        Of all recordings, which have one rate.

    Raises
    ------
    GaitcastError
        If angle, moment or events are missing, rates differ, or no stance is whole.
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
                mend="gaitcast.kinematics.ankle_moments makes it from markers and plates",
            )
        for side in here:
            found += _of_side(recording, side, cutoff_hz, notes)
    if len(rates) > 1:
        raise GaitcastError(f"recordings at {sorted(rates)} Hz", mend="Resample them to one rate")
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
        kernels=_kernels(rate_hz, cutoff_hz),
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
    _check(recording, side, angle_deg, torque)
    events = [recording.events.get(f"{side}_{kind}") for kind in (HEEL_STRIKE, TOE_OFF)]
    if events[0] is None or events[1] is None:
        raise GaitcastError(
            f"no heel strikes and toe-offs of the {side} foot",
            where=f"recording '{recording.trial}'",
            mend="gaitcast.events finds them in force, foot IMU or markers",
        )
    angle = np.radians(angle_deg)
    rows = _derived(recording, angle, torque, cutoff_hz)
    noise = (_noise(angle), _noise(torque))
    who = (recording.subject, recording.trial, side)
    flat_s = np.asarray(recording.events.get(f"{side}_{FOOT_FLAT}", np.zeros(0)), dtype=float)
    cut = []
    for start_s, following in pairwise([*sorted(events[0]), np.inf]):
        offs = [t for t in events[1] if start_s < t <= following]
        where = f"{recording.trial}, {side} stance at {start_s:.2f} s"
        if not offs or offs[0] > recording.time_s[-1] + 0.5 / recording.rate_hz:
            notes.append(f"{where} left out: its end is not in the recording")
            continue
        if not _LEAST_STANCE_S <= offs[0] - start_s <= LONGEST_STANCE_S:
            notes.append(f"{where} left out: it lasts {offs[0] - start_s:.2f} s")
            continue
        edge = 0.25 / recording.rate_hz
        inside = (recording.time_s >= start_s - edge) & (recording.time_s <= offs[0] + edge)
        piece = rows[inside]
        if not np.isfinite(piece).all() or len(piece) < 4:
            notes.append(f"{where} left out: angle or moment is not known all through")
            continue
        flat = flat_s[(flat_s > start_s) & (flat_s < offs[0])]
        share = 100 * (flat[0] - start_s) / (offs[0] - start_s) if len(flat) else np.nan
        cut.append(_Cut(who, float(start_s), piece, noise, float(share)))
    return cut


def _check(recording: Recording, side: str, angle_deg: np.ndarray, torque: np.ndarray) -> None:
    """Mistakes of unit and sign that would give numbers all the same."""
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
            mend="Give degrees: these look like radians",
        )
    strongest = float(np.abs(torque[known]).max())
    if strongest > _STRONGEST:
        raise GaitcastError(
            f"the moment reaches {strongest:.0f} N m/kg",
            where=where,
            mend="Divide N m by the mass",
        )
    if -torque[known].min() > 2 * max(torque[known].max(), 1e-12):
        raise GaitcastError(
            "the moment is dorsiflexor where it is largest: its sign is reversed",
            where=where,
            mend="Give the plantarflexor moment as positive",
        )


def _kernels(rate_hz: float, cutoff_hz: float) -> np.ndarray:
    """Weights of the samples around one, (4, taps): angle, rate, acceleration, torque."""
    return _weights(rate_hz, cutoff_hz, None)


def _weights(rate_hz: float, cutoff_hz: float, place: int | None) -> np.ndarray:
    """Kernels of a local cubic, read in its middle or at another place, (4, taps)."""
    length_ms = local_polynomial_ms(cutoff_hz) if cutoff_hz > 0 else 0.0
    taps = 2 * max(2, round(length_ms * rate_hz / 2000)) + 1
    at = taps // 2 if place is None else place
    smooth, slope, bend = (
        signal.savgol_coeffs(taps, _DEGREE, deriv=d, delta=1 / rate_hz, pos=at, use="dot")
        for d in range(3)
    )
    if cutoff_hz <= 0:
        smooth = np.eye(taps)[at]
    return np.stack([smooth, slope, bend, smooth])


def _derived(
    recording: Recording, angle: np.ndarray, torque: np.ndarray, cutoff_hz: float
) -> np.ndarray:
    """Angle, rate, acceleration and torque of each sample; NaN where the window meets a hole."""
    kernels = _kernels(recording.rate_hz, cutoff_hz)
    half = kernels.shape[1] // 2
    edges = [_weights(recording.rate_hz, cutoff_hz, at) for at in range(2 * half + 1)]
    rows = np.full((len(angle), 4), np.nan)
    for stretch in recording.stretches():
        if stretch.stop - stretch.start <= 2 * half:
            continue
        inner = slice(stretch.start + half, stretch.stop - half)
        taps = 2 * half + 1
        for column, values in enumerate((angle, angle, angle, torque)):
            here = values[stretch.start : stretch.stop]
            rows[inner, column] = np.convolve(here, kernels[column, ::-1], mode="valid")
            for k in range(half):  # at the ends the first and the last cubic go on
                first, last = edges[k][column] @ here[:taps], edges[-1 - k][column] @ here[-taps:]
                rows[stretch.start + k, column] = first
                rows[stretch.stop - 1 - k, column] = last
    # Moments of plates are known over stances only: there the raw ones stand near the edges.
    rows[:, 3] = np.where(np.isfinite(rows[:, 3]), rows[:, 3], torque)
    return rows


def _noise(values: np.ndarray) -> float:
    """SD of white noise, from the bend of a cubic through seven samples, where all are known."""
    kernel = np.eye(7)[3] - signal.savgol_coeffs(7, _DEGREE, use="dot")
    left = np.convolve(values, kernel[::-1], mode="valid")
    left = left[np.isfinite(left)]
    if not len(left):
        return 0.0
    # By the median, which the few samples of an impact do not move.
    return float(np.median(np.abs(left)) / 0.6745 / np.sqrt((kernel**2).sum()))
