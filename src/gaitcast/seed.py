"""Which seeds there are: those that every random generator behind gaitcast takes."""

from __future__ import annotations

from operator import index

from gaitcast.errors import GaitcastError

#: Seeds are below this: optuna and scikit-learn take 32 bits, and no sign.
SEEDS = 2**32


def checked_seed(seed: int, where: str = "") -> int:
    """A seed, if it is one.

    Parameters
    ----------
    seed : int
        0 to 4294967295.
    where : str
        Said in the error.

    Returns
    -------
    int
        The same.

    Raises
    ------
    GaitcastError
        If it is no whole number, or outside.
    """
    try:
        number = index(seed)
    except TypeError:
        number = -1
    if not 0 <= number < SEEDS:
        raise GaitcastError(
            f"seed {seed} is impossible", where=where, hint=f"Give 0 to {SEEDS - 1}"
        )
    return number
