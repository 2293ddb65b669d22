"""Numbers that stand for "not measured": -9999, 999.9, 1e10 and other repeated extremes."""

from __future__ import annotations

import re

import numpy as np

#: Nines, as programs write them; and the limits of whole numbers.
_NINES = re.compile(r"-?9{3,}(\.(0+|9+|25))?")
_LIMITS = {float(sign * 2**bits - (sign > 0)) for bits in (15, 31, 63) for sign in (1, -1)}
_HUGE, _SHORT_NINES = 1e9, 99.0
_LEAST = 20
#: Gap to the other values as a share of their span: of nines that are repeated, of one nine or a
#: limit, and of any other number, which has to be repeated and larger than all else by as much.
_REPEATED, _KNOWN, _UNKNOWN = 0.5, 3.0, 20.0
_TIMES = 3


def without_sentinels(values: np.ndarray) -> tuple[np.ndarray, dict[float, int]]:
    """Values with NaN for numbers that stand for none.

    Parameters
    ----------
    values : numpy.ndarray, shape (n,)
        Of one column, as the file has them.

    Returns
    -------
    values : numpy.ndarray, shape (n,)
        The same object where there is nothing to replace.
    found : dict of float to int
        Number -> how often it was replaced.
    """
    known = values[np.isfinite(values)]
    if len(known) < _LEAST:
        return values, {}
    extremes = {float(known.min()), float(known.max())}
    listed = [v for v in extremes if _is_listed(v)]
    found = {}
    for extreme in extremes:
        rest = known[~np.isin(known, [extreme, *listed])]
        times = int((known == extreme).sum())
        if _stands_for_none(extreme, times, rest):
            found[extreme] = times
    if not found:
        return values, {}
    return np.where(np.isin(values, list(found)), np.nan, values.astype(float)), found


def _is_listed(value: float) -> bool:
    return abs(value) >= _HUGE or _NINES.fullmatch(f"{value:.10g}") is not None


def _stands_for_none(value: float, times: int, rest: np.ndarray) -> bool:
    listed = _is_listed(value)
    if not len(rest):
        return listed and abs(value) > _LEAST * 100
    span, gap = float(np.ptp(rest)), float(np.abs(rest - value).min())
    if listed and times > 1:
        return gap > _REPEATED * span
    if listed or (value in _LIMITS and times > 1):
        return gap > _KNOWN * span
    if abs(value) == _SHORT_NINES and times >= _TIMES:
        return gap > span > 0
    larger = abs(value) > _UNKNOWN * float(np.abs(rest).max())
    return times >= _TIMES and larger and gap > _UNKNOWN * span > 0


def sentinel_note(name: str, found: dict[float, int]) -> str:
    """What was replaced, as a warning."""
    shown = " and ".join(f"{times} x {value:.10g}" for value, times in found.items())
    return f"warning: '{name}' holds {shown}: taken for 'not measured' (NaN)"
