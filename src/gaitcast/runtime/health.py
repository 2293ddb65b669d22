"""What is wrong with the samples that come in now: sensors that are lost, stuck or saturated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from gaitcast.runtime.bundle import Card

_AXES = ("x", "y", "z")
#: Kinds of faults of a channel.
MISSING, STUCK, SATURATED, FAR, WEAK = "missing", "stuck", "saturated", "out of range", "no gravity"
#: Three axes that keep the same values for so long are stuck, s: noise moves a working sensor.
_STUCK_S = 0.04
#: A value that repeats itself this far from the mean is at the end of the sensor's range, SD.
_SATURATED_SD, _REPEATED = 3.0, 2
#: A value this far from the training people's mean is reported, or is no measurement at all, SD.
_FAR_SD, _IMPOSSIBLE_SD = 15.0, 50.0
#: An accelerometer's magnitude does not stay below this share of gravity for so long, s.
_GRAVITY_S, _LEAST_GRAVITY, _GRAVITY = 0.03, 0.25, 9.81
#: The graph computes in float32.
_LARGEST = 3e38
#: A scalar sensor that stands still for this long after it moved by so many SD in it is stuck.
_MOVED_SD = 0.3


@dataclass(frozen=True)
class Health:
    """What is wrong with the input of a forecast.

    Parameters
    ----------
    faults : dict of str to str
        Channel, or ``time``, and what is wrong with it.
    refused : str
        Why there is no forecast; empty where there may be one.
    recovering : bool
        The fault is over, but the forecast still rests on what was filled in.
    """

    faults: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    recovering: bool = False

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.faults or self.refused or self.recovering)

    def __str__(self) -> str:
        if self.refused:
            return f"no forecast: {self.refused}"
        found: dict[str, list[str]] = {}
        for channel, kind in self.faults.items():
            found.setdefault(kind, []).append(channel)
        lines = [f"{kind}: {', '.join(channels)}" for kind, channels in found.items()]
        return "; ".join(lines) or ("recovering" if self.recovering else "good")


GOOD, RECOVERING = Health(), Health(recovering=True)


class FaultLog:
    """Lines for a reader of a stream: each fault when it first appears."""

    def __init__(self) -> None:
        self._named: set[tuple[str, str]] = set()

    def add(self, time_s: float, health: Health) -> list[str]:
        """Take the health after a sample.

        Parameters
        ----------
        time_s : float
        health : Health

        Returns
        -------
        list of str
            A line for faults that are new; mostly none.
        """
        if health.good:
            return []
        shown = {*health.faults.items()} | ({("", health.refused)} if health.refused else set())
        if shown <= self._named:
            return []
        self._named |= shown
        return [f"at {time_s:.2f} s {health}"]


class ChannelWatch:
    """Looks at each raw sample for values that no working sensor gives.

    Parameters
    ----------
    card : Card
        Of the bundle: channels, and their mean and SD over the training people where it has them.
    raw_hz : float
        Rate of the samples.
    """

    def __init__(self, card: Card, raw_hz: float) -> None:
        names = card.channels
        usual = [card.usual.get(name, (0.0, np.inf)) for name in names]
        self._names = names
        self._mean, self._sd = np.array(usual).T
        sensors: dict[str, list[int]] = {}
        for k, name in enumerate(names):
            sensor, _, axis = name.rpartition("_")
            sensors.setdefault(sensor if axis in _AXES else name, []).append(k)
        triads = {name: at for name, at in sensors.items() if len(at) == len(_AXES)}
        self._triads = np.array([*triads.values()], int).reshape(-1, 3)
        # A new person may turn about an axis that hardly moved in training.
        self._sd[self._triads] = self._sd[self._triads].max(axis=1, keepdims=True)
        self._in_triad = np.zeros(len(names), bool)
        self._in_triad[self._triads.ravel()] = True
        self._gravity = np.array(
            [at for name, at in triads.items() if name.endswith("_acc") and self._has_gravity(at)],
            int,
        ).reshape(-1, 3)
        # Where nothing is known of a channel, only what float32 cannot hold is too far.
        self._nearness = 1 / np.where(np.isinf(self._sd), _LARGEST / _FAR_SD, self._sd)
        self._least = max(3, round(_STUCK_S * raw_hz))
        self.pole = float(np.exp(-1 / (_GRAVITY_S * raw_hz)))
        self._light_for = max(2, round(_GRAVITY_S * raw_hz))
        self.forget()

    def _has_gravity(self, at: list[int]) -> bool:
        if np.isinf(self._sd[at]).any():
            return True
        return bool(np.linalg.norm(self._mean[at]) > 0.5 * _GRAVITY)

    def forget(self) -> None:
        """The next sample is the first one."""
        count = len(self._names)
        self._last = np.full(count, np.nan)
        self._run = np.zeros(count)
        self._moved = np.zeros(count)
        self._light = np.zeros(len(self._gravity))

    def look(self, sample: np.ndarray) -> tuple[np.ndarray | None, dict[str, str]]:
        """Judge a raw sample.

        Parameters
        ----------
        sample : numpy.ndarray, shape (channels,)
            As it came.

        Returns
        -------
        tuple of numpy.ndarray or None, and dict
            Whether each channel has a value that can be used, shape (channels,), None where all
            have; and faults.
        """
        return (None, {}) if self._is_usual(sample) else self._judged(sample)

    def are_usual(self, samples: np.ndarray, last: np.ndarray) -> np.ndarray:
        """Which samples of several wearers have values that need no second look.

        Parameters
        ----------
        samples, last : numpy.ndarray, shape (n, channels)
            And those before.

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
            False for NaN too.
        """
        usual = (np.abs(samples - self._mean) * self._nearness).max(axis=1) <= _FAR_SD
        usual &= np.abs(samples - last).min(axis=1) > 0
        if len(self._gravity):
            axes = samples[:, self._gravity]
            size = (axes * axes).sum(axis=2).min(axis=1)
            usual &= size >= (_LEAST_GRAVITY * _GRAVITY) ** 2
        return usual

    def _is_usual(self, sample: np.ndarray) -> bool:
        """Whether no value repeats the last one or is far away; most samples of a walk are so.

        Nothing but :meth:`_judged` in fewer operations, which cost more than the numbers.
        """
        change = np.abs(sample - self._last)
        usual = (  # each is false for NaN too
            (np.abs(sample - self._mean) * self._nearness).max() <= _FAR_SD
            and change.min() > 0
            and self._has_weight(sample)
        )
        if usual:
            self._moved *= self.pole
            self._moved += (1 - self.pole) * change
            self._run[:] = 0
            self._light[:] = 0
            self._last[:] = sample
        return bool(usual)

    def _has_weight(self, sample: np.ndarray) -> bool:
        if not len(self._gravity):
            return True
        axes = sample[self._gravity]
        return bool((axes * axes).sum(axis=1).min() >= (_LEAST_GRAVITY * _GRAVITY) ** 2)

    def _judged(self, sample: np.ndarray) -> tuple[np.ndarray | None, dict[str, str]]:
        with np.errstate(over="ignore", invalid="ignore"):
            finite = np.isfinite(sample.astype(np.float32))  # the graph computes in float32
            change = np.abs(sample - self._last)
            away = np.abs(sample - self._mean) / self._sd
        repeated = change == 0
        self._run = np.where(repeated, self._run + 1, 0.0)
        stuck = self._stuck(finite)
        self._moved = np.where(
            repeated | ~np.isfinite(change), self._moved, self.pole * self._moved
            + (1 - self.pole) * np.nan_to_num(change)
        )  # fmt: skip
        self._last = np.where(finite, sample, self._last)
        weak = self._weightless(sample, finite)
        far = finite & (away > _FAR_SD)
        saturated = finite & ~stuck & (self._run >= _REPEATED) & (away > _SATURATED_SD)
        if finite.all() and not (stuck.any() or far.any() or saturated.any() or weak.any()):
            return None, {}
        faults: dict[str, str] = {}
        kinds = (WEAK, FAR, SATURATED, STUCK, MISSING)
        for kind, where in zip(kinds, (weak, far, saturated, stuck, ~finite), strict=True):
            faults.update({self._names[k]: kind for k in np.flatnonzero(where)})
        usable = finite & ~(stuck & self._in_triad) & ~(away > _IMPOSSIBLE_SD)
        return None if usable.all() else usable, faults

    def _stuck(self, finite: np.ndarray) -> np.ndarray:
        """Sensors of three axes that repeat all of them, and others that stop in mid-movement."""
        stuck = self._moved * self._least > _MOVED_SD * self._sd
        stuck &= (self._run >= self._least) & ~self._in_triad
        if len(self._triads):
            held = self._run[self._triads].min(axis=1) >= self._least
            stuck[self._triads[held].ravel()] = True
        return stuck & finite

    def _weightless(self, sample: np.ndarray, finite: np.ndarray) -> np.ndarray:
        weak = np.zeros(len(sample), bool)
        if len(self._gravity):
            size = np.sqrt((np.where(finite, sample, np.inf)[self._gravity] ** 2).sum(axis=1))
            light = size < _LEAST_GRAVITY * _GRAVITY
            self._light = np.where(light, self._light + 1, 0.0)
            weak[self._gravity[self._light >= self._light_for].ravel()] = True
        return weak

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on later."""
        rows = np.array([self._last, self._run, self._moved])
        return {"watch": rows, "watch_gravity": self._light.copy()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from :meth:`state`."""
        self._last, self._run, self._moved = np.array(state["watch"], float)
        self._light = np.array(state["watch_gravity"], float)
