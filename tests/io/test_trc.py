"""TRC files whose header and data contradict each other, in any encoding; labels of programs."""

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import read
from gaitcast.kinematics import joint_angles
from gaitcast.marker_labels import landmark

MARKERS = {
    "LASI": (0.0, 1.0, -0.12), "RASI": (0.0, 1.0, 0.12), "LKNE": (0.0, 0.5, -0.12),
    "RKNE": (0.0, 0.5, 0.12), "LANK": (0.0, 0.1, -0.12), "RANK": (0.0, 0.1, 0.12),
    "LHEE": (-0.1, 0.05, -0.1), "RHEE": (-0.1, 0.05, 0.1), "LTOE": (0.15, 0.03, -0.1),
    "RTOE": (0.15, 0.03, 0.1),
}  # fmt: skip
N = 60
INCH = 1 / 0.0254


def trc(unit="m", scale=1.0, rate=100, step=0.01, markers=MARKERS, end="\n", blank=True):
    names = "\t\t\t".join(markers)
    head = [
        "PathFileType\t4\t(X/Y/Z)\ta.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame"
        "\tOrigNumFrames",
        f"{rate}\t{rate}\t{N}\t{len(markers)}\t{unit}\t{rate}\t1\t{N}",
        f"Frame#\tTime\t{names}\t\t",
        "\t\t" + "\t".join(f"{a}{k + 1}" for k in range(len(markers)) for a in "XYZ"),
        *([""] if blank else []),
    ]
    rows = []
    for k in range(N):
        at = [scale * (v + 0.013 * k * (axis == 0)) for xyz in markers.values()
              for axis, v in enumerate(xyz)]  # fmt: skip
        rows.append("\t".join([str(k + 1), f"{k * step:.6g}", *(f"{v:.6f}" for v in at)]))
    return end.join([*head, *rows]) + end


def asis(tmp_path, text, encoding="utf-8"):
    (tmp_path / "P1_walk.trc").write_bytes(text.encode(encoding))
    (recording,) = read(tmp_path / "P1_walk.trc")
    height = np.median(recording.column("left_LASI_marker_z"))
    warnings = [note for note in recording.notes if note.startswith("warning")]
    return recording, float(height), warnings


@pytest.mark.parametrize(
    ("unit", "scale"),
    [("mm", 1000), ("m", 1), ("cm", 100), ("in", 1 / 0.0254), ("inches", 1 / 0.0254),
     ("MM", 1000), ("Meters", 1), ("ft", 1 / 0.3048)],
)  # fmt: skip
def test_a_stated_unit_is_honoured(tmp_path, unit, scale):
    recording, height, warnings = asis(tmp_path, trc(unit, scale))
    assert height == pytest.approx(1.0, abs=1e-4)
    assert warnings == []
    assert recording.rate_hz == 100


@pytest.mark.parametrize(
    ("unit", "scale"),
    [("mm", 1), ("m", 1000), ("m", 100), ("cm", 1), ("mm", INCH), ("m", INCH),
     ("mm", 100)],
)  # fmt: skip
def test_a_unit_that_makes_no_person_is_a_warning_and_put_right(tmp_path, unit, scale):
    _, height, warnings = asis(tmp_path, trc(unit, scale))
    assert height == pytest.approx(1.0, abs=1e-4)
    assert any(f"the header says {unit}" in warning for warning in warnings)


@pytest.mark.parametrize(("scale", "unit"), [(1000, "mm"), (100, "cm"), (INCH, "in"), (1, "m")])
def test_without_a_unit_the_body_tells_it(tmp_path, scale, unit):
    recording, height, _ = asis(tmp_path, trc("", scale))
    assert height == pytest.approx(1.0, abs=1e-4)
    assert any(f"assumed: markers in {unit}" in note for note in recording.notes)


def test_a_unit_that_size_cannot_tell_is_refused(tmp_path):
    """Labels that say nothing, and a person of 65 cm or of 65 in."""
    odd = {f"M{k}": xyz for k, xyz in enumerate(MARKERS.values())}
    with pytest.raises(GaitcastError, match=r"markers in cm or in.*which makes the markers span"):
        asis(tmp_path, trc("m", 67, markers=odd))
    assert any("check the unit" in warning for warning in asis(tmp_path, trc("cm", INCH))[2])


@pytest.mark.parametrize(
    ("rate", "step", "rate_hz", "words"),
    [
        (100, 1, 100, "Time counts frames"),
        (100, 10, 100, "Time is in ms"),
        (60, 0.01, 100, "DataRate is 60 Hz, but Time runs at 100 Hz: Time was taken"),
        (100, 1e4, 100, "Time is in us"),
        (100, 0.7, 100, "DataRate was taken"),
    ],
)
def test_the_rate_of_the_header_against_the_clock(tmp_path, rate, step, rate_hz, words):
    recording, _, warnings = asis(tmp_path, trc(rate=rate, step=step))
    assert recording.rate_hz == rate_hz
    assert any(words in warning for warning in warnings)
    assert recording.duration_s == pytest.approx((N - 1) / rate_hz)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_encoding_and_line_end(tmp_path, encoding, end):
    recording, height, warnings = asis(tmp_path, trc(end=end), encoding)
    assert (round(height, 4), warnings) == (1.0, [])
    assert len(recording) == N


def test_odd_headers_and_decimal_commas(tmp_path):
    assert asis(tmp_path, trc(blank=False))[1] == pytest.approx(1.0, abs=1e-4)
    lower = trc().replace("PathFileType", "pathfiletype").replace("DataRate", "datarate")
    assert asis(tmp_path, lower)[1] == pytest.approx(1.0, abs=1e-4)
    head, rows = trc(rate=100).split("Z10\n")
    assert asis(tmp_path, f"{head}Z10\n{rows.replace('.', ',')}".replace("a.trc", "a"))[1] == (
        pytest.approx(1.0, abs=1e-4)
    )
    fewer = trc().replace(f"\t{N}\t10\t", f"\t{N + 5}\t10\t")
    assert any("announces 65 frames" in warning for warning in asis(tmp_path, fewer)[2])
    with pytest.raises(GaitcastError, match="its header is missing"):
        asis(tmp_path, "hello\n" * 9)


@pytest.mark.parametrize(
    ("label", "known"),
    [
        ("r.ASIS_study", ("right", "asis")), ("L.PSIS_study", ("left", "psis")),
        ("r_knee_study", ("right", "knee_lateral")), ("r_mknee_study", ("right", "knee_medial")),
        ("L_mankle_study", ("left", "ankle_medial")), ("L_calc_study", ("left", "heel")),
        ("r_5meta_study", ("right", "mt5")), ("C7_study", ("center", "c7")),
        ("RHip", ("right", "hip_centre")), ("RKnee", ("right", "knee_centre")),
        ("LBigToe", ("left", "toe")), ("RSmallToe", ("right", "mt5")), ("RHeel", ("right", "heel")),
        ("R.Knee.Lat", ("right", "knee_lateral")), ("RLM", ("right", "ankle_lateral")),
        ("something_study", None), ("r_unknown_study", None),
    ],
)  # fmt: skip
def test_labels_of_programs(label, known):
    assert landmark(label) == known


def test_joint_angles_from_opencap_s_markers(tmp_path):
    places = {
        "ASIS": (0.0, 1.0), "PSIS": (-0.15, 1.0), "knee": (0.0, 0.5), "mknee": (0.0, 0.5),
        "ankle": (0.0, 0.1), "mankle": (0.0, 0.1), "toe": (0.16, 0.03), "5meta": (0.12, 0.03),
        "calc": (-0.06, 0.03),
    }  # fmt: skip
    markers = {}
    for letter, sign in (("r", 1), ("L", -1)):
        for name, (x, y) in places.items():
            mark = "." if name in ("ASIS", "PSIS") else "_"
            inside = 0.06 if name.startswith("m") else 0.12
            markers[f"{letter}{mark}{name}_study"] = (x, y, sign * inside)
    (tmp_path / "P1_walk.trc").write_text(trc(markers=markers))
    (recording,) = read(tmp_path / "P1_walk.trc")
    angles = joint_angles(recording)
    for side in ("left", "right"):
        assert abs(np.median(angles.column(f"{side}_knee_angle_flexion"))) < 10


def test_lost_frames_that_the_time_stamps_hide_are_said(tmp_path):
    head, rows = trc().split("Z10\n\n")
    lines = rows.splitlines()
    later = [line.replace(line.split("\t")[0], str(k + 100), 1) for k, line in enumerate(lines)]
    text = head + "Z10\n\n" + "\n".join(lines[:30] + later[30:]) + "\n"
    assert any("'Frame' jumps 1 times" in warning for warning in asis(tmp_path, text)[2])
