"""New wearers made from those at hand: changed copies of the training spans, before any step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from annotated_types import Ge, Interval
from scipy.spatial.transform import Rotation

from gaitcast.channel import VECTOR_AXES
from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.recording import Recording

_IMU = ("acc", "gyr", "mag")
#: How fast the pace wanders when time is warped.
_PACE_S = 2.0


@options
class Augmentation:
    """How copies of training spans differ from them; each size is a standard deviation.

    Parameters
    ----------
    copies : int
        Changed copies of every training span, beside the span itself.
    rotation_deg : float
        Angle by which each IMU is mounted otherwise, about an axis of its own.
    gain : float
        Of each channel, relative.
    bias : float
        Of each channel, in its own SD over the span.
    noise : float
        Added to every sample, in the channel's SD.
    size : float
        Of the logarithm of how large the movement is: of the targets, and of rates of turn.
    time_warp : float
        Of the logarithm of the pace, which wanders over some seconds. Rates of turn follow the
        pace; accelerations are left as they are.
    dropout : float
        Chance that a channel is silent (its mean) in a copy.

    Notes
    -----
    Only inputs are changed that are no targets, and no IMU is turned that holds one; warping moves
    all channels. A copy is made of the span alone, so nothing of another part comes in.
    """

    copies: Annotated[int, Ge(1)] = 2
    rotation_deg: Annotated[float, Ge(0)] = 0.0
    gain: Annotated[float, Ge(0)] = 0.0
    bias: Annotated[float, Ge(0)] = 0.0
    noise: Annotated[float, Ge(0)] = 0.0
    size: Annotated[float, Interval(ge=0, le=0.5)] = 0.0
    time_warp: Annotated[float, Interval(ge=0, le=0.5)] = 0.0
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0

    def apply(self, span: Recording, targets: Sequence[str], rng: np.random.Generator) -> Recording:
        """One changed copy.

        Parameters
        ----------
        span : Recording
            Without a gap inside.
        targets : sequence of str
            Channels that keep their values, but for the pace.
        rng : numpy.random.Generator
            Where the changes come from.

        Returns
        -------
        Recording
            On the same clock; longer or shorter where time was warped.

        Raises
        ------
        GaitcastError
            If an IMU is to be turned of which an axis is missing.
        """
        samples = span.samples.astype(float)
        free = np.array([n for n, c in enumerate(span.channels) if c not in targets], dtype=int)
        spread = np.nanstd(samples, axis=0)[free]
        if self.rotation_deg:
            self._mount(samples, span, targets, rng)
        shape = (1, len(free))
        samples[:, free] *= 1 + self.gain * rng.standard_normal(shape)
        samples[:, free] += self.bias * spread * rng.standard_normal(shape)
        samples[:, free] += self.noise * spread * rng.standard_normal((len(samples), len(free)))
        self._resize(samples, span.channels, targets, rng)
        silent = free[rng.random(len(free)) < self.dropout]
        samples[:, silent] = np.nanmean(samples[:, silent], axis=0)
        return self._warp(replace(span, samples=samples, events={}, truth=None), rng)

    def _resize(
        self,
        samples: np.ndarray,
        channels: Sequence[str],
        targets: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Larger or smaller movements, in place; targets change about their mean."""
        if not self.size:
            return
        factor = np.exp(self.size * rng.standard_normal())
        moved = [n for n, c in enumerate(channels) if c in targets or "_gyr_" in c]
        middle = np.nanmean(samples[:, moved], axis=0)
        samples[:, moved] = middle + factor * (samples[:, moved] - middle)

    def _mount(
        self,
        samples: np.ndarray,
        span: Recording,
        targets: Sequence[str],
        rng: np.random.Generator,
    ) -> None:
        """Turn every IMU as a whole, in place."""
        vectors: dict[str, set[str]] = {}
        for name in span.channels:
            place, quantity, _ = name.rsplit("_", 2)
            if quantity in _IMU:
                vectors.setdefault(place, set()).add(quantity)
        for place, quantities in vectors.items():
            triads = [[f"{place}_{q}_{a}" for a in VECTOR_AXES] for q in sorted(quantities)]
            names = {name for triad in triads for name in triad}
            if missing := sorted(names - set(span.channels)):
                raise GaitcastError(
                    f"an IMU without {missing[0]} cannot be turned",
                    where="augment, rotation_deg",
                    hint="Take all axes as inputs, or leave rotation_deg out",
                )
            about = rng.standard_normal(3)
            angle = np.radians(self.rotation_deg) * rng.standard_normal()
            turn = Rotation.from_rotvec(angle * about / np.linalg.norm(about))
            for triad in triads if not names & set(targets) else ():
                columns = [span.channels.index(name) for name in triad]
                samples[:, columns] = turn.apply(samples[:, columns])

    def _warp(self, span: Recording, rng: np.random.Generator) -> Recording:
        if not self.time_warp or len(span) < 2:
            return span
        count = len(span)
        knots = np.arange(0, count / span.rate_hz + 2 * _PACE_S, _PACE_S)
        wander = self.time_warp * rng.standard_normal(len(knots))
        pace = np.exp(np.interp(np.arange(2 * count) / span.rate_hz, knots, wander))
        place = np.concatenate([[0.0], np.cumsum(pace)[:-1]])
        pace, place = pace[place <= count - 1], place[place <= count - 1]
        old = np.arange(count)
        samples = np.column_stack([np.interp(place, old, c) for c in span.samples.T])
        turning = [n for n, name in enumerate(span.channels) if "_gyr_" in name]
        samples[:, turning] *= pace[:, None]
        time_s = span.time_s[0] + np.arange(len(place)) / span.rate_hz
        return replace(span, time_s=time_s, samples=samples)
