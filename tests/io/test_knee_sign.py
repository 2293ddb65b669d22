import numpy as np
import pytest

from gaitcast.io import read

SWING = np.clip(np.sin(np.linspace(0, 6 * np.pi, 300)), 0, None) ** 2


def mot(folder, right, left, unit="yes"):
    rows = "".join(
        f"{k / 100:.2f}\t{r:.6f}\t{s:.6f}\n"
        for k, (r, s) in enumerate(zip(right, left, strict=True))
    )
    path = folder / "P1_walk.mot"
    path.write_text(
        f"Coordinates\ninDegrees={unit}\nendheader\ntime\tknee_angle_r\tknee_angle_l\n{rows}"
    )
    (recording,) = read(path)
    said = [note for note in recording.notes if note.startswith("warning:")]
    sides = [recording.column(f"{side}_knee_angle_flexion") for side in ("right", "left")]
    return *sides, said


@pytest.mark.parametrize("stance", [-6.0, -14.0, 0.0, 5.0])
def test_hyperextension_in_stance_is_no_other_sign(tmp_path, stance):
    walk = stance + (50 - stance) * SWING
    right, left, said = mot(tmp_path, walk, 60 * SWING)
    np.testing.assert_allclose(right, walk, atol=1e-5)
    assert left.max() > 59
    assert not [note for note in said if "reversed" in note]


def test_a_standing_person_keeps_the_stated_sign(tmp_path):
    right, left, said = mot(tmp_path, np.full(300, -5.0), np.full(300, 4.9))
    assert (right[0], left[0], said) == (-5.0, 4.9, [])


@pytest.mark.parametrize("stance", [-6.0, 0.0, 5.0])
def test_a_model_that_bends_the_other_way_is_reversed_with_a_warning(tmp_path, stance):
    walk = stance + (55 - stance) * SWING
    stiff = 4 * SWING - 8  # a stiff leg has the sign of the other one
    right, left, said = mot(tmp_path, np.radians(-walk), np.radians(-stiff), "no")
    np.testing.assert_allclose(right, walk, atol=1e-3)
    np.testing.assert_allclose(left, stiff, atol=1e-3)
    assert "sign reversed" in said[0]


def test_what_may_be_either_is_said(tmp_path):
    right, _, said = mot(tmp_path, np.full(300, -15.0) - 5 * SWING, np.zeros(300))
    assert right.max() < -14
    assert ["hyperextended" in note for note in said] == [True]
