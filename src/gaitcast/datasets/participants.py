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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gaitcast.datasets.similar_people import Seen, core, similar_people
from gaitcast.datasets.trial_files import TrialFiles
from gaitcast.io.mapping_people import absolute_path
from gaitcast.io.name_words import CONDITION, DEED, GROUP, says_nothing
from gaitcast.io.subject_name import is_static, participant_in, words_of

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
    known_codes = [*codes]
    for k in open_:
        who, how = _identity(places[k], known_codes, sessions or {}, level)
        if who:
            named[k] = replace(named[k], subject=who, identified_by=how)
    _give_statics(named, places)
    whole = tuple(named[k] for k in range(len(recordings)))
    seen = [
        Seen(f.subject, f.identified_by, p.folders, p.stem, p.session)
        for f, p in zip(whole, places, strict=True)
    ]
    return Participants(whole, (*_warnings(whole, places), *similar_people(seen)))


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
        top, holder = absolute_path(root), absolute_path(files.holder)
        if not root.is_dir():
            top = holder
        inside = holder.relative_to(top).parts if holder.is_relative_to(top) else ()
        # A folder that was named by itself, or holds the one file, is asked last.
        return cls(inside, (top.name, top.parent.name), files.name, holder, files.session)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower().removeprefix("sub-"))


def _in_table(place: _Place, codes: Sequence[str]) -> str:
    """The participant of a table whose code stands in the names; empty if there is none."""
    parts = (*place.folders, place.stem)
    named = next((code for part in parts if (code := participant_in(part))), "")
    plain = {_plain(code): code for code in codes}
    for word in (*place.folders, *_words(place.stem), *place.around):
        # Beside S03 another number is that of a trial, and no participant 2 of the table.
        if _plain(word) in plain and not (named and _plain(word).isdigit()):
            return plain[_plain(word)]
    cores = (core(named), core(named)[-1:]) if named else ()
    alike = [code for code in codes if core(code) in cores]
    return alike[0] if len(alike) == 1 else ""


def _identity(
    place: _Place, codes: Sequence[str], sessions: Mapping[Path, str], level: int | None
) -> tuple[str, str]:
    if found := _in_table(place, codes):
        return found, "participants table"
    if sessions.get(place.holder):
        return sessions[place.holder], "session metadata"
    for folder in place.folders:
        if starts := re.match(re.escape(participant_in(folder) or "\0"), folder):
            return starts[0], "folder"
    # Folders such as ik/ and grf/ of the place itself may hold several people's files.
    if place.session and (place.folders or not participant_in(place.stem)):
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
        if len(names) < 2 or all(
            CONDITION.fullmatch(name) or GROUP.fullmatch(name) for name in names
        ):
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
        if not all(
            says_nothing(w) or w.isdigit() or is_static(w) for w in words_of(places[k].stem)
        ):
            continue
        beside = {
            other.subject
            for j, other in named.items()
            if places[j].holder == places[k].holder and not is_static(places[j].stem)
        }
        if len(beside) == 1:
            named[k] = replace(found, subject=beside.pop(), identified_by="files beside it")


def _warnings(recordings: Sequence[Found], places: Sequence[_Place]) -> Iterator[str]:
    of_person: dict[str, list[int]] = {}
    for k, found in enumerate(recordings):
        of_person.setdefault(found.subject, []).append(k)
    in_folders: dict[tuple[str, ...], list[str]] = {}
    for who, own in of_person.items():
        by_name = all(recordings[k].identified_by == _BY_NAME for k in own)
        holders = tuple(sorted({places[k].holder.name for k in own}))
        if by_name and len({places[k].holder for k in own}) > 1:
            in_folders.setdefault(holders, []).append(who)
        if by_name and all(is_static(places[k].stem) for k in own):
            yield f"'{who}' has static trials alone: whose are they?"
        folders = {_own_folder(places[k]) for k in own} - {""}
        if len(folders) > 1 and all(recordings[k].identified_by == "file header" for k in own):
            yield f"the files of {', '.join(sorted(folders)[:4])} all say that they are of '{who}'"
    for holders, people in in_folders.items():
        each = f"'{people[0]}' stands" if len(people) == 1 else f"{_some(people)} stand"
        yield f"{each} in {len(holders)} folders ({', '.join(holders[:4])}): is it one person?"
    yield from _headers_elsewhere(recordings, places)
    guessed = [
        who
        for who, own in of_person.items()
        if not participant_in(who) and all(_is_guess(recordings[k], places[k]) for k in own)
    ]
    # A name without a code may be a person's, a condition's or a day's: no list of words can tell.
    if guessed and len(of_person) > 1:
        yield _without_code(guessed, of_person)
    elif guessed:
        yield from _one_for_several(guessed[0], [place.stem for place in places])


def _headers_elsewhere(recordings: Sequence[Found], places: Sequence[_Place]) -> Iterator[str]:
    """A file in ``S01/`` whose header says S02."""
    for found, place in zip(recordings, places, strict=True):
        code = next(filter(None, map(participant_in, (*place.folders[::-1], place.stem))), "")
        stated = found.subject if found.identified_by == "file header" else ""
        if participant_in(stated) and code and core(stated)[-1:] != core(code)[-1:]:
            yield f"'{place.stem}' of '{code}' says that it is of '{stated}': which is right?"
            return


def _one_for_several(who: str, stems: Sequence[str]) -> Iterator[str]:
    """``MyLab_anna_1`` and ``MyLab_ben_1``, all of them taken for one of MyLab."""
    behind = {next(iter(_own_words(stem, who)), "") for stem in stems} - {""}
    if len(behind) > 1:
        yield f"{_some(sorted(behind))} in names of files are all taken for '{who}': is it one?"


def _own_words(stem: str, who: str) -> list[str]:
    words = [word for word in words_of(stem) if word != who]
    return [word for word in words if not (word.isdigit() or says_nothing(word))]


def _is_guess(found: Found, place: _Place) -> bool:
    """Whether only the name of a folder or a file says so; a program's session is one person's."""
    by_folder = found.identified_by == "folder" and not place.session
    return by_folder or found.identified_by == _BY_NAME


def _own_folder(place: _Place) -> str:
    """The participant's code among the folders, else the first that is no condition or day."""
    coded = next((participant_in(f) for f in place.folders if participant_in(f)), "")
    return coded or next((f for f in place.folders if not CONDITION.fullmatch(f)), "")


def _without_code(guessed: Sequence[str], of_person: Mapping[str, Sequence[int]]) -> str:
    deeds = [who for who in guessed if DEED.fullmatch(who)]
    if deeds:
        return f"{_some(deeds)} taken for participants: these are the names of files"
    if all(len(of_person[who]) == 1 for who in guessed):
        return f"each file is a participant of its own ({_some(guessed)}): are they so many?"
    return (
        f"{_some(guessed)} taken for participants from names without a participant's code: are "
        "they people?"
    )


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{shown}{more}"
