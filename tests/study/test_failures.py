"""A job that fails is a row with its error; a store that cannot be written ends the run."""

import errno
import json
import os
import subprocess
import sys
import textwrap

import pandas as pd
import pytest

from gaitcast.errors import CannotWriteError, GaitcastError
from gaitcast.report import write_report
from gaitcast.report.verdict import failures as sentences
from gaitcast.study import results_table, run_study, summarise, write_results
from gaitcast.study.store import read_failure
from gaitcast.training.predictor import Predictor
from small_study import STUDY, workspace

BARE = {"published": [], "export": None, "seeds": [0]}
MODELS = [
    {"model": "persistence", "inputs": ["angle"]},
    {"model": "ridge", "inputs": ["imu"]},
    {"model": "knn", "inputs": ["imu"], "options": {"neighbours": 100_000}},
]


def test_the_others_go_on_and_the_failed_one_is_a_row(tmp_path):
    place, failed, seen = workspace(tmp_path, models=MODELS, **BARE), [], []
    fits = run_study(
        place, failed=failed.append, announce=lambda _, done, total: seen.append((done, total))
    )
    assert len(fits) == 6
    assert seen[-1] == (9, 9)
    assert {f.job.model for f in failed} == {"knn"}
    assert "too few for 100000 neighbours" in failed[0].error
    assert "\n" not in failed[0].line
    table = results_table(place, fits, failed)
    summary = summarise(table)
    write_results(place, fits, table, summary, failed)
    write_report(place, fits, summary, not_fitted=failed)
    stored = pd.read_csv(place.out / "results.csv")
    rows = stored[stored["metric"] == "none"]
    assert len(rows) == 3
    assert rows["failed"].all()
    assert rows["value"].isna().all()
    assert rows["error"].str.contains("neighbours").all()
    assert set(stored.loc[stored["metric"] != "none", "model"]) == {"persistence", "ridge"}
    content = json.loads((place.out / "results.json").read_text(encoding="utf-8"))
    assert len(content["failures"]) == 3
    assert "too few for 100000 neighbours" in (place.out / "report.html").read_text("utf-8")


def test_without_a_handler_every_failure_is_raised_after_the_last_job(tmp_path):
    place = workspace(tmp_path, models=MODELS, **BARE)
    with pytest.raises(GaitcastError, match="3 faults"):
        run_study(place)
    finished = [p for p in (tmp_path / "fits").iterdir() if p.is_dir()]
    assert len(finished) == 6


def test_running_again_retries_only_what_failed(tmp_path, monkeypatch):
    from gaitcast.study import fits as module

    place, real, broken, calls = workspace(tmp_path, **BARE), module.evaluate, ["S02"], []

    def evaluate(predictor, people, *rest):
        calls.append(next(iter(people)))
        if calls[-1] in broken and predictor.model == "gru":
            raise RuntimeError("a defect\nof ours")
        return real(predictor, people, *rest)

    monkeypatch.setattr(module, "evaluate", evaluate)
    failed = []
    first = run_study(place, failed=failed.append)
    assert len(first) == 11
    assert [f.job.subject for f in failed] == ["S02"]
    assert failed[0].error == "unexpected RuntimeError: a defect of ours"
    assert "in evaluate" in read_failure(place, failed[0].key).trace
    summary = summarise(results_table(place, first, failed)).set_index("model")
    assert summary.loc["gru", ["fits", "failed", "not_fitted"]].tolist() == [3, 3, 1]
    assert not summary.loc["gru", "ranked"]
    assert "1 of 3 fits of gru (imu) could not be fitted" in sentences(summary.reset_index())[-1]
    del calls[:], failed[:], broken[:]
    again = run_study(place, failed=failed.append)
    assert len(again) == 12
    assert failed == []
    assert calls == ["S02"]
    assert not [*tmp_path.glob("fits/*.failed.json")]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
def test_a_store_that_cannot_be_written_ends_the_run(tmp_path, monkeypatch, code):
    place = workspace(tmp_path, models=STUDY["models"][:2], **BARE)

    def save(_, folder):
        (folder / "weights.safetensors").write_bytes(b"half")
        raise OSError(code, "No space left on device")

    monkeypatch.setattr(Predictor, "save", save)
    with pytest.raises(CannotWriteError, match="cannot write: No space left on device") as error:
        run_study(place, failed=lambda failure: pytest.fail(failure.line))
    assert len(str(error.value).splitlines()) == 1
    assert [*(tmp_path / "fits").iterdir()] == []
    monkeypatch.undo()
    assert len(run_study(place)) == 9


_SMALL_RUN = """
    import os, resource, sys
    sys.path.insert(0, sys.argv[1])
    from gaitcast.study import run_study
    from small_study import workspace
    place = workspace(sys.argv[2], models=[{"model": "knn", "inputs": ["imu"]}],
                      published=[], export=None, seeds=[0])
    place.cohort("uniform")
    %s
    try:
        run_study(place, failed=lambda failure: print("row:", failure.line))
    except Exception as error:
        print(type(error).__name__, error)
"""


def _run_where(tmp_path, limit, before=()):
    """What a process prints whose folder of results does not take all it writes."""
    code = textwrap.dedent(_SMALL_RUN % limit)
    return subprocess.run(
        [*before, sys.executable, "-c", code, str(tmp_path.parent), str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": ":".join(sys.path)},
    ).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_disk_that_takes_no_more_bytes(tmp_path):
    """A real limit of the system, met by the largest file of a fit."""
    printed = _run_where(tmp_path, "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))")
    assert printed.startswith("CannotWriteError"), printed
    assert "File too large" in printed
    assert [*(tmp_path / "fits").iterdir()] == []


def _as_one_who_may_not_write():
    """The superuser writes into any folder, until that right is given up."""
    if os.geteuid():
        return ()
    rights = "-dac_override,-dac_read_search"
    return ("setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="rights of Linux")
def test_a_folder_that_may_not_be_written(tmp_path):
    printed = _run_where(
        tmp_path, 'os.makedirs(sys.argv[2] + "/fits", 0o500)', _as_one_who_may_not_write()
    )
    assert printed.startswith("CannotWriteError"), printed
    assert "Permission denied" in printed
    assert len(printed.splitlines()) == 1
    assert [*(tmp_path / "fits").iterdir()] == []
