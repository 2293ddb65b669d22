"""Analog channels of a C3D file that belong to no force plate: IMUs and EMG."""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import replace

import numpy as np

from gaitcast.io import column_words as words
from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.column_meaning import Meaning, UnclearError
from gaitcast.io.column_names import meaning_of
from gaitcast.io.sheet import Sheet
from gaitcast.signal.antialias import onto_clock
from gaitcast.units import factor

_READ = ("acc", "gyr", "mag", "emg", "angle")
_SHOWN = 3
#: Side and muscle in one word: LTA, RGAS, LVM ...
_SHORT = re.compile(
    rf"(?i)(?<![a-z])([lr])({'|'.join(sorted(words.MUSCLES, key=len, reverse=True))})(?![a-z])"
)
#: Part of a muscle's name -> the segment that a sensor stuck on it moves with.
_ON_MUSCLE = {
    "tibialis": "shank", "soleus": "shank", "gastrocnemius": "shank", "peroneus": "shank",
    "rectusfemoris": "thigh", "vastus": "thigh", "bicepsfemoris": "thigh", "semi": "thigh",
    "hamstring": "thigh", "quadriceps": "thigh", "adductor": "thigh", "gracilis": "thigh",
    "sartorius": "thigh", "erectorspinae": "trunk",
}  # fmt: skip


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
    unread: dict[str, list[str]] = {}
    for at in range(file.analogs.shape[1]):
        if at in used:
            continue
        label = labels[at] if at < len(labels) and labels[at] else f"channel {at + 1}"
        try:
            meaning = _meaning(label, units[at] if at < len(units) else "")
            if meaning.channel in known or meaning.channel in sheet.columns:
                raise UnclearError("named twice")
            known[meaning.channel] = (at, meaning)
        except UnclearError as error:
            unread.setdefault(str(error), []).append(label)
    for at, meaning in known.values():
        _add(sheet, file, time_s, at, meaning)
    _note(sheet, file, known, unread, len(file.analogs) // len(time_s))


def _meaning(label: str, unit: str) -> Meaning:
    """What a channel holds, if it can be used without asking."""
    stem = _SHORT.sub(r"\1 \2", label)
    meaning = meaning_of(stem, unit)
    if meaning.quantity not in _READ:
        raise UnclearError("no IMU and no EMG")
    if meaning.asked == "segment" and meaning.quantity in ("acc", "gyr", "mag"):
        meaning = replace(meaning, segment=_segment_under(stem))
    if meaning.asked:
        raise UnclearError(f"{meaning.asked} not known")
    if not meaning.unit:
        raise UnclearError("no unit")
    return meaning


def _segment_under(label: str) -> str:
    """The segment of a sensor that is named after a muscle; empty if none is."""
    try:
        muscle = meaning_of(re.sub(r"(?i)(acc|gyr|mag).*", "", label) + " EMG", "V").segment
    except UnclearError:
        return ""
    return next((place for part, place in _ON_MUSCLE.items() if muscle.startswith(part)), "")


def _add(sheet: Sheet, file: C3DFile, time_s: np.ndarray, at: int, meaning: Meaning) -> None:
    each = len(file.analogs) // len(time_s)
    fast_hz = file.rate_hz * each
    fast_s = time_s[0] + np.arange(len(file.analogs)) / fast_hz
    values = file.analogs[:, at] * meaning.sign * factor(meaning.unit, meaning.quantity)
    smoothed = meaning.quantity == "emg" and each > 1
    if smoothed and meaning.axis == "raw":
        values = np.abs(values - np.median(values))
    values = onto_clock(fast_s, values[:, None], fast_hz, time_s, file.rate_hz)[:, 0]
    if smoothed:  # a low-pass swings below 0 beside a burst
        meaning, values = replace(meaning, axis="envelope"), np.maximum(values, 0.0)
    if meaning.remark and meaning.remark not in sheet.notes:
        sheet.notes.append(meaning.remark)
    sheet.add(meaning.channel, values)


def _note(
    sheet: Sheet,
    file: C3DFile,
    known: dict[str, tuple[int, Meaning]],
    unread: dict[str, list[str]],
    each: int,
) -> None:
    if known and each > 1:
        emg = any(m.quantity == "emg" for _, m in known.values())
        first = "; EMG was freed of its offset and rectified before: an envelope" if emg else ""
        sheet.notes.append(
            f"{len(known)} analog channels brought from {file.rate_hz * each:g} to "
            f"{file.rate_hz:g} Hz by a zero-phase low-pass{first}"
        )
    if unread:
        labels = [label for several in unread.values() for label in several]
        shown = ", ".join(f"'{label}'" for label in labels[:_SHOWN])
        more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
        why = "; ".join([*unread][:_SHOWN])
        sheet.notes.append(f"{len(labels)} analog channels not read: {shown}{more} ({why})")
