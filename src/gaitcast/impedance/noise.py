"""Standard errors from the noise of the raw samples, through smoothing, derivatives and the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import toeplitz
from scipy.stats import chi2

from gaitcast.impedance.kernels import noise_moments
from gaitcast.impedance.stance_fits import REASONS, Impedance
from gaitcast.impedance.stances import Stances

#: Degrees of freedom of a noise that is known from a whole recording.
_KNOWN = 1e6
#: Residuals so large that noise alone explains them in fewer windows than this are model error.
_RARE = 0.01
#: Noise of the angle matters where it makes more than this share of the motion in some combination
#: of angle, rate and acceleration, or biases the first term by its standard error and this share.
_NOISE_SHARE, _SHRUNK_SHARE = 0.5, 0.05
_UNCERTAIN, _NOISY = REASONS.index("uncertain"), REASONS.index("noisy angle")


def with_noise(stances: Stances, found: Impedance, *, worst_error: float = 0.5) -> Impedance:
    """Standard errors that account for the correlation between smoothed neighbouring samples.

    The residual of a fit is ``torque noise - (K + B d/dt + I d2/dt2) angle noise``, both white
    before the local cubic. Its covariance follows from the kernels, and that of the estimates from
    the sandwich ``(X'X)^-1 X'R X (X'X)^-1``. Where the residuals are larger than noise makes them
    in one window of a hundred, the standard errors grow in proportion: the model is then wrong.
    Where no noise was found, the standard errors of the fit stay.

    Noise of the angle also biases the terms towards zero (Fuller, Measurement Error Models, 1987,
    section 1.1); the expected bias is added to the standard errors in squares. Where that noise is
    more than half of the motion that separates the terms, or biases the first term by 5 % and its
    standard error, the reason is ``noisy angle``: lower ``cutoff_hz`` or widen the window.

    Parameters
    ----------
    found : Impedance
        From :func:`gaitcast.impedance.identify` on `stances`.
    worst_error : float
        As in :func:`gaitcast.impedance.identify`; applied to the new standard errors.

    Returns
    -------
    Impedance
        With new ``se``, ``angle0_se``, ``degrees_of_freedom`` and ``reason``. It needs one small
        matrix per window: use it for step tables, not for whole sweeps.
    """
    se, dof, reason = found.se.copy(), found.degrees_of_freedom.copy(), found.reason.copy()
    rest_se = found.angle0_se.copy()
    for place in zip(*np.nonzero(np.isin(found.reason, (0, _UNCERTAIN, _NOISY))), strict=True):
        x, y = found.window(stances, place)
        middle = x.mean(axis=0)
        x, y = x - middle, y - y.mean()
        cover = _cover(stances, found, place, len(x))
        bread = np.linalg.pinv(x)
        surplus, spare = _surplus(x, y - x @ found.value[place], bread, cover)
        if surplus > 0:
            spread = np.diagonal(bread @ cover @ bread.T)
            se[place] = np.sqrt(np.maximum(spread, 0) * surplus)
            dof[place] = spare
        size = max(abs(found.value[place][0]), 1e-12)
        share = bread @ bread.T @ _angle_noise(stances, found, place, len(x))
        drowned = np.abs(np.linalg.eigvals(share)).max() > _NOISE_SHARE
        lost = share @ found.value[place]
        noisy = drowned or abs(lost[0]) > max(se[place][0], _SHRUNK_SHARE * size)
        if not drowned:  # the motion left above the noise gives the expected bias
            lost = np.linalg.solve(np.eye(len(share)) - share, lost)
        se[place] = np.hypot(se[place], lost)
        if surplus > 0 and "K" in found.terms:
            k = found.terms.index("K")
            mean_se = np.sqrt(cover.sum() * surplus) / len(x)
            lever = (middle[k] - found.angle0_rad[place]) * se[place][k]
            rest_se[place] = np.hypot(mean_se, lever) / abs(found.value[place][k])
        uncertain = se[place][0] / size > worst_error
        reason[place] = _UNCERTAIN if uncertain else _NOISY if noisy else 0
    return replace(found, se=se, angle0_se=rest_se, degrees_of_freedom=dof, reason=reason)


def _surplus(
    x: np.ndarray, residual: np.ndarray, bread: np.ndarray, cover: np.ndarray
) -> tuple[float, float]:
    """Ratio of residual variance to the variance that noise explains, and degrees of freedom.

    1 where chance explains the excess; 0 without noise. Smoothing leaves few independent values,
    whose sum of squares scatters: the degrees of freedom are Satterthwaite's.
    """
    centred = cover - cover.mean(axis=0)
    left_over = centred - x @ (bread @ centred)
    expected, scatter = float(np.trace(left_over)), float((left_over * left_over.T).sum())
    if expected <= 0 or scatter <= 0:
        return 0.0, 0.0
    spare = min(expected**2 / scatter, float(len(x) - x.shape[1] - 1))
    surplus = float((residual**2).sum()) / expected
    if surplus <= float(chi2.ppf(1 - _RARE, spare)) / spare:
        return 1.0, _KNOWN
    return surplus, spare


def _angle_noise(
    stances: Stances, found: Impedance, place: tuple[int, int, int], count: int
) -> np.ndarray:
    """What noise of the angle adds to the sums of products of a window, (terms, terms)."""
    added = noise_moments(stances.kernels_of(found.terms), count)
    return stances.angle_noise_rad[place[0]] ** 2 * added


def _cover(
    stances: Stances, found: Impedance, place: tuple[int, int, int], count: int
) -> np.ndarray:
    """Covariance of residuals that are noise alone, (count, count)."""
    through_angle = found.value[place] @ stances.kernels_of(found.terms)
    lags = np.zeros(count)
    for kernel, sd in (
        (through_angle, stances.angle_noise_rad[place[0]]),
        (stances.kernels[3], stances.torque_noise[place[0]]),
    ):
        full = sd**2 * np.correlate(kernel, kernel, mode="full")[len(kernel) - 1 :]
        lags[: min(count, len(full))] += full[:count]
    return toeplitz(lags)
