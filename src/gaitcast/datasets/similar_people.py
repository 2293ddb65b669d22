"""Participants whose names leave it open how many people they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gaitcast.io.name_words import says_nothing
from gaitcast.io.subject_name import participant_in

_DATE = re.compile(r"(?<!\d)(19|20)\d\d[-_.]?\d\d[-_.]?\d\d(?!\d)")
_VISIT = re.compile(r"[-_ .](v|visit|ses|session|day|week|pre|post|retest|t)[-_ ]?\d{0,2}$")
#: It may as well be a session or a part.
_SHORT = re.compile(r"(?i)[sp][-_ ]?[1-9]")
_SUBJECT = {"s", "sub", "subj", "subject"}
_SHOWN = 3


@dataclass(frozen=True)
class Seen:
    """A recording's participant, and the names around it.

    Parameters
    ----------
    subject, identified_by : str
        As found out.
    folders : tuple of str
        Between the root and the trial, the outermost first.
    stem : str
        Name of the trial's files.
    """

    subject: str
    identified_by: str
    folders: tuple[str, ...]
    stem: str


def core(name: str) -> tuple[str, ...]:
    """What two ways to write one participant have in common.

    Returns
    -------
    tuple of str
        Words and numbers, without a visit behind them.

    Examples
    --------
    >>> core("S01") == core("sub-1"), core("anna_v1") == core("anna_v2"), core("S1") == core("S11")
    (True, True, False)
    """
    plain = name.lower()
    while _VISIT.search(plain):
        plain = _VISIT.sub("", plain)
    plain = re.sub(r"(?<=\d)[a-z]$", "", plain)  # S01a, S01b: parts or visits of one
    parts = re.findall(r"[a-z]+|\d+", plain)
    if len(parts) > 1 and parts[0] in _SUBJECT:
        parts[0] = "s"
    return tuple(part.lstrip("0") or "0" if part.isdigit() else part for part in parts)


def similar_people(recordings: Sequence[Seen]) -> Iterator[str]:
    """Warnings about participants that may be one person, or several.

    Parameters
    ----------
    recordings : sequence of Seen
        All of a place; what a mapping or a table says is not asked again.
    """
    open_ = [r for r in recordings if r.identified_by in ("folder", "file name", "file header")]
    yield from _written_alike(open_)
    yield from _below_several(open_)
    yield from _folders_or_files(open_)
    yield from _names_in_a_session(open_)


def _written_alike(recordings: Sequence[Seen]) -> Iterator[str]:
    """``S1`` and ``s01``; ``anna_v1`` and ``anna_v2``."""
    alike: dict[tuple[str, ...], dict[str, None]] = {}
    for one in recordings:
        alike.setdefault(core(one.subject), {})[one.subject] = None
    for names in alike.values():
        if len(names) > 1:
            yield f"{_some([*names])} may be one person, written in several ways"


def _below_several(recordings: Sequence[Seen]) -> Iterator[str]:
    """``healthy/S01`` and ``stroke/S01``; ``anna_s1`` and ``ben_s1``, where s1 is a session."""
    above: dict[str, dict[str, None]] = {}
    codes: dict[str, set[str]] = {}
    for one in recordings:
        if one.identified_by != "file header":
            words = _in_front(one)
            above.setdefault(one.subject, {})[words] = None
            codes.setdefault(words, set()).add(one.subject)
    several: dict[tuple[str, ...], list[str]] = {}
    for who, fronts in above.items():
        numbers = all(front.isdigit() for front in fronts if front)
        if len(fronts) > 1 and (not numbers or all(len(codes[f]) > 1 for f in fronts)):
            several.setdefault(tuple(fronts), []).append(who)
    for places, names in several.items():
        shown = _some([place or "no other word" for place in places])
        yield f"{_some(names)} occur behind each of {shown}: is it one person?"


def _in_front(one: Seen) -> str:
    """Folders and words in front of a participant's code, other than conditions and systems."""
    parts = [*one.folders, one.stem]
    at = next((k for k, part in enumerate(parts) if one.subject in part), None)
    if at is None:
        return ""
    before = _DATE.sub(" ", parts[at].partition(one.subject)[0])
    words = [*parts[:at], *re.split(r"[-_ .]+", before)]
    return " ".join(w for w in words if w and not says_nothing(w))


def _folders_or_files(recordings: Sequence[Seen]) -> Iterator[str]:
    """``lab/anna``, ``home/anna``; ``s1/anna``, ``s2/anna``: the folders were taken for people."""
    holders: dict[str, dict[str, None]] = {}
    for one in recordings:
        if one.identified_by != "folder" or one.subject not in one.folders:
            continue
        inside = one.folders[one.folders.index(one.subject) + 1 :]
        code = participant_in(one.subject)
        names = inside if code else (*inside, one.stem)
        for name in names if not code or _SHORT.fullmatch(code) else ():
            words = [w for w in re.split(r"[-_ .]+", name) if w]
            if not any(says_nothing(w) or w.isdigit() or participant_in(w) for w in words):
                holders.setdefault(name, {})[one.subject] = None
    repeated = [name for name, people in holders.items() if len(people) > 1]
    people = [*dict.fromkeys(who for name in repeated for who in holders[name])]
    # Studies have more people than places or conditions.
    if len(repeated) > 1 and len(people) <= len(repeated):
        yield (
            f"{_some(people)} were taken for participants, but {_some(repeated)} occur in several "
            "of these folders: which are the people?"
        )


def _names_in_a_session(recordings: Sequence[Seen]) -> Iterator[str]:
    """``ik/anna_walk1`` and ``ik/ben_walk1``, all of them taken for the one of the folder."""
    in_front: dict[tuple[str, str], dict[str, None]] = {}
    for one in recordings:
        first, _, rest = one.stem.partition("_")
        if one.identified_by == "folder" and rest and not (says_nothing(first) or one.folders):
            in_front.setdefault((one.subject, rest), {})[first] = None
    found = {who: names for (who, _), names in in_front.items() if len(names) > 1}
    for who, names in found.items():
        yield f"{_some([*names])} in names of files are all taken for '{who}': is it one person?"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
