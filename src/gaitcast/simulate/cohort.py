"""People walking in the sagittal plane with an IMU on foot and shank and an ankle encoder.

A simple stand-in for demo and tests: joint curves are truncated Fourier series near published
normative ankle and shank curves, sensors are rigid-body kinematics in the plane plus noise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt
from scipy.signal import lfilter
from scipy.spatial.transform import Rotation

from gaitcast.errors import GaitcastError
from gaitcast.recording import Cohort, Recording
from gaitcast.signal.resample import resample

CHANNELS = (
    "right_ankle_angle_flexion",
    *(f"right_{s}_{q}_{a}" for s in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz"),
)
_GRAVITY = 9.80665
#: Fourier series (deg) over the gait cycle from heel strike: mean, then (cos, sin) per harmonic.
#: Ankle dorsiflexion: neutral at heel strike, 10 in late stance, -18 at toe-off.
_ANKLE = (-0.5, (0.2, 5.0), (4.9, -5.6), (-3.1, -2.6), (-1.3, 1.8))
#: Shank, forward lean negative at heel strike, positive in late stance.
_SHANK = (8.0, (-21.0, 15.5), (-7.5, -4.6), (1.0, -2.1), (0.7, 0.4))


@dataclass(frozen=True)
class _Person:
    stride_s: float
    gain: tuple[float, float]
    warp: float
    zero_deg: float
    mounting: tuple[np.ndarray, np.ndarray]
    lever_m: tuple[float, float]


def simulate(subjects: int = 4, minutes: float = 1.0, seed: int = 0) -> Cohort:
    """Draw people and record a walk of each.

    Parameters
    ----------
    subjects : int
        Number of people.
    minutes : float
        Length of each walk, with 2 s of standing before it.
    seed : int
        The same seed gives the same bytes.

    Returns
    -------
    Cohort
        Jittered 100 Hz: ankle angle of an encoder (deg), accelerometers (m/s^2, gravity included)
        and gyroscopes (deg/s) of foot and shank.

    Raises
    ------
    GaitcastError
        If a number is not positive.
    """
    if subjects < 1 or not 0 < minutes < math.inf or seed < 0:
        raise GaitcastError(
            f"cannot simulate {subjects} people for {minutes:g} minutes with seed {seed}"
        )
    recordings = []
    for number in range(subjects):
        rng = np.random.default_rng([seed, number])
        recordings.append(_walk(f"S{number + 1:02d}", _draw(rng), minutes * 60, rng))
    return Cohort("simulated", tuple(recordings))


def load_simulated(
    folder: Path | None = None,
    resample_hz: float | None = 100.0,
    max_gap_s: float = 0.1,
    subjects: Annotated[int, Gt(0)] = 4,
    minutes: Annotated[float, Gt(0)] = 1.0,
    seed: Annotated[int, Ge(0)] = 0,
) -> Cohort:
    """Like :func:`simulate`, as a dataset.

    Parameters
    ----------
    folder : Path, optional
        Not used.
    resample_hz : float or None
        Uniform clock; None keeps the jittered samples.
    max_gap_s : float
        Longest interval that counts as continuous; the simulator leaves no gaps.
    subjects, minutes, seed
        See :func:`simulate`.

    Returns
    -------
    Cohort
        Simulated.
    """
    del folder
    recordings = [replace(r, max_gap_s=max_gap_s) for r in simulate(subjects, minutes, seed)]
    if resample_hz is not None:
        recordings = [resample(r, resample_hz) for r in recordings]
    return Cohort("simulated", tuple(recordings))


def _draw(rng: np.random.Generator) -> _Person:
    return _Person(
        stride_s=rng.normal(1.2, 0.1),
        gain=(rng.normal(1.0, 0.06), rng.normal(1.0, 0.04)),
        warp=rng.normal(0.0, 0.1),
        zero_deg=rng.normal(0.0, 1.0),
        mounting=(_rotation(rng, 4.0), _rotation(rng, 4.0)),
        lever_m=(rng.normal(0.08, 0.015), rng.normal(0.25, 0.03)),
    )


def _rotation(rng: np.random.Generator, spread_deg: float) -> np.ndarray:
    return Rotation.from_euler("xyz", rng.normal(0, spread_deg, 3), degrees=True).as_matrix()


def _walk(subject: str, person: _Person, walk_s: float, rng: np.random.Generator) -> Recording:
    fine_hz = 1000.0
    time_s = np.arange(0, walk_s + 2.0, 1 / fine_hz)
    phase, effort = _phase(time_s, person, rng)
    ankle = person.gain[0] * _series(_ANKLE, phase, person.warp, effort)
    shank = person.gain[1] * _series(_SHANK, phase, person.warp / 2, effort)
    pick = _jittered(len(time_s), rng)
    signals = [ankle[pick] + person.zero_deg]
    # The foot turns with the shank, less the ankle's dorsiflexion.
    for lean, mounting, lever in zip(
        (shank - ankle, shank), person.mounting, person.lever_m, strict=True
    ):
        acc, gyr = _imu(np.radians(lean), fine_hz, lever)
        signals += list(_noisy(acc[pick] @ mounting, 0.06, 2 * _GRAVITY, rng).T)
        signals += list(_noisy(gyr[pick] @ mounting, 0.6, 500.0, rng).T)
    signals[0] = np.round(signals[0] / 0.257) * 0.257  # counts of the encoder
    return Recording(subject, subject, 100.0, time_s[pick], np.column_stack(signals), CHANNELS)


def _phase(
    time_s: np.ndarray, person: _Person, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Phase of the stride (cycles) and size of the movement, after 2 s of standing."""
    strides = int(time_s[-1] / person.stride_s) * 2 + 4
    # Neighbouring strides are alike: cadence drifts by some 6 %, and each stride adds its own 2 %.
    drift = lfilter([0.3], [1.0, -0.9], rng.normal(0, 0.15, strides))
    durations = person.stride_s * np.clip(1 + drift + rng.normal(0, 0.02, strides), 0.7, 1.4)
    edges = 2.0 + np.concatenate([[0.0], np.cumsum(durations)])
    phase = np.interp(time_s, edges, np.arange(strides + 1.0), left=0.0)
    sizes = 1 + rng.normal(0, 0.08, strides + 1)
    effort = np.interp(phase, np.arange(strides + 1.0), sizes)
    return phase, effort * np.clip((time_s - 2.0) / 1.5, 0.0, 1.0)


def _series(
    curve: tuple[Any, ...],
    phase: np.ndarray,
    warp: float,
    effort: np.ndarray,
) -> np.ndarray:
    angle = 2 * np.pi * phase
    angle = angle + warp * 0.3 * np.sin(angle)
    total = np.full_like(phase, curve[0])
    for harmonic, (cosine, sine) in enumerate(curve[1:], start=1):
        total += cosine * np.cos(harmonic * angle) + sine * np.sin(harmonic * angle)
    return effort * total


def _imu(lean_rad: np.ndarray, rate_hz: float, lever_m: float) -> tuple[np.ndarray, np.ndarray]:
    """Specific force and rate of a sensor at `lever_m` on a link leaning forward about y."""
    rate = np.gradient(lean_rad) * rate_hz
    turn = np.gradient(rate) * rate_hz
    zeros = np.zeros_like(lean_rad)
    acc = np.column_stack(
        [
            -_GRAVITY * np.sin(lean_rad) + lever_m * turn,
            zeros,
            _GRAVITY * np.cos(lean_rad) - lever_m * rate**2,
        ]
    )
    return acc, np.column_stack([zeros, np.degrees(rate), zeros])


def _noisy(values: np.ndarray, sd: float, limit: float, rng: np.random.Generator) -> np.ndarray:
    bias = rng.normal(0, 2 * sd, values.shape[1])
    return np.clip(values + bias + rng.normal(0, sd, values.shape), -limit, limit)


def _jittered(fine: int, rng: np.random.Generator) -> np.ndarray:
    steps = rng.choice([9, 10, 10, 10, 11], size=fine // 9)
    picks = np.cumsum(steps)
    return picks[picks < fine]
