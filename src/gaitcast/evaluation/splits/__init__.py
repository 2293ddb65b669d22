"""Which samples train, validate and test; what a split holds apart is checked, not promised."""

from gaitcast.evaluation.splits.conditions import HeldOutConditions
from gaitcast.evaluation.splits.fold import Assignment, Fold, Split, check_fold
from gaitcast.evaluation.splits.held_out import GroupedKFold, HeldOutSubjects
from gaitcast.evaluation.splits.random_windows import RandomWindows
from gaitcast.evaluation.splits.transfer import Transfer
from gaitcast.evaluation.splits.trials import LaterTrials, TrialsKFold
from gaitcast.evaluation.splits.within import Blocked, WithinTail

#: Every kind that a study file can name.
SPLITS: dict[str, type[Split]] = {
    "within-tail": WithinTail,
    "blocked": Blocked,
    "held-out-subjects": HeldOutSubjects,
    "grouped-k-fold": GroupedKFold,
    "held-out-conditions": HeldOutConditions,
    "transfer": Transfer,
    "random-windows": RandomWindows,
    "trials-k-fold": TrialsKFold,
    "later-trials": LaterTrials,
}

__all__ = [
    "SPLITS",
    "Assignment",
    "Blocked",
    "Fold",
    "GroupedKFold",
    "HeldOutConditions",
    "HeldOutSubjects",
    "LaterTrials",
    "RandomWindows",
    "Split",
    "Transfer",
    "TrialsKFold",
    "WithinTail",
    "check_fold",
]
