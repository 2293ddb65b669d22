"""Damaged files of every format: one clear line or a recording, never anything else.

``make damaged`` runs 2,000 of them; the suite a few hundred.
"""

import os
import random
import resource
import time
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy.io import savemat

from gaitcast.errors import GaitcastError
from gaitcast.io import read, write_mot, write_trc
from gaitcast.recording import Recording
from made_files import write_xdf, xdf_header, xdf_samples

COUNT = int(os.environ.get("GAITCAST_DAMAGED", "300"))
MAPPING = """
rate_hz = 100
time = { column = "t", unit = "s" }
[channels]
right_foot_acc_x = { column = "ax", unit = "g" }
"""
T = np.arange(400) / 100
WAVE = np.sin(T)


def write_c3d(path):
    """Two points and a plate, by hand: 200 frames of floats."""
    ezc3d = pytest.importorskip("ezc3d")
    c3d = ezc3d.c3d()
    c3d["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    c3d["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    c3d["parameters"]["POINT"]["LABELS"]["value"] = ["LHEE", "LTOE"]
    c3d["data"]["points"] = np.random.default_rng(0).normal(500, 100, (4, 2, 200))
    c3d["parameters"]["ANALOG"]["RATE"]["value"] = [1000.0]
    c3d["parameters"]["ANALOG"]["LABELS"]["value"] = ["Fx", "Fy", "Fz", "Mx", "My", "Mz"]
    c3d["data"]["analogs"] = np.random.default_rng(1).normal(0, 300, (1, 6, 2000))
    c3d.add_parameter("FORCE_PLATFORM", "USED", [1])
    c3d.add_parameter("FORCE_PLATFORM", "TYPE", [2])
    c3d.add_parameter("FORCE_PLATFORM", "CHANNEL", np.arange(1.0, 7.0).reshape(6, 1))
    corners = np.array([[0, 0, 0], [600, 0, 0], [600, 400, 0], [0, 400, 0.0]])
    c3d.add_parameter("FORCE_PLATFORM", "CORNERS", corners.T[:, :, None])
    c3d.add_parameter("FORCE_PLATFORM", "ORIGIN", np.array([[0.0], [0.0], [-40.0]]))
    c3d.write(str(path))


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound")
    (folder / "mapping.toml").write_text(MAPPING)
    frame = pd.DataFrame({"t": T, "ax": WAVE, "b": 1})
    frame.to_csv(folder / "a.csv", index=False)
    frame.to_csv(folder / "b.csv.gz", index=False)
    frame.to_csv(folder / "a.tsv", index=False, sep="\t")
    frame.to_parquet(folder / "a.parquet")
    frame.to_feather(folder / "a.feather")
    np.savez(folder / "a.npz", t=T, ax=WAVE)
    np.savez_compressed(folder / "b.npz", t=T, ax=WAVE)
    savemat(folder / "a.mat", {"t": T, "ax": WAVE, "s": {"x": WAVE}})
    savemat(folder / "c.mat", {"t": T, "ax": WAVE}, do_compression=True)
    write_hdf5(folder / "b.mat")
    angles = Recording("P", "a", 100.0, T, WAVE[:, None], ("right_knee_angle_flexion",))
    write_mot(angles, folder / "a.mot")
    names = tuple(f"left_LHEE_marker_{a}" for a in "xyz")
    write_trc(Recording("P", "a", 100.0, T, np.ones((400, 3)), names), folder / "a.trc")
    head = "#Kinovea Trajectory data export\n#T X Y\n"
    rows = [f"0:00:{k // 25:02d}:{k % 25 * 4:02d} {k * 0.1:.2f} 3.0\n" for k in range(200)]
    (folder / "k.txt").write_text(head + "".join(rows))
    (folder / "k.csv").write_text(
        "Time;A/X;A/Y\n" + "".join(f"{k * 20};{k * 0.1:.2f};3.0\n" for k in range(200))
    )
    sample = "MPU1 Acc:1,2,3 | Gyro:4,5,6 || MPU2 Acc:1,2,3 | Gyro:4,5,6"
    lines = [f"Enc Cnt:{k} | Angle:1.5 deg || {sample} || Time:{k * 10} ms\n" for k in range(200)]
    (folder / "LOG1.TXT").write_text("".join(lines))
    write_c3d(folder / "a.c3d")
    stream = xdf_header(1, "Foot", 100, ("t", "ax"), ("s", "g"))
    rows = (xdf_samples(1, T[k : k + 50], np.c_[T, WAVE][k : k + 50]) for k in range(0, 400, 50))
    write_xdf(folder, stream, *rows, name="a.xdf")
    return [path for path in sorted(folder.iterdir()) if path.name != "mapping.toml"]


def write_hdf5(path):
    import h5py

    with h5py.File(path, "w", userblock_size=512) as file:
        file["t"], file["ax"] = T, WAVE
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")


def damaged(content, rng):
    """Cut short, bytes changed at the head or anywhere, a span lost or put in."""
    spoiled = bytearray(content)
    n = len(spoiled)
    kind = rng.choice(["cut", "head", "header", "bits", "lost", "put in"])
    if kind == "cut":
        del spoiled[rng.randrange(n) :]
    elif kind in ("head", "header"):
        for _ in range(rng.randint(1, 6)):
            at = rng.randrange(min(512 if kind == "head" else 6000, n))
            spoiled[at] = rng.choice([0, 1, 127, 128, 255, rng.randrange(256)])
    elif kind == "bits":
        for _ in range(30):
            spoiled[rng.randrange(n)] ^= 1 << rng.randrange(8)
    elif kind == "lost":
        at = rng.randrange(n)
        del spoiled[at : at + rng.randint(1, 2000)]
    else:
        at = rng.randrange(n)
        spoiled[at:at] = bytes(rng.randrange(256) for _ in range(rng.randint(1, 300)))
    return bytes(spoiled)


def test_sound_files_of_every_format_read(sound):
    assert len(sound) == 17
    for path in sound:
        assert read(path), path


def test_damage_never_gives_more_than_one_line(sound, tmp_path):
    rng = random.Random(COUNT)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seen = Counter()
    slowest = 0.0
    for number in range(COUNT):
        path = sound[number % len(sound)]
        place = tmp_path / f"{number}{path.suffix}"
        place.write_bytes(damaged(path.read_bytes(), rng))
        begun = time.perf_counter()
        try:
            read(place)
            seen["read"] += 1
        except GaitcastError as error:
            assert "\n" not in str(error)
            assert place.name in str(error)
            seen["refused"] += 1
        slowest = max(slowest, time.perf_counter() - begun)
        place.unlink()
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"{COUNT} damaged files: {dict(seen)}, slowest {slowest:.2f} s, +{grown_mib:.0f} MiB")
    assert seen["read"] + seen["refused"] == COUNT
    assert seen["refused"] > COUNT / 3
    assert slowest < 5
    assert grown_mib < 1024
