"""Searches for options: nested, shared by processes, and never a trial lost or doubled."""

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from shutil import chown, rmtree, which

import optuna
import pytest
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from gaitcast.errors import GaitcastError, MissingError
from gaitcast.models import MODELS, Signature, build
from gaitcast.report.search_page import front, write_search_page
from gaitcast.study import list_jobs, plan
from gaitcast.study import search as module
from gaitcast.study.inner_error import InnerError, Judged
from gaitcast.study.schema import ModelTable
from gaitcast.study.search import Search, outcome, work, work_on_all
from gaitcast.study.search_storage import REPEATS, BeatingJournal, close_storage, open_storage
from gaitcast.study.tuned_study import tune_study, tuning_study
from small_study import workspace

SPACE = {"options": {"alpha": {"low": 0.1, "high": 1e4, "log": True}}}
RIDGE = {"model": "ridge", "inputs": ["imu"], "tune": {"trials": 7, "inner": 2, **SPACE}}
#: Of processes that only have to start.
_PATIENCE_S = 240
FOUR = {"dataset": "simulated", "options": {"subjects": 4, "minutes": 0.2, "seed": 3}}
GRU = {"options": {"units": 4}, "training": {"max_epochs": 4, "batches": 2, "segment_ms": 800,
       "burn_in_ms": 100}}  # fmt: skip
BARE = {"published": [], "export": None, "seeds": [0], "data": FOUR}


def small(out, *models, **change):
    return workspace(out, **{**BARE, "models": [*models] or [RIDGE], **change})


def search(out, fold=0, *models):
    made = small(out, *models)
    return Search(made, list_jobs(made)[fold])


def judged(monkeypatch, error=lambda values: values.get("options.alpha", 50.0), wait_s=0.0):
    def judge(_, values, report=None):
        time.sleep(wait_s)
        if report is not None:
            report(0, error(values))
        return Judged(error(values), 10, 0.1)

    monkeypatch.setattr(InnerError, "__call__", judge)


def standing(found):
    return [t.number for t in found.trials if t.state in ("complete", "pruned")]


# --- nested --------------------------------------------------------------------------------------


def test_each_training_person_is_held_out_once_and_the_tested_one_never(tmp_path):
    ready = plan(small(tmp_path), list_jobs(small(tmp_path))[0])
    judge = InnerError(ready)
    who = {span.trial: ready.cohort[span.trial].subject for span in ready.fold.test}
    held = []
    for fold in judge.folds:
        parts = {
            part: {ready.cohort[s.trial].subject for s in getattr(fold, part)}
            for part in ("train", "validation", "test", "calibration")
        }
        assert not parts["test"] | parts["calibration"]
        assert parts["train"].isdisjoint(parts["validation"])
        assert not {*who.values()} & (parts["train"] | parts["validation"])
        held += sorted(parts["validation"])
    assert sorted(held) == ["S02", "S03", "S04"]
    assert who == {ready.fold.test[0].trial: "S01"}


def test_the_tested_recordings_cannot_change_what_is_chosen(tmp_path):
    ready = plan(small(tmp_path), list_jobs(small(tmp_path))[0])
    before = InnerError(ready)({"options.alpha": 3.0}).error
    tested = {span.trial for span in ready.fold.test}
    spoiled = tuple(
        dataclasses.replace(r, samples=r.samples * 0.0) if r.trial in tested else r
        for r in ready.cohort
    )
    cohort = dataclasses.replace(ready.cohort, recordings=spoiled)
    other = dataclasses.replace(ready, bound=dataclasses.replace(ready.bound, cohort=cohort))
    assert InnerError(other)({"options.alpha": 3.0}).error == before


@pytest.mark.parametrize(
    ("split", "tune"),
    [
        ({"kind": "random-windows"}, {}),
        ({"kind": "leave-one-subject-out"}, {"inner": 1}),
    ],
)
def test_where_no_group_can_be_held_out_the_validation_part_judges(tmp_path, split, tune):
    made = small(
        tmp_path, {**RIDGE, "tune": {**RIDGE["tune"], **tune}}, splits=[{"name": "s", **split}]
    )
    ready = plan(made, list_jobs(made)[0])
    (fold,) = InnerError(ready).folds
    assert fold.validation == ready.fold.validation
    assert not fold.test
    assert InnerError(ready)({}).error > 0


# --- trials --------------------------------------------------------------------------------------


def test_a_search_is_the_same_again_and_goes_on(tmp_path, monkeypatch):
    judged(monkeypatch)
    values = []
    for place in ("a", "b"):
        made, storage = search(tmp_path / place), open_storage(tmp_path / place / "journal")
        for trials in (3, 7):  # cut in two, and run through
            if place == "a" or trials == 7:
                assert work(made, storage, trials=trials)
        found = outcome(made, storage)
        assert standing(found) == [*range(8)]
        values.append([t.values for t in found.trials])
        assert found.best.error == min(t.error for t in found.trials if t.state == "complete")
        assert found.default.values == {"options.alpha": 10.0}
        assert found.default.error == 50.0
    assert values[0] == values[1]
    assert len({v["options.alpha"] for v in values[0]}) == 8


def test_more_trials_are_the_same_search_and_other_options_another(tmp_path):
    names = [
        search(tmp_path, 0, {**RIDGE, "tune": {**RIDGE["tune"], **change}}).name
        for change in ({}, {"trials": 50}, {"inner": 3}, {"options": {"every": [2, 5]}})
    ]
    assert names[0] == names[1]
    assert len({*names}) == 3
    assert search(tmp_path, 1).name != names[0]


def test_the_default_is_kept_where_nothing_is_better(tmp_path, monkeypatch):
    judged(monkeypatch, lambda values: 1.0 if values else 0.5)
    made, storage = search(tmp_path), open_storage(tmp_path / "journal")
    work(made, storage)
    assert outcome(made, storage).best == outcome(made, storage).default


def test_bad_trials_are_stopped_early_and_never_chosen(tmp_path, monkeypatch):
    judged(monkeypatch)
    made, storage = search(tmp_path), open_storage(tmp_path / "journal")
    work(made, storage, trials=25)
    states = [t.state for t in outcome(made, storage).trials]
    assert "pruned" not in states[:6]
    assert states.count("pruned") >= 3
    assert outcome(made, storage).importance.keys() == {"options.alpha"}


def test_a_network_is_stopped_between_epochs(tmp_path):
    made = search(tmp_path, 0, {"model": "gru", "inputs": ["imu"], **GRU, "tune": {"inner": 2}})
    seen = []

    def report(step, _):
        seen.append(step)
        if step == 2:
            raise optuna.TrialPruned

    with pytest.raises(optuna.TrialPruned):
        made.judge({}, report)
    assert seen == [0, 1, 2]
    seen.clear()
    made.judge({"training.max_epochs": 2}, lambda step, _: seen.append(step))
    assert seen == [0, 1]


def test_what_cannot_be_fitted_is_a_row_with_its_reason(tmp_path, monkeypatch):
    def fails(values):
        if values and values["options.alpha"] > 5:
            raise RuntimeError("not enough memory")
        return 1.0

    judged(monkeypatch, fails)
    made, storage = search(tmp_path), open_storage(tmp_path / "journal")
    work(made, storage, trials=12)
    failed = [t for t in outcome(made, storage).trials if t.state == "failed"]
    assert failed
    assert {t.reason for t in failed} == {"not enough memory"}

    judged(monkeypatch, lambda _: fails({"options.alpha": 9}))
    with pytest.raises(GaitcastError, match=r"none of \d+ trials.*not enough memory"):
        work(search(tmp_path, 1), storage)


def test_an_interrupted_trial_is_the_next_one(tmp_path, monkeypatch):
    begun = []

    def stopped(values):
        begun.append(values)
        if len(begun) in (1, 4):  # the default, and a drawn one
            raise KeyboardInterrupt
        return 1.0

    judged(monkeypatch, stopped)
    made, storage = search(tmp_path), open_storage(tmp_path / "journal")
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            work(made, storage)
    work(made, storage)
    found = outcome(made, storage)
    assert len(standing(found)) == 8
    assert begun[0] == begun[1] == {}
    assert begun[3] == begun[4] != {}
    assert found.default.number == 1


def test_two_at_once_take_no_place_twice(tmp_path, monkeypatch):
    judged(monkeypatch, wait_s=0.02)
    made = search(tmp_path)
    assert made.name  # made once, before the threads
    threads = [
        threading.Thread(target=work_on_all, args=([Search(made.workspace, made.job)], one))
        for one in (open_storage(tmp_path / "journal") for _ in range(4))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = outcome(made, open_storage(tmp_path / "journal"))
    assert len(standing(found)) == len(found.trials) == 8
    assert len({t.values["options.alpha"] for t in found.trials}) == 8


def test_the_error_weighed_against_a_cost(tmp_path):
    gru = {"model": "gru", "inputs": ["imu"], **GRU}
    tune = {"trials": 3, "inner": 1, "against": "multiply-adds", "options": {"units": [2, 4, 16]}}
    made, storage = search(tmp_path, 0, {**gru, "tune": tune}), open_storage(tmp_path / "journal")
    work(made, storage)
    trials = outcome(made, storage).trials
    work_of = {t.values["options.units"]: t.multiply_adds for t in trials}
    assert len({*work_of.values()}) == len(work_of) > 1
    assert all(t.forecast_ms > 0 for t in trials)

    knn = {"model": "knn", "inputs": ["imu"]}
    tune = {"trials": 5, "inner": 1, "against": "multiply-adds", "options": {"neighbours": [2, 3]}}
    with pytest.raises(GaitcastError, match=r"grow with the training data.*latency"):
        work(search(tmp_path, 1, {**knn, "tune": tune}), storage)


def test_the_front_is_what_nothing_beats_in_both():
    assert front([1, 2, 3, 4, 1], [5.0, 3.0, 4.0, 1.0, 6.0]) == [0, 1, 3]


# --- storage -------------------------------------------------------------------------------------


def test_a_last_line_that_was_cut_short_is_taken_off(tmp_path, monkeypatch):
    judged(monkeypatch)
    made, path = search(tmp_path), tmp_path / "journal"
    work(made, open_storage(path), trials=3)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"op_code": 4, "worker')
    work(made, open_storage(path), trials=5)
    assert path.read_bytes().startswith(whole)
    assert len(standing(outcome(made, open_storage(path)))) == 6

    path.write_bytes(b"nothing\nof a journal\n" + whole)
    with pytest.raises(GaitcastError, match="journal of trials is damaged"):
        open_storage(path)


def test_a_silent_trial_is_repeated_so_often_and_no_more(tmp_path, monkeypatch):
    judged(monkeypatch)
    made, path = search(tmp_path), tmp_path / "journal"
    storage = BeatingJournal(path, beat_s=1, silent_s=0)
    study = module._study(made, storage)
    dying = module._study(made, JournalStorage(JournalFileBackend(str(path))))
    for _ in range(1 + REPEATS):
        dying.ask()  # the default, of a process that says nothing more
        for _ in range(2):  # first seen, then still silent
            module._fail_silent(study)
    work(made, storage)
    found = outcome(made, storage)
    assert found.trials[0].state == "failed"
    assert found.trials[0].reason == "its process ended"
    assert found.default is None
    assert len(found.trials) == 8


@pytest.mark.parametrize("address", ["mysql://a@b/c", "nowhere", "postgresql:/x"])
def test_a_wrong_address_is_one_line(tmp_path, address):
    with pytest.raises(GaitcastError, match="no address of a PostgreSQL server"):
        open_storage(tmp_path / "journal", address)


def test_a_server_that_is_not_there_is_one_line_without_its_password(tmp_path):
    pytest.importorskip("psycopg", reason="needs the extra 'tune'")
    with pytest.raises(GaitcastError, match="cannot be reached") as caught:
        open_storage(tmp_path / "j", "postgresql://me:secret@127.0.0.1:9/none")
    assert "secret" not in str(caught.value)


def test_without_psycopg_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingError, match=r"gaitcast\[tune\]"):
        open_storage(tmp_path / "j", "postgresql://me@127.0.0.1/x")


WORKER = """
import json, os, sys, time
from pathlib import Path
from small_study import workspace
from gaitcast.study import list_jobs
from gaitcast.study.inner_error import InnerError, Judged
from gaitcast.study.search import Search, work_on_all
from gaitcast.study.search_storage import open_storage

out, address, stuck_at, study = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
begun = 0

def judge(self, values, report=None):
    global begun
    begun += 1
    with (out / "begun.txt").open("a") as file:
        file.write(f"{os.getpid()} {sorted(values.items())}\\n")
    if begun == stuck_at:
        (out / "stuck").touch()
        time.sleep(300)
    time.sleep(0.3)
    return Judged(values.get("options.alpha", 50.0), 10, 0.1)

InnerError.__call__ = judge
made = workspace(out, **json.loads(study))
search = Search(made, list_jobs(made)[0])
search.name  # before the others begin
storage = open_storage(out / "journal", address, beat_s=1, silent_s=4)
while not (out / "go").exists():
    (out / f"ready{os.getpid()}").touch()
    time.sleep(0.05)
work_on_all([search], storage)
"""


def killed_and_restarted(out, address=""):
    """Two processes at work on one search; one is killed in a trial, and started again."""
    out.mkdir(exist_ok=True)

    def start(stuck_at):
        study = json.dumps({**BARE, "models": [RIDGE]})
        command = [sys.executable, "-c", WORKER, str(out), address, str(stuck_at), study]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.Popen(command, env=env)

    first, second = start(2), start(0)
    try:
        wait_for(lambda: len([*out.glob("ready*")]) == 2, (first, second))
        (out / "go").touch()
        wait_for((out / "stuck").exists, (first, second))
        first.send_signal(signal.SIGKILL)
        first.wait()
        third = start(0)
        assert second.wait(_PATIENCE_S) == 0
        assert third.wait(_PATIENCE_S) == 0
    finally:
        for process in (first, second):
            process.kill()
    made, storage = search(out), open_storage(out / "journal", address)
    found = outcome(made, storage)
    every = module._study(made, storage).get_trials()
    close_storage(storage)
    lost = [t for t in every if t.state.name == "FAIL" and "surplus" not in t.user_attrs]
    assert len(lost) == 1
    again = [t for t in every if lost[0].number in t.system_attrs.get("retry_history", ())]
    assert [t.state.name for t in again] == ["COMPLETE"]
    assert again[0].params == lost[0].params
    assert len(standing(found)) == len(found.trials) == 8
    assert len({t.values["options.alpha"] for t in found.trials}) == 8
    begun = (out / "begun.txt").read_text().splitlines()
    assert len(begun) == 9  # the killed one twice
    assert len({line.split(" ", 1)[1] for line in begun}) == 8
    assert len({line.split()[0] for line in begun}) >= 2


def wait_for(there, processes):
    end = time.monotonic() + _PATIENCE_S
    while not there():
        assert time.monotonic() < end
        assert all(p.poll() is None for p in processes)
        time.sleep(0.05)


def test_a_worker_on_a_journal_is_killed_and_no_trial_is_lost_or_doubled(tmp_path):
    killed_and_restarted(tmp_path / "out")


def server_folder():
    """Where PostgreSQL's programs are; skips without, unless they are required."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not places and (found := which("initdb")):
        places = [Path(found).resolve().parent]
    missing = "" if places else "no PostgreSQL server here (Debian: apt install postgresql)"
    try:
        import psycopg  # noqa: F401
    except ModuleNotFoundError:
        missing = missing or "psycopg is not installed: pip install 'gaitcast[tune]'"
    if missing:
        (pytest.fail if os.environ.get("GAITCAST_REQUIRE_POSTGRES") else pytest.skip)(missing)
    return places[-1]


@pytest.fixture
def server():
    """Address of a PostgreSQL server of this test alone."""
    programs = server_folder()
    place = Path(tempfile.mkdtemp(prefix="gaitcast-postgres-"))
    # The server refuses to run for root.
    user = "postgres" if os.name == "posix" and os.geteuid() == 0 else None
    if user:
        chown(place, user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    def run(program, *words):
        command = [str(programs / program), *map(str, words)]
        subprocess.run(
            command, check=True, user=user, cwd=place, stdout=subprocess.DEVNULL, timeout=60
        )

    data = place / "data"
    try:
        run("initdb", "-D", data, "-U", "gaitcast", "-A", "trust", "--no-sync")
        listen = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"
        )
        run("pg_ctl", "-D", data, "-w", "-l", place / "log", "-o", listen, "start")
        yield f"postgresql://gaitcast@127.0.0.1:{port}/postgres"
    finally:
        with suppress(subprocess.CalledProcessError):
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        rmtree(place, ignore_errors=True)


def test_a_worker_on_a_server_is_killed_and_no_trial_is_lost_or_doubled(tmp_path, server):
    killed_and_restarted(tmp_path / "out", server)
    assert not (tmp_path / "out" / "journal").exists()


# --- spaces and studies --------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(name for name in MODELS if MODELS[name].space))
def test_every_value_of_a_models_own_space_can_be_built(name):
    inputs = ["right_ankle_angle_flexion", "right_foot_acc_x"]
    table = ModelTable.model_validate({"model": name, "inputs": ["a"], "tune": {}})
    assert table.tune.space() == dict(MODELS[name].space)
    if [*MODELS[name].space] == ["training.learning_rate"]:
        return  # large networks, of which only the training is searched
    covariates = ("mass_kg",) if name == "wearer-regression" else ()
    shape = Signature((*inputs,), (inputs[0],), 200, 20, 100.0, covariates=covariates)
    for one in table.variations():
        build(name, shape, one.options)


def test_a_tuned_study_holds_each_entry_as_it_is_and_tuned(tmp_path, monkeypatch):
    judged(monkeypatch)
    mean = {"model": "train-mean", "inputs": ["imu"]}
    study = tuning_study(small(tmp_path, RIDGE, mean).study, trials=4)
    assert [(m.label, m.tune and m.tune.trials) for m in study.models] == [
        ("ridge", None),
        ("ridge tuned", 4),
    ]
    made = dataclasses.replace(small(tmp_path), study=study)
    done = []
    tuning = tune_study(made, announce=lambda *said: done.append(said))
    assert len(tuning.searches) == 4
    (gain,) = tuning.gains
    assert gain.tuned.keys() == gain.default.keys() == {"S01", "S02", "S03", "S04"}
    assert "difference" in tuning.lines[-1]
    assert "default 50.0000" in tuning.lines[0]
    write_search_page(made, tuning)
    page = (tmp_path / "tuning.html").read_text(encoding="utf-8")
    body = page.rpartition("<body>")[2].partition("<script")[0]
    assert "on 4 held-out people" in body
    assert 'class="plot"' in body
    assert "https://" not in body
    stored = json.loads((tmp_path / "tuning.json").read_text(encoding="utf-8"))
    assert len(stored["searches"][0]["trials"]) == 5
    # Again, with more trials: nothing that was fitted is fitted again.
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "fits").iterdir()}
    again = tune_study(made, trials=4)
    assert again == tuning
    assert before == {p: p.stat().st_mtime_ns for p in (tmp_path / "fits").iterdir()}


def test_hours_end_a_search_with_the_best_so_far(tmp_path, monkeypatch):
    judged(monkeypatch, wait_s=0.05)
    made = small(tmp_path, splits=[{"name": "s", "kind": "leave-one-subject-out", "max_folds": 2}])
    made = dataclasses.replace(made, study=tuning_study(made.study))
    tuning = tune_study(made, trials=10**6, hours=2 / 3600)
    assert all(2 <= len(found.trials) < 60 for _, found in tuning.searches)


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ((), "no entry of .* has a tune table.*gru"),
        (("grü",), "Did you mean 'gru'"),
        (("persistence",), "nothing that is worth a search"),
    ],
)
def test_what_cannot_be_tuned_is_one_line(tmp_path, models, words):
    study = workspace(tmp_path).study
    with pytest.raises(GaitcastError, match=words):
        tuning_study(study, models)
