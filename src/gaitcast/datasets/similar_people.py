"""Participants whose names leave it open how many people they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gaitcast.io.name_words import GROUP, says_nothing
from gaitcast.io.subject_name import participant_in

_DATE = re.compile(r"(?<!\d)(19|20)\d\d[-_.]?\d\d[-_.]?\d\d(?!\d)")
_VISIT = re.compile(r"[-_ .](v|visit|ses|session|day|week|pre|post|retest|t)[-_ ]?\d{0,2}$")
#: It may as well be a session or a part.
_SHORT = re.compile(r"(?i)[sp][-_ ]?[1-9]")
_ONE_DIGIT = re.compile(r"(?i)[a-z]+[-_ ]?[1-9][a-z]?")
#: They count trials and visits.
_TRIAL = re.compile(r"(?i)(t|tr|trial|r|run|v|visit)\d+")
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
    session : bool
        Whether a program keeps one person's session in the folder.
    """

    subject: str
    identified_by: str
    folders: tuple[str, ...]
    stem: str
    session: bool = False


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
    plain = re.sub(r"(?<=[a-z])[A-Z]$", "", name).lower()  # annaA, annaB
    while _VISIT.search(plain):
        plain = _VISIT.sub("", plain)
    plain = re.sub(r"(?<=\d)[a-z]$", "", plain)  # S01a, S01b: parts or visits of one
    code = participant_in(plain)
    if not code:
        plain = re.sub(r"(?<=[a-z])[-_ ]?\d{1,2}$", "", plain)  # anna1, anna2
    elif plain.startswith(code):
        plain = code + re.sub(r"^[-_ ]\d{1,2}$", "", plain[len(code) :])  # S01_1, S01_2
    return _parts(plain)


def _parts(name: str) -> tuple[str, ...]:
    parts = re.findall(r"[a-z]+|\d+", name.lower())
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
    by_name = ("folder", "file name", "file header")
    stated = ("participants table", "session metadata", "mapping")
    open_ = [r for r in recordings if r.identified_by in by_name]
    known = [r for r in recordings if r.identified_by in (*by_name, *stated)]
    yield from _written_alike(known)
    yield from _below_several([r for r in known if r.identified_by != "mapping"])
    yield from _folders_or_files(open_)
    yield from _names_in_a_session(open_)
    yield from _under_one_code(known)
    yield from _across(known)
    yield from _one_file_each(open_)


def _written_alike(recordings: Sequence[Seen]) -> Iterator[str]:
    """``S1`` and ``s01``; ``anna_v1`` and ``anna_v2``."""
    alike: dict[tuple[str, ...], dict[str, None]] = {}
    for one in recordings:
        # A mapping is the user's word: there only another way to write the same is asked about.
        key = _parts if one.identified_by == "mapping" else core
        alike.setdefault(key(one.subject), {})[one.subject] = None
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


def _under_one_code(recordings: Sequence[Seen]) -> Iterator[str]:
    """``S01_1`` of anna by its header, ``S01_2`` of S01 by its name."""
    under: dict[str, dict[str, None]] = {}
    for one in recordings:
        codes = filter(None, map(participant_in, (*one.folders[::-1], one.stem)))
        if one.identified_by != "mapping" and (code := next(codes, "")):
            under.setdefault(code, {})[one.subject] = None
    for code, people in under.items():
        if len(people) > 1:
            yield f"files of '{code}' are taken for {_some([*people])}: is it one person?"


def _across(recordings: Sequence[Seen]) -> Iterator[str]:
    """``S1_anna``, ``S2_anna``, ``S1_ben``: what stands behind a code may as well be the person."""
    people = {one.subject for one in recordings if one.identified_by != "mapping"}
    certain = not all(map(_is_weak, people))
    holders: dict[str, dict[str, None]] = {}
    for one in recordings:
        if one.identified_by == "mapping":
            continue
        session = one.session and not says_nothing(one.subject)
        words = {w for part in (*one.folders, one.stem) for w in re.split(r"[-_ .]+", part)}
        for word in words if not session else ():
            if _may_be_a_person(word, one.subject, coded=certain):
                holders.setdefault(word, {})[one.subject] = None
    crossing = [word for word, found in holders.items() if len(found) > 1]
    found = [*dict.fromkeys(who for word in crossing for who in holders[word])]
    if len(crossing) > 1 and len(found) > 1:
        yield (
            f"{_some(crossing)} occur with several of {_some(found)}, which were taken for "
            "participants: which are the people?"
        )


def _is_weak(subject: str) -> bool:
    """Whether it may as well be a session, a condition or a trial."""
    code = participant_in(subject)
    return not code or bool(_ONE_DIGIT.fullmatch(code))


def _may_be_a_person(word: str, subject: str, *, coded: bool) -> bool:
    """Whether a word could name someone; beside sure participants only a code of its own could."""
    if word in subject or subject in word or core(word) == core(subject):
        return False
    if _TRIAL.fullmatch(word) or (GROUP.fullmatch(word) and not participant_in(word)):
        return False
    if participant_in(word) == word:
        return True
    if coded or len(word) < 2 or says_nothing(word):
        return False
    return not word.isdigit() or len(word) == 3


def _one_file_each(recordings: Sequence[Seen]) -> Iterator[str]:
    """``S0101``, ``S0102``, ``S0201``; ``anna/P1``, ``anna/P2``, ``ben/P3``: perhaps trials."""
    people = [one.subject for one in recordings]
    if len(people) < 4 or len(set(people)) < len(people):
        return
    halves = [m for one in people if (m := re.fullmatch(r"(?i)[a-z]*(\d\d)(\d\d)", one))]
    folders = [one.folders[0] for one in recordings if one.folders]
    several = [f for f in set(folders) if folders.count(f) > 1 and not GROUP.fullmatch(f)]
    named = [f for f in several if not says_nothing(f) and not participant_in(f)]
    twice = len({m[1] for m in halves}) < len(halves) and len({m[2] for m in halves}) < len(halves)
    if len(halves) == len(people) and twice:
        yield f"{_some(people)} may be trials of {len({m[1] for m in halves})} people"
    elif len(named) > 1 and len(folders) == len(people):
        yield f"each file in {_some(sorted(named))} is a participant of its own: are they trials?"


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
