"""A joint's angle from the two IMUs beside it: maps learned on other people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt, Interval

from gaitcast.channel import ANGLE_AXES, VECTOR_AXES, Channel
from gaitcast.errors import GaitcastError, nearest
from gaitcast.options import options
from gaitcast.recording import Recording
from gaitcast.signal.angle_filter import (
    BoundJointAngle,
    Maps,
    gravity_features,
    resting,
    smoothed,
)
from gaitcast.signal.hinge_axes import functional_axes, least_turns, plane, unit
from gaitcast.signal.joint_pair import LEAST_R2, check_names, check_pair, explained, rates_of
from gaitcast.signal.step import Step

_RIDGE = 10.0
#: Axes are not followed if the rate's error grows by more than this factor.
_WORSE = 1.1
#: Least SD of the angle at the start of a recording, deg.
_LEAST_START_DEG = 0.3

#: What is learned, and how many numbers it has.
_LEARNED = {
    **{"rate_map": 6, "axes": 6, "axes_spread": 36, "gravity_map": 8},
    **{"start_deg": 4, "rest_deg": 2, "rate_dps": 2},
}


@options
class JointAngle(Step):
    """Add a joint's angle now, and its standard deviation, from the IMUs of both segments.

    The rates of turn of both IMUs give the rate of the angle; while the distal one rests, gravity
    gives its level. Both maps are learned on other people, and corrected for how the sensors are
    mounted: the axis of the joint in the frame of each IMU is where both turn equally fast across
    it. Nothing of the wearer is measured beforehand.

    Parameters
    ----------
    angle : str
        Channel that is estimated; it carries its name from here on.
    proximal, distal : str
        Side and segment of the two IMUs, such as ``right_shank`` and ``right_foot``.
    rest_dps : float
        The distal IMU rests while it turns slower than this for 60 ms, deg/s.
    mounting_deg : float
        SD by which each sensor of a new person may be turned against the training people's.
    uncertainty : str
        The standard deviation is a ``channel`` of its own (``right_ankle_anglesd_flexion``), or
        ``none``.
    rate_map, axes, axes_spread, gravity_map, start_deg, rest_deg, rate_dps : tuple of float
        Learned by :meth:`learned`: deg/s per deg/s of the distal and the proximal IMU (6); the axis
        in both frames (6) and its covariance over people (36); deg per gravity feature (8); mean
        and SD of the angle at a start at rest, and at any instant; SD of the level within and
        between people; SD of the rate on a person left out, and 1 where axes are followed, else 0.

    Notes
    -----
    Sources: Seel, Schauer and Raisch 2012 (axes); a Kalman filter of angle, bias of the rate and
    offset of the level. A person who begins at rest is near the training people's start (standing,
    as a rule); one who begins in movement is only as near as at any instant of theirs, and the
    level stays less certain. A gap begins anew. Axes are compared with the axes that the same rule
    finds on the training people, so what the joint lacks of a hinge counts only where people differ
    in it. They are followed only where that costs each training person, left out in turn, no more
    than a tenth of the rate's error on average: skin under a sensor can make a joint no hinge.
    """

    name: ClassVar[str] = "joint_angle"
    learns: ClassVar[bool] = True
    angle: str
    proximal: str
    distal: str
    rest_dps: Annotated[float, Gt(0)] = 15.0
    mounting_deg: Annotated[float, Interval(ge=0, le=45)] = 10.0
    uncertainty: Literal["channel", "none"] = "channel"
    rate_map: tuple[float, ...] = ()
    axes: tuple[float, ...] = ()
    axes_spread: tuple[float, ...] = ()
    gravity_map: tuple[float, ...] = ()
    start_deg: tuple[float, ...] = ()
    rest_deg: tuple[float, ...] = ()
    rate_dps: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if Channel.parse(self.angle).axis not in ANGLE_AXES:
            raise GaitcastError(f"'{self.angle}' is no joint angle", where=f"step '{self.name}'")
        check_names(self.angle, self.proximal, self.distal)
        for name, count in _LEARNED.items():
            if len(getattr(self, name)) not in (0, count):
                raise GaitcastError(
                    f"'{name}' has {len(getattr(self, name))} numbers instead of {count}",
                    where=f"step '{self.name}'",
                    hint="It was fitted by another version of gaitcast: fit it again",
                )

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`: offset and axes are kept for a whole segment."""
        del rate_hz
        return float("inf")

    @property
    def deviation(self) -> str:
        """Channel of the standard deviation."""
        return replace(Channel.parse(self.angle), quantity="anglesd").name

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundJointAngle:
        """See :meth:`Step.bind`; raises if an IMU is absent or the angle is measured already."""
        where = f"step '{self.name}'"
        if self.angle in channels:
            raise GaitcastError(
                f"'{self.angle}' is among the inputs and would be estimated as well",
                where=where,
                hint="Leave the measured angle out of the inputs, or this step out of the chain",
            )
        columns = [self._column(name, channels, where) for name in self._sensors()]
        made = (self.angle, self.deviation) if self.uncertainty == "channel" else (self.angle,)
        return BoundJointAngle(
            channels, channels + made, tuple(columns), rate_hz, self.rest_dps, self._maps()
        )

    def _sensors(self) -> list[str]:
        imus, kinds = (self.distal, self.proximal), ("acc", "gyr")
        return [f"{imu}_{kind}_{axis}" for imu in imus for kind in kinds for axis in VECTOR_AXES]

    @staticmethod
    def _column(name: str, channels: tuple[str, ...], where: str) -> int:
        if name not in channels:
            hint = nearest(name, list(channels))
            raise GaitcastError(f"needs '{name}' among the inputs", where=where, hint=hint)
        return channels.index(name)

    def _maps(self) -> Maps | None:
        if not self.rate_map:
            return None
        return Maps(
            np.array(self.rate_map),
            np.array(self.axes),
            np.array(self.axes_spread).reshape(6, 6),
            np.array(self.gravity_map),
            self.start_deg,
            self.rest_deg,
            self.rate_dps,
            self.mounting_deg,
        )

    def learned(self, recordings: Sequence[Recording]) -> JointAngle:
        """See :meth:`Step.learned`.

        Raises
        ------
        GaitcastError
            If the rates do not explain the angle's, another of the recordings' IMUs explains it
            clearly better, or no distal IMU ever rests.

        Warns
        -----
        UserWarning
            If it is not clear that these are the IMUs of that joint.
        """
        if not any(len(recording) > 1 for recording in recordings):
            raise GaitcastError("no training recording to learn from", where=f"step '{self.name}'")
        apart = _by_person(recordings)
        people = [_Person(self, mine) for mine in apart]
        rate_map = np.mean([person.rate_map for person in people], axis=0)
        own = np.array([person.axes for person in people])
        axes = _usual(own)
        away = own - axes
        rows = [person.at_rest(axes) for person in people]
        features = np.concatenate([found for found, _ in rows])
        levels = np.concatenate([level for _, level in rows])
        if len(levels) < 2 * features.shape[1]:
            raise GaitcastError(
                f"'{self.distal}' never rests below {self.rest_dps:g} deg/s, so nothing gives the "
                "level of the angle",
                where=f"step '{self.name}'",
                hint="Raise rest_dps, or give recordings in which people stand",
            )
        check_pair(self.angle, (self.distal, self.proximal), apart)
        normal = features.T @ features + _RIDGE * np.eye(features.shape[1])
        gravity_map = np.linalg.solve(normal, features.T @ levels)
        left = [level - found @ gravity_map for found, level in rows if len(level) > 1]
        anywhere = np.concatenate([angle for person in people for angle in person.angles])
        start = np.concatenate([person.starts for person in people])
        if len(start) < 2:
            start = anywhere
        return replace(
            self,
            rate_map=_plain(rate_map),
            axes=_plain(axes),
            axes_spread=_plain(away.T @ away / max(1, len(own) - 1)),
            gravity_map=_plain(gravity_map),
            start_deg=_plain([*_mean_and_sd(start), *_mean_and_sd(anywhere)]),
            rest_deg=_plain([np.mean([x.std() for x in left]), np.std([x.mean() for x in left])]),
            rate_dps=_rate_errors(people),
        )


def _plain(values: np.ndarray | list[float]) -> tuple[float, ...]:
    return tuple(float(value) for value in np.ravel(values))


def _mean_and_sd(angles: np.ndarray) -> tuple[float, float]:
    return float(angles.mean()), max(float(angles.std()), _LEAST_START_DEG)


def _usual(axes: np.ndarray) -> np.ndarray:
    return unit(axes.mean(axis=0).reshape(2, 3)).reshape(6)


def _rate_errors(people: Sequence[_Person]) -> tuple[float, ...]:
    """SD of the rate on people left out, and whether following the axes does not harm it."""
    kept, turned = [], []
    for person in people:
        others = [other for other in people if other is not person] or [person]
        rate_map = np.mean([other.rate_map for other in others], axis=0)
        usual = _usual(np.array([other.axes for other in others]))
        halves = [
            least_turns(person.axes[None, part], usual[part])[0].T @ rate_map[part]
            for part in (slice(0, 3), slice(3, 6))
        ]
        kept.append((person.speed - person.rates @ rate_map).var())
        turned.append((person.speed - person.rates @ np.concatenate(halves)).var())
    follows = np.mean(turned) <= _WORSE**2 * np.mean(kept)
    return _plain([np.sqrt(np.mean(turned if follows else kept)), float(follows)])


def _by_person(recordings: Sequence[Recording]) -> list[list[Recording]]:
    people: dict[str, list[Recording]] = {}
    for recording in recordings:
        if any(segment.stop - segment.start > 1 for segment in recording.segments()):
            people.setdefault(recording.subject, []).append(recording)
    return list(people.values())


class _Person:
    """What one training person's recordings say."""

    def __init__(self, step: JointAngle, recordings: Sequence[Recording]) -> None:
        self.step, self.rate_hz = step, recordings[0].rate_hz
        sensors, angles = [], []
        self.starts = np.zeros(0)
        for recording in recordings:
            raw = recording.complete((*step._sensors(), step.angle))
            for segment in recording.segments():
                if segment.stop - segment.start < 2:
                    continue
                imu, angle = raw[segment, :-1], raw[segment, -1]
                sensors.append(imu)
                angles.append(angle)
                if (imu[0, [3, 4, 5, 9, 10, 11]] ** 2).sum() < step.rest_dps**2:
                    self.starts = np.r_[self.starts, angle[0]]
        self.sensors, self.angles = sensors, angles
        pair = (step.distal, step.proximal)
        self.rates, self.speed = rates_of(pair, step.angle, recordings)
        self.rate_map, r2 = explained(self.rates, self.speed)
        if r2 < LEAST_R2:
            raise GaitcastError(
                f"'{step.distal}' and '{step.proximal}' explain only {max(0.0, r2):.0%} of the "
                f"rate of '{step.angle}'",
                where=f"step '{step.name}', participant '{recordings[0].subject}'",
                hint="Name the segments on both sides of that joint, and check sides and clocks",
            )
        start = unit(self.rate_map.reshape(2, 3)).reshape(6)
        self.axes = functional_axes(np.radians(self.rates), start)

    def at_rest(self, axes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gravity features (m, 8) and angles (m,) while the distal IMU rests."""
        features, levels = [], []
        planes = np.stack([plane(axes[:3]), plane(axes[3:])])
        for imu, angle in zip(self.sensors, self.angles, strict=True):
            still, _ = resting(imu[:, 3:6], self.step.rest_dps, self.rate_hz, 0)
            smooth = smoothed(imu, imu[0], self.rate_hz)
            turn = smooth[:, 9:12] @ axes[3:] / 100
            growth = np.diff(turn, prepend=turn[:1]) * self.rate_hz
            found = gravity_features(smooth[:, :3], smooth[:, 6:9], planes, turn, growth)
            features.append(found[still])
            levels.append(angle[still])
        return np.concatenate(features), np.concatenate(levels)
