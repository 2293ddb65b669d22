"""Standard errors from the noise of the raw samples, through smoothing, derivatives and the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import toeplitz

from gaitcast.impedance.least_squares import Impedance, columns_of
from gaitcast.impedance.stances import Stances

#: Degrees of freedom of a noise that is known from a whole recording.
_KNOWN = 1e6


def with_noise(stances: Stances, found: Impedance) -> Impedance:
    """Standard errors that count how alike neighbouring samples are made by the smoothing.

    The residual of a fit is ``torque noise - (K + B d/dt + I d2/dt2) angle noise``, both white
    before the local cubic; its covariance follows from the kernels, and that of the estimates from
    the sandwich ``(X'X)^-1 X'R X (X'X)^-1``. Where the residuals are larger than noise can explain,
    the standard errors grow in proportion: the model is then what is wrong.

    Parameters
    ----------
    stances : Stances
        That were fitted.
    found : Impedance
        From :func:`gaitcast.impedance.identify` on them.

    Returns
    -------
    Impedance
        With other ``se`` and ``freedom``; one small matrix per window, so for tables of steps and
        not for whole sweeps.
    """
    se, freedom = found.se.copy(), found.freedom.copy()
    for place in zip(*np.nonzero(found.identifiable), strict=True):
        stance, start, _ = place
        first = found.first(stances, stance, start)
        rows = slice(first, first + int(found.samples[place]))
        x = np.stack([c[stance, rows] for c in columns_of(stances, found.terms)], axis=1)
        x = x - x.mean(axis=0)
        y = stances.torque[stance, rows] - stances.torque[stance, rows].mean()
        cover = _cover(stances, stance, found, place, len(x))
        bread = np.linalg.pinv(x)
        bread -= bread.mean(axis=1, keepdims=True)  # the constant is fitted too
        residual = y - x @ found.value[place]
        centred = cover - cover.mean(axis=0)
        hat = centred - x @ (bread @ centred)
        expected = float(np.trace(hat))
        surplus = max(1.0, float((residual**2).sum()) / expected) if expected > 0 else np.inf
        se[place] = np.sqrt(np.maximum(np.diagonal(bread @ cover @ bread.T), 0) * surplus)
        freedom[place] = _KNOWN if surplus == 1.0 else found.freedom[place]
    return replace(found, se=se, freedom=freedom)


def _cover(
    stances: Stances, stance: int, found: Impedance, place: tuple[int, ...], count: int
) -> np.ndarray:
    """Covariance of the residuals that noise alone makes, (count, count)."""
    at = {"K": 0, "B": 1, "I": 2}
    terms = zip(found.terms, found.value[place], strict=True)
    through_angle = sum(value * stances.kernels[at[term]] for term, value in terms)
    lags = np.zeros(count)
    for kernel, sd in (
        (through_angle, stances.angle_noise_rad[stance]),
        (stances.kernels[3], stances.torque_noise[stance]),
    ):
        full = sd**2 * np.correlate(kernel, kernel, mode="full")[len(kernel) - 1 :]
        lags[: min(count, len(full))] += full[:count]
    return toeplitz(lags)
