"""What is known of the wearer, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest
from gaitcast.runtime.wearer import as_number
from gaitcast.seed import checked_seed

#: Marks a covariate among the inputs of a task: ``wearer:mass_kg``.
PREFIX = "wearer:"
#: Marks one that is assigned out among people, as a control: ``wearer:shuffled:mass_kg``.
SHUFFLED = "shuffled:"


def known_of(cohort: Cohort, trial: str, names: Sequence[str], seed: int = 0) -> np.ndarray:
    """Covariates of one trial: its own first, then its person's.

    Parameters
    ----------
    cohort : Cohort
        With what is known of people.
    trial : str
        Whose.
    names : sequence of str
        Such as ``mass_kg``, ``knee_alignment_deg`` or ``affected_side``; after ``shuffled:`` that
        of another participant.
    seed : int
        Of who gets whose.

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
    own = {**cohort.subjects.get(recording.subject, {}), **recording.covariates}
    where = f"person '{recording.subject}', trial '{trial}'"
    values = []
    for asked in names:
        name, known = asked.removeprefix(SHUFFLED), own
        if name != asked:
            known = dict(cohort.subjects.get(_other(cohort, recording.subject, seed), {}))
        if name not in known:
            raise GaitcastError(
                f"'{name}' is not known",
                where=where,
                hint=nearest(name, [*known])
                if known
                else "Nothing is: a cohort folder's subjects, or covariates of the trial, tell it",
            )
        values.append(as_number(name, known[name], where=where))
    return np.array(values)


def _other(cohort: Cohort, person: str, seed: int) -> str:
    """Whose covariates a participant gets: a ring in random order, so never their own."""
    rng = np.random.default_rng([checked_seed(seed), 29])
    people = rng.permutation(sorted(cohort.people)).tolist()
    if len(people) < 2:
        raise GaitcastError(
            "covariates of one participant cannot be shuffled", where=f"person '{person}'"
        )
    return str(people[(people.index(person) + 1) % len(people)])
