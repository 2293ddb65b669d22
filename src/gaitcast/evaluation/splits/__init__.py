"""Which samples train, validate and test; what a split holds apart is checked, not promised."""

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
]
