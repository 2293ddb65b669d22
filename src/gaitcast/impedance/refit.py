"""Other estimators for the windows of a fit: Huber's, and errors in variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from statsmodels.robust.norms import HuberT
from statsmodels.robust.robust_linear_model import RLM

from gaitcast.errors import GaitcastError, nearest
from gaitcast.impedance.kernels import noise_moments
from gaitcast.impedance.stance_fits import REASONS, Impedance
from gaitcast.impedance.stances import Stances

Method = Literal["huber", "errors-in-variables"]
_NOISY = REASONS.index("noisy angle")


def refit(stances: Stances, found: Impedance, method: Method) -> Impedance:
    """Estimate every identifiable window again.

    Parameters
    ----------
    found : Impedance
        Least-squares fits of `stances`; their standard errors are kept.
    method : str
        ``huber`` weighs large residuals less (statsmodels' RLM). ``errors-in-variables`` subtracts
        the noise of angle, rate and acceleration from the moments, because that noise biases least
        squares towards zero (Fuller, Measurement Error Models, 1987, section 2.2). The noise of the
        raw samples is measured, and the kernels propagate it.

    Returns
    -------
    Impedance
        With new values, rest angles and VAF. A window whose motion is not above its noise gets the
        reason ``noisy angle``; errors-in-variables also tries windows that already had this reason.

    Raises
    ------
    GaitcastError
        If the method is unknown.
    """
    methods: dict[str, Callable[..., np.ndarray | None]] = {
        "huber": _huber,
        "errors-in-variables": _corrected,
    }
    if method not in methods:
        raise GaitcastError(f"unknown method '{method}'", hint=nearest(method, [*methods]))
    value, reason = found.value.copy(), found.reason.copy()
    angle0, vaf = found.angle0_rad.copy(), found.vaf.copy()
    tried = found.identifiable
    if method == "errors-in-variables":
        tried = tried | (found.reason == _NOISY)
    for place in zip(*np.nonzero(tried), strict=True):
        x, y = found.window(stances, place)
        slope = methods[method](stances, place[0], found, x, y)
        if slope is None:
            reason[place] = _NOISY
            value[place], angle0[place], vaf[place] = np.nan, np.nan, np.nan
            continue
        value[place], reason[place] = slope, 0
        constant = float(np.median(y - x @ slope) if method == "huber" else np.mean(y - x @ slope))
        vaf[place] = 100 * (1 - np.var(y - x @ slope) / np.var(y))
        if "K" in found.terms:
            angle0[place] = -constant / slope[found.terms.index("K")]
    return replace(found, value=value, angle0_rad=angle0, vaf=vaf, reason=reason)


def _huber(
    stances: Stances, stance: int, found: Impedance, x: np.ndarray, y: np.ndarray
) -> np.ndarray | None:
    del stances, stance, found
    size = x.std(axis=0)
    design = np.column_stack([(x - x.mean(axis=0)) / size, np.ones(len(x))])
    return np.asarray(RLM(y, design, M=HuberT()).fit().params[:-1]) / size


def _corrected(
    stances: Stances, stance: int, found: Impedance, x: np.ndarray, y: np.ndarray
) -> np.ndarray | None:
    noise = noise_moments(stances.kernels_of(found.terms), len(x))
    centred = x - x.mean(axis=0)
    moments = centred.T @ centred - stances.angle_noise_rad[stance] ** 2 * noise
    size = np.sqrt(np.abs(np.diagonal(moments)))
    if np.linalg.eigvalsh(moments / np.outer(size, size))[0] < 1e-4:
        return None
    return np.linalg.solve(moments, centred.T @ (y - y.mean()))
