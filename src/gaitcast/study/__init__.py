"""Studies: data x task x steps x models x splits x seeds in one TOML file, run and kept."""

from gaitcast.study.files import read_study, shipped_studies
from gaitcast.study.jobs import Job, list_jobs
from gaitcast.study.planning import plan
from gaitcast.study.results import pick_fits, read_run, results_table, write_results
from gaitcast.study.run import run_study
from gaitcast.study.store import fit_folder, read_fit
from gaitcast.study.study import Study
from gaitcast.study.summary import summarise
from gaitcast.study.workspace import Workspace

__all__ = [
    "Job",
    "Study",
    "Workspace",
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
