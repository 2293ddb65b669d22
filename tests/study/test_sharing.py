"""Processes on one folder share a study; what one leaves when it dies another takes up."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from gaitcast.errors import GaitcastError
from gaitcast.study import list_jobs, plan, run_study
from gaitcast.study.attempts import attempt
from gaitcast.study.backends import Processes, WorkerDiedError
from gaitcast.study.fits import run_job
from gaitcast.study.store import Failure, claimed, fit_folder, writing
from small_study import STUDY, workspace

SMALL = {"models": STUDY["models"][:2], "published": [], "export": None, "seeds": [0]}


@pytest.fixture
def place(tmp_path):
    made = workspace(tmp_path, **SMALL)
    (tmp_path / "fits").mkdir()
    return made


def in_another_process(place, job, work):
    """Hold a job, as another process would, until `work` is done; a lock knows no threads."""
    key, holds = plan(place, job).key, threading.Event()

    def hold():
        with claimed(fit_folder(place, key)) as mine:
            assert mine
            holds.set()
            work(key)

    thread = threading.Thread(target=hold)
    thread.start()
    assert holds.wait(10)
    return thread


def test_a_fit_of_another_process_is_awaited_while_the_others_are_run(place):
    job, said, seen = list_jobs(place)[0], [], []

    def work(_):
        while len(seen) < 8:
            time.sleep(0.01)
        run_job(place, job)

    thread = in_another_process(place, job, work)
    fits = run_study(place, warn=said.append, announce=lambda label, *_: seen.append(label))
    thread.join()
    assert len(fits) == 9
    assert seen[-1] == job.label
    assert said == ["1 fits are at work in another process: waiting for them"]


def test_what_a_process_leaves_when_it_ends_is_taken_up(place):
    job = list_jobs(place)[0]
    thread = in_another_process(place, job, lambda _: time.sleep(1.0))
    assert len(run_study(place)) == 9
    thread.join()
    assert {p.suffix for p in (place.out / "fits").iterdir()} == {""}


def test_a_fit_that_failed_in_another_process_is_not_tried_again_in_this_run(place):
    job, failed = list_jobs(place)[0], []

    def work(key):
        time.sleep(1.0)
        Failure(job, key, "no memory", {}).keep(place)

    thread = in_another_process(place, job, work)
    assert len(run_study(place, failed=failed.append)) == 8
    thread.join()
    assert [failure.error for failure in failed] == ["no memory"]
    assert len(run_study(place, failed=failed.append)) == 9


def test_a_fit_whose_process_is_killed_again_and_again_is_one_failed_fit(place, monkeypatch):
    fatal, tried, failed = list_jobs(place)[4], [], []

    def run(_, jobs, keys, past):
        for job in jobs:
            if job == fatal:
                tried.append(job)
                fit_folder(place, keys[job]).with_suffix(".lock").touch()
                raise WorkerDiedError(1)
            yield attempt(place, job, keys[job], past)

    monkeypatch.setattr(Processes, "run", run)
    assert len(run_study(place, failed=failed.append)) == 8
    assert len(tried) == 3
    assert [(f.job, "killed 3 times" in f.error) for f in failed] == [(fatal, True)]


@pytest.mark.parametrize("years", [-30, 30])
def test_clocks_of_machines_do_not_matter(place, years):
    """A lock is held or free, however old its file is."""
    folder = place.out / "fits" / "0123"
    then = time.time() + years * 365 * 86_400
    folder.with_suffix(".lock").touch()
    os.utime(folder.with_suffix(".lock"), (then, then))
    with claimed(folder) as mine, claimed(folder) as other:
        os.utime(folder.with_suffix(".lock"), (then, then))
        assert (mine, other) == (True, False)
    with claimed(folder) as again:
        assert again


def test_what_a_killed_process_half_wrote_is_removed(place):
    half = place.out / "fits" / ".0123.node7.42"
    half.mkdir()
    (half / "trace.npz").write_text("half")
    with claimed(place.out / "fits" / "0123"):
        run_study(place)
        assert half.exists()
    run_study(place)
    assert not half.exists()


def test_results_are_written_by_one_process_at_a_time(place):
    order, inside = [], threading.Event()

    def other():
        with writing(place):
            inside.set()
            time.sleep(0.3)
            order.append("other")

    thread = threading.Thread(target=other)
    thread.start()
    assert inside.wait(10)
    with writing(place):
        order.append("this")
    thread.join()
    assert order == ["other", "this"]
    assert {p.name for p in place.out.iterdir()} == {"fits"}


def test_shards_are_disjoint_and_a_later_run_collects(place):
    keys = [{key for _, key in run_study(place, shard=(n, 4))} for n in (1, 2, 3, 4)]
    assert sorted(map(len, keys)) == [2, 2, 2, 3]
    assert {key for _, key in run_study(place)} == set.union(*keys)
    assert run_study(place, shard=(12, 12)) == []
    for wrong in ((0, 4), (5, 4)):
        with pytest.raises(GaitcastError, match="Give 1/50 to 50/50"):
            run_study(place, shard=wrong)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_two_processes_do_every_fit_once_and_one_is_killed(tmp_path):
    code = """
        import sys, time
        from pathlib import Path
        from gaitcast.study import fits, run_study
        from small_study import STUDY, workspace
        place, log, real = Path(sys.argv[1]), Path(sys.argv[2]), fits.evaluate
        def evaluate(predictor, people, *rest):
            with log.open("a") as file:
                print(predictor.model, *people, file=file, flush=True)
            time.sleep(0.5)
            return real(predictor, people, *rest)
        fits.evaluate = evaluate
        made = run_study(workspace(place, models=STUDY["models"][:2], published=[], export=None))
        print(len(made))
    """
    there = tmp_path / "store"
    logs = [tmp_path / "one.txt", tmp_path / "two.txt"]
    work = [
        subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(code), str(there), str(log)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        for log in logs
    ]
    deadline = time.monotonic() + 200
    while not all(log.exists() for log in logs) and time.monotonic() < deadline:
        time.sleep(0.05)
    os.kill(work[0].pid, signal.SIGKILL)
    work[0].communicate()
    out, _ = work[1].communicate(timeout=200)
    assert out.strip() == "9"
    begun = [log.read_text().splitlines() for log in logs]
    assert begun[0]
    assert 9 <= sum(map(len, begun)) <= 10  # the one that was killed at work is done again
    assert {Path(p).suffix for p in (there / "fits").iterdir()} == {""}
