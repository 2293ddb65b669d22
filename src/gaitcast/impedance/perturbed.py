"""Stiffness in the strict sense: the torque response to a perturbation of the ankle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.impedance.stances import Stances

_CURVES = ("angle_rad", "rate_rad_s", "accel_rad_s2", "torque")


def response(
    stances: Stances, perturbed: Sequence[bool] | np.ndarray, onset_s: Sequence[float] | np.ndarray
) -> Stances:
    """Perturbed steps minus the mean of unperturbed ones, aligned at the perturbation.

    The mean is that of the same person and side, at the same time after heel strike, over steps
    that last as long; its noise is accounted for.

    Parameters
    ----------
    stances : Stances
        Perturbed and unperturbed ones.
    perturbed : sequence of bool, length S
        Which stances are perturbed.
    onset_s : sequence of float, length S
        Time of the perturbation on the trial's clock; values of unperturbed steps are ignored.

    Returns
    -------
    Stances
        One per perturbed step, beginning at the onset: identify ``K``, ``B`` and ``I`` in windows
        from 0 % on. A note for every step that is left out.

    Raises
    ------
    GaitcastError
        If lengths differ, or no perturbed step has three unperturbed ones of its person and side.

    Notes
    -----
    After Rouse et al., *IEEE Trans Neural Syst Rehabil Eng* 22:870, 2014.
    """
    moved, onset = np.asarray(perturbed, dtype=bool), np.asarray(onset_s, dtype=float)
    if moved.shape != (len(stances),) or onset.shape != moved.shape:
        raise GaitcastError(f"{len(stances)} steps need as many marks and onsets")
    who = np.array([f"{a} {b}" for a, b in zip(stances.subject, stances.side, strict=True)])
    kept: list[int] = []
    rows: list[np.ndarray] = []
    louder: list[float] = []
    notes = list(stances.notes)
    for s in np.flatnonzero(moved):
        where = f"{stances.trial[s]}, {stances.side[s]} step at {stances.start_s[s]:.2f} s"
        others = np.flatnonzero(~moved & (who == who[s]))
        if len(others) < 3:
            notes.append(f"{where} left out: {len(others)} unperturbed steps match it, 3 needed")
            continue
        after_s = onset[s] - stances.start_s[s]
        start = round(after_s * stances.rate_hz) if np.isfinite(after_s) else -1
        stop = int(min(stances.count[s], np.sort(stances.count[others])[-3]))
        others = others[stances.count[others] >= stop]
        if not 0 <= start < stop - 3:
            notes.append(f"{where} left out: its onset at {onset[s]:.2f} s is not within stance")
            continue
        curves = np.stack([getattr(stances, name) for name in _CURVES], axis=-1)
        kept.append(int(s))
        rows.append(curves[s, start:stop] - curves[others, start:stop].mean(axis=0))
        louder.append(float(np.sqrt(1 + 1 / len(others))))
    if not kept:
        raise GaitcastError("no perturbed step can be compared", hint="; ".join(notes[:2]))
    return _of(stances, kept, rows, np.array(louder), onset, tuple(notes))


def _of(
    stances: Stances,
    kept: Sequence[int],
    rows: Sequence[np.ndarray],
    louder: np.ndarray,
    onset_s: np.ndarray,
    notes: tuple[str, ...],
) -> Stances:
    count = np.array([len(r) for r in rows])
    padded = np.zeros((len(rows), count.max(), len(_CURVES)))
    for number, row in enumerate(rows):
        padded[number, : len(row)] = row
    curves = dict(zip(_CURVES, padded.transpose(2, 0, 1), strict=True))
    return replace(
        stances,
        subject=tuple(stances.subject[s] for s in kept),
        trial=tuple(stances.trial[s] for s in kept),
        side=tuple(stances.side[s] for s in kept),
        start_s=onset_s[list(kept)],
        duration_s=(count - 1) / stances.rate_hz,
        count=count,
        angle_noise_rad=louder * stances.angle_noise_rad[list(kept)],
        torque_noise=louder * stances.torque_noise[list(kept)],
        flat_percent=np.full(len(kept), np.nan),
        notes=notes,
        **curves,
    )
