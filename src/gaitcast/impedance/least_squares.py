"""torque = K (angle - angle0) + B rate + I acceleration, in every window of every stance at once.

All sums of a window are differences of running sums, so a window's cost does not depend on its
width. Columns are first centred and scaled per stance: differences of large sums lose digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.impedance.stance_fits import Impedance, Term, check_terms, columns_of
from gaitcast.impedance.stances import Stances

#: Above this condition number of the scaled normal equations, the result has no valid digit.
WORST_CONDITION = 1e4
#: Motion below this, rad, is that of a joint at rest.
LEAST_MOTION_RAD = np.radians(0.15)
#: A torque that varies by less, N m/kg, is that of a dead sensor.
LEAST_TORQUE = 1e-6


def identify(
    stances: Stances,
    starts_percent: Sequence[float] | np.ndarray = (15.0,),
    widths_percent: Sequence[float] | np.ndarray = (60.0,),
    *,
    terms: Sequence[Term] = ("K", "B", "I"),
    worst_error: float = 0.5,
) -> Impedance:
    """Fit every window of every stance by least squares.

    Parameters
    ----------
    stances : Stances
        From :func:`gaitcast.impedance.cut_stances`.
    starts_percent, widths_percent : sequence of float
        Windows, % of stance from heel strike (0) to toe-off (100).
    terms : sequence of str
        Terms of the torque besides a constant: some of ``K``, ``B`` and ``I``.
    worst_error : float
        The first term is not identifiable if its standard error exceeds this share of its value.

    Returns
    -------
    Impedance
        With a reason wherever a fit is not identifiable.

    Raises
    ------
    GaitcastError
        If a term or a window is invalid.
    """
    starts, widths = (
        np.atleast_1d(np.asarray(p, dtype=float)) for p in (starts_percent, widths_percent)
    )
    check_terms(terms)
    if not worst_error > 0:
        raise GaitcastError(f"worst_error {worst_error:g} is not above 0")
    for name, values, low in (("start", starts, 0.0), ("width", widths, 1e-9)):
        for value in values.tolist():
            if not low <= value <= 100:
                raise GaitcastError(f"a window's {name} of {value:g} % is not within stance")
    sums, scales, means = _running(stances, terms)
    last = (stances.count - 1)[:, None, None]
    low = np.ceil(starts[None, :, None] / 100 * last - 1e-9).astype(int)
    edge = (starts[None, :, None] + widths[None, None, :]) / 100 * last
    high = np.minimum(np.floor(edge + 1e-9).astype(int) + 1, last + 1)
    low = np.minimum(np.broadcast_to(low, high.shape), high)
    row = np.arange(len(stances))[:, None, None]
    windowed = sums[row, high] - sums[row, low]
    lagged_from = sums[row, np.maximum(high - 1, low)] - sums[row, low]
    return _solved(
        _Sums(windowed, lagged_from, high - low, len(terms)),
        tuple(terms), starts, widths, scales, means, worst_error,
    )  # fmt: skip


def _running(stances: Stances, terms: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Running sums (S, N + 1, sums), and the scale and mean (S, columns) that were removed before.

    Columns are the terms, then the torque. Sums: each column; each product of two; each product
    with a neighbouring sample, the lower index earlier, both ways; the next value of each column.
    """
    inside = stances.inside
    data = np.stack([*columns_of(stances, terms), stances.torque], axis=-1)
    counts = stances.count[:, None]
    means = np.where(inside[..., None], data, 0.0).sum(1) / counts
    centred = np.where(inside[..., None], data - means[:, None], 0.0)
    scales = np.sqrt((centred**2).sum(1) / counts)
    scales = np.where(scales > 0, scales, 1.0)
    z = centred / scales[:, None]
    ahead = np.concatenate([z[:, 1:], np.zeros_like(z[:, :1])], axis=1)
    products = (z[..., :, None] * z[..., None, :]).reshape(*z.shape[:2], -1)
    neighbours = (z[..., :, None] * ahead[..., None, :]).reshape(*z.shape[:2], -1)
    rows = np.concatenate([z, products, neighbours, ahead], axis=-1)
    sums = np.zeros((len(stances), z.shape[1] + 1, rows.shape[-1]))
    np.cumsum(rows, axis=1, out=sums[:, 1:])
    return sums, scales, means


@dataclass(frozen=True, eq=False)
class _Sums:
    """Centred second moments of a window, from its sums."""

    windowed: np.ndarray
    lagged: np.ndarray
    count: np.ndarray
    terms: int

    @property
    def _p(self) -> int:
        return self.terms + 1

    @property
    def mean(self) -> np.ndarray:
        """Of each column, (..., p)."""
        return self.windowed[..., : self._p] / np.maximum(self.count, 1)[..., None]

    def moments(self) -> np.ndarray:
        """Sums of products about the mean, (..., p, p)."""
        p, n = self._p, np.maximum(self.count, 1)[..., None, None]
        raw = self.windowed[..., p : p + p * p].reshape(*self.count.shape, p, p)
        return raw - n * self.mean[..., :, None] * self.mean[..., None, :]

    def neighbours(self) -> np.ndarray:
        """Sums of products of a sample with the next, about the mean, (..., p, p)."""
        p, mean = self._p, self.mean
        pairs = np.maximum(self.count - 1, 0)[..., None, None]
        raw = self.lagged[..., p + p * p : p + 2 * p * p].reshape(*self.count.shape, p, p)
        now, then = self.lagged[..., :p], self.lagged[..., p + 2 * p * p :]
        return (
            raw
            - now[..., :, None] * mean[..., None, :]
            - mean[..., :, None] * then[..., None, :]
            + pairs * mean[..., :, None] * mean[..., None, :]
        )


def _solved(
    sums: _Sums,
    terms: tuple[Term, ...],
    starts: np.ndarray,
    widths: np.ndarray,
    scales: np.ndarray,
    means: np.ndarray,
    worst_error: float,
) -> Impedance:
    k, count = len(terms), sums.count
    moments = sums.moments()
    xx, xy, yy = moments[..., :k, :k], moments[..., :k, k], moments[..., k, k]
    size = np.sqrt(np.maximum(np.diagonal(xx, axis1=-2, axis2=-1), 1e-300))
    scaled = xx / (size[..., :, None] * size[..., None, :])
    enough = count > k + 2
    safe = np.where(enough[..., None, None] & np.isfinite(scaled), scaled, np.eye(k))
    condition = _condition(safe)
    solvable = enough & (condition < 1e12)
    safe = np.where(solvable[..., None, None], safe, np.eye(k))
    inverse = np.linalg.inv(safe)
    slope = (inverse @ (xy / size)[..., None])[..., 0] / size
    residual = np.maximum(yy - (slope * xy).sum(-1), 0.0)
    alike = _autocorrelation(sums.neighbours(), slope, residual)
    shrink = (1 - alike) / (1 + alike)
    degrees_of_freedom = np.maximum(count * shrink - k - 1, 1.0)
    variance = residual / np.maximum(count - k - 1, 1) / shrink
    spread = np.diagonal(inverse, axis1=-2, axis2=-1) / size**2
    se = np.sqrt(variance[..., None] * spread)
    # Back from columns scaled per stance to physical units.
    units = (scales[:, k:] / scales[:, :k])[:, None, None, :]
    value, se = slope * units, se * units
    physical = sums.mean * scales[:, None, None, :] + means[:, None, None, :]
    constant = physical[..., k] - (value * physical[..., :k]).sum(-1)
    angle0, angle0_se = _rest(terms, value, se, constant, variance, count, physical, scales)
    vaf = np.where(yy > 0, 100 * (1 - residual / np.where(yy > 0, yy, 1.0)), np.nan)
    at = terms.index("K") if "K" in terms else 0
    motion = size[..., at] * scales[:, at, None, None] / np.sqrt(np.maximum(count, 1))
    least = LEAST_MOTION_RAD if "K" in terms else 0.0
    error = se[..., 0] / np.maximum(np.abs(value[..., 0]), 1e-12)
    beyond = np.broadcast_to(starts[:, None] + widths > 100 + 1e-9, count.shape)
    flat = yy * scales[:, -1, None, None] ** 2 <= np.maximum(count, 1) * LEAST_TORQUE**2
    reasons = (
        beyond, ~enough, motion < least, flat, condition > WORST_CONDITION, error > worst_error,
    )  # fmt: skip
    reason = np.select(reasons, [5, 1, 2, 6, 3, 4], 0)
    undetermined = ~solvable | beyond
    for array in (value, se):
        array[undetermined] = np.nan
    for array in (angle0, angle0_se, vaf):
        array[undetermined] = np.nan
    return Impedance(
        terms, starts, widths, value, se, angle0, angle0_se, vaf,
        np.where(enough, condition, np.nan), count, degrees_of_freedom, reason,
    )  # fmt: skip


def _condition(scaled: np.ndarray) -> np.ndarray:
    """Ratio of the largest to the smallest eigenvalue; infinite where the smallest is 0."""
    values = np.linalg.eigvalsh(scaled)
    smallest = values[..., 0]
    return np.where(smallest > 1e-15, values[..., -1] / np.maximum(smallest, 1e-15), np.inf)


def _autocorrelation(neighbours: np.ndarray, slope: np.ndarray, residual: np.ndarray) -> np.ndarray:
    """Lag-one autocorrelation of the residuals: 0 for noise, towards 1 for smooth residuals."""
    weights = np.concatenate([-slope, np.ones((*slope.shape[:-1], 1))], axis=-1)
    lagged = np.einsum("...i,...ij,...j->...", weights, neighbours, weights)
    share = lagged / np.where(residual > 0, residual, 1.0)
    return np.clip(share, 0.0, 0.98)


def _rest(
    terms: tuple[Term, ...],
    value: np.ndarray,
    se: np.ndarray,
    constant: np.ndarray,
    variance: np.ndarray,
    count: np.ndarray,
    physical: np.ndarray,
    scales: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Angle of zero torque, and its standard error to first order (stiffness and mean separate)."""
    if "K" not in terms:
        return np.full(constant.shape, np.nan), np.full(constant.shape, np.nan)
    k = terms.index("K")
    stiffness = np.where(value[..., k] == 0, np.nan, value[..., k])
    rest = -constant / stiffness
    mean_se = np.sqrt(variance / np.maximum(count, 1)) * scales[:, -1, None, None]
    lever = physical[..., k] - rest
    return rest, np.sqrt((mean_se / stiffness) ** 2 + (lever * se[..., k] / stiffness) ** 2)
