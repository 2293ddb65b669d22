"""Analog channels of a C3D file that belong to no force plate: IMUs and EMG."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

import numpy as np

from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.column_names import Meaning, UnclearError, meaning_of
from gaitcast.io.sheet import Sheet
from gaitcast.signal.antialias import onto_clock
from gaitcast.units import factor

_READ = ("acc", "gyr", "mag", "emg", "angle")
_SHOWN = 3


def read_analogs(sheet: Sheet, file: C3DFile, time_s: np.ndarray, used: Set[int]) -> None:
    """Add the IMUs and the EMG of a file, on the clock of its markers.

    Parameters
    ----------
    sheet : Sheet
        Gets the channels, and a note on those that are not understood. EMG that was sampled faster
        than the markers is rectified first (``_emg_envelope``): a low-pass alone would leave
        nothing of it.
    file : C3DFile
        The container.
    time_s : numpy.ndarray, shape (n,)
        Of the frames.
    used : set of int
        Analog channels of force plates.
    """
    labels, units = file.labels("ANALOG"), file.labels("ANALOG", "UNITS")
    known: dict[str, tuple[int, Meaning]] = {}
    unread: list[str] = []
    for at in range(min(len(labels), file.analogs.shape[1])):
        if at in used or not labels[at]:
            continue
        unit = units[at] if at < len(units) else ""
        meaning = _meaning(labels[at], unit)
        if meaning is None or meaning.channel in known or meaning.channel in sheet.columns:
            unread.append(labels[at])
        else:
            known[meaning.channel] = (at, meaning)
    if known:
        _add(sheet, file, time_s, known)
    if unread:
        shown = ", ".join(f"'{label}'" for label in unread[:_SHOWN])
        more = f" and {len(unread) - _SHOWN} more" if len(unread) > _SHOWN else ""
        sheet.notes.append(
            f"analog channels {shown}{more} not read: side, place or quantity unknown"
        )


def _meaning(label: str, unit: str) -> Meaning | None:
    try:
        meaning = meaning_of(label, unit)
    except UnclearError:
        return None
    sensor = meaning.quantity in _READ and not meaning.asked and meaning.unit
    return meaning if sensor else None


def _add(
    sheet: Sheet, file: C3DFile, time_s: np.ndarray, known: dict[str, tuple[int, Meaning]]
) -> None:
    each = len(file.analogs) // len(time_s)
    fast_hz = file.rate_hz * each
    fast_s = time_s[0] + np.arange(len(file.analogs)) / fast_hz
    emg = False
    for at, found in known.values():
        meaning, values = found, file.analogs[:, at].astype(float)
        values = values * found.sign * factor(found.unit, found.quantity)
        if found.quantity == "emg" and each > 1 and found.axis == "raw":
            emg, meaning = True, replace(found, axis="envelope")
            values = np.abs(values - np.median(values))
        moved = onto_clock(fast_s, values[:, None], fast_hz, time_s, file.rate_hz)[:, 0]
        sheet.add(meaning.channel, moved)
    if each > 1:
        first = "; EMG was rectified first" if emg else ""
        sheet.notes.append(
            f"{len(known)} analog channels brought from {fast_hz:g} to {file.rate_hz:g} Hz by a "
            f"zero-phase low-pass{first}"
        )
