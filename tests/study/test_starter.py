"""A study that is written for recordings: what it says, and that it runs as it is."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.io import write_cohort, write_table
from gaitcast.recording import Recording
from gaitcast.simulate import simulate
from gaitcast.study import Study, Workspace, list_jobs, plan, read_study
from gaitcast.study.complete import complete_only
from gaitcast.study.input_groups import short_patterns
from gaitcast.study.starter import new_study
from gaitcast.study.starting import start_study

KNEE, ANKLE = "right_knee_angle_flexion", "right_ankle_angle_flexion"


@pytest.fixture(scope="module")
def walkers():
    return simulate(4, 0.3, seed=3)


def written(cohort, target, **options):
    text = new_study(cohort, target, **{"dataset": "simulated", **options})
    table = tomllib.loads(text)
    Study.model_validate(table)
    return table, text


def made(people, channels, seconds=20.0, rate_hz=100.0, trials=1):
    """Noise under some names: what a study says depends on what there is."""
    rng, recordings = np.random.default_rng(0), []
    for person in range(people):
        for trial in range(trials):
            time_s = np.arange(round(seconds * rate_hz)) / rate_hz
            samples = rng.normal(size=(len(time_s), len(channels)))
            recordings.append(
                Recording(f"P{person}", f"P{person}_w{trial}", rate_hz, time_s, samples, channels)
            )
    return Cohort("made", tuple(recordings))


IMU = tuple(f"right_shank_{q}_{a}" for q in ("acc", "gyr") for a in "xyz")
FORCES = tuple(f"right_plate_force_{a}" for a in "xyz")


def test_an_angle_is_forecast_from_imus_and_its_own_past(walkers):
    table, text = written(walkers, KNEE)
    assert table["task"]["targets"] == [KNEE]
    assert table["task"]["output"] == "all"
    assert 200 in table["task"]["horizons_ms"]
    assert [*table["inputs"]][:3] == ["imu+angle", "imu", "angle"]
    assert "imu-foot" in table["inputs"]
    named = {p for patterns in table["inputs"].values() for p in patterns}
    assert not [p for p in named if "plate" in p or "moment" in p]
    assert table["splits"] == [{"kind": "leave-one-subject-out"}]
    models = [m["model"] for m in table["models"]]
    assert models[1:] == ["ridge", "wearer-adaptive", "wearer-adaptive"]
    assert {"persistence", "last-cycle", "train-mean"} <= {*models[0]}
    assert table["measured"] == {KNEE: 0}
    assert "only a laboratory measures it" in text


def test_an_angle_is_estimated_too_where_both_segments_have_an_imu(walkers):
    """As one more row of the recommended model; only where the step can be learned."""
    table, text = written(walkers, "*_ankle_angle_flexion")
    rows = [(m["model"], m["inputs"], m.get("steps")) for m in table["models"][1:]]
    assert rows[1:] == [
        ("wearer-adaptive", ["imu+angle"], None),
        ("wearer-adaptive", ["imu"], ["angle-now"]),
    ]
    steps = table["steps"]["angle-now"]
    assert [s["distal"] for s in steps] == ["right_foot", "left_foot"]
    assert "for a device without an encoder" in text
    for target, channels in (
        (ANKLE, "right_foot_*"),  # the shank has none
        ("right_ankle_angle_adduction", "*"),
    ):
        few = replace(
            walkers, recordings=tuple(r.select([target, "right_foot_*", channels]) for r in walkers)
        )
        assert "joint_angle" not in written(few, target)[1]
    drifting = tuple(
        replace(r, samples=r.samples + 1e3 * (np.array(r.channels) == ANKLE) * (r.subject == "S04"))
        for r in walkers
    )  # as if one person's encoder had another zero
    assert "joint_angle" not in written(replace(walkers, recordings=drifting), ANKLE)[1]
    noise = tuple(
        f"right_{s}_{q}_{a}" for s in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz"
    )
    assert "joint_angle" not in written(made(3, (*noise, ANKLE)), ANKLE)[1]


def test_a_force_is_estimated_by_mass_and_never_from_plates(walkers):
    table, _ = written(walkers, "right_plate_force_*")
    assert table["data"]["prepare"] == ["force-per-mass"]
    assert table["task"]["targets"] == [f"right_foot_grf_{a}" for a in "xyz"]
    assert table["task"]["horizons_ms"] == [0]
    assert table["task"]["output"] == "last"
    assert table["models"][0]["model"] == ["train-mean"]
    assert not [p for ps in table["inputs"].values() for p in ps if "plate" in p or "knee" in p]
    by_its_own_name, _ = written(walkers, "right_foot_grf_*")
    assert by_its_own_name == table


def test_without_masses_a_force_stays_in_newtons(walkers):
    table, _ = written(replace(walkers, subjects={}), "right_plate_force_z")
    assert "prepare" not in table["data"]
    assert table["task"]["targets"] == ["right_plate_force_z"]


def test_a_wanted_horizon_is_kept(walkers):
    table, _ = written(walkers, KNEE, horizons_ms=[150.0])
    assert table["task"]["horizons_ms"] == [150]
    table, text = written(walkers, KNEE, horizons_ms=[0.0])
    assert (table["task"]["horizons_ms"], table["task"]["output"]) == ([0], "last")
    assert KNEE not in table["inputs"]["imu"]
    assert "the same joint" not in text or KNEE in text


@pytest.mark.parametrize(
    ("people", "seconds", "trials", "kind"),
    [
        (3, 20, 1, "leave-one-subject-out"),
        (25, 12, 1, "grouped-k-fold"),
        (2, 300, 1, "blocked"),
        (1, 15, 12, "later-trials"),
    ],
)
def test_the_participants_decide_the_split(people, seconds, trials, kind):
    cohort = made(people, (*IMU, KNEE), seconds, trials=trials)
    table, text = written(cohort, KNEE)
    assert table["splits"][0]["kind"] == kind
    study = Study.model_validate(table)
    folds = study.splits[0].folds(cohort, round(100 * 2.5))
    assert table["export"]["fold"] == folds[0].name
    if people < 3:
        assert "say nothing about a new person" in text


def test_markers_are_inputs_only_where_nothing_is_worn():
    marked = tuple(f"{side}_HEEL_marker_{a}" for side in ("left", "right") for a in "xyz")
    table, text = written(made(3, (*marked, *FORCES)), "right_plate_force_z")
    assert table["inputs"] == {"markers": ["*_HEEL_marker_*"]}
    assert table["measured"] == {"*_marker_*": "laboratory"}
    assert "export" not in table
    assert "no figure below can be had live" in text
    table, _ = written(made(3, (*marked, *IMU, *FORCES)), "right_plate_force_z")
    assert [*table["inputs"]] == ["imu"]


def test_a_window_leaves_most_of_a_short_step_to_be_predicted():
    table, _ = written(made(3, (*IMU, *FORCES), 1.1, trials=8), "right_plate_force_z")
    assert table["task"]["history_ms"] == 200
    table, _ = written(made(1, (*IMU, KNEE), 36.0), KNEE)  # blocks of one person need room
    assert table["task"]["history_ms"] == 1000


def test_short_parts_leave_out_what_learns_from_its_wearer():
    for seconds, model in ((2.5, "gru"), (20.0, "wearer-adaptive")):
        table, _ = written(made(3, (*IMU, KNEE), seconds, trials=6), KNEE)
        assert [entry["model"] for entry in table["models"]][-1] == model


def test_too_little_is_refused():
    with pytest.raises(GaitcastError, match="too short"):
        new_study(made(1, (*IMU, KNEE), 2.0), KNEE)
    with pytest.raises(GaitcastError, match=r"too short for a window.*shorter --horizon-ms"):
        new_study(made(3, (*IMU, KNEE), 0.4), KNEE)
    with pytest.raises(GaitcastError, match=r"nothing is left.*its own past"):
        new_study(made(3, FORCES), "right_plate_force_z")


def test_a_wrong_target_lists_what_there_is(walkers):
    with pytest.raises(GaitcastError, match=r"no target is named.*angle: .*force: "):
        new_study(walkers, [])
    with pytest.raises(GaitcastError, match=r"'right_kne_angle_flexion'.*Did you mean 'right_knee"):
        new_study(walkers, "right_kne_angle_flexion")
    with pytest.raises(GaitcastError, match="not by one study"):
        new_study(walkers, [KNEE, "right_plate_force_z"])


def test_the_rate_is_that_of_slow_recordings_and_100_hz_of_fast_ones():
    for rate_hz, wanted in ((60.0, 60), (148.0, 100), (1000.0, 100)):
        table, _ = written(made(3, (*IMU, KNEE), 20.0, rate_hz), KNEE)
        assert table["data"]["resample_hz"] == wanted


def test_raw_emg_and_hidden_markers_are_no_inputs():
    channels = (KNEE, "right_vastusmedialis_emg_raw", *(f"right_RKNE_marker_{a}" for a in "xyz"))
    table, text = written(made(3, channels), KNEE)
    assert [*table["inputs"]] == ["angle"]
    assert "removes raw EMG" in text


def with_holes(cohort, channel, rows):
    recordings = []
    for k, recording in enumerate(cohort):
        samples = recording.samples.copy()
        samples[rows, recording.channels.index(channel)] = np.nan
        recordings.append(replace(recording, samples=samples) if k else recording)
    return replace(cohort, recordings=tuple(recordings))


def test_what_is_missing_is_cut_out_and_the_study_runs(tmp_path):
    whole = made(4, (*IMU, *FORCES), 10.0)
    holed = with_holes(whole, "right_plate_force_z", slice(400, 500))
    holed = with_holes(holed, "right_shank_acc_y", slice(0, 300))
    alone = made(1, IMU, 10.0).recordings[0]
    cohort = Cohort("lab", (*holed, replace(alone, subject="P9", trial="P9_imu")))
    write_cohort(cohort, tmp_path / "lab")
    made_files = start_study(
        str(tmp_path / "lab"), ["right_plate_force_z"], out=tmp_path / "mine.toml"
    )
    study = read_study(made_files.study)
    assert "right_shank_acc_y" not in study.data.complete
    assert "right_plate_force_z" in study.data.complete
    workspace = Workspace(study.quickened(), None, tmp_path / "runs")
    jobs = list_jobs(workspace)
    assert {job.subject for job in jobs} <= {"P0", "P1", "P2", "P3"}
    parts = plan(workspace, jobs[0]).cohort
    assert "P1_w0@0.00s" in [info.trial for info in parts.infos]
    assert any("without 'right_plate_force_z'" in note for note in parts.notes)


def test_only_complete_parts_are_kept():
    holed = with_holes(made(2, (*IMU, KNEE), 10.0), KNEE, slice(400, 420))
    kept = complete_only(holed, [KNEE], 1.0)
    assert [info.trial for info in kept.infos] == ["P0_w0", "P1_w0@0.00s", "P1_w0@4.20s"]
    assert all(np.isfinite(recording.samples).all() for recording in kept)
    assert "0.2 of 20.0 s" in kept.notes[-1]
    assert len(complete_only(holed, [KNEE], 5.0)) == 2
    with pytest.raises(GaitcastError, match="no channel matches 'left"):
        complete_only(holed, ["left_*"])
    with pytest.raises(GaitcastError, match="for 60 s"):
        complete_only(holed, [KNEE], 60.0)


def test_patterns_match_what_they_stand_for_and_nothing_else():
    names = (*IMU, "left_shank_acc_x", "left_shank_acc_y", KNEE)
    assert short_patterns(IMU[:3], names) == ("right_shank_acc_*",)
    assert short_patterns(IMU[:2], names) == IMU[:2]
    both = (*IMU[:3], "left_shank_acc_x", "left_shank_acc_y")
    assert short_patterns(both, names) == ("*_shank_acc_*",)


def test_unsure_participants_are_left_to_be_confirmed(walkers):
    unsure = replace(walkers, identity_warnings=("one participant per file",))
    table, text = written(unsure, KNEE)
    assert "participants" not in table["data"]
    assert '# participants = "confirmed"' in text
    assert "one participant per file" in text
    assert "It runs as it is" not in text
    assert "'gaitcast run' refuses this study" in text
    assert "That holds once the participants are right" in text
    assert "refuse" not in written(walkers, KNEE)[1]
    two = replace(unsure, recordings=tuple(unsure)[:2])
    table, text = written(two, KNEE)
    assert table["splits"][0]["kind"] == "blocked"  # the same people: not refused
    assert "It runs as it is" in text


def test_a_study_of_unsure_participants_says_that_its_run_is_refused(tmp_path, walkers):
    for k, recording in enumerate(walkers, start=1):
        write_table(recording, tmp_path / "lab" / f"walk{k}.csv")
    begun = start_study(str(tmp_path / "lab"), [KNEE], out=tmp_path / "mine.toml")
    assert begun.refused
    assert any("only if the participants are right" in line for line in begun.lines)
    assert any("refuses this study until" in line for line in begun.lines)
    text = begun.study.read_text()
    begun.study.write_text(
        text.replace('# participants = "confirmed"', 'participants = "confirmed"')
    )
    assert list_jobs(Workspace(read_study(begun.study), None, tmp_path / "runs"))


def folders(tmp_path, walkers, names):
    for recording in walkers:
        for half in (0, 1):
            rows = slice(half * 900, half * 900 + 900)
            table = {"time": recording.time_s[rows]} | {
                column: recording.column(channel)[rows] for channel, column in names.items()
            }
            place = tmp_path / "lab" / f"sub-{recording.subject}" / f"walk{half + 1}.csv"
            place.parent.mkdir(parents=True, exist_ok=True)
            head = ",".join(table)
            np.savetxt(
                place, np.column_stack([*table.values()]), "%.6f", ",", header=head, comments=""
            )
    return tmp_path / "lab"


def test_a_folder_per_participant_of_tables_gets_a_guessed_mapping(tmp_path, walkers):
    names = {f"right_shank_acc_{a}": f"R_Shank_Acc_{a.upper()}" for a in "xyz"}
    names |= {f"right_shank_gyr_{a}": f"R_Shank_Gyro_{a.upper()}" for a in "xyz"}
    lab = folders(tmp_path, walkers, names | {KNEE: "Right Knee Angle"})
    out = tmp_path / "mine.toml"
    begun = start_study(str(lab), [KNEE], out=out)
    assert begun.mapping == tmp_path / "mine-mapping.toml"
    assert "check every line" in begun.mapping.read_text()
    study = read_study(out)
    workspace = Workspace(study, None, tmp_path / "runs")
    assert workspace.cohort("uniform").people == tuple(f"sub-S0{k}" for k in range(1, 5))
    assert plan(workspace, list_jobs(workspace)[0]).chain.inputs
    with pytest.raises(GaitcastError, match="exists already"):
        start_study(str(lab), [KNEE], out=out)
