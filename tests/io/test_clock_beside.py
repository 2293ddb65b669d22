import numpy as np
import pytest

from gaitcast.io import read_table

MAPPING = """rate_hz = {rate}
missing = true
[channels]
right_foot_acc_x = {{ column = "ax", unit = "g" }}
"""


def warnings(folder, name, stamps, rate_hz=100):
    rows = "".join(f"{t},{k % 7 / 10}\n" for k, t in enumerate(stamps))
    (folder / "walk.csv").write_text(f"{name},ax\n{rows}")
    (folder / "mapping.toml").write_text(MAPPING.format(rate=rate_hz))
    recording = read_table(folder / "walk.csv", mapping=folder / "mapping.toml")
    return [note for note in recording.notes if note.startswith("warning:")]


@pytest.mark.parametrize(
    ("name", "step", "rate_hz", "said"),
    [
        ("Time (s)", 0.005, 100, "200 Hz"),
        ("Time", 0.02, 100, "50 Hz"),
        ("t_ms", 5, 100, "200 Hz"),
        ("Time (s)", 0.01, 100, ""),
        ("timestamp", 10_000, 100, ""),  # us
        ("ax2", 0.005, 100, ""),
    ],
)
def test_a_clock_that_the_mapping_does_not_name_is_compared(tmp_path, name, step, rate_hz, said):
    found = warnings(tmp_path, name, [round(k * step, 6) for k in range(300)], rate_hz)
    assert [said in note and "names no clock" in note for note in found] == [True] * bool(said)


def test_times_of_the_day_and_gaps_too(tmp_path):
    day = [f"10:00:{k / 200:09.6f}" for k in range(300)]
    assert "200 Hz" in warnings(tmp_path, "Time", day)[0]
    gap = np.concatenate([np.arange(150), np.arange(400, 550)]) / 100
    assert "leaves out 250 samples" in warnings(tmp_path, "Time (s)", gap)[0]


def test_coarse_stamps_are_no_gaps(tmp_path):
    coarse = [k // 10 / 10 for k in range(300)]
    assert warnings(tmp_path, "Time (s)", coarse) == []
