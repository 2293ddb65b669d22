"""What a fit takes of a machine: never more fits side by side than it has room for."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
import torch

from gaitcast.errors import GaitcastError
from gaitcast.report.costs import costs_of
from gaitcast.report.gather import panels
from gaitcast.study import (
    Study,
    fit_folder,
    machine,
    read_study,
    results_table,
    run_study,
    summarise,
)
from gaitcast.study import resources as module
from gaitcast.study.backends import Processes
from gaitcast.study.resources import Places, Resources, side_by_side
from small_study import STUDY, workspace

SMALL = {"models": STUDY["models"][:2], "published": [], "export": None, "seeds": [0]}


@pytest.fixture
def free(monkeypatch):
    """A machine with 8 cores, 10,000 MB and two GPUs."""
    monkeypatch.setattr(module.joblib, "cpu_count", lambda: 8)
    monkeypatch.setattr(module, "available_mb", lambda: 10_000.0)
    monkeypatch.setattr(module, "visible_gpus", lambda: ("2", "3"))
    return monkeypatch


@pytest.mark.parametrize(
    ("each", "took_mb", "count", "why"),
    [
        ({}, None, 20, None),
        ({"threads": 3}, None, 2, "2 side by side instead of 20: 3 threads each, 8 cores"),
        ({"threads": 30}, None, 1, "1 side by side instead of 20: 30 threads each, 8 cores"),
        (
            {"memory_mb": 3000},
            99_000.0,
            3,
            "3 side by side instead of 20: 3,000 MB each, 10,000 MB of memory available",
        ),
        ({}, 900.0, 11, "11 side by side instead of 20: 900 MB each, 10,000 MB"),
        ({}, 99_000.0, 1, "memory will be short: 99,000 MB each, 10,000 MB"),
        ({"gpu_share": 0.3}, None, 6, "6 side by side instead of 20: 0.3 GPU each, GPUs: 2"),
        ({"gpu_share": 1}, None, 2, "2 side by side instead of 20: 1 GPU each, GPUs: 2"),
        ({"gpu_share": 0.1, "threads": 1, "memory_mb": 500}, None, 8, "1 threads each"),
    ],
)
def test_fits_side_by_side_are_as_many_as_there_is_room_for(free, each, took_mb, count, why):
    del free
    found, said = side_by_side(20, Resources(**each), took_mb)
    assert found == count
    assert [why in line for line in said[:1]] == [True] * (why is not None)
    assert side_by_side(1, Resources(**each), took_mb)[0] == 1


def test_without_a_gpu_its_share_limits_nothing_and_is_one_line(free):
    free.setattr(module, "visible_gpus", tuple)
    assert side_by_side(4, Resources(gpu_share=0.5)) == (
        4, ["no GPU here: gpu_share limits nothing, and fits run on the processor"],
    )  # fmt: skip


def test_one_fit_that_is_stated_to_be_too_large_is_one_clear_error(free, tmp_path):
    del free
    place = workspace(tmp_path, **SMALL, resources={"memory_mb": 64_000})
    with pytest.raises(GaitcastError, match="64,000 MB each, 10,000 MB of memory available") as e:
        run_study(place)
    assert len(str(e.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("threads = 0", "'threads': input should be greater than 0"),
        ("threads = 1.5", "'threads'"),
        ("memory_mb = -1", "'memory_mb': input should be greater than 0"),
        ("gpu_share = 2", "'gpu_share': input should be less than or equal to 1"),
        ("gpu_share = nan", "finite"),
        ("gpus = 1", "'gpus'"),
    ],
)
def test_bad_values_are_one_clear_line(tmp_path, table, words):
    text = (Path(machine.__file__).parents[1] / "studies" / "demo.toml").read_text("utf-8")
    path = tmp_path / "mine.toml"
    path.write_text(f"{text}\n[resources]\n{table}\n", encoding="utf-8")
    with pytest.raises(GaitcastError, match=words) as error:
        read_study(path)
    assert "resources" in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def test_the_command_line_changes_what_the_study_states():
    study = Study.model_validate({**STUDY, "resources": {"threads": 2, "gpu_share": 0.5}})
    changed = study.resources.changed("threads=4, memory_mb=1500.5")
    assert changed == Resources(threads=4, memory_mb=1500.5, gpu_share=0.5)
    assert changed.words == "4 threads, 1,500 MB, 0.5 GPU"
    assert changed.of_dask == {"GPU": 0.5, "MEMORY": 1_500_500_000.0}
    assert Study.model_validate(study.model_dump(mode="json")).resources == study.resources
    for wrong in ("threads", "threads=many", "threads=2.5", "thread=2", "gpu_share=2"):
        with pytest.raises(GaitcastError, match="--resources") as error:
            study.resources.changed(wrong)
        assert len(str(error.value).splitlines()) == 1


def test_a_share_of_one_gpu_and_several_of_them_contradict_each_other(tmp_path):
    place = replace(workspace(tmp_path, **SMALL, resources={"gpu_share": 1}), devices=2)
    with pytest.raises(GaitcastError, match="Leave one of them out"):
        run_study(place)


def control_group(root, limit, used, cached, *, old):
    root.mkdir(parents=True, exist_ok=True)
    names = machine._V1 if old else machine._V2
    (root / names[0]).write_text(f"{limit}\n")
    (root / names[1]).write_text(f"{used}\n")
    (root / "memory.stat").write_text(f"active_file 7\n{names[2]} {cached}\n")


@pytest.mark.parametrize("old", [False, True])
def test_limits_of_control_groups_count_also_of_those_above(tmp_path, monkeypatch, old):
    proc, root = tmp_path / "proc", tmp_path / "cgroup"
    (proc / "self").mkdir(parents=True)
    (proc / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:    8000000 kB\n")
    row = "4:memory:/job/step" if old else "0::/job/step"
    (proc / "self" / "cgroup").write_text(f"1:cpu:/\n{row}\n")
    monkeypatch.setattr(machine, "_PROC", proc)
    monkeypatch.setattr(machine, "_CGROUP", root)
    assert machine.available_mb() == 8192.0
    groups = root / "memory" if old else root
    none = 2**63 - 4096 if old else "max"
    control_group(groups / "job" / "step", none, 10, 0, old=old)
    control_group(groups / "job", 3_000_000_000, 1_500_000_000, 500_000_000, old=old)
    assert machine.available_mb() == 2000.0
    control_group(groups / "job", 3_000_000_000, 3_500_000_000, 0, old=old)
    assert machine.available_mb() == 0.0


def test_gpus_are_named_as_the_environment_names_them(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert machine.visible_gpus() == ("0", "1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5, GPU-1b")
    assert machine.visible_gpus() == ("5", "GPU-1b")
    assert Resources(gpu_share=0.5).places == ("5", "GPU-1b") * 2
    assert Resources().places == ()
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert machine.visible_gpus() == ()


def seen_by_a_worker(workspace, job, key, past, *, progress=False):
    import time

    del workspace, past, progress
    time.sleep(0.5)  # so that each worker gets one
    return job, key, os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ["OMP_NUM_THREADS"]


def test_each_worker_process_sees_its_gpu_and_its_threads(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "visible_gpus", lambda: ("2", "3"))
    monkeypatch.setattr("gaitcast.study.backends.attempt", seen_by_a_worker)
    each = {"gpu_share": 1, "threads": 3}
    place = workspace(tmp_path, **SMALL, resources=each)
    jobs = ["a", "b", "c", "d"]
    found = [*Processes(place, 2).run(jobs, dict.fromkeys(jobs, ""), frozenset())]
    assert sorted(job for job, *_ in found) == jobs
    assert {gpu for _, _, gpu, _ in found} == {"2", "3"}
    assert {threads for *_, threads in found} == {"3"}


def test_the_place_of_a_process_that_ended_is_taken_by_the_next(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "7")
    monkeypatch.setattr(module, "_HELD", [])
    places = Places(str(tmp_path), ("0", "1"))
    for gpu in ("0", "1"):
        places.take()
        assert os.environ["CUDA_VISIBLE_DEVICES"] == gpu
    module._HELD[0].release()  # as the system does when its process ends
    places.take()
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"


def test_a_fit_runs_on_the_threads_it_is_stated_to_take(tmp_path, monkeypatch):
    from gaitcast.study import fits

    real, seen = fits.evaluate, []

    def evaluate(*args):
        seen.append(torch.get_num_threads())
        return real(*args)

    monkeypatch.setattr(fits, "evaluate", evaluate)
    before, said = torch.get_num_threads(), []
    run_study(
        workspace(tmp_path, **{**SMALL, "models": SMALL["models"][:1]}, resources={"threads": 2}),
        expect=lambda e: said.append(e.line),
    )
    assert {*seen} == {2}
    assert torch.get_num_threads() == before
    assert said[0].endswith("; each with 2 threads")


def test_the_memory_of_finished_fits_limits_those_to_come(tmp_path, monkeypatch):
    place, said, expected = workspace(tmp_path, **SMALL), [], []
    fits = run_study(place, shard=(1, 3))
    took = [
        json.loads((fit_folder(place, k) / "fit.json").read_text())["memory_mb"] for _, k in fits
    ]
    assert all(100 < mb < 20_000 for mb in took)
    monkeypatch.setattr(module, "available_mb", lambda: 1.5 * max(took))
    fits = run_study(place, workers=2, warn=said.append, expect=lambda e: expected.append(e.line))
    assert len(said) == 1
    assert said[0].startswith("1 side by side instead of 2: ")
    assert f"; memory about {max(took):,.0f} MB a fit" in expected[0]
    table = results_table(place, fits)
    costs = costs_of(panels(place, fits, summarise(table)))
    assert (costs["memory_mb"] >= 100).all()


def test_a_store_that_knows_no_memory_is_read(tmp_path):
    place = workspace(tmp_path, **SMALL)
    fits = run_study(place)
    for _, key in fits:
        path = fit_folder(place, key) / "fit.json"
        content = json.loads(path.read_text())
        del content["memory_mb"]
        path.write_text(json.dumps(content))
    assert run_study(place) == fits
    costs = costs_of(panels(place, fits, summarise(results_table(place, fits))))
    assert pd.isna(costs["memory_mb"]).all()
