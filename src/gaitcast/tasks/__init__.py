"""What is predicted from what: tasks, windows over spans of recordings, scaling."""

from gaitcast.tasks.covariates import SHUFFLED, known_of
from gaitcast.tasks.cycles import peak_cycles
from gaitcast.tasks.scaling import Scaler
from gaitcast.tasks.task import Task
from gaitcast.tasks.windows import Series, Span, Windows, cut_series, flat_rows, hold_first

__all__ = [
    "SHUFFLED",
    "Scaler",
    "Series",
    "Span",
    "Task",
    "Windows",
    "cut_series",
    "flat_rows",
    "hold_first",
    "known_of",
    "peak_cycles",
]
