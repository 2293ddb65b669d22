"""A Dask scheduler and two workers on loopback: same results, and what happens when they die."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

pytest.importorskip("distributed")

from conftest import ANGLE
from gaitcast.errors import GaitcastError
from gaitcast.study import fit_folder, read_fit, run_study
from small_study import STUDY, workspace

ENV = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
#: Ended processes and lost connections leave warnings of Dask's own.
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
]
#: Slow enough to be killed at work: each is fitted for some seconds.
LONG = {
    "model": "gru", "inputs": ["imu"], "options": {"units": 8},
    "training": {"max_epochs": 5, "patience": 0, "batches": 10, "segment_ms": 800,
                 "burn_in_ms": 100},
}  # fmt: skip
SMALL = {"published": [], "export": None, "seeds": [0]}


class Cluster:
    """Processes of Dask, each of which a test may kill."""

    def __init__(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers = []
        self.start_scheduler()

    def start_scheduler(self):
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", str(self.port), "--no-dashboard"
        )

    def start_worker(self, *more):
        options = (
            *more,
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--death-timeout",
            "120",
        )
        self.workers.append(self._start("worker", self.address, *options))

    def _start(self, kind, *words):
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.dask_{kind}", *words],
            env=ENV,
            stderr=subprocess.DEVNULL,
        )

    def wait_for(self, count):
        from distributed import Client

        with Client(self.address, timeout="90s", set_as_default=False) as client:
            client.wait_for_workers(count, timeout=120)

    def end(self):
        for process in [*self.workers, self.scheduler]:
            process.kill()
            process.wait()


@pytest.fixture
def cluster():
    made = Cluster()
    made.start_worker()
    made.start_worker()
    try:
        made.wait_for(2)
        yield made
    finally:
        made.end()


def finished(place):
    """Names of finished fits, and when each was written."""
    fits = place.out / "fits"
    return {
        p.name: (p / "fit.json").stat().st_mtime_ns
        for p in (fits.iterdir() if fits.exists() else ())
        if p.is_dir() and "." not in p.name
    }


def once_some_are_finished(place, act, count=1):
    """Do something as soon as so many fits are finished, while others are at work."""

    def wait():
        deadline = time.monotonic() + 200
        while len(finished(place)) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


@pytest.mark.slow
def test_results_are_identical_and_a_killed_worker_costs_what_it_was_at(cluster, tmp_path):
    change = {**SMALL, "models": [*STUDY["models"][:2], LONG], "seeds": [0, 1]}
    here, there = workspace(tmp_path / "loky", **change), workspace(tmp_path / "dask", **change)
    before = {}

    def kill():
        before.update(finished(there))
        os.kill(cluster.workers[0].pid, signal.SIGKILL)

    thread = once_some_are_finished(there, kill, count=10)  # the closed forms, and a network
    fits = run_study(there, scheduler=cluster.address)
    thread.join()
    assert fits == run_study(here, workers=2)
    assert before.items() <= finished(there).items()  # none was fitted again
    assert cluster.workers[0].wait() == -signal.SIGKILL
    for job, key in fits:
        one, other = (read_fit(fit_folder(place, key)) for place in (here, there))
        assert one["scores"] == other["scores"], job.label
        assert one["history"] == other["history"]
        assert one["scores"][job.subject][ANGLE]["mae"] > 0
        for name in ("weights.safetensors", "predictor.json"):
            pair = [(fit_folder(place, key) / name).read_bytes() for place in (here, there)]
            assert pair[0] == pair[1]
        with (
            np.load(fit_folder(here, key) / "trace.npz") as a,
            np.load(fit_folder(there, key) / "trace.npz") as b,
        ):
            np.testing.assert_array_equal(a["0.forecast"], b["0.forecast"])


@pytest.mark.slow
def test_a_scheduler_that_is_gone_is_one_line_and_no_finished_fit_is_lost(cluster, tmp_path):
    place = workspace(tmp_path, **SMALL, models=[STUDY["models"][1], LONG])
    before = {}

    def kill():
        before.update(finished(place))
        os.kill(cluster.scheduler.pid, signal.SIGKILL)
        cluster.scheduler.wait()

    thread = once_some_are_finished(place, kill, count=7)
    begun = time.monotonic()
    with pytest.raises(GaitcastError, match=r"the scheduler is gone. Finished fits are kept"):
        run_study(place, scheduler=cluster.address)
    thread.join()
    assert time.monotonic() - begun < 200
    for worker in cluster.workers:
        worker.kill()
        worker.wait()
    kept = finished(place)
    assert before.items() <= kept.items()
    cluster.workers.clear()
    cluster.start_scheduler()
    cluster.start_worker()
    cluster.wait_for(1)
    fits = run_study(place, scheduler=cluster.address)
    assert len(fits) == 9
    assert kept.items() <= finished(place).items()
    assert all(json.loads((fit_folder(place, key) / "fit.json").read_text()) for _, key in fits)


@pytest.mark.slow
def test_fits_go_to_workers_that_offer_what_they_take(cluster, tmp_path):
    from distributed import Client

    change = {**SMALL, "models": STUDY["models"][:2]}
    each = {"gpu_share": 0.5, "memory_mb": 2000}
    place = workspace(tmp_path, **change, resources=each)
    with pytest.raises(GaitcastError, match=r"no worker offers .*: GPU=0.5 MEMORY=2e\+09") as error:
        run_study(place, scheduler=cluster.address)
    assert len(str(error.value).splitlines()) == 1
    cluster.start_worker("--resources", "GPU=0.5 MEMORY=4e9")
    cluster.wait_for(3)
    expected = []
    fits = run_study(place, scheduler=cluster.address, expect=expected.append)
    assert len(fits) == 9
    assert expected[0].workers == 1
    with Client(cluster.address, set_as_default=False) as client:
        done = client.run(lambda dask_worker: dask_worker.state.executed_count)
    assert sorted(done.values()) == [0, 0, 9]


def test_no_scheduler_is_one_line(tmp_path):
    place = workspace(tmp_path, **SMALL, models=STUDY["models"][:1])
    with pytest.raises(GaitcastError, match="no Dask scheduler answers"):
        run_study(place, scheduler="tcp://127.0.0.1:9")
