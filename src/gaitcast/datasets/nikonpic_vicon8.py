"""Level walking and stairs of eight people: 16 leg markers at 200 Hz."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.datasets.array_files import open_arrays
from gaitcast.datasets.dataset import Dataset
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.signal.walkway import along_walkway

_TRIAL = re.compile(r"([FM]\d+)(Gang|Treppe)(\d+)")
_TERRAINS = {"Gang": "level", "Treppe": "stairs"}
_LEG = ("THI", "KNE", "TIB", "ANK", "HEE", "TOE")
_LABELS = tuple(side + spot for side in "LR" for spot in ("ASI", "PSI", *_LEG))
_MISSING = -32768
Points = dict[str, np.ndarray]


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each trial: standing, a walk or a staircase, standing."""
    with open_arrays(path, ("marker_names", "unit_m", "rate_hz")) as file:
        labels = [str(label) for label in file["marker_names"]]
        trials = [found for name in file.files if (found := _TRIAL.fullmatch(name))]
        if sorted(labels) != sorted(_LABELS) or not trials:
            raise GaitcastError("not the markers and trials of this set")
        rate_hz, unit_m = float(file["rate_hz"]), float(file["unit_m"])
        recordings = []
        for found in trials:
            counts = file[found[0]].astype(float)
            places = np.where(counts == _MISSING, np.nan, counts * unit_m)
            points = {label: places[:, k] for k, label in enumerate(labels)}
            points, notes = _put_right(points)
            samples = {
                channel: points[label][:, axis]
                for label in labels
                for axis, channel in enumerate(marker_channels(label))
            }
            recording = Recording(
                found[1], found[0], rate_hz, np.arange(len(places)) / rate_hz,
                np.column_stack(list(samples.values())), tuple(samples),
                covariates={"terrain": _TERRAINS[found[2]]}, notes=notes, max_gap_s=max_gap_s,
            )  # fmt: skip
            recordings.append(along_walkway(recording))
    return recordings


def _put_right(points: Points) -> tuple[Points, tuple[str, ...]]:
    """Labels that were exchanged: the way the person walks shows it.

    The iliac spines lie ahead of the sacrum's markers, toes ahead of heels, and the left leg lies
    to the left. In a few trials of the source they do not.
    """
    ahead = _way(points)
    left = np.array([-ahead[1], ahead[0]])
    pairs = [
        (("LASI", "LPSI"), ("RASI", "RPSI")),
        (("LTOE", "LHEE"),),
        (("RTOE", "RHEE"),),
    ]
    exchanged: list[tuple[str, str]] = []
    for group in pairs:
        if sum(_along(points, a, b, ahead) for a, b in group) < 0:
            points, exchanged = _exchange(points, group), [*exchanged, *group]
    for spots in (("ASI",), ("PSI",), _LEG):
        sides = tuple((f"L{spot}", f"R{spot}") for spot in spots)
        if sum(_along(points, a, b, left) for a, b in sides) < 0:
            points, exchanged = _exchange(points, sides), [*exchanged, *sides]
    if not exchanged:
        return points, ()
    words = ", ".join(f"{a} and {b}" for a, b in exchanged)
    return points, (f"assumed: labels exchanged in the source, by the way of walking: {words}",)


def _way(points: Points) -> np.ndarray:
    """Horizontal unit vector from where the pelvis begins to where it ends."""
    spines = [points[f"{side}{spot}"][:, :2] for side in "LR" for spot in ("ASI", "PSI")]
    pelvis = np.mean(spines, axis=0)
    pelvis = pelvis[np.isfinite(pelvis).all(axis=1)]
    if len(pelvis) < 2 or np.linalg.norm(pelvis[-1] - pelvis[0]) < 1.0:
        raise GaitcastError("the pelvis does not move along the walkway")
    way = pelvis[-1] - pelvis[0]
    return np.asarray(way / np.linalg.norm(way))


def _along(points: Points, first: str, second: str, axis: np.ndarray) -> float:
    """How far the first marker lies from the second along an axis, m; 0 if never seen together."""
    apart = (points[first] - points[second])[:, :2] @ axis
    return float(np.median(apart[np.isfinite(apart)])) if np.isfinite(apart).any() else 0.0


def _exchange(points: Points, pairs: tuple[tuple[str, str], ...]) -> Points:
    both = dict(points)
    for a, b in pairs:
        both[a], both[b] = points[b], points[a]
    return both


NIKONPIC_VICON8 = Dataset(
    name="nikonpic-vicon8",
    title="8 people, level walks and stairs with starts and stops: 16 leg markers, 200 Hz",
    citation="NikonPic, imu_gait_analysis, github.com/NikonPic/imu_gait_analysis",
    licence="none stated",
    source="https://github.com/NikonPic/imu_gait_analysis",
    files=("markers.npz",),
    read=_read,
    how_to_get=(
        "The Vicon trials of https://github.com/NikonPic/imu_gait_analysis as markers.npz: "
        "marker_names, unit_m, rate_hz, and an int16 array (n, 16, 3) F1Gang1 ... for each trial."
    ),
)
