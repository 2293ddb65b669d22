"""Text logs of a two-IMU and encoder logger: one sample per line, ``===`` between sessions."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording, check_time

NOMINAL_RATE_HZ = 100.0
ANGLE = "ipsi_ankle_angle_flexion"
CHANNELS = (
    ANGLE,
    *(
        f"ipsi_{segment}_{quantity}_{axis}"
        for segment in ("foot", "shank")
        for quantity in ("acc", "gyr")
        for axis in "xyz"
    ),
)
_NUMBER = r"\s*(-?\d+(?:\.\d+)?)"
_TRIPLE = rf"{_NUMBER},{_NUMBER},{_NUMBER}"
_LINE = re.compile(
    rf"Enc Cnt:{_NUMBER} \| Angle:{_NUMBER}\D* \|\| "
    rf"MPU1 Acc:{_TRIPLE} \| Gyro:{_TRIPLE} \|\| "
    rf"MPU2 Acc:{_TRIPLE} \| Gyro:{_TRIPLE} \|\| Time:{_NUMBER} ms\s*"
)


def read_log(path: str | Path, *, max_gap_s: float = 0.1) -> list[Recording]:
    """Read one raw log as recorded: one sample per line, sessions between ``===`` lines.

    Parameters
    ----------
    path : str or Path
        ``LOG*.TXT``.
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Returns
    -------
    list of Recording
        One per session, named after the file (with ``-2``, ``-3`` ... after the first); notes count
        the damaged lines. Accelerations in m/s^2, from which the device already subtracted standing
        gravity; rates in deg/s, clipped at 500; angle in deg.

    Raises
    ------
    GaitcastError
        If no line of the file is a sample, or time runs backwards within a session.

    Notes
    -----
    The source does not say which leg was measured, nor where MPU1 and MPU2 were fixed. The side is
    therefore ``ipsi``. MPU1 is taken as the foot: in all six logs it rests (below 15 deg/s) during
    22-33 % of the samples, as a foot does in mid-stance; MPU2 rests during 2-7 %. Dorsiflexion is
    positive: the angle rises by 10-14 deg while the foot rests and the shank rolls over it.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise GaitcastError(error.strerror or "cannot be read", where=str(path)) from error
    sessions: list[list[tuple[float, ...]]] = [[]]
    torn: list[int] = [0]
    for line in lines:
        match = _LINE.fullmatch(line)
        if match:
            sessions[-1].append(tuple(float(v) for v in match.groups()))
        elif line.startswith("==="):
            if sessions[-1]:
                sessions.append([])
                torn.append(0)
        elif line.strip():
            torn[-1] += 1
    if not sessions[-1] and len(sessions) > 1:  # nothing follows the end of the last session
        torn[-2] += torn[-1]
    found = [(rows, bad) for rows, bad in zip(sessions, torn, strict=True) if rows]
    if not found:
        raise GaitcastError("no line is a sample of this logger", where=str(path))
    return [
        _session(path, number, np.array(rows), bad, max_gap_s)
        for number, (rows, bad) in enumerate(found, start=1)
    ]


def _session(path: Path, number: int, rows: np.ndarray, torn: int, max_gap_s: float) -> Recording:
    trial = path.stem if number == 1 else f"{path.stem}-{number}"
    check_time(rows[:, -1] / 1000.0, where=str(path))
    return Recording(
        subject=path.stem,
        trial=trial,
        rate_hz=NOMINAL_RATE_HZ,
        time_s=rows[:, -1] / 1000.0,
        samples=rows[:, 1:-1],
        channels=CHANNELS,
        notes=(f"{torn} torn lines skipped",) if torn else (),
        max_gap_s=max_gap_s,
        identified_by="file name",
    )
