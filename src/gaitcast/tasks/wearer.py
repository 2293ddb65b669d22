"""What is known of the wearer, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest

#: Marks a covariate among the inputs of a task: ``wearer:mass_kg``.
PREFIX = "wearer:"
#: Words that have an order: a side, and the sexes as they are commonly coded.
CODES = {"left": -1.0, "none": 0.0, "both": 0.0, "right": 1.0, "female": 0.0, "male": 1.0}
CODES |= {"f": 0.0, "m": 1.0}


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
        Words such as ``left`` are coded, see :data:`CODES`.

    Raises
    ------
    GaitcastError
        If one is not known, or neither a number nor a word with a code.
    """
    recording = cohort[trial]
    facts = {**cohort.subjects.get(recording.subject, {}), **recording.covariates}
    values = []
    for name in names:
        if name not in facts:
            raise GaitcastError(
                f"'{name}' is not known",
                where=f"person '{recording.subject}', trial '{trial}'",
                mend=nearest(name, [*facts]) if facts else "Nothing is known of this person",
            )
        fact = facts[name]
        value = CODES.get(fact.lower(), np.nan) if isinstance(fact, str) else float(fact)
        if not np.isfinite(value):
            raise GaitcastError(
                f"'{name}' is {fact!r}, which is no number",
                where=f"person '{recording.subject}', trial '{trial}'",
                mend=f"Words that are understood: {', '.join(CODES)}",
            )
        values.append(value)
    return np.array(values)
