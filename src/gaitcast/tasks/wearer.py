"""What is known of the wearer, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest
from gaitcast.runtime.wearer import as_number

#: Marks a covariate among the inputs of a task: ``wearer:mass_kg``.
PREFIX = "wearer:"


def known_of(cohort: Cohort, trial: str, names: Sequence[str]) -> np.ndarray:
    """Covariates of one trial: its own first, then its person's.

    Parameters
    ----------
    cohort : Cohort
        With what is known of people.
    trial : str
        Whose.
    names : sequence of str
        Such as ``mass_kg``, ``knee_alignment_deg`` or ``affected_side``.

    Returns
    -------
    numpy.ndarray, shape (names,)
        Words such as ``left`` are coded, see :data:`gaitcast.runtime.wearer.CODES`.

    Raises
    ------
    GaitcastError
        If one is not known, or neither a number nor a word with a code.
    """
    recording = cohort[trial]
    facts = {**cohort.subjects.get(recording.subject, {}), **recording.covariates}
    where = f"person '{recording.subject}', trial '{trial}'"
    values = []
    for name in names:
        if name not in facts:
            raise GaitcastError(
                f"'{name}' is not known",
                where=where,
                mend=nearest(name, [*facts])
                if facts
                else "Nothing is: a cohort folder's subjects, or covariates of the trial, tell it",
            )
        values.append(as_number(name, facts[name], where=where))
    return np.array(values)
