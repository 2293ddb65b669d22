"""Whether two IMUs are those beside a joint: by their names, and by what they measured."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.signal.angle_filter import smoothed

#: Proximal and distal segment of the joints of the leg.
SEGMENTS: Mapping[str, tuple[str, str]] = {
    "hip": ("pelvis", "thigh"),
    "knee": ("thigh", "shank"),
    "ankle": ("shank", "foot"),
}
#: Least share of the variance of the angle's rate that the IMUs beside a joint explain, of each
#: participant, and on average. Measured: by an encoder 0.99 to 1.00, by markers with IMUs on the
#: skin 0.92 to 0.99; by wrong pairs 0.07 to 0.98, mostly less than 0.8.
LEAST_R2, _CLEAR_R2 = 0.85, 0.95
#: Directions in which the sensors turn less than this share of the most teach nothing.
_LEAST_TURN = 0.01
#: From here on no other pair is looked for.
_SURE_R2 = 0.99
#: The right pair leaves less than this share of what a wrong one leaves.
_BETTER = 0.5
#: A shank that is slow so much more often than the foot is the foot.
_OFTENER, _SLOW_DPS = 1.5, 15.0


def check_names(angle: str, proximal: str, distal: str) -> None:
    """Raise if two segments of the leg are not those beside a joint of the leg.

    Parameters
    ----------
    angle : str
        Channel.
    proximal, distal : str
        Side and segment.

    Raises
    ------
    GaitcastError
        If they are segments of the leg, but others, exchanged, or of another side.
    """
    joint, known = Channel.parse(angle), {s for pair in SEGMENTS.values() for s in pair}
    for imu, wanted in zip((proximal, distal), SEGMENTS.get(joint.segment, ()), strict=False):
        side, _, segment = imu.partition("_")
        if segment in known and (segment != wanted or side not in (joint.side, "center")):
            where = "center" if wanted == "pelvis" else joint.side
            raise GaitcastError(
                f"'{imu}' is not beside the joint of '{angle}'",
                where="step 'joint_angle'",
                hint=f"Name '{where}_{wanted}', whose IMU it needs",
            )


def explained(rates: np.ndarray, speed: np.ndarray) -> tuple[np.ndarray, float]:
    """Map from rates of turn to the rate of an angle, and the share of variance it explains.

    Parameters
    ----------
    rates : numpy.ndarray, shape (n, 6)
    speed : numpy.ndarray, shape (n,)

    Returns
    -------
    tuple of numpy.ndarray, shape (6,), and float
    """
    rates, speed = rates - rates.mean(axis=0), speed - speed.mean()
    found = np.linalg.lstsq(rates, speed, rcond=_LEAST_TURN)[0]
    return np.asarray(found), float(1 - (speed - rates @ found).var() / max(speed.var(), 1e-12))


def rates_of(
    pair: Sequence[str], angle: str, recordings: Sequence[Recording]
) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed rates of turn of two IMUs, and of an angle.

    Parameters
    ----------
    pair : sequence of str
        Distal and proximal IMU.
    angle : str
        Channel.
    recordings : sequence of Recording
        Of one person.

    Returns
    -------
    tuple of numpy.ndarray, shapes (n, 6) and (n,)
        deg/s; NaN where one was not measured.
    """
    names = [f"{imu}_gyr_{axis}" for imu in pair for axis in VECTOR_AXES]
    rows = []
    for recording in recordings:
        raw = recording.matrix([*names, angle])
        for segment in recording.segments():
            if segment.stop - segment.start > 1:
                speed = np.gradient(raw[segment, -1], recording.time_s[segment])
                both = np.column_stack([raw[segment, :-1], speed])
                rows.append(smoothed(both, both[0], recording.rate_hz))
    whole = np.concatenate(rows)
    return whole[:, :6], whole[:, 6]


def check_pair(angle: str, pair: tuple[str, str], people: Sequence[Sequence[Recording]]) -> None:
    """Raise if another pair is clearly the right one, warn if it is not clear.

    Parameters
    ----------
    angle : str
        Channel.
    pair : tuple of str
        Distal and proximal IMU.
    people : sequence of sequence of Recording
        By person.

    Raises
    ------
    GaitcastError
        If another IMU in place of one of them leaves less than half of what they do not explain.

    Warns
    -----
    UserWarning
        If they explain less than 95 % of the rate, or look exchanged.
    """
    r2 = _mean_r2(angle, pair, people)
    found = [
        (_mean_r2(angle, other, people), right, wrong)
        for right, wrong, other in (_others(pair, people) if r2 < _SURE_R2 else ())
    ]
    better, right, wrong = max(found, default=(0.0, "", ""))
    if 1 - better < _BETTER * (1 - r2):
        raise GaitcastError(
            f"'{right}' in place of '{wrong}' explains {better:.1%} of the rate of '{angle}' "
            f"instead of {r2:.1%}",
            where="step 'joint_angle'",
            hint=f"Name '{right}', or check which sensor was worn where",
        )
    words = f"'{pair[0]}' and '{pair[1]}'"
    if r2 < _CLEAR_R2:
        warnings.warn(
            f"joint_angle: {words} explain {r2:.0%} of the rate of '{angle}', and the right ones "
            f"{_CLEAR_R2:.0%} and more as a rule: check sensors, sides and clocks",
            stacklevel=3,
        )
    rests = [sum(_still(imu, mine) for mine in people) for imu in pair]
    if Channel.parse(angle).segment == "ankle" and rests[1] > _OFTENER * rests[0]:
        warnings.warn(f"joint_angle: {words} look exchanged: the proximal one rests more often",
                      stacklevel=3)  # fmt: skip


def _others(
    pair: tuple[str, str], people: Sequence[Sequence[Recording]]
) -> Iterator[tuple[str, str, tuple[str, str]]]:
    """Other IMUs that all recordings have, each in place of one of the pair."""
    shared = set.intersection(*(set(r.channels) for mine in people for r in mine))
    for imu in sorted({n.removesuffix("_gyr_x") for n in shared if n.endswith("_gyr_x")}):
        if imu not in pair and {f"{imu}_gyr_{axis}" for axis in VECTOR_AXES} <= shared:
            yield imu, pair[0], (imu, pair[1])
            yield imu, pair[1], (pair[0], imu)


def _mean_r2(angle: str, pair: Sequence[str], people: Sequence[Sequence[Recording]]) -> float:
    """Mean over people; 0 where something was not measured."""
    found = [rates_of(pair, angle, mine) for mine in people]
    if not all(np.isfinite(rates).all() for rates, _ in found):
        return 0.0
    return float(np.mean([explained(rates, speed)[1] for rates, speed in found]))


def _still(imu: str, recordings: Sequence[Recording]) -> int:
    """Samples in which an IMU turns slowly."""
    names = [f"{imu}_gyr_{axis}" for axis in VECTOR_AXES]
    return sum(
        int(((recording.matrix(names) ** 2).sum(axis=1) < _SLOW_DPS**2).sum())
        for recording in recordings
    )
