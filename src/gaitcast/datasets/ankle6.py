"""Six people walking with two IMUs and an ankle encoder (Zare Banadkouki et al. 2025)."""

from __future__ import annotations

from pathlib import Path

from gaitcast.cohort import Cohort
from gaitcast.datasets.folder import find_folder
from gaitcast.io.encoder_log import read_log
from gaitcast.signal.resample import resample

NAME = "ankle6-encoder"
HOW_TO_GET = (
    "Take LOG2, 7, 8, 10, 13 and 25.TXT from the history (commits e8f0e82, cc2f51f) of the GitHub "
    "repository Omidzarexz/AnkleBiLSTMJointPrediction and put them in one folder."
)


def load_ankle6(
    folder: Path | None = None, resample_hz: float | None = 100.0, max_gap_s: float = 0.1
) -> Cohort:
    """Load all logs of the set.

    Parameters
    ----------
    folder : Path, optional
        Where the logs lie; by default ``$GAITCAST_DATA``.
    resample_hz : float or None
        Uniform clock; None keeps the samples as recorded (97 Hz with 9-53 ms jitter).
    max_gap_s : float
        Longest interval that counts as continuous.

    Returns
    -------
    Cohort
        One person per log, in the order of the log numbers.

    Raises
    ------
    GaitcastError
        If no log is found.
    """
    place = find_folder(NAME, folder, pattern="LOG*.TXT", how_to_get=HOW_TO_GET)
    paths = sorted(place.glob("LOG*.TXT"), key=lambda p: (len(p.stem), p.stem))
    recordings = [r for path in paths for r in read_log(path, max_gap_s=max_gap_s)]
    if resample_hz is not None:
        recordings = [resample(r, resample_hz) for r in recordings]
    return Cohort(NAME, tuple(recordings))
