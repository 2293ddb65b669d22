"""XDF: written chunk by chunk, so that every time is known."""

import struct

import numpy as np
import pytest
import pyxdf

from gaitcast.errors import GaitcastError
from gaitcast.io import read
from gaitcast.io.xdf import xdf_columns
from made_files import (
    ACC,
    LOCAL,
    write_xdf,
    xdf_chunk,
    xdf_header,
    xdf_imu,
    xdf_offset,
    xdf_samples,
    xdf_words,
)  # fmt: skip

N = 200


def test_a_stream_gives_columns_with_units_and_the_rate(tmp_path):
    columns = xdf_columns(write_xdf(tmp_path, xdf_imu()))
    assert list(columns) == ["time_s", "ax", "ay", "az"]
    assert columns.units["ax"] == "g"
    assert columns.rate_hz == 100
    np.testing.assert_allclose(columns["time_s"], np.arange(N) / 100, atol=1e-6)
    np.testing.assert_allclose(columns["ay"], ACC[:, 1].astype("f4"))


def test_samples_without_a_stamp_follow_at_the_nominal_rate(tmp_path):
    times = LOCAL.copy()
    times[np.arange(N) % 50 != 0] = np.nan
    path = write_xdf(tmp_path, xdf_header(1, "Foot", 100, "abc", "ggg"), xdf_samples(1, times, ACC))
    np.testing.assert_allclose(xdf_columns(path)["time_s"], np.arange(N) / 100, atol=1e-6)


def test_clock_offsets_bring_streams_together_and_markers_become_events(tmp_path):
    labels = ("time_s", "right_foot_acc_x", "right_foot_acc_y", "right_foot_acc_z")
    marks = xdf_header(2, "Events", 0, ["m"], [""], "string") + xdf_words(
        2, [500.25, 500.75, 501.0, 501.2], ["right heel strike", "RTO", "go", "heel strike"]
    )
    path = write_xdf(
        tmp_path,
        xdf_imu(1, "Foot", 0.0, labels=labels[1:], units=("m/s^2",) * 3),
        marks,
        *(xdf_offset(2, 500 + k, 500.0 + 1e-5 * k) for k in range(5)),
    )
    (trial,) = read(path)
    assert trial.channels == labels[1:]
    np.testing.assert_allclose(trial.events["right_heel_strike"], [0.25], atol=1e-3)
    np.testing.assert_allclose(trial.events["right_toe_off"], [0.75], atol=1e-3)
    assert any("2 markers are no gait events: 'go', 'heel strike'" in n for n in trial.notes)


def test_streams_of_one_rate_are_joined_and_others_keep_their_clock(tmp_path):
    emg = xdf_header(3, "EMG", 1000, ["ta"], ["uV"]) + xdf_samples(
        3, 1000 + np.arange(2000) / 1000, np.ones((2000, 1))
    )
    columns = xdf_columns(write_xdf(tmp_path, xdf_imu(1, "Foot"), xdf_imu(2, "Shank", 0.005), emg))
    assert len(columns["Foot ax"]) == len(columns["Shank ax"]) == len(columns["time_s"]) == N
    middle = (ACC[99, 0] + ACC[100, 0]) / 2
    assert columns["Shank ax"][100] == pytest.approx(middle, abs=1e-4)
    assert len(columns["EMG ta"]) == len(columns["EMG time_s"]) == 2000
    assert any("stream 'EMG' has another rate (1000 Hz)" in n for n in columns.notes)


def test_a_cut_file_is_read_up_to_there(tmp_path):
    path = write_xdf(tmp_path, xdf_imu())
    path.write_bytes(path.read_bytes()[:-700])
    columns = xdf_columns(path)
    assert len(columns["ax"]) == 80
    assert any("the file is cut" in note for note in columns.notes)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((), "no stream"),
        ((xdf_samples(9, LOCAL[:2], ACC[:2]),), "without a header"),
        (
            (xdf_header(1, "A", 100, "a", "g"), xdf_chunk(3, struct.pack("<IBQ", 1, 8, 2**60))),
            "announces",
        ),
        ((xdf_header(1, "A", 100, "a", "g", "string"),), "no stream"),
        ((xdf_chunk(2, bytes(4) + b"<!DOCTYPE a []><info/>"),), "document type"),
    ],
)
def test_what_is_refused(tmp_path, parts, words):
    with pytest.raises(GaitcastError, match=words):
        xdf_columns(write_xdf(tmp_path, *parts))


def test_streams_labelled_by_channel_names_need_no_mapping(tmp_path):
    foot, shank = (
        xdf_imu(n, seg.title(), shift, labels=[f"right_{seg}_acc_{a}" for a in "xyz"])
        for n, seg, shift in ((1, "foot", 0.0), (2, "shank", 0.004))
    )
    (trial,) = read(write_xdf(tmp_path, foot, shank))
    assert trial.channels == tuple(f"right_{s}_acc_{a}" for s in ("foot", "shank") for a in "xyz")
    np.testing.assert_allclose(trial.column("right_foot_acc_x"), 9.80665 * ACC[:, 0], rtol=1e-4)


def test_other_labels_ask_for_a_mapping(tmp_path):
    with pytest.raises(GaitcastError, match=r"there is no mapping\.toml.*--guess"):
        read(write_xdf(tmp_path, xdf_imu()))


def test_gaps_of_a_stream_that_may_lose_samples_stay(tmp_path):
    times = LOCAL + np.where(np.arange(N) < 100, 0.0, 0.4)
    head = xdf_header(1, "Foot", 100, "abc", "ggg")
    drops = b"<synchronization><can_drop_samples>true</can_drop_samples></synchronization></desc>"
    text = head[11:].replace(b"</desc>", drops)
    path = write_xdf(
        tmp_path, xdf_chunk(2, struct.pack("<I", 1) + text), xdf_samples(1, times, ACC)
    )
    np.testing.assert_allclose(xdf_columns(path)["time_s"], times - times[0], atol=1e-9)


def test_clocks_agree_with_the_reference_reader(tmp_path):
    draw = np.random.default_rng(0)
    times = LOCAL + draw.normal(0, 1e-3, N)
    parts = [
        xdf_header(1, "Foot", 100, "abc", "ggg") + xdf_samples(1, times, ACC),
        xdf_header(2, "Shank", 50, "def", "ggg") + xdf_samples(2, 700 + 2 * (times - 1000), ACC),
    ]
    for number, drift in ((1, 2e-5), (2, -3e-5)):
        offset = 0.0 if number == 1 else 300.0
        parts += [
            xdf_offset(number, 1000 - offset + k, offset + drift * k + draw.normal(0, 1e-5))
            for k in range(5)
        ]
    path = write_xdf(tmp_path, *parts)
    columns = xdf_columns(path)
    foot, shank = (stream["time_stamps"] for stream in pyxdf.load_xdf(path)[0])
    np.testing.assert_allclose(columns["time_s"], foot - foot[0], atol=2e-4)
    np.testing.assert_allclose(columns["Shank time_s"], shank - foot[0], atol=2e-4)
