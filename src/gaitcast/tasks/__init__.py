"""What is predicted from what: tasks, windows over pieces of recordings, scaling."""

from gaitcast.tasks.covariates import SHUFFLED, known_of
from gaitcast.tasks.cycles import peak_cycles
from gaitcast.tasks.scaling import Affine
from gaitcast.tasks.task import Task
from gaitcast.tasks.windows import Piece, Series, Windows, cut_series, flat_rows

__all__ = [
    "SHUFFLED",
    "Affine",
    "Piece",
    "Series",
    "Task",
    "Windows",
    "cut_series",
    "flat_rows",
    "known_of",
    "peak_cycles",
]
