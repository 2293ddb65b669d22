"""Gait events of a C3D file: of its EVENT group in any usual words, and of its header."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.sheet import Sheet

_SIDES = {
    "left": "left", "l": "left", "lt": "left", "links": "left", "gauche": "left",
    "right": "right", "r": "right", "rt": "right", "rechts": "right", "droite": "right",
}  # fmt: skip
#: What the words of a label mean, joined and without numbers.
_WORDS = {
    **dict.fromkeys(
        ("footstrike", "heelstrike", "footcontact", "heelcontact", "initialcontact", "footon",
         "heelon", "footdown", "heeldown", "strike", "contact", "on", "hs", "fs", "ic", "hc", "fc",
         "touchdown", "td"),
        "heel_strike",
    ),
    **dict.fromkeys(
        ("footoff", "toeoff", "off", "to", "fo", "liftoff", "footup", "terminalcontact", "tc"),
        "toe_off",
    ),
}  # fmt: skip
_SHOWN = 3


def read_events(sheet: Sheet, file: C3DFile, time_s: np.ndarray) -> None:
    """Add the events of a file to a sheet.

    Parameters
    ----------
    sheet : Sheet
        Gets events by foot, and notes on those that are not understood, lie outside the trial, or
        are left over beyond ``EVENT:USED``.
    file : C3DFile
        The container.
    time_s : numpy.ndarray, shape (n,)
        Of the frames.
    """
    found: dict[str, list[float]] = {}
    unknown: list[str] = []
    outside: list[float] = []
    half_s = 0.5 / file.rate_hz
    events = [*_of_group(sheet, file)] or list(file.header_events)
    for label, context, seconds in events:
        name = event_name(label, context)
        if not name or not np.isfinite(seconds):
            unknown.append(label)
        elif not time_s[0] - half_s <= seconds <= time_s[-1] + half_s:
            outside.append(seconds)
        else:
            found.setdefault(name, []).append(seconds)
    sheet.events = {name: np.sort(seconds) for name, seconds in found.items()}
    if unknown:
        labels = [*dict.fromkeys(unknown)]
        shown = ", ".join(f"'{label}'" for label in labels[:_SHOWN])
        more = f" and {len(labels) - _SHOWN} more kinds" if len(labels) > _SHOWN else ""
        sheet.notes.append(f"event {shown}{more} not read")
    if outside:
        sheet.notes.append(_outside(outside, time_s))


def _outside(seconds: list[float], time_s: np.ndarray) -> str:
    begin, end = time_s[0], time_s[-1]
    shifted = np.array(seconds) + begin
    fits = begin > 0 and bool(((shifted >= begin) & (shifted <= end)).all())
    why = ": they may count from the first frame kept; nothing was shifted" if fits else ""
    return (
        f"warning: {len(seconds)} events lie outside the trial ({begin:.2f} to {end:.2f} s), the "
        f"first at {seconds[0]:.2f} s, and are left out{why}"
    )


def _of_group(sheet: Sheet, file: C3DFile) -> Iterator[tuple[str, str, float]]:
    """Label, context and time; parameters hold at most 255, and go on in LABELS2, TIMES2 ..."""
    labels = file.labels("EVENT")
    contexts = file.labels("EVENT", "CONTEXTS")
    parts = [file.numbers("EVENT", f"TIMES{k}").ravel(order="F") for k in ["", *range(2, 20)]]
    times = np.concatenate(parts)  # minutes and seconds, in turn
    count = min(len(labels), len(times) // 2)
    used = file.numbers("EVENT", "USED").ravel()
    if len(used) and 0 <= used[0] % 65536 < count:
        left = count - int(used[0] % 65536)
        sheet.notes.append(f"{left} events beyond EVENT:USED are left over, and not read")
        count -= left
    for k in range(count):
        context = contexts[k] if k < len(contexts) else ""
        yield labels[k], context, 60.0 * float(times[2 * k]) + float(times[2 * k + 1])


def event_name(label: str, context: str = "") -> str:
    """Name of an event, from its label and context.

    Parameters
    ----------
    label : str
        Such as ``"Foot Strike"``, ``"LHS"``, ``"Left Foot Off"`` or ``"R_IC2"``.
    context : str
        The side, where the file gives it apart.

    Returns
    -------
    str
        ``left_heel_strike``, ``right_toe_off`` ...; empty if the side or the word is not known.

    Examples
    --------
    >>> event_name("Foot Strike1", "Left"), event_name("RTO")
    ('left_heel_strike', 'right_toe_off')
    """
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", label)
    lower = [word.lower() for word in words]
    side = _SIDES.get(context.strip().lower(), "")
    named = [_SIDES[word] for word in lower if word in _SIDES]
    if named and side and named[0] != side:
        return ""
    side = side or (named[0] if named else "")
    word = "".join(w for w in lower if w not in _SIDES)
    if word in _WORDS and side:
        return f"{side}_{_WORDS[word]}"
    joined = "".join(lower)
    if joined[:1] in ("l", "r") and joined[1:] in _WORDS:  # LHS, RTO ...
        first = _SIDES[joined[0]]
        return f"{first}_{_WORDS[joined[1:]]}" if side in ("", first) else ""
    return ""
