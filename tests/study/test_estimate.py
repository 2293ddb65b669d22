"""What a run will cost is read off finished fits, and is unknown where nothing is known."""

import re
from dataclasses import replace

import pytest

from gaitcast.study import list_jobs, plan, run_study
from gaitcast.study.estimate import Estimate, duration, training_work
from small_study import STUDY, workspace

GRU = STUDY["models"][2]


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    wide = {**GRU, "name": "wide gru", "options": {"units": 40}}
    models = [*STUDY["models"], wide]
    made = workspace(tmp_path_factory.mktemp("e"), models=models, published=[], export=None)
    return made, list_jobs(made)


def test_nothing_is_invented(jobs):
    estimate = Estimate({}, jobs[1], 2)
    assert estimate.line == "21 fits to run, 2 side by side: time unknown; disk unknown"
    assert estimate.left_s is None


def test_the_work_of_a_training_is_counted(jobs):
    place, listed = jobs
    work = {}
    for job in listed:
        ready = plan(place, job)
        work[job.model] = training_work(ready, 1000)
    assert work["persistence"] is None
    assert work["ridge"] is None
    # Three passes, one epoch, two batches of so many segments of 80 samples.
    batch = ready.pipeline.training_settings().batch
    assert work["gru"] == 3 * 1000 * 1 * 2 * batch * 80


def test_what_is_alike_costs_alike_and_what_is_not_by_multiply_adds(jobs):
    _, listed = jobs
    gru, wide = ([j for j in listed if j.model == name] for name in ("gru", "wide gru"))
    work = {**dict.fromkeys(gru, 1e6), **dict.fromkeys(wide, 5e6)}
    estimate = Estimate(work, listed, 1)
    estimate.done(gru[0], 2.0)
    assert estimate.expected_s(gru[1]) == 2.0
    assert estimate.expected_s(wide[0]) == 10.0
    assert estimate.expected_s(replace(gru[1], horizon_ms=900.0)) == 2.0
    assert estimate.expected_s(listed[0]) is None
    naive = {job: job.model == "persistence" for job in listed}
    order = [job.model for job in estimate.order(listed, naive)]
    assert [*dict.fromkeys(order)] == ["persistence", "wide gru", "gru", "ridge"]


def test_the_time_left_falls_as_fits_end(jobs, monkeypatch):
    monkeypatch.setattr("gaitcast.study.estimate._PAUSE_S", -1.0)
    _, listed = jobs
    gru = [j for j in listed if j.model == "gru"]
    estimate = Estimate({}, gru, 2)
    estimate.done(gru[0], 100.0)
    assert estimate.left_s == pytest.approx(250, abs=1)
    for job in gru[1:5]:
        estimate.done(job, 100.0)
    assert estimate.left_s == pytest.approx(100, abs=1)  # the last one, alone
    estimate.done(gru[5], 100.0)
    assert estimate.left_s == 0.0


def test_a_run_says_what_it_will_cost_before_the_first_fit(tmp_path):
    change = {"models": STUDY["models"][:2], "published": [], "export": None}
    place, said = workspace(tmp_path, **change), []
    run_study(place, shard=(1, 3), expect=lambda e: said.append(e.line))
    run_study(place, expect=lambda e: said.append(e.line))
    run_study(place, expect=lambda _: pytest.fail("nothing is left"))
    assert said[0] == "3 fits to run, 1 side by side: time unknown; disk unknown"
    assert re.fullmatch(
        r"6 fits to run, 1 side by side: time about \d+ s; disk about 0\.\d+ MB"
        r"; memory about [\d,]+ MB a fit",
        said[1],
    )


def test_durations_are_coarse():
    assert [duration(s) for s in (0.2, 89, 600, 40_000)] == ["1 s", "89 s", "10 min", "11.1 h"]
