"""The first seconds of a stream against what the bundle was trained on: clock, units and axes.

A clock in ms, an accelerometer in g or gyros in rad/s give no error, but no forecast or a wrong
one. A few numbers of the card are enough to notice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Card
from gaitcast.runtime.rate import clock_guess

#: Steps after which the clock is judged.
_STEPS = 20
#: Length of one look at the values, s, and how many there are.
_LOOK_S, _LOOKS = 2.0, 5
#: A median this many SD from the mean of the training people is not a person's.
_FAR_SD = 8.0
#: Spread as a share of that of the training people: still, as usual, and too large for any gait.
_STILL, _MOVING, _WILD = 0.1, 0.4, 10.0
#: Least SD of an axis, as a share of the largest one of its sensor.
_LEAST_AXIS = 0.1
#: Cosine of the angle between gravity now and in the training people.
_ALONG = 0.4
_GRAVITY = 9.81
#: A sensor on a walking person turns faster than this, deg/s, and is shaken by this SD, m/s^2.
_LEAST_TURN_DPS, _SHAKEN = 12.0, 1.5
#: A knee that bends by this much, deg, and never beyond this: flexion is negative there.
_KNEE_DEG = (20.0, 5.0)
#: Median of the accelerometer's magnitude as a share of gravity, or of the training people's.
_GRAVITY_RANGE = (0.6, 2.5)


class FirstSeconds:
    """Looks at the first samples of a stream; a few microseconds each, nothing after 10 s.

    Parameters
    ----------
    card : Card
        Of the bundle that the samples are for. Its ``usual`` is what channels are compared with;
        without it, only the clock, gravity and what no walking body does are looked at.
    raw_hz : float, optional
        Rate of the samples; default the card's.
    channels : sequence of str, optional
        Names of a sample's values; default the card's.

    Examples
    --------
    >>> first = FirstSeconds(bundle.card)  # doctest: +SKIP
    >>> for time_s, sample in source:  # doctest: +SKIP
    ...     for warning in first.add(time_s, sample):
    ...         print(warning, file=sys.stderr)
    ...     forecasts = engine.push(time_s, sample)
    """

    def __init__(
        self, card: Card, raw_hz: float | None = None, channels: tuple[str, ...] | None = None
    ) -> None:
        self._card, self._channels = card, channels or card.channels
        self._raw_hz = raw_hz or card.raw_hz
        self._stamps: list[float] = []
        self._values: list[np.ndarray] = []
        self._count, self._looks, self._named = 0, 0, set[str]()
        self._size = max(int(_LOOK_S * self._raw_hz), 20)
        self.clock_fault = ""

    def add(self, time_s: float, sample: np.ndarray) -> list[str]:
        """Take one raw sample, before it is pushed.

        Parameters
        ----------
        time_s : float
        sample : numpy.ndarray, shape (channels,)

        Returns
        -------
        list of str
            Warnings that are new, one line each; mostly none.
        """
        self._count += 1
        if self._looks >= _LOOKS or not np.isfinite(sample).all():  # what is lost is seen elsewhere
            return []
        if len(self._stamps) <= _STEPS:
            self._stamps.append(time_s)
        self._values.append(np.array(sample, dtype=float))
        found = []
        if self._count == _STEPS + 1:
            found += self._judge_clock()
        if len(self._values) >= self._size:
            found += self._look()
            self._looks, self._values = self._looks + 1, []
        return found

    def end(self, forecasts: int) -> list[str]:
        """Warnings that stand at the end of a stream.

        Parameters
        ----------
        forecasts : int
            How many there were.

        Returns
        -------
        list of str
            New ones, one line each.

        Raises
        ------
        GaitcastError
            If there was no forecast at all because of the clock.
        """
        found = self._judge_clock() if 2 < self._count <= _STEPS else []
        if not self._looks and len(self._values) >= 20:
            found += self._look()
        if self.clock_fault and not forecasts:
            raise GaitcastError(
                f"no forecast: {self.clock_fault}",
                where=f"bundle '{self._card.name}'",
                hint="Time stamps are in s; state another rate with --rate-hz (Engine: raw_hz=)",
            )
        if not forecasts and self._count:
            found.append(
                f"no forecast from {self._count} samples: the first needs "
                f"{self._card.warmup} at {self._card.rate_hz:g} Hz without a gap above "
                f"{self._card.max_gap_s:g} s"
            )
        return found

    def _judge_clock(self) -> list[str]:
        steps = np.diff(self._stamps)
        middle, mean = float(np.median(steps)), float(np.mean(steps))
        expected = 1 / self._raw_hz
        if steps.min() > self._card.max_gap_s and middle > 2 * expected:
            what = f"each of the first {len(steps)} steps is longer than the largest gap"
        elif 0 < mean < 0.1 * expected:  # the mean: packets arrive in bursts
            what = f"the first {len(steps)} steps are far shorter than {expected:.3g} s"
        else:
            return []
        guess = clock_guess(middle if middle > expected else mean, expected)
        self.clock_fault = f"{what} ({middle:.3g} s between samples{guess})"
        return [self.clock_fault]

    def _look(self) -> list[str]:
        """Warnings about the values of one look, at most one for each sensor of the stream."""
        values = np.array(self._values)
        if values.shape[1] != len(self._channels):
            return []
        found = dict(self._gravity(values)) or dict(self._place(values)) or self._spread(values)
        found = found or dict(self._by_body(values))
        fresh = [line for sensor, line in found.items() if sensor not in self._named]
        self._named.update(found)
        return fresh

    def _usual(self, at: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """Mean and SD of a sensor's channels over the training people; infinite SD where unknown.

        An axis about which none of them turned says nothing of a unit: its SD counts as a tenth of
        the largest one at least.
        """
        mean, sd = np.array([self._card.usual.get(self._channels[k], (0.0, np.inf)) for k in at]).T
        return mean, np.maximum(sd, _LEAST_AXIS * sd[np.isfinite(sd)].max(initial=0.0))

    def _gravity(self, values: np.ndarray) -> Iterator[tuple[str, str]]:
        for sensor, at in self._groups("acc").items():
            mean, sd = self._usual(at)
            expected = float(np.linalg.norm(mean)) if np.isfinite(sd).all() else _GRAVITY
            if len(at) != 3 or expected < 0.5 * _GRAVITY:  # trained without gravity
                continue
            size = float(np.median(np.linalg.norm(values[:, at], axis=1)))
            low, high = _GRAVITY_RANGE[0] * _GRAVITY, _GRAVITY_RANGE[1] * max(expected, _GRAVITY)
            if not low < size < high:
                yield (
                    sensor,
                    f"{sensor} has a median of {size:.3g} m/s^2 in the first seconds instead of "
                    f"about {_GRAVITY:.1f}: {_acc_guess(size)}",
                )

    def _place(self, values: np.ndarray) -> Iterator[tuple[str, str]]:
        """Sensors whose median lies far from all that the training people had."""
        for sensor, at in self._groups().items():
            mean, sd = self._usual(at)
            apart = np.abs(np.median(values[:, at], axis=0) - mean) / sd
            worst = int(apart.argmax())
            if apart[worst] > _FAR_SD:
                yield (
                    sensor,
                    f"{self._channels[at[worst]]} lies {apart[worst]:.0f} SD from the training "
                    "people: unit or axis?",
                )

    def _spread(self, values: np.ndarray) -> dict[str, str]:
        """Sensors that hardly move, or move wildly, while the others move as usual."""
        share = {}
        for sensor, at in self._groups().items():
            _, sd = self._usual(at)
            if np.isfinite(sd).all():
                share[sensor] = float(np.max(values[:, at].std(axis=0) / sd))
        wild = {
            sensor: f"{sensor} varies {own:.0f} times more than in the training people: unit?"
            for sensor, own in share.items()
            if own > _WILD
        }
        if wild:
            return wild
        found = {}
        for sensor, own in share.items():
            quantity = sensor.split("_")[2]
            others = [value for other, value in share.items() if other.split("_")[2] != quantity]
            if own < _STILL and others and np.median(others) > _MOVING:
                how = f"varies {1 / own:.0f} times less than" if own else "stays the same, unlike"
                guess = {"gyr": ": in rad/s?", "angle": ": in rad?"}.get(quantity, ": unit?")
                found[sensor] = (
                    f"{sensor} {how} in the training people, while the other inputs move as usual"
                    f"{guess if own else ''}"
                )
        return found or self._turned(values, share)

    def _turned(self, values: np.ndarray, share: dict[str, float]) -> dict[str, str]:
        """Accelerometers that have gravity along another axis while the person moves."""
        found: dict[str, str] = {}
        if not share or np.median(list(share.values())) < _MOVING:
            return found
        for sensor, at in self._groups("acc").items():
            mean, sd = self._usual(at)
            now, usual = np.mean(values[:, at], axis=0), float(np.linalg.norm(mean))
            if len(at) == 3 and np.isfinite(sd).all() and usual > 0.5 * _GRAVITY:
                share_along = float(now @ mean) / (usual * float(np.linalg.norm(now)) + 1e-9)
                if share_along < _ALONG:
                    angle = float(np.degrees(np.arccos(np.clip(share_along, -1, 1))))
                    found[sensor] = (
                        f"{sensor} has gravity {angle:.0f} deg away from where the training people "
                        "had it: axes in another order, or the sensor turned?"
                    )
        return found

    def _by_body(self, values: np.ndarray) -> Iterator[tuple[str, str]]:
        """What no walking body does, whatever the training people."""
        for sensor, at in self._groups("gyr").items():
            _, sd = self._usual(at)
            size = float(np.percentile(np.linalg.norm(values[:, at], axis=1), 99))
            small = len(at) == 3 and not np.isfinite(sd).all() and 0 < size < _LEAST_TURN_DPS
            if small and self._moves(values, sensor):
                yield (
                    sensor,
                    f"{sensor} reaches only {size:.2g} deg/s while the sensor moves: in rad/s?",
                )
        for k, name in enumerate(self._channels):
            low, high = np.percentile(values[:, k], [2, 98])
            usual_mean = self._card.usual.get(name, (0.0, np.inf))[0]
            bends = "_knee_angle_flexion" in name and high - low > _KNEE_DEG[0]
            if bends and high < _KNEE_DEG[1] and usual_mean >= 0:
                yield (
                    name.rsplit("_", 1)[0],
                    f"{name} goes from {low:.0f} to {high:.0f} deg: is flexion negative in it?",
                )

    def _moves(self, values: np.ndarray, sensor: str) -> bool:
        """Whether the sensor's accelerometer, or without one a joint, shows no standing person."""
        at = self._groups("acc").get(sensor.replace("_gyr", "_acc"), [])
        if at:
            return bool(np.linalg.norm(values[:, at], axis=1).std() > _SHAKEN)
        angles = [k for places in self._groups("angle").values() for k in places]
        return any(np.ptp(values[:, k]) > _KNEE_DEG[0] for k in angles)

    def _groups(self, quantity: str = "") -> dict[str, list[int]]:
        """Sensors, and the places of their channels."""
        groups: dict[str, list[int]] = {}
        for k, name in enumerate(self._channels):
            if quantity in ("", name.split("_")[2]):
                groups.setdefault(name.rsplit("_", 1)[0], []).append(k)
        return groups


def _acc_guess(size: float) -> str:
    if 0.7 < size < 1.7:
        return "in g?"
    if 700 < size < 1700:
        return "in mg?"
    return "was gravity removed, or is it in another unit?"
