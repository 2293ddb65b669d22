import numpy as np
import pytest

from gaitcast.io import read
from made_c3d import write_c3d

PLACES = {"LASI": (0, 120, 1000), "LKNE": (0, 100, 500), "LANK": (0, 90, 90), "LTOE": (100, 90, 40)}


def person(x_mm, labels):
    return {label: np.tile(np.add(PLACES[label], (x_mm, 0, 0)), (60, 1)) for label in labels}


def two(first="Anna:", second="Ben:"):
    """The second has a toe that the first has not."""
    points = {first + n: v for n, v in person(0, ["LASI", "LKNE", "LANK"]).items()}
    return points | {second + n: v for n, v in person(3000, PLACES).items()}


def put_c3d(folder, points, parameters=None):
    write_c3d(folder / "P1_walk.c3d", points, parameters)
    return folder / "P1_walk.c3d"


def put_trc(folder, points):
    names = "".join(f"{name}\t\t\t" for name in points)
    head = (
        "PathFileType\t4\t(X/Y/Z)\ta.trc\nDataRate\tNumFrames\tNumMarkers\tUnits\n"
        f"100\t60\t{len(points)}\tmm\nFrame#\tTime\t{names}\n\t\t\n\n"
    )
    rows = (
        "\t".join([str(k + 1), f"{k / 100}", *(str(v) for p in points.values() for v in p[k])])
        for k in range(60)
    )
    (folder / "P1_walk.trc").write_text(head + "\n".join(rows) + "\n")
    return folder / "P1_walk.trc"


def put_vicon(folder, points):
    labels = "".join(f",{name},," for name in points)
    head = f"Trajectories\n100\n,{labels}\nFrame,Sub Frame{',X,Y,Z' * len(points)}\n,"
    head += f"{',mm' * 3 * len(points)}\n"
    rows = (
        ",".join([str(k + 1), "0", *(str(v) for p in points.values() for v in p[k])])
        for k in range(60)
    )
    (folder / "P1_walk.csv").write_text(head + "\n".join(rows) + "\n")
    return folder / "P1_walk.csv"


@pytest.mark.parametrize("put", [put_c3d, put_trc, put_vicon])
@pytest.mark.parametrize("names", [("Anna:", "Ben:"), ("", "Ben:")])
def test_the_markers_of_one_person_are_taken_with_a_warning(tmp_path, put, names):
    (recording,) = read(put(tmp_path, two(*names)))
    assert {name.rsplit("_", 2)[0] for name in recording.channels} == {
        "left_LASI", "left_LKNE", "left_LANK",
    }  # fmt: skip
    spread = recording.matrix(["left_LASI_marker_x", "left_LKNE_marker_x"])
    assert np.ptp(spread) < 0.5
    assert [n for n in recording.notes if n.startswith("warning: the markers are of several peop")]


def test_whom_the_file_names_is_taken(tmp_path):
    path = put_c3d(tmp_path, two(), {"SUBJECTS:NAMES": ["Ben"]})
    (recording,) = read(path)
    assert "left_LTOE_marker_x" in recording.channels
    assert any("only those of Ben" in note for note in recording.notes)


def test_a_person_with_a_box_is_one(tmp_path):
    points = {f"Anna:{n}": v for n, v in person(0, PLACES).items()}
    box = {f"Box:corner{k}": person(500, ["LTOE"])["LTOE"] for k in range(3)}
    (recording,) = read(put_c3d(tmp_path, points | box))
    assert len(recording.channels) == 3 * 7
    assert not [note for note in recording.notes if "several" in note]
