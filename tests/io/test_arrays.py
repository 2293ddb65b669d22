from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat, savemat

from gaitcast.errors import GaitcastError
from gaitcast.io import read
from gaitcast.io.arrays import array_columns
from gaitcast.io.matlab5 import read_matlab5

MAPPING = """
rate_hz = 50
[channels]
right_foot_gyr_z = { column = "imu.gyr[2]", unit = "rad/s" }
right_ankle_angle_flexion = { column = "angle", unit = "deg" }
"""
GYR = np.arange(60.0).reshape(20, 3)
ANGLE = np.linspace(-5, 5, 20)


def write_npz(path):
    np.savez(path, **{"imu.gyr": GYR, "angle": ANGLE, "name": np.array("P1")})


def write_mat5(path):
    savemat(path, {"imu": {"gyr": GYR}, "angle": ANGLE, "note": "hello"})


def write_mat73(path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("imu/gyr", data=GYR.T)  # as MATLAB lays it out
        file["angle"] = ANGLE[:, None]
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")


@pytest.mark.parametrize(
    ("name", "write"), [("a.npz", write_npz), ("a.mat", write_mat5), ("b.mat", write_mat73)]
)
def test_arrays_become_channels(tmp_path, name, write):
    write(tmp_path / name)
    (tmp_path / "mapping.toml").write_text(MAPPING)
    (r,) = read(tmp_path / name)
    np.testing.assert_allclose(r.column("right_foot_gyr_z"), np.degrees(GYR[:, 2]))
    np.testing.assert_allclose(r.column("right_ankle_angle_flexion"), ANGLE)
    assert r.time_s[1] == pytest.approx(0.02)


@pytest.mark.parametrize("write", [write_mat5, write_mat73])
def test_the_kind_of_a_matlab_file_is_seen_from_its_first_bytes(tmp_path, monkeypatch, write):
    write(tmp_path / "a.mat")
    read_whole = []
    whole = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read_whole.append(path) or whole(path))
    array_columns(tmp_path / "a.mat")
    assert len(read_whole) == (1 if write is write_mat5 else 0)  # MATLAB 5: once, to be read


@pytest.mark.parametrize("compressed", [False, True])
def test_matlab_arrays_are_those_that_scipy_reads(tmp_path, compressed):
    rng = np.random.default_rng(0)
    arrays = {
        "small": np.array([1.5]),
        "bytes": np.arange(7, dtype=np.uint8),
        "cube": rng.normal(size=(3, 4, 5)),
        "whole": rng.integers(-9, 9, (4, 6)),
        "single": rng.normal(size=8).astype(np.float32),
        "deep": {"a": {"b": np.arange(5.0)}, "text": "words"},
        "cells": np.array([np.arange(3.0), "word"], dtype=object),
        "empty": np.zeros((0, 3)),
    }
    savemat(tmp_path / "a.mat", arrays, do_compression=compressed)
    ours = read_matlab5(tmp_path / "a.mat", 2**20)
    theirs = loadmat(tmp_path / "a.mat")
    for name in ("small", "bytes", "cube", "whole", "single", "empty"):
        np.testing.assert_array_equal(ours[name], theirs[name])
    np.testing.assert_array_equal(ours["deep"]["a"]["b"].ravel(), np.arange(5.0))
    np.testing.assert_array_equal(ours["cells"]["0"].ravel(), np.arange(3.0))
    assert "text" not in ours["deep"]


def test_an_announced_size_is_compared_with_the_file(tmp_path):
    savemat(tmp_path / "a.mat", {"x": np.zeros(200_000)}, do_compression=True)
    assert (tmp_path / "a.mat").stat().st_size < 5000
    with pytest.raises(GaitcastError, match="too large"):
        read_matlab5(tmp_path / "a.mat", 100_000)


def test_lengths_that_differ_are_named(tmp_path):
    np.savez(tmp_path / "a.npz", **{"imu.gyr": GYR, "angle": ANGLE[:-1]})
    (tmp_path / "mapping.toml").write_text(MAPPING)
    with pytest.raises(GaitcastError, match=r"different lengths \(\[19, 20\]\)"):
        read(tmp_path / "a.npz")


def test_pickles_and_announced_sizes_are_not_believed(tmp_path):
    np.savez(tmp_path / "object.npz", a=np.array([{"x": 1}], dtype=object))
    with pytest.raises(GaitcastError, match=r"object\.npz"):
        array_columns(tmp_path / "object.npz")
    import io
    import zipfile

    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f8", "fortran_order": False, "shape": (10**12,)}
    )
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("a.npy", header.getvalue() + b"\0" * 64)
    with pytest.raises(GaitcastError, match="is cut short"):
        array_columns(tmp_path / "huge.npz")
    (tmp_path / "none.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(GaitcastError, match="cannot read the arrays"):
        array_columns(tmp_path / "none.npz")
    np.savez(tmp_path / "text.npz", a=np.array("word"))
    with pytest.raises(GaitcastError, match="holds no numeric array"):
        array_columns(tmp_path / "text.npz")
