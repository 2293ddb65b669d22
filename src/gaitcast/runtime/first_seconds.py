"""The first seconds of a stream against what the bundle was trained on: clock, units and axes.

A clock in ms, an accelerometer in g or gyros in rad/s give no error, but no forecast or a wrong
one. A few numbers of the card are enough to notice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Card
from gaitcast.runtime.rate import clock_unit

#: Steps after which the clock is judged.
_STEPS = 20
#: Length of one look at the values, s, and how many there are.
_LOOK_S, _LOOKS = 2.0, 5
#: A median this many SD from the mean of the training people is not a person's.
_FAR_SD = 8.0
#: Spread as a share of that of the training people: still, as usual, and too large for any gait.
_STILL, _MOVING, _WILD = 0.1, 0.4, 10.0
_GRAVITY = 9.81
#: Median of the accelerometer's magnitude as a share of the expected one; runners reach 1.8.
_GRAVITY_RANGE = (0.6, 2.5)


class FirstSeconds:
    """Looks at the first samples of a stream; a few microseconds each, nothing after 10 s.

    Parameters
    ----------
    card : Card
        Of the bundle that the samples are for. Its ``usual`` is what channels are compared with;
        without it, only clock and gravity are looked at.
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
        self._count, self._looks, self._said = 0, 0, set[str]()
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
        if self._looks >= _LOOKS:
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
        return self._new(found)

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
        found = self._new(found)
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

    def _new(self, found: list[str]) -> list[str]:
        fresh = [line for line in found if line not in self._said]
        self._said.update(fresh)
        return fresh

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
        unit = clock_unit(middle if middle > expected else mean, expected)
        guess = f": is the clock in {unit}?" if unit else ""
        self.clock_fault = f"{what} ({middle:.3g} s between samples){guess}"
        return [self.clock_fault]

    def _look(self) -> list[str]:
        """Warnings about the values of one look."""
        values = np.array(self._values)
        if values.shape[1] != len(self._channels):
            return []
        return [*self._gravity(values), *self._place(values), *self._spread(values)]

    def _gravity(self, values: np.ndarray) -> Iterator[str]:
        for sensor, at in self._groups("acc"):
            if len(at) != 3:
                continue
            size = float(np.median(np.linalg.norm(values[:, at], axis=1)))
            usual = [self._card.usual.get(self._channels[k]) for k in at]
            known = [pair for pair in usual if pair]
            squares = sum(mean**2 + sd**2 for mean, sd in known)
            expected = float(np.sqrt(squares)) if len(known) == 3 else _GRAVITY
            low, high = (share * expected for share in _GRAVITY_RANGE)
            if not low < size < high:
                yield (
                    f"{sensor} has a median of {size:.3g} m/s^2 in the first seconds instead of "
                    f"about {expected:.3g}{_acc_guess(size)}"
                )

    def _place(self, values: np.ndarray) -> Iterator[str]:
        """Channels whose median lies far from all that the training people had."""
        for k, name in enumerate(self._channels):
            mean, sd = self._card.usual.get(name, (0.0, np.inf))
            apart = abs(float(np.median(values[:, k])) - mean) / sd
            if apart > _FAR_SD:
                yield f"{name} lies {apart:.0f} SD from the training people: unit or axis?"

    def _spread(self, values: np.ndarray) -> Iterator[str]:
        """Sensors that hardly move, or move wildly, while the others move as usual."""
        share: dict[tuple[str, str], float] = {}
        for quantity in ("acc", "gyr", "angle", "force", "grf"):
            for sensor, at in self._groups(quantity):
                usual = [self._card.usual.get(self._channels[k], (0.0, np.inf))[1] for k in at]
                if np.isfinite(usual).all():
                    share[sensor, quantity] = float(np.max(values[:, at].std(axis=0) / usual))
        for (sensor, quantity), own in share.items():
            others = [value for key, value in share.items() if key[1] != quantity]
            moving = bool(others) and _MOVING < float(np.median(others)) < 1 / _MOVING
            guess = {"gyr": "in rad/s?", "angle": "in rad?"}.get(quantity, "another unit?")
            if moving and own < _STILL:
                yield (
                    f"{sensor} varies {1 / max(own, 1e-6):.0f} times less than in the training "
                    f"people while the other inputs move as usual: {guess}"
                )
            elif own > _WILD:
                yield f"{sensor} varies {own:.0f} times more than in the training people: unit?"

    def _groups(self, quantity: str) -> Iterator[tuple[str, list[int]]]:
        """Sensors of a quantity and the places of their channels."""
        groups: dict[str, list[int]] = {}
        for k, name in enumerate(self._channels):
            if name.split("_")[2] == quantity:
                groups.setdefault(name.rsplit("_", 1)[0], []).append(k)
        yield from groups.items()


def _acc_guess(size: float) -> str:
    if 0.7 < size < 2.0:
        return ": in g?"
    if 700 < size < 2000:
        return ": in mg?"
    return ": was gravity removed?" if size < 0.7 else ": another unit?"
