"""Who a recording is of, as far as the name of its file or folder says."""

from __future__ import annotations

import re

from gaitcast.io.name_words import says_nothing

#: Words that laboratories put in front of a participant's number.
_WORDS = (
    "subject", "subj", "sub", "participant", "patient", "proband", "person", "volunteer", "pat",
    "healthy", "impaired", "control", "ctrl", "stroke", "elderly", "young",
    "amputee", "pp", "vp", "ab", "tf", "hc", "pd", "cp", "s", "p",
)  # fmt: skip
_PARTICIPANT = re.compile(
    rf"(?i)(?<![a-z0-9])(?:{'|'.join(_WORDS)})[-_ ]?[0-9]{{1,7}}[a-z]?(?![a-z0-9])"
)
#: In front of a name, with a time of the day or without.
_DATE = re.compile(r"^(?:19|20)[0-9]{2}[-_.]?[0-9]{2}[-_.]?[0-9]{2}(?:[-_T][0-9]{4,6})?[-_ .]+")
_STATIC = re.compile(
    r"(?i)(?<![a-z])(?:static|stat|cal(?:ib(?:ration)?)?|t-?pose|n-?pose|standing)\d*(?![a-z])"
)


def participant_in(name: str) -> str:
    """The first part of a name that looks like a participant's code.

    Parameters
    ----------
    name : str
        Of a file, without its ending, or of a folder.

    Returns
    -------
    str
        Such as ``"S02"`` of ``"walk_S02-3"``; empty if there is none.

    Examples
    --------
    >>> participant_in("sub-01_task-walk"), participant_in("walk1")
    ('sub-01', '')
    """
    found = _PARTICIPANT.search(name)
    return found[0] if found else ""


def is_static(name: str) -> bool:
    """Whether a file's name says that the person stands still.

    Parameters
    ----------
    name : str
        Without its ending.

    Returns
    -------
    bool
    """
    return bool(_STATIC.search(name.replace("_", " ")))


def subject_of_name(stem: str) -> str:
    """The participant that a file's name gives.

    Parameters
    ----------
    stem : str
        Name without its ending.

    Returns
    -------
    str
        The part that looks like a participant's code; else, behind a date, the first word that is
        no deed, condition, system, side or segment, or the first word if all are.

    Examples
    --------
    >>> subject_of_name("20240501_walk1_anna"), subject_of_name("walk1_fast")
    ('anna', 'walk1')
    """
    words = words_of(stem) or [stem]
    own = (word for word in words if not (word.isdigit() or says_nothing(word)))
    return participant_in(stem) or next(own, words[0])


def words_of(stem: str) -> list[str]:
    """Words of a file's name, behind a date.

    Parameters
    ----------
    stem : str
        Name without its ending.

    Returns
    -------
    list of str
        What stands between ``_``.
    """
    return [word for word in (_DATE.sub("", stem) or stem).split("_") if word]
