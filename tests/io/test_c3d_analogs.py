import numpy as np
import pytest

from gaitcast.io import read
from made_c3d import heels, write_c3d

FRAMES, EACH = 200, 10
TIME_S = np.arange(FRAMES * EACH) / 1000
TILT = np.sin(2 * np.pi * TIME_S)


def with_analogs(path, analogs, each=EACH):
    analogs = {name: values[:: EACH // each] for name, values in analogs.items()}
    (r,) = read(write_c3d(path / "P1_walk.c3d", heels(FRAMES), analogs=analogs))
    return r, [note for note in r.notes if "analog" in note]


@pytest.mark.parametrize(
    ("label", "unit", "channel", "scale"),
    [
        ("RFoot_ACC_X", "g", "right_foot_acc_x", 9.80665),
        ("RFoot_ACC_X", "mm/s²", "right_foot_acc_x", 1e-3),
        ("L TIB ANT: ACC.X", "g", "left_shank_acc_x", 9.80665),
        ("R VASTUS LAT: Acc 3.Y (IM)", "g", "right_thigh_acc_y", 9.80665),
        ("R BICEPS FEMORIS: Gyro.Z", "rad/s", "right_thigh_gyr_z", 57.29578),
        ("LeftShank.GYROX", "deg/s", "left_shank_gyr_x", 1.0),
        ("Sacrum Mag Z", "uT", "center_pelvis_mag_z", 1.0),
    ],
)
def test_imus_come_in_our_units_on_the_clock_of_the_markers(tmp_path, label, unit, channel, scale):
    r, notes = with_analogs(tmp_path, {(label, unit): TILT})
    np.testing.assert_allclose(r.column(channel)[5:-5], scale * TILT[50:-50:10], atol=0.01 * scale)
    assert notes == ["1 analog channels brought from 1000 to 100 Hz by a zero-phase low-pass"]


@pytest.mark.parametrize(
    ("label", "unit", "muscle", "scale"),
    [
        ("LTA", "V", "left_tibialisanterior", 1e3), ("R Gastroc", "mV", "right_gastrocnemius", 1.0),
        ("L_VL", "uV", "left_vastuslateralis", 1e-3), ("RSOL", "V", "right_soleus", 1e3),
        ("L TIB ANT: EMG 1", "V", "left_tibialisanterior", 1e3),
        ("EMG_RVM", "V", "right_vastusmedialis", 1e3),
    ],
)  # fmt: skip
def test_fast_emg_becomes_an_envelope(tmp_path, label, unit, muscle, scale):
    """Rectified, 125 Hz of height 1 has a mean of 2 / pi; a low-pass alone leaves nothing."""
    burst = np.where(TIME_S > 1, 1.0, 0.0)
    r, notes = with_analogs(tmp_path, {(label, unit): 3 + burst * np.sin(2 * np.pi * 125 * TIME_S)})
    envelope = r.column(f"{muscle}_emg_envelope") / scale
    np.testing.assert_allclose(envelope[120:190], 2 / np.pi, atol=0.04)
    np.testing.assert_allclose(envelope[:90], 0.0, atol=0.01)
    assert (envelope >= 0).all()
    assert "rectified" in notes[0]
    assert not any(name.endswith("_emg_raw") for name in r.channels)


def test_emg_at_the_rate_of_the_markers_stays_raw(tmp_path):
    r, notes = with_analogs(tmp_path, {("LTA", "mV"): TILT}, each=1)
    np.testing.assert_allclose(r.column("left_tibialisanterior_emg_raw"), TILT[::10], atol=1e-6)
    assert not notes


def test_what_is_not_understood_is_one_note_with_names_and_count(tmp_path):
    names = [
        ("EMG1", "V"), ("Sensor 2.ACCX2", "g"), ("Sync", "V"), ("L_Foot_Acc_X", ""), ("Fz3", "N"),
        ("", ""), ("RFoot_ACC_Y", "furlong"), ("LTA", "V"), ("L Tib Ant EMG", "V"),
    ]  # fmt: skip
    r, notes = with_analogs(tmp_path, dict.fromkeys(names, TILT))
    assert [n for n in r.channels if "marker" not in n] == ["left_tibialisanterior_emg_envelope"]
    (unread,) = [note for note in notes if "not read" in note]
    assert unread.startswith("8 analog channels not read: 'EMG1', 'Sensor 2.ACCX2', 'Sync' and 5")


def test_sensors_keep_their_own_axes_when_the_laboratory_is_turned(tmp_path):
    points = {name: xyz[:, [1, 0, 2]] for name, xyz in heels(FRAMES).items()}  # walks along y
    path = write_c3d(tmp_path / "P1.c3d", points, analogs={
        (f"LFoot_ACC_{axis}", "g"): 0 * TILT + k for k, axis in enumerate("XYZ")
    })  # fmt: skip
    (r,) = read(path)
    assert any("towards +y" in note for note in r.notes)
    for k, axis in enumerate("xyz"):
        np.testing.assert_allclose(r.column(f"left_foot_acc_{axis}"), 9.80665 * k, atol=1e-3)
