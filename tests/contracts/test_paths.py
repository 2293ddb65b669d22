"""Every public function that takes a path takes it as text too."""

import ast
from pathlib import Path

import numpy as np
import pytest

import gaitcast
from gaitcast import io
from gaitcast.deploy import bare_network, write_bundle
from gaitcast.errors import GaitcastError
from gaitcast.io.arrays import array_columns
from gaitcast.io.c3d_file import read_file
from gaitcast.io.mapping import read_mapping
from gaitcast.io.matlab5 import read_matlab5
from gaitcast.io.table import table_columns
from gaitcast.models import Signature, build
from gaitcast.report.paper import write_figures
from gaitcast.runtime import Bundle
from gaitcast.signal import Chain
from gaitcast.simulate import simulate
from gaitcast.study import (
    Study,
    Workspace,
    read_fit,
    read_run,
    read_study,
    results_table,
    run_study,
    shipped_studies,
    summarise,
    write_results,
)
from gaitcast.study.export import export_bundle
from gaitcast.study.store import read_arrays
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Log, Predictor, fit
from small_study import STUDY

ROOT = Path(gaitcast.__file__).parent
PACKAGES = ("io", "report", "deploy", "study", "training")
ANGLE = ("right_ankle_angle_flexion",)


def public_functions():
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                public = isinstance(node, ast.FunctionDef) and (
                    not node.name.startswith("_") or node.name == "__init__"
                )
                if public:
                    yield f"{file.relative_to(ROOT)} {node.name}", node.args


def test_no_public_function_asks_for_a_path_object():
    strict = [
        f"{name}({given.arg})"
        for name, args in public_functions()
        for given in (*args.args, *args.kwonlyargs)
        if given.annotation and ast.unparse(given.annotation) in ("Path", "Path | None")
    ]
    assert strict == []


@pytest.mark.parametrize(
    "reader",
    [
        io.find_format, io.read_cohort, io.read, io.read_c3d, io.read_kinovea, io.read_log,
        io.read_opensim, array_columns, read_file, read_mapping, table_columns,
        lambda path: io.read_table(path, path), lambda path: read_matlab5(path, 1000),
        bare_network, Predictor.load, read_fit, read_run, read_study,
        lambda path: read_arrays(path, ["a"]),
    ],
)  # fmt: skip
def test_a_reader_of_text_fails_as_one_of_a_path(tmp_path, reader):
    place = tmp_path / "nowhere"
    raised = []
    for given in (place, str(place)):
        with pytest.raises((GaitcastError, OSError)) as error:
            reader(given)
        raised.append((type(error.value), str(error.value)))
    assert raised[0] == raised[1]


def test_recordings_are_written_and_read_by_text(tmp_path):
    cohort = simulate(2, 0.1, seed=1)
    (first, _) = cohort
    io.write_cohort(cohort, str(tmp_path / "store"))
    assert io.read_cohort(str(tmp_path / "store")).people == cohort.people
    io.write_table(first, str(tmp_path / "one.csv"))
    (table,) = io.read(str(tmp_path / "one.csv"))
    assert table.channels == first.channels
    io.write_mot(first.select(ANGLE), str(tmp_path / "one.mot"))
    assert io.read_opensim(str(tmp_path / "one.mot")).channels
    np.savez(tmp_path / "one.npz", a=np.arange(3.0))
    assert array_columns(str(tmp_path / "one.npz"))["a"].tolist() == [0.0, 1.0, 2.0]


def test_predictors_bundles_and_logs_are_written_by_text(tmp_path):
    model = build("persistence", Signature(ANGLE, ANGLE, 3, 2, 100.0))
    one = Scaler(np.zeros(1), np.ones(1))
    predictor = Predictor("persistence", {}, model, one, one)
    (tmp_path / "p").mkdir()
    predictor.save(str(tmp_path / "p"))
    assert Predictor.load(str(tmp_path / "p")).model == "persistence"
    write_bundle(Chain([], ANGLE, 100.0), predictor, str(tmp_path / "b"))
    assert bare_network(str(tmp_path / "b"))
    assert Bundle.load(str(tmp_path / "b")).card.targets == ANGLE
    rows = np.sin(np.arange(300) / 9).astype(np.float32)[:, None]
    series = [Series(Span("t", 0, 300), rows, rows)]
    fit("mlp", Signature(ANGLE, ANGLE, 10, 2, 100.0), series, series, options={"units": 4},
        training={"max_epochs": 1}, checkpoints=str(tmp_path / "c"),
        log=Log("csv", str(tmp_path / "logs"), "one"))  # fmt: skip
    assert list((tmp_path / "logs").rglob("metrics.csv"))


def test_a_study_lies_in_a_folder_given_as_text(tmp_path):
    bare = {"models": STUDY["models"][:1], "published": [], "export": None}
    made = Workspace(Study.model_validate({**STUDY, **bare}), None, str(tmp_path / "run"))
    fits = run_study(made)
    table = results_table(made, fits)
    summary = summarise(table)
    write_results(made, fits, table, summary)
    study, again = read_run(str(tmp_path / "run"))
    assert again == fits
    folder = str(tmp_path / "run" / "fits" / fits[0][1])
    assert read_fit(folder)["naive"]
    assert len(read_arrays(f"{folder}/errors.npz", ("width",))["width"])
    assert write_figures(made, fits, summary, str(tmp_path / "figures"))
    assert export_bundle(made, fits, fits[0][0], str(tmp_path / "b")).is_dir()
    assert study.parts(str(tmp_path))[""][1] == tmp_path
    demo = shipped_studies()["demo"]
    assert read_study(demo) == read_study(str(demo)) == read_study("demo")
