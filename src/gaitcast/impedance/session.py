"""A whole laboratory session: trials in, tables of steps and windows out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from gaitcast.atomic import write_text
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.impedance.least_squares import identify
from gaitcast.impedance.noise import with_noise
from gaitcast.impedance.raw import stances_of
from gaitcast.impedance.stance_fits import Term, check_terms
from gaitcast.impedance.stances import Stances
from gaitcast.impedance.step_table import step_table
from gaitcast.impedance.sweep import LEAST_SHARE, Sweep, sweep
from gaitcast.runtime.wearer import as_number


@dataclass(frozen=True, eq=False)
class Session:
    """Results for some trials.

    Parameters
    ----------
    stances : Stances
        All stances of the trials.
    window : tuple of float
        Start and width, % of stance, of the table of steps.
    steps : pandas.DataFrame
        See :func:`gaitcast.impedance.step_table`.
    lines : list of str
        What was left out, with reasons.
    """

    stances: Stances
    swept: Sweep
    window: tuple[float, float]
    steps: pd.DataFrame
    lines: list[str]

    def write(self, out: Path) -> list[Path]:
        """Write ``steps.csv`` and ``windows.csv``.

        Parameters
        ----------
        out : Path
            Folder, created if missing.

        Raises
        ------
        GaitcastError
            If the folder cannot be written.
        """
        try:
            out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise GaitcastError(f"cannot write: {error.strerror}", where=str(out)) from error
        write_text(out / "steps.csv", self.steps.to_csv(index=False))
        write_text(out / "windows.csv", self._windows().to_csv(index=False))
        return [out / "steps.csv", out / "windows.csv"]

    def _windows(self) -> pd.DataFrame:
        found = self.swept.impedance
        start, width = np.meshgrid(found.starts_percent, found.widths_percent, indexing="ij")
        return pd.DataFrame(
            {
                "start_percent": start.ravel(),
                "width_percent": width.ravel(),
                "vaf_percent": self.swept.vaf.ravel(),
                "quasi_stiffness_nm_rad_kg": self.swept.stiffness.ravel(),
                "share_identifiable": self.swept.share.ravel(),
            }
        )


def identify_trials(
    cohort: Cohort,
    *,
    mass_kg: float | None = None,
    window: tuple[float | None, float | None] = (None, None),
    terms: Sequence[str] = ("K", "B"),
    cutoff_hz: float = 20.0,
) -> Session:
    """Identify every step of every trial.

    Parameters
    ----------
    cohort : Cohort
        With angles and moments, or markers and plates; a trial with ``static`` in its name
        calibrates that person's others.
    mass_kg : float, optional
        Body mass of people without ``mass_kg`` in the cohort.
    window : tuple of float or None
        Start and width, % of stance. Both None choose the window with the best fit among those in
        which half of the steps stay identifiable despite the noise of the angle.
    terms : sequence of str
        Some of ``K``, ``B`` and ``I``.
    cutoff_hz : float
        Bandwidth of the local cubic (-3 dB).

    Raises
    ------
    GaitcastError
        If no stance can be cut out, or a number is out of range.
    """
    check_terms(terms)
    if window[0] is not None and window[1] is not None and window[0] + window[1] > 100:
        raise GaitcastError(f"a window of {window[0]:g} + {window[1]:g} % ends beyond toe-off")
    if (window[0] is None) != (window[1] is None):
        raise GaitcastError("a window has a start and a width", hint="Give both or neither")
    if "K" not in terms:
        raise GaitcastError("the table of steps is about K", hint="Put K among the terms")
    given = {} if mass_kg is None else {"the mass given": mass_kg}
    masses = dict.fromkeys(cohort.people, mass_kg) if mass_kg is not None else {}
    for person in cohort.people:
        known = cohort.subjects.get(person, {}).get("mass_kg")
        if known is not None:
            masses[person] = as_number("mass_kg", known, where=f"person '{person}'")
    for who, mass in {**given, **masses}.items():
        if not 2 < mass < 500:
            raise GaitcastError(f"a mass of {mass:g} kg is impossible", where=who)
    stances, lines = stances_of(list(cohort), masses, cutoff_hz=cutoff_hz)
    chosen = cast("Sequence[Term]", terms)
    swept = sweep(stances, terms=chosen)
    start, width = window
    if start is None or width is None:
        start, width = _best(stances, swept, chosen, lines)
    found = with_noise(stances, identify(stances, [start], [width], terms=chosen))
    return Session(stances, swept, (float(start), float(width)), step_table(stances, found), lines)


def _best(
    stances: Stances, swept: Sweep, terms: Sequence[Term], lines: list[str]
) -> tuple[float, float]:
    """Best window by VAF, over all widths, in which half of the steps are identifiable with noise.

    The sweep itself ignores the noise of the angle, because that needs a loop over its fits.
    """
    ranked = swept.ranked()
    best_of = {width: (start, width) for start, width in reversed(ranked)}
    for start, width in sorted(best_of.values(), key=ranked.index):
        found = with_noise(stances, identify(stances, [start], [width], terms=terms))
        if found.identifiable.mean() >= LEAST_SHARE:
            return start, width
    lines.append(
        "in no window that fits well are half of the steps identifiable despite the noise of the "
        "angle: lower cutoff_hz, fit fewer terms, or name a window"
    )
    return ranked[0]
