"""Numbers that stand for none become NaN; impacts, limits and steps of a force stay."""

import numpy as np
import pytest

from gaitcast.io import read
from gaitcast.io.sentinels import without_sentinels
from gaitcast.quality.check import check_path

T = np.arange(400) / 100
KNEE = 35 - 30 * np.cos(2 * np.pi * T)
FORCE = np.maximum(0, 800 * np.sin(2 * np.pi * T))


@pytest.mark.parametrize(
    "value", [-9999.0, -999.0, 9999.0, -999.25, 99999.9, 1e10, -1e30, -5000.0, -99.0]
)
@pytest.mark.parametrize("signal", [KNEE, np.radians(KNEE)])
def test_a_number_that_stands_for_none_is_found(value, signal):
    filled = signal.copy()
    filled[50:60] = filled[200] = value
    values, found = without_sentinels(filled)
    assert found == {value: 11}
    np.testing.assert_array_equal(np.isnan(values), filled == value)


def test_nines_of_both_signs_beside_forces_and_in_a_whole_column():
    filled = FORCE + 0.01 * np.sin(T)
    filled[10:15], filled[80:90] = -999, 99999
    assert without_sentinels(filled)[1] == {-999.0: 5, 99999.0: 10}
    filled = KNEE.copy()
    filled[[7, 90]] = -9999, 9999
    assert without_sentinels(filled)[1] == {-9999.0: 1, 9999.0: 1}
    assert np.isnan(without_sentinels(np.full(50, -9999.0))[0]).all()


@pytest.mark.parametrize(
    "signal",
    [
        KNEE, FORCE, np.zeros(400), np.full(400, 999.0), np.repeat([0.0, 1.0], 200),
        np.clip(40 * np.sin(2 * np.pi * T), -16, 16), 300 + np.round(KNEE) % 700,
        np.where(T % 1 < 0.03, 16.0, 1 + KNEE / 400), np.round(2000 * np.sin(T)),
    ],
)  # fmt: skip
def test_what_was_measured_stays(signal):
    values, found = without_sentinels(signal)
    assert values is signal
    assert found == {}


def test_tables_storages_and_markers_say_what_they_replaced(tmp_path):
    filled = KNEE.copy()
    filled[50:60] = -9999
    rows = "".join(f"{t:.2f},{v:.4f}\n" for t, v in zip(T, filled, strict=True))
    (tmp_path / "P1.csv").write_text("time_s,Right Knee Angle\n" + rows)
    (file,) = check_path(tmp_path / "P1.csv").files
    (summary,) = file.recordings
    assert summary.channels[0].missing == pytest.approx(10 / 400)
    assert "'Right Knee Angle' holds 10 x -9999: taken for 'not measured' (NaN)" in summary.warnings
    storage = "x\ninDegrees=yes\nendheader\ntime\tknee_angle_r\n" + rows.replace(",", "\t")
    (tmp_path / "P1_ik.mot").write_text(storage)
    (recording,) = read(tmp_path / "P1_ik.mot")
    assert np.isnan(recording.samples).sum() == 10
    assert any("10 x -9999" in note for note in recording.notes)
