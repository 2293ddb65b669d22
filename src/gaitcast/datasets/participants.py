"""Who each recording of a folder is of: by the file, a table, the folders, or the file's name.

In this order: a ``subject`` in a mapping, which is the user's own word; the file's header; a table
of participants (``participants.tsv``, ``subjects.csv``) or a program's metadata of the session; the
folder, where folders look like participants, belong to a session, or hold files of the same names;
the file's name. What stays uncertain is a warning, and no split between people is made of it before
it was confirmed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gaitcast.datasets.trial_files import TrialFiles
from gaitcast.io.subject_name import is_static, participant_in

#: Folders of a session, a condition, a day: they say nothing of the person.
_CONDITION = re.compile(
    r"(?i)(ses(sion)?|visit|day|trials?|runs?|block|cond(ition)?|test|exp|data|raw|processed|slow|"
    r"normal|norm|fast|comf(ortable)?|self|pref(erred)?|treadmill|overground|level|stairs?|ramp|up|"
    r"down|left|right|pre|post|baseline|barefoot|shod|shoes?|walk(s|ing)?|run(s|ning)?|static|speed|"
    r"gait|jump(s|ing)?|squat|monday|tuesday|wednesday|thursday|friday|\d{4}[-_.]?\d\d[-_.]?\d\d|"
    r"\d+([.,]\d+)?(mps|kmh|ms))([-_ .]?[a-z]?\d{0,3})"
)
#: Names of files that name what was done and not who did it.
_DEED = re.compile(
    r"(?i)(walk|run|trial|gait|level|stair|ramp|treadmill|slow|fast|normal|comfortable|static|cal|"
    r"jump|squat|session|record|log|data|file|take|test|measurement|capture|export|untitled)[a-z]*"
    r"[-_ ]?[0-9]*"
)
_BY_NAME = "file name"


@dataclass(frozen=True)
class Found:
    """A recording, where it lies, and who its reader took it to be of.

    Parameters
    ----------
    files : TrialFiles
        Of the recording.
    trial, subject, identified_by : str
        Of the recording as it was read.
    """

    files: TrialFiles
    trial: str
    subject: str
    identified_by: str


@dataclass(frozen=True)
class Participants:
    """Who the recordings of a place are of.

    Parameters
    ----------
    recordings : tuple of Found
        In the given order, with the participant of each.
    warnings : tuple of str
        Why that is not certain.
    """

    recordings: tuple[Found, ...]
    warnings: tuple[str, ...]


def identify(
    root: Path,
    recordings: Sequence[Found],
    codes: Iterable[str] = (),
    sessions: Mapping[Path, str] | None = None,
) -> Participants:
    """Find out who each recording is of.

    Parameters
    ----------
    root : Path
        File or folder that is loaded.
    recordings : sequence of Found
        As they were read.
    codes : iterable of str
        Participants that a table names.
    sessions : mapping of Path to str
        Participant of a session's folder, where a program wrote it down.

    Returns
    -------
    Participants
        Of the same recordings.
    """
    places = [_Place.of(root, found.files) for found in recordings]
    open_ = [k for k, found in enumerate(recordings) if found.identified_by == _BY_NAME]
    named = dict(enumerate(recordings))
    level = _level_of_people([places[k] for k in open_])
    by_code = {_plain(code): code for code in codes}
    for k in open_:
        who, how = _identity(places[k], by_code, sessions or {}, level)
        if who:
            named[k] = replace(named[k], subject=who, identified_by=how)
    _give_statics(named, places)
    whole = tuple(named[k] for k in range(len(recordings)))
    return Participants(whole, tuple(_warnings(whole, places)))


@dataclass(frozen=True)
class _Place:
    """Folders between the root and a trial, the outermost first; its name; its files' folder."""

    folders: tuple[str, ...]
    around: tuple[str, ...]
    stem: str
    holder: Path
    session: bool

    @classmethod
    def of(cls, root: Path, files: TrialFiles) -> _Place:
        top, holder = root.absolute(), files.holder.absolute()
        if not root.is_dir():
            top = holder
        inside = holder.relative_to(top).parts if holder.is_relative_to(top) else ()
        # A folder that was named by itself, or holds the one file, is asked last.
        return cls(inside, (top.name, top.parent.name), files.name, holder, files.session)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower().removeprefix("sub-"))


def _identity(
    place: _Place, by_code: Mapping[str, str], sessions: Mapping[Path, str], level: int | None
) -> tuple[str, str]:
    for word in (*place.folders, *_words(place.stem), *place.around):
        if _plain(word) in by_code:
            return by_code[_plain(word)], "participants table"
    if sessions.get(place.holder):
        return sessions[place.holder], "session metadata"
    for folder in place.folders:
        if starts := re.match(re.escape(participant_in(folder) or "\0"), folder):
            return starts[0], "folder"
    if place.session:
        return place.holder.name, "folder"
    if participant_in(place.stem):
        return participant_in(place.stem), _BY_NAME
    if level is not None and len(place.folders) > level:
        return place.folders[level], "folder"
    for folder in place.around[:1]:
        if participant_in(folder) == folder:
            return folder, "folder"
    return "", ""


def _words(stem: str) -> list[str]:
    parts = re.split(r"[_ .]+|-(?=[A-Za-z])", stem)
    return [stem, *parts, participant_in(stem)]


def _level_of_people(places: Sequence[_Place]) -> int | None:
    """Depth of the folders that are participants: the same names occur in several of them."""
    plain = [p for p in places if not p.session and p.folders and not participant_in(p.stem)]
    deepest = max((len(p.folders) for p in plain), default=0)
    for level in range(deepest):
        here = [p for p in plain if len(p.folders) > level]
        names = {p.folders[level] for p in here}
        if len(names) < 2 or all(_CONDITION.fullmatch(name) for name in names):
            continue
        rests = Counter((*p.folders[level + 1 :], p.stem.lower()) for p in here)
        if max(rests.values()) > 1:
            return level
    return None


def _give_statics(named: dict[int, Found], places: Sequence[_Place]) -> None:
    """A static trial belongs to the one person whose files lie beside it."""
    for k, found in named.items():
        if found.identified_by != _BY_NAME or not is_static(places[k].stem):
            continue
        if participant_in(places[k].stem):
            continue
        beside = {
            other.subject
            for j, other in named.items()
            if places[j].holder == places[k].holder and not is_static(places[j].stem)
        }
        if len(beside) == 1:
            named[k] = replace(found, subject=beside.pop(), identified_by="files beside it")


def _warnings(recordings: Sequence[Found], places: Sequence[_Place]) -> list[str]:
    of_person: dict[str, list[int]] = {}
    for k, found in enumerate(recordings):
        of_person.setdefault(found.subject, []).append(k)
    warnings = []
    for who, own in of_person.items():
        holders = {places[k].holder for k in own}
        by_name = all(recordings[k].identified_by == _BY_NAME for k in own)
        if by_name and len(holders) > 1:
            shown = ", ".join(sorted(h.name for h in holders)[:4])
            warnings.append(
                f"'{who}' stands in {len(holders)} folders ({shown}): is it one person?"
            )
        if by_name and len(own) > 0 and all(is_static(places[k].stem) for k in own):
            warnings.append(f"'{who}' has static trials alone: whose are they?")
        above = {_above(places[k], who) for k in own if recordings[k].identified_by == "folder"}
        above = {path for path in above if not _CONDITION.fullmatch(path.rsplit("/", 1)[-1])}
        if len(above) > 1:
            shown = ", ".join(sorted(above)[:4])
            warnings.append(f"'{who}' is a folder in {shown}: is it one person?")
        folders = {_own_folder(places[k]) for k in own} - {""}
        if len(folders) > 1 and all(recordings[k].identified_by == "file header" for k in own):
            warnings.append(
                f"the files of {', '.join(sorted(folders)[:4])} all say that they are of '{who}'"
            )
    guessed = [
        who
        for who, own in of_person.items()
        if all(recordings[k].identified_by == _BY_NAME for k in own) and not participant_in(who)
    ]
    if len(guessed) > 1:
        warnings += _by_name_alone(guessed, of_person)
    return warnings


def _above(place: _Place, who: str) -> str:
    """Folders above the one that is called like a participant."""
    at = next((k for k, name in enumerate(place.folders) if name.startswith(who)), 0)
    return "/".join(place.folders[:at])


def _own_folder(place: _Place) -> str:
    return next((participant_in(f) for f in place.folders if participant_in(f)), "")


def _by_name_alone(guessed: Sequence[str], of_person: Mapping[str, Sequence[int]]) -> list[str]:
    deeds = [who for who in guessed if _DEED.fullmatch(who)]
    if deeds:
        return [f"{_some(deeds)} taken for participants: these are the names of files"]
    if all(len(of_person[who]) == 1 for who in guessed):
        return [f"each file is a participant of its own ({_some(guessed)}): are they so many?"]
    return []


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{shown}{more}"
