"""Studies: splits that cannot leak, metrics, intervals over people, and the fits behind them."""

from gaitcast.evaluation.fits import fit_folder
from gaitcast.evaluation.jobs import Job, Workspace, list_jobs, plan
from gaitcast.evaluation.results import pick_fits, read_run, results_table, summarise, write_results
from gaitcast.evaluation.run import read_fit, run_study
from gaitcast.evaluation.scoring import evaluate
from gaitcast.evaluation.splits import SPLITS, Fold, Split
from gaitcast.evaluation.study import Study
from gaitcast.evaluation.study_file import read_study, shipped_studies

__all__ = [
    "SPLITS",
    "Fold",
    "Job",
    "Split",
    "Study",
    "Workspace",
    "evaluate",
    "fit_folder",
    "list_jobs",
    "pick_fits",
    "plan",
    "read_fit",
    "read_run",
    "read_study",
    "results_table",
    "run_study",
    "shipped_studies",
    "summarise",
    "write_results",
]
