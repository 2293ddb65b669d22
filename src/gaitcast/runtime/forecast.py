"""What goes into the graph, and what an engine gives out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaitcast.runtime.health import GOOD, Health


@dataclass(frozen=True)
class Forecast:
    """A forecast made at one instant.

    Parameters
    ----------
    time_s : float
        Instant it speaks from; step ``k`` of the card is about ``time_s + k / rate_hz``. The raw
        sample that completed this instant came up to one raw interval later, and behind the
        low-pass for fast raw samples :attr:`gaitcast.runtime.Engine.adapter_delay_s` later still.
    values : numpy.ndarray, shape (steps, targets)
        The card's steps ahead, in the targets' units.
    half_width : numpy.ndarray, shape (steps, targets), optional
        Of the interval around the values, which is made to hold 90 % of new people's truth; None
        where the card has no intervals. Twice as wide while health is reduced.
    age_s : float
        How long before the newest sample all of the input was measured: 0 in good health.
    health : Health
        What was wrong with the input.
    """

    time_s: float
    values: np.ndarray
    half_width: np.ndarray | None = None
    age_s: float = 0.0
    health: Health = GOOD


@dataclass(frozen=True)
class ClockSample:
    """A sample on the bundle's clock, and what is known of the forecast that it gives.

    Parameters
    ----------
    time_s : float
        See :class:`Forecast`.
    sample : numpy.ndarray, shape (channels,)
    dt_s : float
        Since the one before; 0 marks the first of a segment.
    age_s : float
    health : Health
    filled : bool
        Whether some of it was not measured.
    wanted : bool
        Whether a forecast is given out.
    """

    time_s: float
    sample: np.ndarray
    dt_s: float
    age_s: float
    health: Health
    filled: bool
    wanted: bool
