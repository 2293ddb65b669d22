"""The commands as a user types them: what they write, and how they fail."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from doc_blocks import gaitcast
from gaitcast.datasets import load
from gaitcast.io import write_table
from gaitcast.study import shipped_studies

ROOT = Path(__file__).parents[2]
TARGET = "right_ankle_angle_flexion"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A quick demo study, run once, and a newcomer's recording."""
    folder = tmp_path_factory.mktemp("cli")
    done = gaitcast("run", "demo", "--quick", "--out", folder / "demo")
    assert done.returncode == 0, done.stderr
    (folder / "stdout.txt").write_text(done.stdout)
    done = gaitcast("simulate", "--out", folder / "new", "--subjects", 1, "--minutes", 0.1)
    assert done.returncode == 0, done.stderr
    return folder


def bundle(place):
    return place / "demo" / "bundles" / "wearer-adaptive-imu+angle-none"


def test_a_run_writes_table_report_and_bundle(place):
    out = place / "demo"
    assert {"results.csv", "results.json", "report.html", "bundles"} <= {
        p.name for p in out.iterdir()
    }
    text = (place / "stdout.txt").read_text()
    assert "best baseline" in text
    assert "wearer-adaptive" in text
    assert str(out / "report.html") in text
    table = pd.read_csv(out / "results.csv")
    assert set(table["model"]) >= {"train-mean", "last-cycle", "knn", "ridge", "wearer-adaptive"}


def test_the_report_needs_no_network(place):
    page = (place / "demo" / "report.html").read_text(encoding="utf-8")
    tags = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=(?!\"data:)", tags)
    assert not re.search(r"<script[^>]+src=", page.split("<body>")[1])
    assert "best baseline" in page
    assert "error by horizon" in page


def test_a_bundle_streams_a_newcomer(place, tmp_path):
    csv = place / "new" / "recordings" / "S01.csv"
    out, state = tmp_path / "f.csv", tmp_path / "state.npz"
    done = gaitcast(
        "stream", bundle(place), "--source", f"replay:{csv}", "--out", out, "--state", state
    )
    assert done.returncode == 0, done.stderr
    assert "mean absolute error" in done.stdout
    forecasts = pd.read_csv(out)
    assert list(forecasts.columns)[:2] == ["time_s", "right_ankle_angle_flexion+10ms"]
    assert forecasts.shape[1] == 31
    assert state.exists()


def test_a_bundle_takes_lines_from_standard_input(place):
    table = pd.read_csv(place / "new" / "recordings" / "S01.csv")
    card = json.loads((bundle(place) / "card.json").read_text())
    lines = table[["time_s", *card["channels"]]].iloc[:260].to_csv(index=False, header=False)
    done = gaitcast("stream", bundle(place), "--source", "stdin", stdin=lines)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()[0].split(",")) == 31


def test_export_and_bench(place, tmp_path):
    options = ["--model", "ridge", "--inputs", "imu", "--fold", "S02", "--out", tmp_path / "b"]
    done = gaitcast("export", place / "demo", *options)
    assert done.returncode == 0, done.stderr
    mine = tmp_path / "precious"
    mine.mkdir()
    (mine / "thesis.txt").write_text("years of work")
    done = gaitcast("export", place / "demo", *options[:-1], mine)
    assert_one_line(done, "holds something else")
    assert (mine / "thesis.txt").exists()
    done = gaitcast("bench", tmp_path / "b", "--repeat", 100)
    assert done.returncode == 0, done.stderr
    assert "bare network" in done.stdout
    walk = pd.read_csv(place / "new" / "recordings" / "S01.csv").drop(columns=TARGET)
    walk.iloc[:300].to_csv(tmp_path / "walk.csv", index=False)
    source = f"replay:{tmp_path / 'walk.csv'}"
    done = gaitcast("stream", tmp_path / "b", "--source", source, "--out", tmp_path / "f.csv")
    assert done.returncode == 0, done.stderr
    assert f"no error: walk has no {TARGET}" in done.stdout


def test_a_model_for_use_is_fitted_on_all_people(place, tmp_path):
    options = ["--model", "ridge", "--inputs", "imu", "--all-people", "--out", tmp_path / "all"]
    done = gaitcast("export", place / "demo", *options)
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "all" / "card.json").read_text(encoding="utf-8"))
    assert card["trained_on"] == ["S01", "S02", "S03", "S04", "S05"]
    assert card["stopped_by"] == []
    one_fold = json.loads((bundle(place) / "card.json").read_text(encoding="utf-8"))
    assert len(one_fold["trained_on"]) == 4  # nothing stops its training: all but the tested one
    assert one_fold["stopped_by"] == []
    assert one_fold["measured_ms"] == {"right_ankle_angle_flexion": 0.0}


def test_results_of_another_study_are_not_overwritten(place):
    before = (place / "demo" / "results.csv").read_bytes()
    done = gaitcast("run", "stiffness", "--quick", "--out", place / "demo")
    assert_one_line(done, "holds results of study 'demo', not of 'stiffness'")
    assert (place / "demo" / "results.csv").read_bytes() == before


def test_fits_that_fail_are_listed_and_the_exit_code_says_so(tmp_path):
    study = tmp_path / "study.toml"
    study.write_text(
        """
        name = "broken"
        title = "One model cannot be fitted"
        seeds = [0]
        inputs = { imu = ["right_foot_[ag]*"] }
        [data]
        dataset = "simulated"
        options = { subjects = 2, minutes = 0.2 }
        [task]
        name = "ankle"
        targets = ["right_ankle_angle_flexion"]
        history_ms = 500
        horizons_ms = [100]
        [[models]]
        model = "ridge"
        inputs = ["imu"]
        [[models]]
        model = "knn"
        inputs = ["imu"]
        options = { neighbours = 100000 }
        [[splits]]
        name = "loso"
        kind = "leave-one-subject-out"
        """
    )
    common = ("run", study, "--out", tmp_path / "r", "--workers", 1)
    done = gaitcast(*common, "--shard", "2/2")
    assert done.returncode == 3, done.stderr
    assert "shard 2/2: 1 fits finished, 1 failed" in done.stdout
    assert not (tmp_path / "r" / "results.csv").exists()
    assert_one_line(gaitcast(*common, "--shard", "half"), "Give one as 3/50")
    for _ in range(2):
        done = gaitcast(*common)
        assert done.returncode == 3, done.stderr
        assert "ridge" in done.stdout
        assert done.stderr.count("not fitted: knn imu none loso/S0") == 2
        assert "2 fits failed; run the study again to try only these" in done.stderr
    table = pd.read_csv(tmp_path / "r" / "results.csv")
    assert table["error"].str.contains("too few for 100000 neighbours").sum() == 2


def test_check_convert_and_studies(place, tmp_path):
    csv = place / "new" / "recordings" / "S01.csv"
    done = gaitcast("check", csv)
    assert "right_foot_acc_x" in done.stdout
    assert "m/s^2" in done.stdout
    assert "1 people, 1 recordings" in done.stdout
    done = gaitcast("check", place / "new", "--json")
    assert any(file["recordings"] for file in json.loads(done.stdout)["files"])
    done = gaitcast("check", csv, "--guess", tmp_path / "m.toml")
    assert "written" in done.stdout
    done = gaitcast("convert", csv, tmp_path / "one")
    assert "1 people, 1 recordings" in done.stdout
    for name, more in (("cohort", ()), ("text", ("--csv",))):
        done = gaitcast("convert", place / "new", tmp_path / name, *more)
        assert "1 people, 1 recordings" in done.stdout
        assert "cohort folder" in gaitcast("check", tmp_path / name).stdout
    assert (tmp_path / "text" / "recordings" / "S01.csv").read_text() == csv.read_text()
    done = gaitcast("convert", tmp_path / "cohort", tmp_path / "S01.mot")
    assert "left out, .mot has no place for them" in done.stdout
    assert_one_line(gaitcast("convert", tmp_path / "none", tmp_path / "x"), "no such file")
    assert "zare2025" in gaitcast("studies").stdout


def test_a_study_names_a_folder_and_shows_what_is_left_out(tmp_path):
    gaitcast("simulate", "--out", tmp_path / "a", "--subjects", 3, "--minutes", 0.1)
    tables = (tmp_path / "a" / "recordings").rename(tmp_path / "tables")
    (tables / "bad.csv").write_text("a,b\n")
    study = tmp_path / "own.toml"
    study.write_text(
        'name = "own"\ntitle = "own"\ndata = { dataset = "tables/" }\n'
        "[task]\n"
        'name = "ankle"\ntargets = ["right_ankle_angle_flexion"]\n'
        "history_ms = 500\nhorizons_ms = [100]\n"
        '[inputs]\nangle = ["right_ankle_angle_flexion"]\n'
        '[[models]]\nmodel = "persistence"\ninputs = ["angle"]\n'
        '[[splits]]\nname = "loso"\nkind = "leave-one-subject-out"\n'
    )
    done = gaitcast("run", study, "--data", tmp_path, "--out", tmp_path / "out", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "3 people" in done.stderr
    assert "bad.csv: the table has no rows" in " ".join(done.stderr.split())
    assert_one_line(gaitcast("run", study, "--data", tmp_path / "no"), "no such file or folder")
    study.write_text(study.read_text().replace("tables/", "simulatd"))
    assert_one_line(gaitcast("run", study), "Did you mean 'simulated'")


def spoilt(place, tmp_path, change):
    csv = tmp_path / "S01.csv"
    write_table(load(place / "new")["S01"], csv)
    change(pd.read_csv(csv)).to_csv(csv, index=False)
    return csv


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="right_foot_acc_y"), "no column 'right_foot_acc_y'"),
        (lambda t: t.assign(right_foot_gyr_x=t["right_foot_gyr_x"].where(t.index // 40 != 2)),
         "40 values are not numbers in channel 'right_foot_gyr_x'"),
        (lambda t: t.iloc[::-1], "time does not increase"),
    ],
)  # fmt: skip
def test_a_spoilt_recording_is_one_clear_line(place, tmp_path, change, words):
    csv = spoilt(place, tmp_path, change)
    out = tmp_path / "forecasts.csv"
    for command in (
        ("check", csv),
        ("stream", bundle(place), "--source", f"replay:{csv}", "--out", out),
    ):
        assert_one_line(gaitcast(*command), words)
    assert not out.exists()


def assert_one_line(done, words):
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_wrong_paths_and_names_are_one_clear_line(place, tmp_path):
    out, demo, made = tmp_path / "out", place / "demo", bundle(place)
    fit = ("--inputs", "imu", "--out", out)
    for words, command in {
        "no LOG*.TXT of": ("run", "zare2025", "--data", tmp_path, "--out", out),
        "no such folder": ("run", "zare2025", "--data", tmp_path / "no", "--out", out),
        "no study 'zare25'": ("run", "zare25", "--out", out),
        "no results of a study here": ("export", tmp_path, "--model", "gru", *fit),
        "Did you mean 'ridge'": ("export", demo, "--model", "rigde", *fit),
        "not a bundle": ("bench", tmp_path),
        "no such file": ("stream", made, "--source", "replay:nowhere.csv"),
        "'serial' is no address": ("stream", made, "--source", "serial"),
        "a recording is replayed alone": ("live", made, "--source", "replay:"),
    }.items():
        assert_one_line(gaitcast(*command), words)
    assert not out.exists()


def test_a_failing_process_exits_with_2(tmp_path):
    command = [sys.executable, "-m", "gaitcast.cli", "run", str(tmp_path / "no.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert_one_line(done, "no study")


def test_a_typo_in_a_study_is_one_clear_line(tmp_path):
    text = shipped_studies()["demo"].read_text(encoding="utf-8")
    study = tmp_path / "mine.toml"
    study.write_text(text.replace("history_ms", "history_sm"), encoding="utf-8")
    assert_one_line(gaitcast("run", study, "--out", tmp_path / "out"), "Did you mean 'history_ms'")
    assert not (tmp_path / "out").exists()


def test_a_search_prints_what_it_chose_and_writes_a_page(tmp_path):
    text = shipped_studies()["demo"].read_text(encoding="utf-8")
    study = tmp_path / "mine.toml"
    study.write_text(text.replace("subjects = 5, minutes = 1.0", "subjects = 3, minutes = 0.2"))
    words = ("tune", study, "--model", "ridge", "--quick", "--trials", 2, "--out", tmp_path / "out")
    done = gaitcast(*words)
    assert done.returncode == 0, done.stderr
    assert "inner error" in done.stdout
    assert "held-out people; difference" in done.stdout
    assert (tmp_path / "out" / "tuning.html").is_file()
    assert {"tuning.journal", "tuning.json"} <= {p.name for p in (tmp_path / "out").iterdir()}
    assert_one_line(gaitcast("tune", study, "--out", tmp_path / "no"), "--model")
    wrong = gaitcast(*words, "--storage", "mysql://a@b/c")
    assert_one_line(wrong, "no address of a PostgreSQL server")


def test_where_recordings_are_not_is_said_before_the_first_fit(tmp_path, monkeypatch):
    monkeypatch.delenv("GAITCAST_DATA", raising=False)
    out = tmp_path / "out"
    wrong = gaitcast("run", "stiffness", "--data", tmp_path / "nope", "--out", out)
    assert_one_line(wrong, "nope: no such folder")
    assert not out.exists()

    said = []

    def name(workspace, *_):
        said.append(workspace.study.name)
        return 0

    monkeypatch.setattr("typer.echo", lambda line, **_: said.append(line))
    monkeypatch.setattr("gaitcast.cli.running._run_part", name)
    assert gaitcast("run", "stiffness", "--data", tmp_path, "--out", out).returncode == 0
    assert said[0].startswith("left out: stiffness-kam")
    assert said[1:] == ["stiffness", "stiffness-shuffled", "stiffness-session"]


def test_a_new_study_runs_as_it_is_written(tmp_path):
    walks, study = tmp_path / "walks", tmp_path / "mine.toml"
    done = gaitcast("simulate", "--out", walks, "--subjects", 3, "--minutes", 0.2)
    assert done.returncode == 0, done.stderr
    done = gaitcast("new", walks, "--target", "right_knee_angle_flexion", "--out", study)
    assert done.returncode == 0, done.stderr
    assert f"next: gaitcast run {study} --quick" in done.stdout
    assert "leave-one-subject-out" in done.stdout
    done = gaitcast("run", study, "--quick", "--out", tmp_path / "runs", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "report.html").exists()
    before = study.read_text()
    again = gaitcast("new", walks, "--target", "right_knee_angle_flexion", "--out", study)
    assert (again.returncode, study.read_text()) == (2, before)
    assert "exists already" in again.stderr
    lost = gaitcast("new", walks, "--target", "right_knee_flexion")
    assert (lost.returncode, len(lost.stderr.splitlines())) == (2, 1)
    assert "Did you mean" in lost.stderr
    assert "force: right_plate_force_x" in lost.stderr
