"""Standard errors from the noise of the raw samples, through smoothing, derivatives and the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import toeplitz

from gaitcast.impedance.fits import Impedance
from gaitcast.impedance.stances import Stances

#: Degrees of freedom of a noise that is known from a whole recording.
_KNOWN = 1e6


def with_noise(stances: Stances, found: Impedance, *, worst_error: float = 0.5) -> Impedance:
    """Standard errors that count how alike neighbouring samples are made by the smoothing.

    The residual of a fit is ``torque noise - (K + B d/dt + I d2/dt2) angle noise``, both white
    before the local cubic; its covariance follows from the kernels, and that of the estimates from
    the sandwich ``(X'X)^-1 X'R X (X'X)^-1``. Where the residuals are larger than noise can explain,
    the standard errors grow in proportion: the model is then what is wrong. Where no noise was
    found, those of the fit stay.

    Parameters
    ----------
    stances : Stances
        That were fitted.
    found : Impedance
        From :func:`gaitcast.impedance.identify` on them.
    worst_error : float
        As there: judged again with the new standard errors.

    Returns
    -------
    Impedance
        With other ``se``, ``angle0_se``, ``freedom`` and ``reason``; one small matrix per window,
        so for tables of steps and not for whole sweeps.
    """
    se, freedom, reason = found.se.copy(), found.freedom.copy(), found.reason.copy()
    rest_se = found.angle0_se.copy()
    for place in zip(*np.nonzero(np.isin(found.reason, (0, 4))), strict=True):
        x, y = found.window(stances, place)
        middle = x.mean(axis=0)
        x, y = x - middle, y - y.mean()
        cover = _cover(stances, found, place, len(x))
        bread = np.linalg.pinv(x)
        centred = cover - cover.mean(axis=0)
        expected = float(np.trace(centred - x @ (bread @ centred)))
        if expected > 0:
            left = float(((y - x @ found.value[place]) ** 2).sum())
            surplus = max(1.0, left / expected)
            spread = np.diagonal(bread @ cover @ bread.T)
            se[place] = np.sqrt(np.maximum(spread, 0) * surplus)
            freedom[place] = _KNOWN if surplus == 1.0 else found.freedom[place]
            if "K" in found.terms:
                k = found.terms.index("K")
                mean_se = np.sqrt(cover.sum() * surplus) / len(x)
                lever = (middle[k] - found.angle0_rad[place]) * se[place][k]
                rest_se[place] = np.hypot(mean_se, lever) / abs(found.value[place][k])
        error = se[place][0] / max(abs(found.value[place][0]), 1e-12)
        reason[place] = 4 if error > worst_error else 0
    return replace(found, se=se, angle0_se=rest_se, freedom=freedom, reason=reason)


def _cover(
    stances: Stances, found: Impedance, place: tuple[int, int, int], count: int
) -> np.ndarray:
    """Covariance of the residuals that noise alone makes, (count, count)."""
    through_angle = found.value[place] @ stances.kernels_of(found.terms)
    lags = np.zeros(count)
    for kernel, sd in (
        (through_angle, stances.angle_noise_rad[place[0]]),
        (stances.kernels[3], stances.torque_noise[place[0]]),
    ):
        full = sd**2 * np.correlate(kernel, kernel, mode="full")[len(kernel) - 1 :]
        lags[: min(count, len(full))] += full[:count]
    return toeplitz(lags)
