import numpy as np
import pytest

from gaitcast.quality.check import check_path


def summary(folder, head, names, rows):
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    path = folder / "P1.csv"
    path.write_text(f"{head}{names},right_knee_angle (deg)\n{text}")
    (file,) = check_path(path).files
    return file.recordings[0]


def knee(k):
    return round(30 + 25 * np.sin(k / 20), 4)


@pytest.mark.parametrize(
    ("names", "numbers"),
    [
        ("Frame,Sub Frame", lambda k: (k // 4 + 1, k % 4)),
        ("Frame,SubFrame", lambda k: (k // 4 + 1, k % 4 + 1)),
        ("frame,sub_frame_number", lambda k: (k // 4, k % 4)),
        ("Frame", lambda k: (k // 4,)),
    ],
)
def test_a_frame_rate_is_that_of_frames_of_several_rows(tmp_path, names, numbers):
    rows = [(*numbers(k), knee(k)) for k in range(400)]
    found = summary(tmp_path, "Frame rate,50\n", names, rows)
    assert (found.rate_hz, round(found.duration_s, 2)) == (200.0, 2.0)
    assert any("4 rows of each frame: 200 Hz" in note for note in found.notes)


def test_a_rate_of_no_said_thing_stays_with_a_warning(tmp_path):
    rows = [(k // 4 + 1, k % 4, knee(k)) for k in range(400)]
    found = summary(tmp_path, "Sampling rate,200\n", "Frame,Sub Frame", rows)
    assert found.rate_hz == 200
    assert any("rate_hz is 800" in warning for warning in found.warnings)


def test_one_row_a_frame_says_nothing(tmp_path):
    rows = [(k + 1, 0, knee(k)) for k in range(400)]
    found = summary(tmp_path, "Frame rate,50\n", "Frame,Sub Frame", rows)
    assert found.rate_hz == 50
    assert not [w for w in found.warnings if "rows of each" in w]
