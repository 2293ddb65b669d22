"""Markers of several people in one file: ``Anna:LASI`` beside ``Ben:LASI``."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gaitcast.marker_labels import landmark

#: A person has each of these once, as each landmark.
_OUTPUT = re.compile(r"[LR](Hip|Knee|Ankle|Shoulder|Elbow|Wrist)(Angles|Moment)")


def other_people(labels: Sequence[str], subject: str = "") -> tuple[frozenset[str], str]:
    """The names in front of labels that are not of the person who is read.

    Parameters
    ----------
    labels : sequence of str
        As the file has them.
    subject : str
        Whom the file is said to be of; its first person without one.

    Returns
    -------
    names : frozenset of str
        For :func:`is_of`. People are distinguished from objects by body landmarks, and from parts
        of one person by landmarks that occur twice.
    note : str
        A warning; empty where the markers are of one person.
    """
    own: dict[str, set[tuple[str, str]]] = {}
    for label in labels:
        plain = label.rpartition(":")[2].strip()
        place = landmark(label) or (("", plain) if _OUTPUT.fullmatch(plain) else None)
        if place is not None:
            own.setdefault(_person(label), set()).add(place)
    rivals = [
        name
        for name, places in own.items()
        if any(places & others for other, others in own.items() if other != name)
    ]
    if not rivals:
        return frozenset(), ""
    taken = next((name for name in rivals if name.lower() == subject.lower()), rivals[0])
    shown = ", ".join(name or "without a name" for name in rivals)
    note = (
        f"warning: the markers are of several people ({shown}): only those of "
        f"{taken or 'the one without a name'} were taken"
    )
    return frozenset(rivals) - {taken}, note


def is_of(label: str, names: frozenset[str]) -> bool:
    """Whether a label has one of some names in front of it."""
    return _person(label) in names


def _person(label: str) -> str:
    return label.partition(":")[0].strip() if ":" in label else ""
