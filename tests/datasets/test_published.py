"""Public sets in the formats in which they are published, as small synthetic files."""

import builtins
import re
import warnings

import numpy as np
import pytest

from gaitcast.datasets.camargo2021 import CAMARGO2021
from gaitcast.datasets.fukuchi2018 import FUKUCHI2018
from gaitcast.datasets.gaitrec import GAITREC
from gaitcast.datasets.hugadb import HUGADB
from gaitcast.datasets.moore2015_raw import MOORE2015_RAW
from gaitcast.datasets.schreiber2019 import SCHREIBER2019
from gaitcast.errors import GaitcastError
from gaitcast.signal.walkway import along_walkway

G = 9.80665
SETS = (CAMARGO2021, FUKUCHI2018, GAITREC, HUGADB, MOORE2015_RAW, SCHREIBER2019)


def write(path, columns, separator="\t", form="%.6f"):
    """A table with its header."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = np.column_stack(list(columns.values()))
    lines = [separator.join(columns), *(separator.join(form % v for v in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")


def refused(dataset, path, words):
    with pytest.raises(GaitcastError, match=words) as error:
        dataset.read(path, 0.1)
    assert "\n" not in str(error.value)
    assert error.value.where


@pytest.mark.parametrize("dataset", SETS, ids=lambda d: d.name)
def test_a_set_says_where_it_is_from_and_how_to_get_it(dataset, tmp_path):
    assert "doi:10." in dataset.citation
    assert dataset.licence
    assert dataset.source.startswith("https://")
    with pytest.raises(GaitcastError, match=re.escape(dataset.how_to_get)):
        dataset.load(tmp_path)


# --- Camargo -------------------------------------------------------------------------------------

IK = [
    "pelvis_tilt",
    "pelvis_list",
    "pelvis_rotation",
    "pelvis_tx",
    "pelvis_ty",
    "pelvis_tz",
    "hip_flexion_r",
    "hip_adduction_r",
    "hip_rotation_r",
    "knee_angle_r",
    "ankle_angle_r",
    "subtalar_angle_r",
    "mtp_angle_r",
    "hip_flexion_l",
    "hip_adduction_l",
    "hip_rotation_l",
    "knee_angle_l",
    "ankle_angle_l",
    "subtalar_angle_l",
    "mtp_angle_l",
    "lumbar_extension",
    "lumbar_bending",
    "lumbar_rotation",
]
FP = [*(f"{k}{a}" for k in ("v", "p") for a in "xyz"), *(f"moment_{a}" for a in "xyz")]


def camargo_tables(plates=("Treadmill_R", "Treadmill_L")):
    """Two seconds: sensor -> columns."""
    slow, fast = 0.5 + np.arange(400) / 200, 0.5 + np.arange(2000) / 1000
    imu = {
        f"{s}_{q}_{a}": np.full(400, 0.0)
        for s in ("foot", "shank", "thigh", "trunk")
        for q in ("Accel", "Gyro")
        for a in "XYZ"
    }
    imu |= {"trunk_Accel_X": np.full(400, 1.0), "shank_Gyro_Y": np.full(400, np.pi)}
    ik = {name: np.full(400, float(k)) for k, name in enumerate(IK)}
    ik |= {"knee_angle_r": np.full(400, -60.0), "pelvis_tz": -np.linspace(0, 3, 400)}
    moment = {
        name + ("_force" if "_t" in name and name[-1] in "xyz" else "_moment"): np.zeros(400)
        for name in IK
    }
    moment["ankle_angle_r_moment"] = np.where(np.arange(400) < 10, np.nan, -112.0)
    moment["knee_angle_r_moment"] = np.full(400, 35.0)
    force = {f"{p}_{w}": np.zeros(2000) for p in plates for w in FP}
    load = np.where((fast > 1.0) & (fast < 1.6), 700.0, 0.0)
    force |= {f"{plates[0]}_vy": load, f"{plates[0]}_vz": -0.1 * load}
    force |= {f"{plates[0]}_pz": np.full(2000, -0.3), f"{plates[0]}_px": np.full(2000, 0.2)}
    gon = {
        n: np.full(2000, 10.0)
        for n in ("hip_frontal", "hip_sagittal", "knee_sagittal", "ankle_frontal", "ankle_sagittal")
    }
    gon["knee_sagittal"] = np.full(2000, 55.0)
    ramp = (np.arange(400) % 200) / 2.0
    cycle = {"HeelStrike": ramp, "ToeOff": np.roll(ramp, 120)}
    tables = {"imu": imu, "ik": ik, "id": moment, "gcRight": cycle}
    tables = {name: {"Header": slow, **columns} for name, columns in tables.items()}
    return tables | {"fp": {"Header": fast, **force}, "gon": {"Header": fast, **gon}}


PEOPLE = {
    "Subject": ["AB06", "AB07"], "Age": [20.0, 22.0], "Gender": ["M", "F"],
    "Height": [1.8, 1.65], "Weight": [70.0, 55.0],
}  # fmt: skip


def camargo_csv(root, trial="treadmill_01_01", **options):
    mode = root / "AB06" / "10_09_18" / trial.split("_")[0]
    for sensor, columns in camargo_tables(**options).items():
        write(mode / sensor / f"{trial}.csv", columns, ",", "%.7g")
    return mode


def people_csv(root):
    rows = zip(*PEOPLE.values(), strict=True)
    text = [",".join(PEOPLE), *(",".join(map(str, row)) for row in rows)]
    (root / "SubjectInfo.csv").write_text("\n".join(text) + "\n")


def check_camargo(cohort):
    (r,) = cohort
    assert (r.subject, r.trial, r.rate_hz, len(r)) == ("AB06", "AB06_treadmill_01_01", 200.0, 400)
    assert cohort.subjects == {
        "AB06": {"age": 20.0, "sex": "M", "height_m": 1.8, "mass_kg": 70.0},
    }
    assert r.column("center_trunk_acc_x")[0] == pytest.approx(G)
    assert r.column("right_shank_gyr_y")[0] == pytest.approx(180)
    assert r.column("right_knee_angle_flexion")[0] == 60
    assert r.column("ipsi_knee_angle_flexion")[200] == pytest.approx(55)
    assert r.column("center_pelvis_pos_x")[-1] == pytest.approx(3)
    assert r.column("center_pelvis_pos_z")[0] == IK.index("pelvis_ty")
    ankle = r.column("right_ankle_moment_flexion")
    assert np.isnan(ankle[:10]).all()
    assert ankle[20] == pytest.approx(112 / 70)
    assert r.column("right_knee_moment_flexion")[0] == pytest.approx(0.5)
    middle = np.searchsorted(r.time_s, 1.3)
    force, at = (r.matrix([f"right_plate_{q}_{a}" for a in "xyz"]) for q in ("force", "pos"))
    assert force[middle] == pytest.approx([70, 0, 700], abs=0.5)
    assert at[middle] == pytest.approx([0.3, -0.2, 0])
    assert np.isnan(at[0]).all()
    assert r.events["right_heel_strike"].tolist() == [1.5]
    assert r.events["right_toe_off"] == pytest.approx([1.1, 2.1])
    assert r.covariates["terrain"] == "treadmill"


def test_camargo_as_csv(tmp_path):
    camargo_csv(tmp_path)
    people_csv(tmp_path)
    check_camargo(CAMARGO2021.load(tmp_path))
    assert CAMARGO2021.load(tmp_path, rate_hz=100.0)["AB06_treadmill_01_01"].rate_hz == 100


def test_camargo_as_matlab_tables(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        matio = pytest.importorskip("matio")
    pd = pytest.importorskip("pandas")
    mode = tmp_path / "AB06" / "10_09_18" / "treadmill"
    files = {mode / s / "treadmill_01_01.mat": t for s, t in camargo_tables().items()}
    for path, table in (files | {tmp_path / "SubjectInfo.mat": PEOPLE}).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        matio.save_to_mat(str(path), {"data": pd.DataFrame(table)}, version="v7")
    check_camargo(CAMARGO2021.load(tmp_path))
    torn = mode / "imu" / "treadmill_01_01.mat"
    torn.write_bytes(torn.read_bytes()[:900])
    refused(CAMARGO2021, torn, "no MATLAB table")


def test_camargo_overground_without_people_and_with_an_empty_folder(tmp_path):
    mode = camargo_csv(tmp_path, "Ramp_3_L_01_02", plates=("FP2", "Combined"))
    assert mode.name == "Ramp"
    table = camargo_tables()["imu"]
    empty = {name: np.full(400, np.nan) for name in table} | {"Header": table["Header"]}
    write(mode / "imu" / "Ramp_3_L_01_02.csv", empty, ",")
    (r,) = CAMARGO2021.load(tmp_path)
    assert r.covariates["incline_deg"] == 9.2
    assert r.covariates["leading_leg"] == "l"
    assert r.column("center_plate2_force_z").max() == pytest.approx(700, rel=0.2)
    assert "center_plate_force_z" in r.channels
    assert np.nanmax(r.column("right_ankle_torque_flexion")) == 112
    assert "right_foot_acc_x" not in r.channels
    assert any("no value" in note for note in r.notes)


def test_camargo_of_fast_sensors_alone_keeps_the_common_clock(tmp_path):
    mode = camargo_csv(tmp_path)
    for sensor in ("imu", "ik", "id"):
        (mode / sensor / "treadmill_01_01.csv").unlink()
    (r,) = CAMARGO2021.load(tmp_path)
    assert r.rate_hz == 200
    assert "right_plate_force_z" in r.channels
    assert "ipsi_ankle_angle_flexion" in r.channels


def test_camargo_tells_two_days_of_a_person_apart(tmp_path):
    camargo_csv(tmp_path)
    later = tmp_path / "AB06" / "10_10_18"
    write(later / "treadmill/ik/treadmill_01_01.csv", camargo_tables()["ik"], ",")
    trials = [r.trial for r in CAMARGO2021.load(tmp_path)]
    assert trials == ["AB06_10_09_18_treadmill_01_01", "AB06_10_10_18_treadmill_01_01"]


def test_camargo_refuses_what_it_cannot_read(tmp_path, monkeypatch):
    mode = camargo_csv(tmp_path)
    tables = camargo_tables()
    path = mode / "imu" / "treadmill_01_01.csv"
    write(path, {k: v for k, v in tables["imu"].items() if k != "foot_Gyro_Z"}, ",")
    refused(CAMARGO2021, path, "foot_Gyro_Z")
    path.write_text("Header,foot_Accel_X\n0.0,1.0\n0.1\n")
    refused(CAMARGO2021, path, "cannot read the table")
    other = mode / "emg" / "treadmill_01_01.csv"
    refused(CAMARGO2021, other, "no file in a folder")
    monkeypatch.setattr(builtins, "__import__", _without("matio", builtins.__import__))
    path.with_suffix(".mat").write_bytes(b"")
    refused(CAMARGO2021, path.with_suffix(".mat"), "pip install 'gaitcast")


def _without(name, plain):
    def refuse(wanted, *rest, **more):
        if wanted == name:
            raise ImportError(name)
        return plain(wanted, *rest, **more)

    return refuse


# --- Fukuchi -------------------------------------------------------------------------------------

MARKERS = [
    "R.ASIS",
    "L.ASIS",
    "R.PSIS",
    "L.PSIS",
    "L.Iliac.Crest",
    "R.Iliac.Crest",
    "R.GTR",
    "R.Knee",
    "R.HF",
    "R.TT",
    "R.Ankle",
    "R.Heel",
    "R.MT1",
    "R.MT5",
    "L.GTR",
    "L.Knee",
    "L.HF",
    "L.TT",
    "L.Ankle",
    "L.Heel",
    "L.MT1",
    "L.MT5",
]
INFO = (
    "Subject,FileName,AgeGroup,Age,Height,Mass,Gender,Dominance,LegLength,Static1,Static2,"
    "GaitSpeed(m/s),TreadHands,FP_RightFoot,FP_LeftFoot,Notes,BorgScale\n"
    "1,WBDS01static1.c3d,Young,25,172.5,74.3,M,R,0.89,--,--,--,--,--,--,--,--\n"
    '1,WBDS01walkO06Smkr.txt,Young,25,172.5,74.3,M,R,0.89,--,--,0.93,--,"FP4, FP1",FP1_2,'
    "FP4 SIGNAL PRESENTED OFFSET.,--\n"
    "2,WBDS02walkT05.c3d,Young,22,160,50,F,R,--,--,--,1.2,No,--,--,--,10,a remark\n"
)


def fukuchi_pair(folder, plates=5):
    n = 150
    points = {"Time": np.arange(n) / 150}
    for k, label in enumerate(MARKERS):
        points |= {f"{label}X": 1000.0 * points["Time"] + k, f"{label}Y": np.full(n, 900.0)}
        points[f"{label}Z"] = np.full(n, 100.0 if label[0] == "R" else -100.0)
        points[f"L.Iliac.Crest{'XYZ'[k % 3]}"] = np.full(n, np.nan)
    for axis in "XYZ":
        points[f"R.Heel{axis}"] = np.where(np.arange(n) < 5, 0.0, points[f"R.Heel{axis}"])
    write(folder / "WBDS01walkO06Smkr.txt", points)
    force = {"Time": np.arange(2.0 * n)}
    time_s = force["Time"] / 300
    load = np.where((time_s > 0.3) & (time_s < 0.7), 800.0, 0.0)
    for p in range(1, plates + 1):
        for word in ("Fx", "Fy", "Fz", "COPx", "COPy", "COPz", "Ty"):
            force[f"{word}{p}"] = np.zeros(2 * n)
    force |= {"Fy1": load, "Fx1": 0.1 * load, "Fz1": 0.05 * load, "Ty1": 10 * load}
    force |= {"COPx1": np.full(2 * n, 1500.0), "COPz1": np.full(2 * n, -200.0)}
    write(folder / "WBDS01walkO06Sgrf.txt", force)


def test_fukuchi_as_text(tmp_path):
    fukuchi_pair(tmp_path / "51subjs")
    (tmp_path / "WBDSinfo.csv").write_text(INFO)
    cohort = FUKUCHI2018.load(tmp_path)
    (r,) = cohort
    assert (r.subject, r.trial, r.rate_hz, len(r)) == ("S01", "WBDS01walkO06S", 150.0, 150)
    assert cohort.subjects["S01"] == pytest.approx(
        {"age": 25, "height_m": 1.725, "mass_kg": 74.3, "leg_length_m": 0.89, "sex": "M"}
    )
    knee = r.matrix([f"left_L.Knee_marker_{a}" for a in "xyz"])[149]
    assert knee == pytest.approx([149 / 150 + 0.001 * MARKERS.index("L.Knee"), 0.1, 0.9])
    assert np.isnan(r.column("right_R.Heel_marker_z")).sum() == 5
    force, at = (r.matrix([f"center_plate1_{q}_{a}" for a in "xyz"]) for q in ("force", "pos"))
    assert force[75] == pytest.approx([80, -40, 800], rel=0.01)
    assert at[75] == pytest.approx([1.5, 0.2, 0])
    assert np.isnan(at[10]).all()
    assert r.column("center_plate1_torque_z")[75] == pytest.approx(8, rel=0.01)
    assert r.covariates["speed_m_s"] == 0.93
    assert (r.covariates["speed"], r.covariates["surface"]) == ("slow", "overground")
    assert (r.covariates["right_plates"], r.covariates["left_plates"]) == ("FP4, FP1", "FP1_2")
    assert "warning: FP4 SIGNAL PRESENTED OFFSET." in r.notes
    assert any("300 Hz" in note for note in r.notes)
    assert along_walkway(r).column("left_L.Knee_marker_y")[0] == pytest.approx(0.1)


def test_fukuchi_refuses_what_it_cannot_read(tmp_path):
    fukuchi_pair(tmp_path)
    marks, plates = tmp_path / "WBDS01walkO06Smkr.txt", tmp_path / "WBDS01walkO06Sgrf.txt"
    plates.write_text(plates.read_text().replace("COPz1", "COPq1"))
    refused(FUKUCHI2018, marks, "COPz1")
    marks.write_text(marks.read_text().replace("Time", "Tyme"))
    refused(FUKUCHI2018, marks, "Time")
    marks.write_text("Time\tR.HeelX\n0.0\n")
    refused(FUKUCHI2018, marks, "cannot read the table")
    refused(FUKUCHI2018, tmp_path / "WBDS1.txt", "not named")


def c3d(path, labels, points, *, axes="xyz", events=(), load=None, first=0):
    """A trial at 100 Hz; `points` in mm by frame, label and axis."""
    ezc3d = pytest.importorskip("ezc3d")
    file = ezc3d.c3d()
    group = file["parameters"]["POINT"]
    group["RATE"]["value"], group["UNITS"]["value"] = [100.0], ["mm"]
    group["LABELS"]["value"] = list(labels)
    order = ["xyz".index(a) for a in axes]
    data = np.ones((4, len(labels), len(points)))
    data[:3] = points[:, :, order].transpose(2, 1, 0)
    file["data"]["points"] = data
    file["header"]["points"]["first_frame"] = first
    if load is not None:
        file["parameters"]["ANALOG"]["RATE"]["value"] = [1000.0]
        file["parameters"]["ANALOG"]["LABELS"]["value"] = ["Fx", "Fy", "Fz", "Mx", "My", "Mz"]
        file["parameters"]["ANALOG"]["UNITS"]["value"] = ["N"] * 3 + ["Nmm"] * 3
        analog = np.zeros((1, 6, 10 * len(points)))
        analog[0, 2] = -load
        file["data"]["analogs"] = analog
        file.add_parameter("FORCE_PLATFORM", "USED", [1])
        file.add_parameter("FORCE_PLATFORM", "TYPE", [2])
        file.add_parameter("FORCE_PLATFORM", "CHANNEL", np.arange(1.0, 7.0).reshape(6, 1))
        corners = np.array([[-300, -200, 0], [300, -200, 0], [300, 200, 0], [-300, 200, 0.0]])
        file.add_parameter("FORCE_PLATFORM", "CORNERS", corners[::-1].T[:, :, None])
        file.add_parameter("FORCE_PLATFORM", "ORIGIN", np.zeros((3, 1)))
    else:
        file.add_parameter("POINT", "Y_SCREEN", ["+" + axes["xyz".index("y")].upper()])
    if events:
        file.add_parameter("EVENT", "USED", [len(events)])
        file.add_parameter("EVENT", "LABELS", [label for label, _, _ in events])
        file.add_parameter("EVENT", "CONTEXTS", [side for _, side, _ in events])
        times = np.array([[0.0] * len(events), [t for _, _, t in events]])
        file.add_parameter("EVENT", "TIMES", times)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.write(str(path))


def test_fukuchi_as_c3d(tmp_path):
    points = np.zeros((100, 2, 3))
    points[:, :, 0] = 1000 + np.linspace(0, 1000, 100)[:, None]
    points[:, :, 1] = 900.0
    points[:, 0, 2], points[:, 1, 2] = 100.0, -100.0
    path = tmp_path / "WBDS16walkO02C.c3d"
    c3d(path, ["R.Heel", "L.Heel"], points)
    (r,) = FUKUCHI2018.load(tmp_path)
    assert (r.subject, r.trial) == ("S16", "WBDS16walkO02C")
    assert r.column("left_L.Heel_marker_y")[0] == pytest.approx(0.1)
    assert r.column("left_L.Heel_marker_z")[0] == pytest.approx(0.9)
    assert np.ptp(r.column("left_L.Heel_marker_x")) == pytest.approx(1.0)
    assert "warning: the same pass as WBDS16walkO01C" in r.notes


# --- Schreiber -----------------------------------------------------------------------------------


def test_schreiber_turns_walkers_and_reads_numbered_events(tmp_path):
    points = np.zeros((100, 2, 3))
    points[:, :, 0] = 2000 - np.linspace(0, 1500, 100)[:, None]
    points[:, 0, 1], points[:, 1, 1] = 100.0, -100.0
    points[:, :, 2] = 50.0
    events = (
        ("Foot Strike", "Left", 0.3), ("Foot Strike1", "Right", 0.6),
        ("Foot Strike2", "Right", 0.9), ("Foot Off", "Left", 0.7), ("Foot Off", "Right", 7.0),
    )  # fmt: skip
    home = tmp_path / "2014001"
    labels = ["R_FCC", "L_FCC"]
    c3d(home / "2014001_C4_01.c3d", labels, points, events=events, load=np.zeros(1000))
    still = np.full((50, 2, 3), 100.0)
    c3d(home / "2014001_ST.c3d", labels, still, load=np.full(500, 70 * G))
    cohort = SCHREIBER2019.load(tmp_path)
    r = cohort["2014001_C4_01"]
    assert (r.subject, r.rate_hz) == ("2014001", 100.0)
    assert np.ptp(r.column("right_R.FCC_marker_x")) == pytest.approx(1.5)
    assert r.column("right_R.FCC_marker_x")[-1] > r.column("right_R.FCC_marker_x")[0]
    assert r.column("right_R.FCC_marker_y")[0] == pytest.approx(-0.1)
    assert r.events["right_heel_strike"] == pytest.approx([0.6, 0.9])
    assert r.events["left_toe_off"] == pytest.approx([0.7])
    assert "right_toe_off" not in r.events
    assert any(note.startswith("warning: 1 events") for note in r.notes)
    assert r.covariates["condition"] == "C4"
    assert cohort.subjects["2014001"]["mass_kg"] == pytest.approx(70, rel=1e-3)
    assert cohort["2014001_ST"].covariates["condition"] == "static"


def test_schreiber_takes_a_single_frame_and_refuses_a_torn_file(tmp_path):
    path = tmp_path / "2014002_ST.c3d"
    c3d(path, ["R_FCC", "L_FCC"], np.full((1, 2, 3), 100.0))
    (r,) = SCHREIBER2019.load(tmp_path)
    assert len(r) == 1
    path.write_bytes(path.read_bytes()[:700])
    refused(SCHREIBER2019, path, "C3D|c3d|torn|damaged|cut")
    refused(SCHREIBER2019, tmp_path / "2014002_C9_01.c3d", "not named")


# --- Moore ---------------------------------------------------------------------------------------

META = """study:
    id: 1
subject:
    id: 8
    age: 20
    mass: 74.9
    mass-units: kilogram
    height: 1.57
    gender: male
trial:
    id: 010
    nominal-speed: 0.8
    dflow-version: {version}
    marker-map:
        M1: LHEE
    events:
        A: Force Plate Zeroing
        C: First Normal Walking
"""
RECORD = (
    "Time\tRightBeltSpeed\tLeftBeltSpeed\n"
    "9.000000\t0.8\t0.7\n#\n# EVENT A - COUNT 1\n#\n10.000000\t0.8\t0.7\n"
    "#\n# EVENT C - COUNT 1\n#\n10.500000\t0.8\t0.7\n11.500000\t0.8\t0.7\n"
    "#\n# EVENT A occured 1 time\n"
)


def moore_trial(folder, version="3.16.1", number="019"):
    n = 200
    time_s = 10 + np.arange(n) / 100
    columns = {"TimeStamp": time_s, "FrameNumber": np.arange(float(n))}
    for label, right in (("M1", -0.1), ("RHEE", 0.1)):
        columns |= {
            f"{label}.PosX": right + 0.01 * np.sin(time_s),
            f"{label}.PosY": 0.05 + 0 * time_s,
        }
        columns[f"{label}.PosZ"] = -0.3 + 0.01 * np.cos(time_s)
    for axis in "XYZ":
        columns[f"RHEE.Pos{axis}"][51:56] = columns[f"RHEE.Pos{axis}"][50]
        columns[f"M1.Pos{axis}"][:3] = -0.0
    for plate, load in (("FP1", 700.0), ("FP2", 0.0)):
        words = [f"{q}{a}" for q in ("Cop", "For", "Mom") for a in "XYZ"]
        columns |= {f"{plate}.{word}": np.full(n, 0.0) for word in words}
        columns |= {f"{plate}.ForY": np.full(n, load), f"{plate}.ForZ": np.full(n, -0.1 * load)}
        columns |= {f"{plate}.CopX": np.full(n, -0.2), f"{plate}.CopZ": np.full(n, -0.5)}
    columns["Channel1.Anlg"] = np.zeros(n)
    write(folder / f"mocap-{number}.txt", columns)
    (folder / f"meta-{number}.yml").write_text(META.format(version=version))
    (folder / f"record-{number}.txt").write_text(RECORD)
    return folder / f"mocap-{number}.txt"


def test_moore_as_recorded(tmp_path):
    moore_trial(tmp_path / "T019")
    cohort = MOORE2015_RAW.load(tmp_path)
    (r,) = cohort
    assert (r.subject, r.trial, r.rate_hz) == ("S08", "S08_T019", 100.0)
    assert cohort.subjects["S08"] == {
        "mass_kg": 74.9, "height_m": 1.57, "age": 20.0, "sex": "M",
    }  # fmt: skip
    force, at = (r.matrix([f"left_plate_{q}_{a}" for a in "xyz"]) for q in ("force", "pos"))
    assert force[0] == pytest.approx([70, 0, 700])
    assert at[0] == pytest.approx([0.5, 0.2, 0])
    assert np.isnan(r.column("right_plate_pos_x")).all()
    assert r.column("left_LHEE_marker_y")[10] == pytest.approx(0.1, abs=0.02)
    assert np.flatnonzero(np.isnan(r.column("left_LHEE_marker_x"))).tolist() == [0, 1, 2]
    hidden = np.flatnonzero(np.isnan(r.column("right_RHEE_marker_z")))
    assert hidden.tolist() == [51, 52, 53, 54, 55]
    assert r.column("left_plate_vel_x")[0] == pytest.approx(-0.7)
    assert np.isnan(r.column("right_plate_vel_x")[-1])
    assert r.events["force_plate_zeroing"].tolist() == [10.0]
    assert r.events["first_normal_walking"].tolist() == [10.5]
    assert r.covariates["speed_m_s"] == 0.8


def test_moore_of_a_new_version_has_zeros_for_hidden(tmp_path):
    path = moore_trial(tmp_path, "3.16.2rc5", "010")
    (r,) = MOORE2015_RAW.read(path, 0.1)
    assert np.isfinite(r.column("right_RHEE_marker_x")).all()
    assert np.isnan(r.column("left_LHEE_marker_x")[:3]).all()
    assert any("corrupted" in note for note in r.notes)


def test_moore_refuses_what_it_cannot_read(tmp_path):
    path = moore_trial(tmp_path)
    record = tmp_path / "record-019.txt"
    record.write_text(RECORD.replace("10.500000\t0.8", "10.5\tx"))
    refused(MOORE2015_RAW, path, "line 10 is not")
    record.unlink()
    text = path.read_text()
    path.write_text(text.replace("FP2.ForY", "FP2.Fory"))
    refused(MOORE2015_RAW, path, r"FP2\.ForY")
    path.write_text(text.replace("700.000000", "x", 1))
    refused(MOORE2015_RAW, path, "not numeric")
    path.write_text(text + "1\t2\n")
    refused(MOORE2015_RAW, path, "cannot read the table")
    (tmp_path / "meta-019.yml").write_text("subject: [1\n")
    refused(MOORE2015_RAW, path, "cannot be read")
    (tmp_path / "meta-019.yml").unlink()
    refused(MOORE2015_RAW, path, "names the participant")


# --- HuGaDB --------------------------------------------------------------------------------------


def hugadb_file(path, clip=False):
    names = [f"{q}_{s}_{a}" for s in ("rf", "rs", "rt", "lf", "ls", "lt")
             for q in ("acc", "gyro") for a in "xyz"]  # fmt: skip
    rows = np.zeros((100, 39), dtype=int)
    rows[:, names.index("acc_rf_z")] = 16384
    rows[:, names.index("gyro_ls_y")] = -16384
    if clip:
        rows[:5, names.index("gyro_lt_x")] = -32768
    rows[:, 36:38] = 128
    rows[:60, 38], rows[60:, 38] = 1, 8
    head = ["#Activity\twalking standing", "#ActivityID\t1 8", "#Date-Time\t01-02-03-04"]
    lines = [*head, "\t".join([*names, "EMG_r", "EMG_l", "act"])]
    path.write_text("\n".join([*lines, *("\t".join(map(str, row)) for row in rows)]) + "\n")


def test_hugadb(tmp_path):
    hugadb_file(tmp_path / "HuGaDB_v2_various_01_00.txt")
    hugadb_file(tmp_path / "HuGaDB_v1_sitting_in_car_16_02.txt", clip=True)
    cohort = HUGADB.load(tmp_path)
    r = cohort["HuGaDB_v2_various_01_00"]
    assert (r.subject, r.rate_hz, len(r.channels)) == ("P01", 56.35, 36)
    assert r.column("right_foot_acc_z")[0] == pytest.approx(G)
    assert r.column("left_shank_gyr_y")[0] == pytest.approx(-1000)
    assert r.covariates == {"activity": "various", "activities": "walking, standing"}
    assert r.events["standing_begins"] == pytest.approx([60 / 56.35])
    assert cohort.subjects["P16"] == {
        "mass_kg": 48.0, "height_m": 1.64, "age": 26.0, "sex": "F",
    }  # fmt: skip
    assert not any("warning" in note for note in r.notes)
    broken = cohort["HuGaDB_v1_sitting_in_car_16_02"]
    assert any("left_thigh_gyr_x is clipped" in note for note in broken.notes)
    assert any("README" in note for note in broken.notes)
    assert broken.covariates["activity"] == "sitting_in_car"


def test_hugadb_refuses_what_it_cannot_read(tmp_path):
    path = tmp_path / "HuGaDB_v2_walking_01_00.txt"
    hugadb_file(path)
    text = path.read_text()
    path.write_text(text + "1\t2\n")
    refused(HUGADB, path, "differs from the others")
    path.write_text(text.replace("gyro_lt_z", "gyro_lt_q"))
    refused(HUGADB, path, "gyro_lt_z")
    path.write_text(text[: text.rstrip().rfind("\t")] + "\tnan\n")
    refused(HUGADB, path, "activity")
    path.write_text("#only\n")
    refused(HUGADB, path, "no samples")
    refused(HUGADB, tmp_path / "HGD_v1_walking_01_00.txt", "not named")


# --- GaitRec -------------------------------------------------------------------------------------

METADATA = (
    "SUBJECT_ID,SESSION_ID,CLASS_LABEL,CLASS_LABEL_DETAILED,SEX,AGE,HEIGHT,BODY_WEIGHT,BODY_MASS,"
    "SHOE_SIZE,AFFECTED_SIDE,SHOD_CONDITION,ORTHOPEDIC_INSOLE,SPEED,READMISSION,SESSION_TYPE,"
    "SESSION_DATE,TRAIN,TRAIN_BALANCED,TEST\n"
    "7,11,HC,HC,0,30,,800,81.5,40,,1,0,2,0,1,01-02-2010,1,1,0\n"
    "8,12,K,K_R,1,50,180,,90,44,1,2,1,1,0,2,02-02-2010,0,0,1\n"
)


def gaitrec_files(folder, side, kind="PRO", flip=1.0):
    """Two stances; the second, of raw curves, is shorter."""
    s = np.linspace(0, 1, 101)
    scale = 1.0 if kind == "PRO" else 800.0
    curves = {
        "F_V": scale * np.sin(np.pi * s), "F_AP": -scale * flip * 0.2 * np.sin(2 * np.pi * s),
        "F_ML": scale * 0.05 * np.sin(np.pi * s), "COP_AP": 0.25 * s, "COP_ML": 0.02 + 0 * s,
    }  # fmt: skip
    for word, curve in curves.items():
        names = ["SUBJECT_ID", "SESSION_ID", "TRIAL_ID"]
        names += [f"{word}_{kind}_{k}" for k in range(1, 102)]
        rows = [f"{v:.6f}" for v in curve]
        short = rows if kind == "PRO" else [*rows[:81], *[""] * 20]
        lines = [",".join(names), ",".join(["7", "11", "1", *rows])]
        lines.append(",".join(["8", "12", "1", *short]))
        (folder / f"GRF_{word}_{kind}_{side}.csv").write_text("\n".join(lines) + "\n")
    (folder / "GRF_metadata.csv").write_text(METADATA)


@pytest.mark.parametrize("flip", [1.0, -1.0])
def test_gaitrec_processed(tmp_path, flip):
    for side in ("left", "right"):
        gaitrec_files(tmp_path, side, flip=flip)
    cohort = GAITREC.load(tmp_path)
    assert len(cohort) == 4
    r = cohort["7_11_1_left"]
    assert r.subject == "P0007"
    assert r.duration_s == pytest.approx(0.7)
    assert r.column("left_plate_force_z").max() == pytest.approx(800)
    assert r.column("left_plate_force_x")[25] == pytest.approx(-160)  # braking first
    assert r.column("left_plate_force_y")[50] == pytest.approx(-40)  # pushed inwards
    assert cohort["7_11_1_right"].column("right_plate_force_y")[50] == pytest.approx(40)
    centre = r.column("left_plate_pos_x")
    assert np.isnan(centre[[0, 100]]).all()
    assert centre[50] == pytest.approx(0.125)
    assert r.events["left_heel_strike"].tolist() == [0.0]
    assert r.events["left_toe_off"] == pytest.approx([0.7])
    assert (r.covariates["speed"], r.covariates["class"]) == ("self-selected", "HC")
    assert cohort.subjects["P0008"] == {
        "age": 50.0, "sex": "M", "height_m": 1.8, "mass_kg": 90.0, "class": "K",
    }  # fmt: skip
    heavy = cohort["8_12_1_right"]
    assert heavy.column("right_plate_force_z").max() == pytest.approx(90 * G)
    assert heavy.covariates["affected_side"] == "right"
    turned = any("F_AP by its shape: turned" in note for note in r.notes)
    assert turned == (flip < 0)


def test_gaitrec_raw_stances_have_their_own_length(tmp_path):
    gaitrec_files(tmp_path, "right", "RAW")
    cohort = GAITREC.load(tmp_path)
    whole, short = cohort["7_11_1_right_raw"], cohort["8_12_1_right_raw"]
    assert (len(whole), len(short), whole.rate_hz) == (101, 81, 250.0)
    assert whole.column("right_plate_force_z").max() == pytest.approx(800)
    assert any("250 Hz" in note for note in whole.notes)
    assert GAITREC.load(tmp_path, rate_hz=100.0)["7_11_1_right_raw"].rate_hz == 100


def test_gaitrec_refuses_what_it_cannot_read(tmp_path):
    gaitrec_files(tmp_path, "left")
    path = tmp_path / "GRF_F_V_PRO_left.csv"
    text = path.read_text()
    path.write_text(text.replace("SUBJECT_ID,", "DATASET_ID,"))
    refused(GAITREC, path, "Gutenberg")
    path.write_text(text.replace("SESSION_ID,", "SESSION,"))
    refused(GAITREC, path, "SESSION_ID")
    path.write_text(text + "9,13\n")
    refused(GAITREC, path, "cannot read the table")
    path.write_text(text)
    (tmp_path / "GRF_metadata.csv").unlink()
    refused(GAITREC, path, "weights")
    refused(GAITREC, tmp_path / "GRF_F_AP_PRO_left.csv", "vertical")
