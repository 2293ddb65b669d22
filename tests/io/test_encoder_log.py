import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import read_log

LINE = (
    "Enc Cnt: -5 | Angle: {angle}° || MPU1 Acc: 0.01, -0.00, 0.03 | Gyro: -0.1, -0.1, 0.1 || "
    "MPU2 Acc: 0.03, 0.04, 0.07 | Gyro: 0.1, -0.3, 0.0 || Time: {ms} ms\n"
)
START, END = "=== New Logging Session ===\n", "=== Logging Ended ===\n"


def lines(first_ms, count):
    return [LINE.format(angle=round(-1.3 + k, 1), ms=first_ms + 10 * k) for k in range(count)]


def test_samples_are_read_in_canonical_units(tmp_path):
    path = tmp_path / "LOG1.TXT"
    path.write_text(START + "".join(lines(12000, 5)) + END)
    (trial,) = read_log(path)
    assert (trial.subject, trial.trial, len(trial)) == ("LOG1", "LOG1", 5)
    assert trial.column("ipsi_ankle_angle_flexion").tolist() == pytest.approx(
        [-1.3, -0.3, 0.7, 1.7, 2.7]
    )
    assert trial.column("ipsi_foot_acc_x")[0] == 0.01
    assert trial.column("ipsi_shank_gyr_y")[0] == -0.3
    assert trial.time_s[0] == 12.0
    assert trial.notes == ()


def test_torn_lines_are_counted_and_sessions_kept_apart(tmp_path):
    body = lines(12000, 5)
    body.insert(2, body[2][:40] + "\n")
    path = tmp_path / "LOG1.TXT"
    path.write_text(START + "".join(body) + END + START + "".join(lines(500, 3)) + END)
    with path.open("a") as file:
        file.write("torn at the very end\n")
    first, second = read_log(path)
    assert second.notes == ("1 torn lines skipped",)
    assert first.notes == ("1 torn lines skipped",)
    assert (len(first), len(second)) == (5, 3)
    assert second.trial == "LOG1-2"
    assert second.subject == "LOG1"


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "LOG1.TXT"
    path.write_text("hello\n")
    with pytest.raises(GaitcastError, match="no line is a sample"):
        read_log(path)
    with pytest.raises(GaitcastError, match="No such file"):
        read_log(tmp_path / "LOG2.TXT")
