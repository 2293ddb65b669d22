"""Reading C3D and CSV, as ratios against ezc3d and pyarrow alone, measured in the same run."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import ezc3d
import numpy as np
import pyarrow.csv
from ratio import Ratio

from gaitcast.io import read

REPEATS = 15


def best_ms(run: Callable[[], object]) -> float:
    """Least time of several runs, ms: what the work takes when nothing disturbs it."""
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - begun))
    return min(times)


def write_c3d(path: Path) -> None:
    """Ten seconds of a full laboratory: 50 markers at 200 Hz, two plates at 1 kHz, 20 EMGs."""
    rng = np.random.default_rng(0)
    trial = ezc3d.c3d()
    trial["parameters"]["POINT"]["RATE"]["value"] = [200.0]
    trial["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    trial["parameters"]["POINT"]["LABELS"]["value"] = [f"M{k}" for k in range(50)]
    trial["data"]["points"] = rng.normal(1000, 200, (4, 50, 2000))
    trial["parameters"]["ANALOG"]["RATE"]["value"] = [1000.0]
    trial["parameters"]["ANALOG"]["LABELS"]["value"] = [f"A{k}" for k in range(32)]
    trial["parameters"]["ANALOG"]["UNITS"]["value"] = (["N"] * 3 + ["Nmm"] * 3) * 2 + ["V"] * 20
    analogs = rng.normal(0, 5, (1, 32, 10_000))
    analogs[0, [2, 8]] -= 400
    trial["data"]["analogs"] = analogs
    corners = np.array([[600, 0, 0], [0, 0, 0], [0, 400, 0], [600, 400, 0.0]])
    trial.add_parameter("FORCE_PLATFORM", "USED", [2])
    trial.add_parameter("FORCE_PLATFORM", "TYPE", [2, 2])
    trial.add_parameter("FORCE_PLATFORM", "CHANNEL", np.arange(1.0, 13.0).reshape(2, 6).T)
    both = np.stack([corners.T, corners.T + np.array([[700], [0], [0]])], axis=2)
    trial.add_parameter("FORCE_PLATFORM", "CORNERS", both)
    trial.add_parameter("FORCE_PLATFORM", "ORIGIN", np.array([[0, 0], [0, 0], [40.0, 40.0]]))
    trial.write(str(path))


def write_csv(folder: Path) -> Path:
    """Ten minutes of two IMUs and an encoder at 100 Hz, with its mapping."""
    names = [f"right_{s}_{q}_{a}" for s in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz"]
    names.append("right_ankle_angle_flexion")
    units = {"acc": "m/s^2", "gyr": "deg/s", "angle": "deg"}
    table = np.random.default_rng(1).normal(size=(60_000, len(names)))
    path = folder / "walk.csv"
    stamped = np.column_stack([np.arange(60_000) / 100, table])
    np.savetxt(path, stamped, "%.6f", ",", header=",".join(["t", *names]), comments="")
    lines = ["rate_hz = 100", 'time = { column = "t", unit = "s" }', "[channels]"]
    lines += [f'{n} = {{ column = "{n}", unit = "{units[n.split("_")[2]]}" }}' for n in names]
    (folder / "mapping.toml").write_text("\n".join(lines), encoding="utf-8")
    return path


def measured() -> list[Ratio]:
    """A C3D file against ezc3d, a table against pyarrow."""
    with tempfile.TemporaryDirectory() as name:
        c3d, csv = Path(name) / "walk.c3d", write_csv(Path(name))
        write_c3d(c3d)
        ours = best_ms(lambda: read(c3d))
        bare = best_ms(lambda: ezc3d.c3d(str(c3d))["data"]["points"])
        what = f"read a C3D of {c3d.stat().st_size / 1e6:.0f} MB, with plates and axes"
        found = [Ratio(what, "ezc3d, without", ours, bare, "ms")]
        ours = best_ms(lambda: read(csv))
        one = pyarrow.csv.ReadOptions(use_threads=False)
        bare = best_ms(lambda: pyarrow.csv.read_csv(csv, read_options=one).to_pandas().to_numpy())
        what = f"read a CSV of {csv.stat().st_size / 1e6:.0f} MB, checked"
        return [*found, Ratio(what, "pyarrow, one thread", ours, bare, "ms")]


def main() -> None:
    print(*measured(), sep="\n")


if __name__ == "__main__":
    main()
