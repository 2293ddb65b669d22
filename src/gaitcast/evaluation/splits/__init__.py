"""Which samples train, validate and test; what a split holds apart is checked, not promised."""

import difflib

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits.conditions import HeldOutConditions
from gaitcast.evaluation.splits.fold import Assignment, Fold, Split, check_fold
from gaitcast.evaluation.splits.held_out import GroupedKFold, LeaveOneSubjectOut
from gaitcast.evaluation.splits.random_windows import RandomWindows
from gaitcast.evaluation.splits.transfer import Transfer
from gaitcast.evaluation.splits.trials import LaterTrials, TrialsKFold
from gaitcast.evaluation.splits.within import Blocked, WithinTail

#: Every kind that a study file can name.
SPLITS: dict[str, type[Split]] = {
    split.kind: split
    for split in (
        WithinTail, Blocked, LeaveOneSubjectOut, GroupedKFold, HeldOutConditions, Transfer,
        RandomWindows, TrialsKFold, LaterTrials,
    )
}  # fmt: skip

#: What others call a kind, letters only: its name here.
_ALSO_CALLED = {
    "loso": "leave-one-subject-out",
    "leaveonesubjectout": "leave-one-subject-out",
    "leaveoneparticipantout": "leave-one-subject-out",
    "leaveonepersonout": "leave-one-subject-out",
    "leaveoneuserout": "leave-one-subject-out",
    "leaveonepatientout": "leave-one-subject-out",
    "leaveonegroupout": "leave-one-subject-out",
    "lopo": "leave-one-subject-out",
    "groupkfold": "grouped-k-fold",
    "groupedkfold": "grouped-k-fold",
    "subjectkfold": "grouped-k-fold",
    "subjectwisekfold": "grouped-k-fold",
}
#: In a line, what each kind does.
_IN_A_LINE = {
    "leave-one-subject-out": "each person is tested by a model trained on the others",
    "grouped-k-fold": "the same in groups of people",
    "blocked": "within each person, blocks of time with a gap",
    "within-tail": "within one trial, its end is tested",
    "later-trials": "within each person, the last trials are tested",
    "held-out-conditions": "conditions of walking (speed, terrain) that did not train are tested",
    "transfer": "a new person, after some seconds of their own",
    "trials-k-fold": "whole trials at random, people shared (flatters: never deployable)",
    "random-windows": "windows at random, overlapping (flatters: never deployable)",
}


def find_split(name: str) -> type[Split]:
    """A kind of split by its name, or by what others call it.

    Parameters
    ----------
    name : str
        Such as ``leave-one-subject-out``, ``LOSO`` or ``GroupKFold``.

    Returns
    -------
    type of Split

    Raises
    ------
    GaitcastError
        If it is unknown or says too little (``k-fold`` of what?); the hint lists all kinds.
    """
    plain = "".join(letter for letter in name.lower() if letter.isalnum())
    kind = _ALSO_CALLED.get(plain, name if name in SPLITS else "")
    for known in SPLITS:
        if plain == known.replace("-", ""):
            kind = known
    if kind:
        return SPLITS[kind]
    close = difflib.get_close_matches(name, [*SPLITS], n=1, cutoff=0.75)
    likely = f"Did you mean '{close[0]}'? " if close else ""
    kinds = "; ".join(f"{known}: {_IN_A_LINE[known]}" for known in SPLITS)
    what = f"unknown split kind '{name}'" if name else "a split has no kind"
    raise GaitcastError(what, hint=f"{likely}Valid: {kinds}")


__all__ = [
    "SPLITS",
    "Assignment",
    "Blocked",
    "Fold",
    "GroupedKFold",
    "HeldOutConditions",
    "LaterTrials",
    "LeaveOneSubjectOut",
    "RandomWindows",
    "Split",
    "Transfer",
    "TrialsKFold",
    "WithinTail",
    "check_fold",
    "find_split",
]
