"""Clocks of tables: names, units, dates, counters; a made-up rate is never silent."""

import re

import numpy as np
import pandas as pd
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import read
from gaitcast.io.clock import clock_seconds, find_clock
from gaitcast.io.columns import Columns
from gaitcast.quality.check import check_path, guess_file

N = 200
T = np.arange(N) / 50
START = pd.Timestamp("2024-03-01 23:59:58")
STAMPS = START + pd.to_timedelta(T, unit="s")
COLUMNS = {
    "time": T, "Time_sec": T, "elapsed (s)": T, "Time (Seconds)": T, "time_us": T * 1e6,
    "timestamp_ms": T * 1e3, "SampleTimeFine": (T * 1e6).astype(int), "Time (min)": T / 60,
    "t": T * 1e3, "epoc (ms)": 1.7e12 + T * 1e3, "timestamp": 1.7e9 + T, "X [s]": T,
    "unix_time": (1.7e18 + np.arange(N) * 2e7).astype("int64"), "Time [h]": T / 3600,
    "S_Timestamp_Unix_CAL": 1.7e12 + T * 1e3, "Time Stamp (0.1 ms)": T * 1e4,
    "time [1/100 s]": T * 100, "timestamp (UTC)": 1.7e9 + T,
    "Zeit [d]": 45_000.4 + T / 86_400, "Date": 45_000.4 + T / 86_400,
    "datenum": 738_000.4 + T / 86_400, "time_days": T / 86_400, "time_100ns": T * 1e7,
    "Timestamp [100ns]": T * 1e7, "time_10us": T * 1e5, "Time of Day (s)": 9 * 3600 + T,
    "FileTime": 133 * 10**15 + (T * 1e7).astype("int64"),
    "ticks": 638 * 10**15 + (T * 1e7).astype("int64"),
    "datetime": np.array(STAMPS.strftime("%Y-%m-%dT%H:%M:%S.%f"), object),
    "Timestamp": np.array(STAMPS.strftime("%Y-%m-%d %H:%M:%S.%f"), object),
    "clock": np.array(STAMPS.strftime("%H:%M:%S,%f"), object),
}  # fmt: skip


@pytest.mark.parametrize("name", COLUMNS)
def test_every_usual_clock_runs_at_50_hz(name):
    columns = Columns({name: COLUMNS[name], "RFoot_Acc_X": T})
    clock = find_clock(columns)
    assert clock.column == name
    assert clock.rate_hz == 50
    assert not [note for note in clock.notes if note.startswith("warning")]
    seconds = clock_seconds(columns, clock.entry, "here")
    np.testing.assert_allclose(seconds - seconds[0], T, atol=2e-5)


@pytest.mark.parametrize("bits", [16, 24, 32])
def test_a_counter_that_wraps_is_unwrapped(bits):
    step = {16: 20, 24: 20_000, 32: 20_000}[bits]
    raw = (2**bits - 50 * step + np.arange(N) * step) % 2**bits
    name = "timestamp_ms" if bits == 16 else "SampleTimeFine"
    columns = Columns({name: raw})
    clock = find_clock(columns)
    assert clock.rate_hz == 50
    assert any("starts again" in note for note in clock.notes)
    seconds = clock_seconds(columns, clock.entry, "here")
    np.testing.assert_allclose(np.diff(seconds), 0.02)


@pytest.mark.parametrize(
    ("columns", "rate_hz", "words"),
    [
        ({"t": np.arange(N)}, 100, "no column was understood as the clock; 't' counts rows"),
        ({"Time (%)": T * 25}, 100, "'Time (%)' increases steadily"),
        ({"time (samples)": T * 100}, 100, "'time (samples)' increases steadily"),
        ({"Time": np.arange(N) / 3000}, 3000, "in min it were 50 Hz"),
        ({"Frame": np.arange(N) + 1}, 100, "'Frame' increases steadily"),
        ({"zähler": T}, 100, "'zähler' increases steadily"),
        ({"acc": np.sin(T)}, 100, "no column was understood as the clock: write"),
        ({"time (s)": T * 1000}, 50, "says s, which makes 0.05 Hz; its step of 20 fits ms"),
        ({"time": T / 86_400}, 50, "'time' in day makes 50 Hz; in h it were 1200 Hz"),
        ({"time (s)": 45_000 + T / 86_400}, 50, "fits day, which was taken"),
        ({"time": np.arange(N) * 333_333}, 3000, "in 100 ns it were 30 Hz"),
        ({"time": np.arange(N) * 1e5}, 10, "in 100 ns it were 100 Hz"),
        ({"ticks": np.arange(N) * 1e5}, 100, "'ticks' increases steadily"),
        ({"time": np.arange(N) * 3e12}, None, "no unit makes a rate of gait of it"),
    ],
)
def test_what_is_not_understood_is_a_warning(columns, rate_hz, words):
    clock = find_clock(Columns(columns))
    assert any(note.startswith("warning") and words in note for note in clock.notes)
    assert rate_hz is None or clock.rate_hz == rate_hz


def test_a_stated_rate_is_taken_and_compared():
    assert find_clock(Columns({"Frame": np.arange(N)}, rate_hz=148.0)).rate_hz == 148
    clock = find_clock(Columns({"time": T}, rate_hz=100.0))
    assert clock.rate_hz == 50
    assert any("states 100 Hz, but 'time' runs at 50 Hz" in note for note in clock.notes)


def test_dates_and_any_unit_word_in_a_mapping(tmp_path):
    text = "\n".join(f"{s},{v}" for s, v in zip(COLUMNS["datetime"], T, strict=True))
    (tmp_path / "P1.csv").write_text(f"when,ang\n{text}\n")
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(
        'rate_hz = 50\ntime = { column = "when", unit = "iso" }\n[channels]\n'
        'right_knee_angle_flexion = { column = "ang", unit = "°" }\n'
    )
    (recording,) = read(tmp_path / "P1.csv")
    np.testing.assert_allclose(recording.time_s, T, atol=1e-6)
    mapping.write_text(mapping.read_text().replace('"when"', '"ang"'))
    with pytest.raises(GaitcastError, match="holds no dates or times"):
        read(tmp_path / "P1.csv")


def test_check_shows_an_assumed_rate_as_a_warning(tmp_path):
    rows = "\n".join(f"{k},9.8,{np.sin(k):.3f}" for k in range(N))
    (tmp_path / "P1.csv").write_text(f"n,RFoot_Acc_X,RFoot_Acc_Y\n{rows}\n")
    (file,) = check_path(tmp_path / "P1.csv").files
    assert any("assumed 100 Hz" in w and "'n' increases" in w for w in file.recordings[0].warnings)


def test_a_rate_that_the_file_states_is_compared_with_the_time_of_named_channels(tmp_path):
    rows = "".join(f"{k / 100:.2f},{9.8 + k % 7}\n" for k in range(50))
    path = tmp_path / "P1_walk.csv"
    path.write_text(f"# sampling rate: 200 Hz\ntime_s,right_foot_acc_x\n{rows}")
    (recording,) = read(path)
    assert "warning: the file states 200 Hz, but 'time_s' runs at 100 Hz" in recording.notes


FRAMES = np.arange(N)


@pytest.mark.parametrize(
    ("numbers", "gaps", "words"),
    [
        (FRAMES, 0, ""),
        (FRAMES + 40 * (FRAMES > 99), 1, "'Frame' jumps 1 times: 40 frames are missing there"),
        ((FRAMES + 65_400 + 40 * (FRAMES > 99)) % 65_536, 1, "40 frames are missing"),
        (10 * FRAMES, 0, "'Frame' goes up by 10: 100 Hz was taken for the rate of the rows"),
        (2 * FRAMES + 80 * (FRAMES > 99), 1, "goes up by 2: .*; it jumps 1 times: 40 frames"),
        (FRAMES - 3 * (FRAMES > 99), 0, "goes back or stands still 1 times"),
    ],
)
def test_lost_frames_are_gaps_and_steps_of_frames_are_said(tmp_path, numbers, gaps, words):
    rows = "".join(f"{n},{30 + 25 * np.sin(k):.3f}\n" for k, n in enumerate(numbers))
    path = tmp_path / "P1.csv"
    path.write_text(f"Sampling rate: 100 Hz\nFrame,right_knee_angle\n{rows}")
    (file,) = check_path(path).files
    (summary,) = file.recordings
    assert summary.gaps == gaps
    said = [w for w in summary.warnings if "'Frame'" in w]
    assert re.search(words, said[0]) if words else not said
    assert "# assumed" not in guess_file(path)


def test_time_stamps_that_hide_lost_frames_are_said(tmp_path):
    jumping = FRAMES + 40 * (FRAMES > 99)
    for times, words in ((FRAMES, ["jumps 1 times where time goes on"]), (jumping, [])):
        rows = "".join(
            f"{n},{t / 100:.2f},{30 + 25 * np.sin(k):.3f}\n"
            for k, (n, t) in enumerate(zip(jumping, times, strict=True))
        )
        (tmp_path / "P1.csv").write_text(f"Frame,Time,right_knee_angle\n{rows}")
        (file,) = check_path(tmp_path / "P1.csv").files
        said = [w for w in file.recordings[0].warnings if "'Frame'" in w]
        assert len(said) == len(words)
        assert all(word in line for word, line in zip(words, said, strict=True))
