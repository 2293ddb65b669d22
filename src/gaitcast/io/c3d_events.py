"""Gait events of a C3D file: of its EVENT group in any usual words, and of its header."""

from __future__ import annotations

import re

import numpy as np

from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.sheet import Sheet

_SIDES = {
    "left": "left", "l": "left", "lt": "left", "links": "left", "gauche": "left",
    "right": "right", "r": "right", "rt": "right", "rechts": "right", "droite": "right",
}  # fmt: skip
#: What the words of a label mean, joined and without numbers. FC is left out, which stands for foot
#: contact and for final contact; so are ON and OFF, which are those of a plate or a stimulator.
_WORDS = {
    **dict.fromkeys(
        ("footstrike", "heelstrike", "footcontact", "heelcontact", "initialcontact",
         "initialfootcontact", "firstcontact", "footon", "heelon", "footdown", "heeldown", "strike",
         "contact", "hs", "fs", "ic", "hc", "touchdown", "td", "footinitialcontact"),
        "heel_strike",
    ),
    **dict.fromkeys(
        ("footoff", "toeoff", "to", "fo", "liftoff", "footup", "toeup", "terminalcontact", "tc",
         "finalcontact", "lastcontact", "takeoff", "pushoff"),
        "toe_off",
    ),
}  # fmt: skip
#: Words that a label may have besides.
_EMPTY = {"event", "gait", "the", "of"}
#: Groups of up to 255 entries.
_PARTS = ["", *range(2, 300)]
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
    for label, context, seconds in _all(sheet, file):
        name = event_name(label, context)
        if name and np.isfinite(seconds):
            found.setdefault(name, []).append(seconds)
        else:
            unknown.append(f"{context} {label}".strip())
    if unknown:
        counts = [(label, unknown.count(label)) for label in dict.fromkeys(unknown)]
        shown = ", ".join(f"'{k}'" + (f" ({n} times)" if n > 1 else "") for k, n in counts[:_SHOWN])
        more = f" and {len(counts) - _SHOWN} more kinds" if len(counts) > _SHOWN else ""
        sheet.notes.append(f"event {shown}{more} not read: side, word or time unknown")
    times = {name: np.unique(seconds) for name, seconds in found.items()}
    sheet.events = _inside(sheet, times, time_s, 0.5 / file.rate_hz)
    group = file.labels("EVENT") or file.numbers("EVENT", "TIMES").size
    last = max((float(t[-1]) for t in sheet.events.values()), default=np.inf)
    if not group and file.first_frame and last + time_s[0] <= time_s[-1]:
        # The format's guide counts them from the file's first frame, programs from that of all.
        sheet.notes.append(
            f"warning: events of the header taken as counted from frame 1, but the file begins at "
            f"frame {file.first_frame + 1}: check one"
        )


def _inside(
    sheet: Sheet, events: dict[str, np.ndarray], time_s: np.ndarray, edge_s: float
) -> dict[str, np.ndarray]:
    """The events of the trial.

    Times count from the first frame of the measurement, and a file may begin later. Where times
    lie before that, and all would fit if they counted from the file's first frame, those that seem
    to fit may be just as wrong: none is used.
    """
    begin, end = time_s[0] - edge_s, time_s[-1] + edge_s
    every = np.concatenate([*events.values(), np.zeros(0)])
    early, late = every[every < begin], every[every > end]
    counted = every + time_s[0]
    fits = len(every) > 0 and ((counted >= begin) & (counted <= end)).all()
    count = len(early) + len(late)
    if not count:
        return events
    first = [*early, *late][0]
    words = (
        f"warning: {count} of {len(every)} events lie outside the trial ({time_s[0]:.2f} to "
        f"{time_s[-1]:.2f} s), such as {first:.2f} s"
    )
    if len(early) and fits:
        sheet.notes.append(
            f"{words}; all fit if they count from the file's first frame, so that none is sure: "
            "none is used"
        )
        return {}
    sheet.notes.append(f"{words}: not used")
    kept = {name: t[(t >= begin) & (t <= end)] for name, t in events.items()}
    return {name: t for name, t in kept.items() if len(t)}


def _all(sheet: Sheet, file: C3DFile) -> list[tuple[str, str, float]]:
    """Label, context and time of all events; those of the header where there are no others."""
    events = _of_group(sheet, file)
    if not events:
        return [(label, "", seconds) for label, seconds in file.header_events]
    lost = [
        label
        for label, seconds in file.header_events
        if not any(abs(seconds - other) <= 1.0 / file.rate_hz for *_, other in events)
    ]
    if lost:
        shown = ", ".join(f"'{label}'" for label in lost[:_SHOWN])
        sheet.notes.append(
            f"{len(lost)} events of the header ({shown}) not read: the EVENT group has others"
        )
    return events


def _of_group(sheet: Sheet, file: C3DFile) -> list[tuple[str, str, float]]:
    """Events of the EVENT group, which go on in LABELS2, TIMES2 ... above 255."""
    events: list[tuple[str, str, float]] = []
    untimed = 0
    for part in _PARTS:
        labels = file.text("EVENT", f"LABELS{part}")
        contexts = file.text("EVENT", f"CONTEXTS{part}")
        times = file.numbers("EVENT", f"TIMES{part}")
        if not labels and not times.size:
            break
        seconds = _seconds(times)
        labels = [*labels, *[""] * (len(seconds) - len(labels))]
        contexts = [*contexts, *[""] * (len(labels) - len(contexts))]
        untimed += len([label for label in labels[len(seconds) :] if label])
        events += zip(labels, contexts, seconds.tolist(), strict=False)
    used = file.numbers("EVENT", "USED").ravel()
    count = int(used[0]) % 65536 if len(used) and np.isfinite(used[0]) else len(events)
    left = len([label for label, *_ in events[count:] if label])
    if left:
        sheet.notes.append(
            f"{left} events beyond EVENT:USED ({count}) not read: left over from before"
        )
    missing = max(untimed if not len(used) else 0, count - len(events))
    if missing > 0:
        sheet.notes.append(f"warning: {missing} events of the file have no time: not read")
    return events[:count]


def _seconds(times: np.ndarray) -> np.ndarray:
    """Times in s: of minutes and seconds in turn, or of seconds alone."""
    if times.ndim == 2 and times.shape[0] == 1:
        return times.ravel()
    flat = times.ravel(order="F")
    pairs = flat[: len(flat) // 2 * 2].reshape(-1, 2)
    return 60.0 * pairs[:, 0] + pairs[:, 1]


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
    lower = [word.lower() for word in words if word.lower() not in _EMPTY]
    given = _SIDES.get(next(iter(context.lower().split()), ""), "")
    sides = {_SIDES[word] for word in lower if word in _SIDES}
    kind = _WORDS.get("".join(word for word in lower if word not in _SIDES), "")
    joined = "".join(lower)
    if not kind and joined[:1] in ("l", "r") and joined[1:] in _WORDS:  # LHS, RTO ...
        sides, kind = {_SIDES[joined[0]]}, _WORDS[joined[1:]]
    sides |= {given} if given else set()
    return f"{sides.pop()}_{kind}" if kind and len(sides) == 1 else ""
