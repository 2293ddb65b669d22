import numpy as np
import pytest

from gaitcast.io import read
from made_c3d import heels, plate, write_c3d

FRAMES, EACH = 60, 5
UNITS = ["N"] * 3 + ["Nmm"] * 3


def stepped(path, load, zero, offset=0.0, kind=2):
    """A foot at 50 mm along the plate's x; an offset of all that the plate reads."""
    vertical = -np.asarray(load, dtype=float)
    moments = [0 * vertical, -50.0 * vertical, 0 * vertical]
    units = UNITS
    if kind == 1:
        moments, units = (
            [0 * vertical + 50.0, 0 * vertical, 0 * vertical],
            ["N"] * 3 + ["mm"] * 2 + ["Nmm"],
        )
    else:
        moments[1] = moments[1] + 20.0 * offset
    parameters, channels = plate(vertical - offset, moments, units, kind=kind, zero=zero)
    (r,) = read(write_c3d(path / "P1.c3d", heels(FRAMES), parameters, analogs=channels))
    return r, [note for note in r.notes if "plate 1" in note]


def step(begin=20, end=60, load=700.0):
    frame = np.arange(FRAMES * EACH) // EACH
    return np.where((frame >= begin) & (frame < end), load, 0.0)


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("offset", [30.0, -30.0, 90.0])
def test_the_mean_of_the_empty_frames_is_taken_off(tmp_path, offset, kind):
    r, notes = stepped(tmp_path, step(), (1, 15), offset, kind)
    force = r.column("center_plate1_force_z")
    np.testing.assert_allclose(force[:15], 0.0, atol=0.5)
    np.testing.assert_allclose(force[28:50], 700.0, atol=0.5)
    np.testing.assert_allclose(
        np.abs(r.column("center_plate1_pos_x")[28:50] - 0.2), 0.05, atol=1e-3
    )
    assert [note.split(", the")[0] for note in notes] == [f"plate 1: {abs(offset):.0f} N taken off"]


@pytest.mark.parametrize("zero", [(0, 0), (0, 10), (1, 0), (10, 5)])
def test_no_range_takes_nothing_off_and_the_rest_is_a_warning(tmp_path, zero):
    r, notes = stepped(tmp_path, step(), zero, 30.0)
    assert r.column("center_plate1_force_z")[40] == pytest.approx(730, abs=1)
    assert notes == ["warning: plate 1 reads 30 N without load"]


@pytest.mark.parametrize(
    "load",
    [
        step(0, 30), step(0, 60), step(0, 60, load=80.0), step(8, 60), step(0, 10, load=120.0),
        700.0 * np.clip(np.arange(300) / 75, 0, 1),
    ],
    ids=["first", "throughout", "child", "midway", "last of a step", "ramp"],
)  # fmt: skip
def test_a_loaded_plate_is_not_zeroed(tmp_path, load):
    r, notes = stepped(tmp_path, load, (1, 15))
    assert r.column("center_plate1_force_z").max() == pytest.approx(load.max(), rel=0.1)
    assert any(note.startswith("warning: plate 1 not zeroed: it is stepped on") for note in notes)


def test_frames_that_the_file_does_not_have_are_a_warning(tmp_path):
    _, notes = stepped(tmp_path, step(), (100, 120))
    assert any("not zeroed" in note and "are not in the file" in note for note in notes)


def test_a_constant_reading_of_a_plate_without_a_foot_is_a_warning(tmp_path):
    _, notes = stepped(tmp_path, step(load=0.0), (0, 0), 30.0)
    assert "warning: plate 1 reads 30 N without load" in notes
    _, notes = stepped(tmp_path, step(0, 60), (0, 0))  # stands all the time
    assert not notes
