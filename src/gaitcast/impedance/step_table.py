"""One row per step: impedance with intervals and reasons, quasi-stiffness, turns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gaitcast.errors import GaitcastError
from gaitcast.impedance.phases import quasi_stiffness
from gaitcast.impedance.stance_fits import REASONS, Impedance
from gaitcast.impedance.stances import Stances

_UNIT = {"K": "nm_rad_kg", "B": "nms_rad_kg", "I": "nms2_rad_kg"}
_NAME = {"K": "stiffness", "B": "damping", "I": "inertia"}


def step_table(
    stances: Stances, found: Impedance, *, perturbed: bool = False, level: float = 0.9
) -> pd.DataFrame:
    """One row per stance.

    Parameters
    ----------
    found : Impedance
        Fits of `stances` with one start and one width.
    perturbed : bool
        Whether the steps were perturbed and the unperturbed mean was subtracted; only then is
        ``K`` called stiffness and not quasi-stiffness.
    level : float
        Nominal coverage of the intervals, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`gaitcast.impedance.quasi_stiffness` (for perturbed steps only those
        that name the step), then per term the estimate, ``_low`` and ``_high``; ``angle0_deg``,
        ``vaf_percent``, ``condition``, ``samples`` and ``not_identifiable`` (the reason; empty
        where it is identifiable).

    Raises
    ------
    GaitcastError
        If there are several windows.
    """
    if len(found.vaf) != len(stances):
        raise GaitcastError(f"{len(found.vaf)} fits are not of these {len(stances)} stances")
    if found.vaf.shape[1:] != (1, 1):
        raise GaitcastError(f"{found.vaf[0].size} windows do not go into one table", hint="Fit one")
    table = quasi_stiffness(stances)
    if perturbed:  # differences between steps have no phases
        table = table[["subject", "trial", "side", "start_s", "duration_s"]].copy()
    known = found.identifiable[:, 0, 0]
    for term in found.terms:
        kind = "quasi_stiffness" if term == "K" and not perturbed else _NAME[term]
        low, high = found.interval(term, level)
        name = f"{kind}_{_UNIT[term]}"
        for suffix, values in (("", found.of(term)), ("_low", low), ("_high", high)):
            table[name + suffix] = np.where(known, values[:, 0, 0], np.nan)
    table["angle0_deg"] = np.where(known, np.degrees(found.angle0_rad[:, 0, 0]), np.nan)
    table["vaf_percent"] = np.where(known, found.vaf[:, 0, 0], np.nan)
    table["condition"] = found.condition[:, 0, 0]
    table["samples"] = found.samples[:, 0, 0]
    table["not_identifiable"] = [REASONS[r] for r in found.reason[:, 0, 0]]
    return table
